"""What Slack's API checks of Block Kit in a message: types, lengths, counts, each with its pointer.

https://docs.slack.dev/reference/block-kit/blocks, as read in the documentation of each block.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

BLOCKS = 50
ALL_BLOCKS = 13_200  # characters of JSON: undocumented, as measured by bolt-js's users
RICH_STYLES = {"bold", "italic", "strike", "code", "underline"}


def errors_of(blocks: Any) -> list[str]:
    """Slack's words for each thing wrong; empty for blocks that Slack takes."""
    if not isinstance(blocks, list):
        return ["must be an array [json-pointer:/blocks]"]
    found = list(_limit(len(blocks), BLOCKS, "items", "/blocks"))
    for number, block in enumerate(blocks):
        pointer = f"/blocks/{number}"
        check = BLOCK_TYPES.get(block.get("type")) if isinstance(block, Mapping) else None
        found += check(block, pointer) if check else [f"unsupported type [json-pointer:{pointer}]"]
    return found


def too_long(blocks: Any) -> bool:
    return len(json.dumps(blocks, ensure_ascii=False)) > ALL_BLOCKS


def _limit(size: int, most: int, unit: str, pointer: str) -> Iterator[str]:
    if size > most:
        yield f"must be less than {most + 1} {unit} [json-pointer:{pointer}]"
    if size == 0:
        yield f"must be more than 0 {unit} [json-pointer:{pointer}]"


def _only(value: Mapping[str, Any], allowed: set[str], pointer: str) -> Iterator[str]:
    for name in value.keys() - allowed:
        yield f"additional property: {name} [json-pointer:{pointer}]"


def _text(text: Any, pointer: str, *, most: int, types: tuple[str, ...]) -> Iterator[str]:
    if not isinstance(text, Mapping) or text.get("type") not in types:
        yield f"must be one of {types} [json-pointer:{pointer}]"
        return
    yield from _only(text, {"type", "text", "emoji", "verbatim"}, pointer)
    if text["type"] == "mrkdwn" and "emoji" in text:
        yield f"emoji is for plain_text [json-pointer:{pointer}]"
    if not isinstance(text.get("text"), str):
        yield f"must be a string [json-pointer:{pointer}/text]"
        return
    yield from _limit(len(text["text"]), most, "characters", f"{pointer}/text")


def _header(block: Mapping[str, Any], pointer: str) -> list[str]:
    checked = _text(block.get("text"), f"{pointer}/text", most=150, types=("plain_text",))
    return [*_only(block, {"type", "text", "block_id"}, pointer), *checked]


def _section(block: Mapping[str, Any], pointer: str) -> list[str]:
    types = ("plain_text", "mrkdwn")
    found = list(_only(block, {"type", "text", "fields", "accessory", "block_id"}, pointer))
    if "text" in block:
        found += _text(block["text"], f"{pointer}/text", most=3000, types=types)
    elif "fields" not in block:
        found.append(f"missing text or fields [json-pointer:{pointer}]")
    fields = block.get("fields", [])
    found += _limit(len(fields), 10, "items", f"{pointer}/fields") if "fields" in block else []
    for number, each in enumerate(fields):
        found += _text(each, f"{pointer}/fields/{number}", most=2000, types=types)
    if "accessory" in block:
        found += _element(block["accessory"], f"{pointer}/accessory")
    return found


def _context(block: Mapping[str, Any], pointer: str) -> list[str]:
    elements = block.get("elements") or []
    found = list(_limit(len(elements), 10, "items", f"{pointer}/elements"))
    for number, each in enumerate(elements):
        at = f"{pointer}/elements/{number}"
        if each.get("type") == "image":
            found += _image(each, at)
        else:
            found += _text(each, at, most=3000, types=("plain_text", "mrkdwn"))
    return found


def _divider(block: Mapping[str, Any], pointer: str) -> list[str]:
    return list(_only(block, {"type", "block_id"}, pointer))


