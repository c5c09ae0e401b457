"""What Slack's API checks of Block Kit in a message: types, lengths, counts, each with its pointer.

https://docs.slack.dev/reference/block-kit/blocks, as read in the documentation of each block.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from tests.networks.slack_elements import element, image, limit, only, text, url

BLOCKS = 50
ALL_BLOCKS = 13_200  # characters of JSON: undocumented, as measured by bolt-js's users
RICH_STYLES = {"bold", "italic", "strike", "code", "underline"}


def errors_of(blocks: Any) -> list[str]:
    """Slack's words for each thing wrong; empty for blocks that Slack takes."""
    if not isinstance(blocks, list):
        return ["must be an array [json-pointer:/blocks]"]
    found = list(limit(len(blocks), BLOCKS, "items", "/blocks"))
    for number, block in enumerate(blocks):
        pointer = f"/blocks/{number}"
        check = BLOCK_TYPES.get(block.get("type")) if isinstance(block, Mapping) else None
        found += check(block, pointer) if check else [f"unsupported type [json-pointer:{pointer}]"]
    ids = [
        block["block_id"] for block in blocks if isinstance(block, Mapping) and "block_id" in block
    ]
    if len(set(ids)) < len(ids) or any(len(each) > 255 for each in ids):
        found.append("`block_id` must be unique and at most 255 characters [json-pointer:/blocks]")
    return found


def too_long(blocks: Any) -> bool:
    return len(json.dumps(blocks, ensure_ascii=False)) > ALL_BLOCKS


def _header(block: Mapping[str, Any], pointer: str) -> list[str]:
    checked = text(block.get("text"), f"{pointer}/text", most=150, types=("plain_text",))
    return [*only(block, {"type", "text", "block_id"}, pointer), *checked]


def _section(block: Mapping[str, Any], pointer: str) -> list[str]:
    types = ("plain_text", "mrkdwn")
    found = list(only(block, {"type", "text", "fields", "accessory", "block_id"}, pointer))
    if "text" in block:
        found += text(block["text"], f"{pointer}/text", most=3000, types=types)
    elif "fields" not in block:
        found.append(f"missing text or fields [json-pointer:{pointer}]")
    fields = block.get("fields", [])
    found += limit(len(fields), 10, "items", f"{pointer}/fields") if "fields" in block else []
    for number, each in enumerate(fields):
        found += text(each, f"{pointer}/fields/{number}", most=2000, types=types)
    if "accessory" in block:
        found += element(block["accessory"], f"{pointer}/accessory")
    return found


def _context(block: Mapping[str, Any], pointer: str) -> list[str]:
    elements = block.get("elements") or []
    found = list(limit(len(elements), 10, "items", f"{pointer}/elements"))
    for number, each in enumerate(elements):
        at = f"{pointer}/elements/{number}"
        if each.get("type") == "image":
            found += image(each, at)
        else:
            found += text(each, at, most=3000, types=("plain_text", "mrkdwn"))
    return found


def _divider(block: Mapping[str, Any], pointer: str) -> list[str]:
    return list(only(block, {"type", "block_id"}, pointer))


def _actions(block: Mapping[str, Any], pointer: str) -> list[str]:
    elements = block.get("elements") or []
    found = list(only(block, {"type", "elements", "block_id"}, pointer))
    found += limit(len(elements), 25, "items", f"{pointer}/elements")
    for number, each in enumerate(elements):
        found += element(each, f"{pointer}/elements/{number}")
    ids = [each.get("action_id") for each in elements if each.get("action_id")]
    if len(set(ids)) < len(ids):
        found.append(f"`action_id` must be unique [json-pointer:{pointer}/elements]")
    return found


def _rich_text(block: Mapping[str, Any], pointer: str) -> list[str]:
    elements = block.get("elements") or []
    found = list(only(block, {"type", "elements", "block_id"}, pointer))
    found += [] if elements else [f"must not be empty [json-pointer:{pointer}/elements]"]
    for number, each in enumerate(elements):
        found += _rich_object(each, f"{pointer}/elements/{number}")
    return found


def _rich_object(each: Mapping[str, Any], pointer: str) -> list[str]:
    kind = each.get("type")
    inner = each.get("elements") or []
    if kind == "rich_text_list":
        found = list(
            only(each, {"type", "style", "elements", "indent", "offset", "border"}, pointer)
        )
        if each.get("style") not in ("bullet", "ordered"):
            found.append(f"must be one of bullet, ordered [json-pointer:{pointer}/style]")
        for number, item in enumerate(inner):
            found += _rich_object(item, f"{pointer}/elements/{number}")
        return found
    if kind not in ("rich_text_section", "rich_text_quote", "rich_text_preformatted"):
        return [f"unsupported rich text {kind} [json-pointer:{pointer}]"]
    found = list(only(each, {"type", "elements", "border", "language"}, pointer))
    found += [] if inner else [f"must not be empty [json-pointer:{pointer}/elements]"]
    for number, within in enumerate(inner):
        found += _rich_element(within, f"{pointer}/elements/{number}")
    return found


def _rich_element(rich: Mapping[str, Any], pointer: str) -> list[str]:
    match rich.get("type"):
        case "text":
            found = list(only(rich, {"type", "text", "style"}, pointer))
            said = rich.get("text")
            if not isinstance(said, str) or not said:
                found.append(f"must be a non-empty string [json-pointer:{pointer}/text]")
        case "link":
            found = list(only(rich, {"type", "url", "text", "style", "unsafe"}, pointer))
            found += url(rich.get("url"), f"{pointer}/url")
        case "user":
            good = re.fullmatch(r"[UW][A-Z0-9]+", str(rich.get("user_id")))
            found = [] if good else [f"invalid user [json-pointer:{pointer}/user_id]"]
        case "emoji" | "channel" | "usergroup" | "broadcast" | "date":
            found = []
        case other:
            found = [f"unsupported element {other} [json-pointer:{pointer}]"]
    style = rich.get("style", {})
    if not isinstance(style, Mapping) or not style.keys() <= RICH_STYLES:
        found.append(f"invalid style [json-pointer:{pointer}/style]")
    return found


BLOCK_TYPES = {
    "header": _header,
    "section": _section,
    "context": _context,
    "divider": _divider,
    "image": image,
    "actions": _actions,
    "rich_text": _rich_text,
}
