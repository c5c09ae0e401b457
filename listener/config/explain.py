"""pydantic's errors in the words of whoever writes config.toml: key, value, what would be right."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from connectors.durations import format_duration
from listener.config.secrets import SecretText
from listener.config.typed import Problems

# A proxy's login or a feed's token may stand in an address: neither belongs in a message.
_LOGIN = re.compile(r"//[^/@\s]*@")
_QUERY = re.compile(r"(://[^?\s]*)\?\S*")
LONGEST_SHOWN = 80
_BOUNDS = {"gt": "more than", "ge": "at least", "lt": "less than", "le": "at most"}
# pydantic's own words for these speak of Python, not of TOML.
_SHAPES = {
    "path_type": "should be a path in quotes",
    "tuple_type": 'should be a list such as ["a", "b"]',
    "too_short": "should hold something",
    "model_type": "should be a table of keys",
    "model_attributes_type": "should be a table of keys",
}
_TIMEDELTA = re.compile(r"(days|seconds)=(-?\d+)")
_AFTERTHOUGHT = re.compile(r" after validation, not \d+$")


def describe(
    error: ValidationError, model: type[BaseModel], raw: Any, problems: Problems, prefix: str = ""
) -> None:
    """Add a line for each mistake, save those about a key that already has one."""
    for item in error.errors(include_url=False, include_context=True):
        path, value, parent = _locate(model, raw, prefix, item["loc"])
        kind = item["type"]
        if kind in ("union_tag_invalid", "union_tag_not_found"):
            path += ".kind"
            value = value.get("kind") if isinstance(value, Mapping) else None
            kind = "missing" if kind == "union_tag_not_found" else kind
        complaint = _complaint(kind, item, value, parent)
        if kind == "too_short":  # also said of a list whose only item is wrong
            problems.add_unless_known(path, complaint)
        elif path not in problems.paths:
            problems.add(path, complaint)


def show(value: Any) -> str:
    """A value as a message may repeat it: short, and without any secret."""
    if isinstance(value, SecretText):
        return "a secret"
    if isinstance(value, timedelta):
        value = format_duration(value)
    text = _QUERY.sub(r"\1?…", _LOGIN.sub("//…@", repr(value)))
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1] + "…"


def _locate(
    model: type[BaseModel], raw: Any, prefix: str, loc: Sequence[int | str]
) -> tuple[str, Any, type[BaseModel] | None]:
    """The key's path, its value, and the model that should have had the key."""
    path, value = prefix, raw
    kind: Any = model
    parent: type[BaseModel] | None = None
    for part in loc:
        variant = _variant(kind, part)
        if variant is not None:  # the discriminator of a union is no key of the file
            kind = variant
            continue
        parent = _model(kind) or parent
        kind = _step_type(kind, part)
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
        value = _step(value, part)
    return path, value, parent


def _variant(kind: Any, tag: int | str) -> type[BaseModel] | None:
    """The model of a discriminated union that `tag` chooses."""
    for choice in get_args(kind):
        if isinstance(choice, type) and issubclass(choice, BaseModel):
            field = choice.model_fields.get("kind")
            if field is not None and tag in get_args(field.annotation):
                return choice
        elif (found := _variant(choice, tag)) is not None:
            return found
    return None


def _model(kind: Any) -> type[BaseModel] | None:
    for choice in (kind, *get_args(kind)):
        if isinstance(choice, type) and issubclass(choice, BaseModel):
            return choice
    return None


def _step_type(kind: Any, part: int | str) -> Any:
    if isinstance(part, int):
        return next(iter(get_args(kind)), None)
    model = _model(kind)
    if model is None:
        return None
    for name, field in model.model_fields.items():
        if part in (name, field.alias):
            return field.annotation
    return None


def _step(value: Any, part: int | str) -> Any:
    try:
        return value[part]
    except (KeyError, IndexError, TypeError):
        return None


def _complaint(
    kind: str, item: Mapping[str, Any], value: Any, parent: type[BaseModel] | None
) -> str:
    if kind == "missing":
        return "is required"
    if kind == "extra_forbidden":
        return _unknown(str(item["loc"][-1]), parent)
    if kind == "union_tag_invalid":
        return f"{show(value)}: should be one of {item['ctx']['expected_tags']}"
    text = _SHAPES.get(kind) or _bound(item.get("ctx", {})) or _sentence(item["msg"])
    # A whole table says less than the key that its message names.
    return text if isinstance(value, Mapping | BaseModel) else f"{show(value)}: {text}"


def _bound(context: Mapping[str, Any]) -> str | None:
    for name, words in _BOUNDS.items():
        if name in context:
            return f"should be {words} {_limit(context[name])}"
    return None


def _limit(value: Any) -> str:
    if str(value).startswith("datetime.timedelta("):  # pydantic gives the limit's repr
        parts = {name: int(amount) for name, amount in _TIMEDELTA.findall(value)}
        return format_duration(timedelta(**parts))
    return f"{value:g}" if isinstance(value, int | float) else str(value)


def _sentence(message: str) -> str:
    text = message.removeprefix("Value error, ").removeprefix("Input ")
    return text[0].lower() + _AFTERTHOUGHT.sub("", text[1:])


def _unknown(key: str, parent: type[BaseModel] | None) -> str:
    fields = parent.model_fields if parent else {}
    known = [field.alias or name for name, field in fields.items() if name != "settings"]
    if close := get_close_matches(key, known, n=1):
        return f'is not a key here: did you mean "{close[0]}"?'
    return f"is not a key here: those that are: {', '.join(known)}"