def _image(block: Mapping[str, Any], pointer: str) -> list[str]:
    found = _url(block.get("image_url"), f"{pointer}/image_url")
    return found + ([] if block.get("alt_text") else [f"missing alt_text [json-pointer:{pointer}]"])


def _actions(block: Mapping[str, Any], pointer: str) -> list[str]:
    elements = block.get("elements") or []
    found = list(_limit(len(elements), 25, "items", f"{pointer}/elements"))
    for number, each in enumerate(elements):
        found += _element(each, f"{pointer}/elements/{number}")
    return found


def _element(element: Mapping[str, Any], pointer: str) -> list[str]:
    if element.get("type") != "button":
        return [] if element.get("type") == "image" else [f"unknown [json-pointer:{pointer}]"]
    found = list(_text(element.get("text"), f"{pointer}/text", most=75, types=("plain_text",)))
    if element.get("style", "primary") not in ("primary", "danger"):
        found.append(f"must be one of primary, danger [json-pointer:{pointer}/style]")
    for name, most in (("url", 3000), ("value", 2000), ("action_id", 255)):
        if name in element:
            found += _limit(len(element[name]), most, "characters", f"{pointer}/{name}")
    return found


def _rich_text(block: Mapping[str, Any], pointer: str) -> list[str]:
    elements = block.get("elements") or []
    found = list(_only(block, {"type", "elements", "block_id"}, pointer))
    found += [] if elements else [f"must not be empty [json-pointer:{pointer}/elements]"]
    for number, each in enumerate(elements):
        found += _rich_object(each, f"{pointer}/elements/{number}")
    return found


def _rich_object(each: Mapping[str, Any], pointer: str) -> list[str]:
    kind = each.get("type")
    inner = each.get("elements") or []
    if kind == "rich_text_list":
        found = list(
            _only(each, {"type", "style", "elements", "indent", "offset", "border"}, pointer)
        )
        if each.get("style") not in ("bullet", "ordered"):
            found.append(f"must be one of bullet, ordered [json-pointer:{pointer}/style]")
        for number, item in enumerate(inner):
            found += _rich_object(item, f"{pointer}/elements/{number}")
        return found
    if kind not in ("rich_text_section", "rich_text_quote", "rich_text_preformatted"):
        return [f"unsupported rich text {kind} [json-pointer:{pointer}]"]
    found = list(_only(each, {"type", "elements", "border", "language"}, pointer))
    found += [] if inner else [f"must not be empty [json-pointer:{pointer}/elements]"]
    for number, element in enumerate(inner):
        found += _rich_element(element, f"{pointer}/elements/{number}")
    return found


def _rich_element(element: Mapping[str, Any], pointer: str) -> list[str]:
    match element.get("type"):
        case "text":
            found = list(_only(element, {"type", "text", "style"}, pointer))
            text = element.get("text")
            if not isinstance(text, str) or not text:
                found.append(f"must be a non-empty string [json-pointer:{pointer}/text]")
        case "link":
            found = list(_only(element, {"type", "url", "text", "style", "unsafe"}, pointer))
            found += _url(element.get("url"), f"{pointer}/url")
        case "user":
            good = re.fullmatch(r"[UW][A-Z0-9]+", str(element.get("user_id")))
            found = [] if good else [f"invalid user [json-pointer:{pointer}/user_id]"]
        case "emoji" | "channel" | "usergroup" | "broadcast" | "date":
            found = []
        case other:
            found = [f"unsupported element {other} [json-pointer:{pointer}]"]
    style = element.get("style", {})
    if not isinstance(style, Mapping) or not style.keys() <= RICH_STYLES:
        found.append(f"invalid style [json-pointer:{pointer}/style]")
    return found


def _url(url: Any, pointer: str) -> list[str]:
    if not isinstance(url, str) or not re.match(r"https?://\S+$", url):
        return [f"invalid url [json-pointer:{pointer}]"]
    return list(_limit(len(url), 3000, "characters", pointer))


BLOCK_TYPES = {
    "header": _header,
    "section": _section,
    "context": _context,
    "divider": _divider,
    "image": _image,
    "actions": _actions,
    "rich_text": _rich_text,
}
