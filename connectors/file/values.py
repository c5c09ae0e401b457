"""The types of a line's fields: cleaned, bounded, and refused by a message that never shows the value."""

from __future__ import annotations

import re
from datetime import datetime, tzinfo
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo

from connectors.dates import from_epoch, parse_date
from connectors.mention import MAX_NETWORK

_BARE_LINK = re.compile(r"[\w-]+(\.[\w-]+)+(/\S*)?")
_EPOCH = re.compile(r"\d{9,16}(\.\d+)?")


def read_text(value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError("must be a text")
    return value.replace("\0", "").strip()  # PostgreSQL refuses NUL


def read_id(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return read_text(value)


def read_link(value: Any) -> Any:
    link = read_text(value)
    if not link or link.lower().startswith(("https://", "http://")):
        return link or None
    if _BARE_LINK.fullmatch(link):
        return f"https://{link}"
    raise ValueError("must be a web address (http or https)")


def read_language(value: Any) -> Any:
    code = read_text(value).lower().replace("_", "-").split("-")[0]
    return code if re.fullmatch(r"[a-z]{2}", code) else None


def read_instant(value: object, zone: tzinfo) -> datetime:
    """UTC, from a date as networks and people write them, or epoch seconds. Raises ValueError."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value
    if isinstance(value, str) and not _EPOCH.fullmatch(value.strip()):
        instant = parse_date(value, zone=zone)
    else:
        instant = from_epoch(value)
    if instant is None:
        raise ValueError("not a date; 2026-03-14T21:40:00+01:00 is one")
    return instant


def _instant(value: Any, info: ValidationInfo) -> Any:
    assert info.context is not None, "records are validated with their zone"
    return read_instant(value, info.context["zone"])


def read_bare(value: Any) -> Any:
    """A tag without its #, a handle without its @."""
    return read_id(value).lstrip("#@")


def read_listed(value: Any) -> Any:
    if not isinstance(value, list | tuple):
        raise ValueError("must be a list")
    return [item for item in value if item not in (None, "")]


def read_author(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    name = value.strip()
    return {"handle": name} if name.startswith("@") else {"name": name}


def _printable(name: str) -> str:
    if not name.isprintable():
        raise ValueError("must be printable")
    return name


Text = Annotated[str, BeforeValidator(read_text)]
Id = Annotated[str, BeforeValidator(read_id), Field(min_length=1, max_length=500)]
Network = Annotated[
    str,
    BeforeValidator(read_id),
    Field(min_length=1, max_length=MAX_NETWORK),
    AfterValidator(_printable),
]
Link = Annotated[str | None, BeforeValidator(read_link)]
Bare = Annotated[str, BeforeValidator(read_bare)]
Instant = Annotated[datetime, BeforeValidator(_instant)]
Count = Annotated[int, Field(ge=0, le=1 << 53, strict=True)]
