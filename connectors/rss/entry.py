"""What every feed format comes down to: a document of entries, still as the feed wrote them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

from connectors.connector import Reject


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosure:
    url: str
    type: str = ""  # a MIME type, or the medium ("image")
    alt: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Markup, dates and addresses as written, addresses made absolute; "" or None where missing."""

    id: str = ""
    link: str = ""
    base: str = ""  # against which the markup's own addresses are written, where the entry says
    title: str = ""
    content: str = ""
    summary: str = ""
    author: str = ""
    author_url: str = ""
    published: str = ""
    updated: str = ""
    language: str = ""
    in_reply_to: str = ""
    in_reply_to_link: str = ""
    publisher: str = ""
    publisher_url: str = ""
    is_video: bool = False
    tags: tuple[str, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
    replies: int | None = None
    views: int | None = None
    likes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    entries: tuple[Entry, ...]
    rejects: tuple[Reject, ...] = ()
    language: str = ""
    older: str = ""  # the address of the page of older entries (RFC 5005), if the feed has one


def text_at(node: Mapping[str, Any], *names: str) -> str:
    """The first of these members that is a text or a number, as text; "" if none is."""
    for name in names:
        value = node.get(name)
        if isinstance(value, str) and value.strip():
            return value.strip()
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
    return ""


def count_at(node: Mapping[str, Any], *names: str) -> int | None:
    """The first of these members that is a count; a feed may write "", "1 234" or -1."""
    for name in names:
        digits = "".join(text_at(node, name).split())
        if digits.isascii() and digits.isdigit() and len(digits) < 16:
            return int(digits)
    return None


def nodes_at(node: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """The mappings of a list member, or of a member that should have been a list."""
    value = node.get(name)
    several = value if isinstance(value, list) else [value]
    return [item for item in several if isinstance(item, Mapping)]


def absolute(base: str, target: str) -> str:
    """`target` resolved against `base`; "" where there is none or it is no address."""
    if target.startswith(("http://", "https://")):
        return target
    try:
        return urljoin(base, target) if target else ""
    except ValueError:
        return ""
