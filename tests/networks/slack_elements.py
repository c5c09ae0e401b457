"""What Slack's API checks of Block Kit's interactive elements, and of the texts within any block.

https://docs.slack.dev/reference/block-kit/block-elements and …/composition-objects
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

PLAIN = ("plain_text",)
TEXTS = ("plain_text", "mrkdwn")
ACTION_ID = 255
OPTIONS = 100
OVERFLOW = 5


def limit(size: int, most: int, unit: str, pointer: str) -> Iterator[str]:
    if size > most:
        yield f"must be less than {most + 1} {unit} [json-pointer:{pointer}]"
    if size == 0:
        yield f"must be more than 0 {unit} [json-pointer:{pointer}]"


def only(value: Mapping[str, Any], allowed: set[str], pointer: str) -> Iterator[str]:
    for name in value.keys() - allowed:
        yield f"additional property: {name} [json-pointer:{pointer}]"


def text(value: Any, pointer: str, *, most: int, types: tuple[str, ...]) -> Iterator[str]:
    if not isinstance(value, Mapping) or value.get("type") not in types:
        yield f"must be one of {types} [json-pointer:{pointer}]"
        return
    yield from only(value, {"type", "text", "emoji", "verbatim"}, pointer)
    if value["type"] == "mrkdwn" and "emoji" in value:
        yield f"emoji is for plain_text [json-pointer:{pointer}]"
    yield from string(value.get("text"), f"{pointer}/text", most=most)


def string(value: Any, pointer: str, *, most: int) -> Iterator[str]:
    if not isinstance(value, str):
        yield f"must be a string [json-pointer:{pointer}]"
        return
    yield from limit(len(value), most, "characters", pointer)


def url(value: Any, pointer: str) -> list[str]:
    if not isinstance(value, str) or not re.match(r"https?://\S+$", value):
        return [f"invalid url [json-pointer:{pointer}]"]
    return list(limit(len(value), 3000, "characters", pointer))


def image(block: Mapping[str, Any], pointer: str) -> list[str]:
    found = url(block.get("image_url"), f"{pointer}/image_url")
    return found + list(string(block.get("alt_text"), f"{pointer}/alt_text", most=2000))


def element(value: Any, pointer: str) -> list[str]:
    kind = value.get("type") if isinstance(value, Mapping) else None
    check = ELEMENT_TYPES.get(str(kind))
    if check is None:
        return [f"unsupported type: {kind} [json-pointer:{pointer}]"]
    found = check(value, pointer)
    if "action_id" in value:
        found += string(value["action_id"], f"{pointer}/action_id", most=ACTION_ID)
    return found + (_confirm(value["confirm"], f"{pointer}/confirm") if "confirm" in value else [])


def _button(value: Mapping[str, Any], pointer: str) -> list[str]:
    allowed = {"type", "text", "action_id", "url", "value", "style", "confirm"}
    found = list(only(value, allowed | {"accessibility_label"}, pointer))
    found += text(value.get("text"), f"{pointer}/text", most=75, types=PLAIN)
    found += _style(value, pointer)
    found += url(value["url"], f"{pointer}/url") if "url" in value else []
    for name, most in (("value", 2000), ("accessibility_label", 75)):
        found += string(value[name], f"{pointer}/{name}", most=most) if name in value else []
    return found


def _static_select(value: Mapping[str, Any], pointer: str) -> list[str]:
    allowed = {"type", "action_id", "placeholder", "options", "initial_option", "confirm"}
    found = list(only(value, allowed | {"focus_on_load"}, pointer))
    if "placeholder" in value:
        found += text(value["placeholder"], f"{pointer}/placeholder", most=150, types=PLAIN)
    return found + _options(value.get("options"), f"{pointer}/options", most=OPTIONS)


def _overflow(value: Mapping[str, Any], pointer: str) -> list[str]:
    found = list(only(value, {"type", "action_id", "options", "confirm"}, pointer))
    return found + _options(value.get("options"), f"{pointer}/options", most=OVERFLOW)


def _options(options: Any, pointer: str, *, most: int) -> list[str]:
    if not isinstance(options, list):
        return [f"must be an array [json-pointer:{pointer}]"]
    found = list(limit(len(options), most, "items", pointer))
    for number, option in enumerate(options):
        at = f"{pointer}/{number}"
        found += only(option, {"text", "value", "description", "url"}, at)
        found += text(option.get("text"), f"{at}/text", most=75, types=PLAIN)
        found += string(option.get("value"), f"{at}/value", most=150)
        if "description" in option:
            found += text(option["description"], f"{at}/description", most=75, types=PLAIN)
    return found


def _confirm(value: Any, pointer: str) -> list[str]:
    if not isinstance(value, Mapping):
        return [f"must be an object [json-pointer:{pointer}]"]
    found = list(only(value, {"title", "text", "confirm", "deny", "style"}, pointer))
    found += text(value.get("title"), f"{pointer}/title", most=100, types=PLAIN)
    found += text(value.get("text"), f"{pointer}/text", most=300, types=TEXTS)
    for name in ("confirm", "deny"):
        found += text(value.get(name), f"{pointer}/{name}", most=30, types=PLAIN)
    return found + _style(value, pointer)


def _style(value: Mapping[str, Any], pointer: str) -> list[str]:
    if value.get("style", "primary") in ("primary", "danger"):
        return []
    return [f"must be one of primary, danger [json-pointer:{pointer}/style]"]


ELEMENT_TYPES: Mapping[str, Callable[[Mapping[str, Any], str], list[str]]] = {
    "button": _button,
    "image": image,
    "overflow": _overflow,
    "static_select": _static_select,
}
