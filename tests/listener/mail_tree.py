"""An e-mail's HTML as a tree, its colours as a reader's program would show them, and their contrast."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "img"}
COLOUR = re.compile(r"#[0-9a-f]{6}")


@dataclass
class Node:
    tag: str
    attributes: Mapping[str, str]
    parent: Node | None = None
    children: list[Node] = field(default_factory=list)
    text: str = ""

    @property
    def style(self) -> dict[str, str]:
        pairs = (part.split(":", 1) for part in self.attributes.get("style", "").split(";") if part)
        return {name.strip(): value.strip() for name, value in pairs}

    @property
    def classes(self) -> list[str]:
        return self.attributes.get("class", "").split()

    def walk(self) -> Iterator[Node]:
        yield self
        for child in self.children:
            yield from child.walk()

    def above(self) -> Iterator[Node]:
        node: Node | None = self
        while node is not None:
            yield node
            node = node.parent


class Tree(HTMLParser):
    """Strict: every tag is closed, in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.root = self.at = Node("", {})
        self.feed(html)
        assert self.at is self.root, f"<{self.at.tag}> is not closed"

    def handle_starttag(self, tag, attrs):
        node = Node(tag, {name: value or "" for name, value in attrs}, self.at)
        self.at.children.append(node)
        if tag not in VOID:
            self.at = node

    def handle_endtag(self, tag):
        assert self.at.tag == tag, f"</{tag}> closes <{self.at.tag}>"
        assert self.at.parent is not None
        self.at = self.at.parent

    def handle_data(self, data):
        if data.strip():
            self.at.text += data


def hidden(node: Node) -> bool:
    return any(each.style.get("display") == "none" for each in node.above())


def rules_of(html: str, pattern: str) -> dict[str, dict[str, str]]:
    """By class: what one block of the style sets."""
    (block,) = re.findall(pattern, "".join(html.split("\n")), re.DOTALL)
    found: dict[str, dict[str, str]] = {}
    for names, body in re.findall(r"([^{}]+)\{([^{}]*)\}", block):
        style = dict(part.split(":", 1) for part in body.split(";") if part)
        for name in re.findall(r"\.(\w+)", names):
            clean = {key: value.removesuffix("!important") for key, value in style.items()}
            found.setdefault(name, {}).update(clean)
    return found


def nearest(node: Node, name: str, rules: Mapping[str, Mapping[str, str]]) -> str:
    """The nearest that sets it: a class in the style wins over what stands inline."""
    for each in node.above():
        ruled = [rules[known][name] for known in each.classes if name in rules.get(known, {})]
        colour = COLOUR.fullmatch(ruled[-1] if ruled else each.style.get(name, ""))
        if colour:
            return colour[0]
    raise AssertionError(f"nothing sets the {name} of {node.text!r}")


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    """https://www.w3.org/TR/WCAG22/#dfn-relative-luminance"""
    parts = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
