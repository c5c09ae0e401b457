"""Readers of untrusted JSON values: what is not of the promised type is absent, never an exception."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from connectors.text import one_line

_FRACTION = re.compile(r"\.(\d{1,6})\d*")
_MAX_COUNT = 2**53
_MAX_LINE = 2_000  # characters


def mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def mappings(value: object) -> Iterator[dict[str, Any]]:
    """The objects of a list; anything else in it, or in its place, is passed over."""
    if isinstance(value, list):
        yield from (item for item in value if isinstance(item, dict))


def strings(value: object) -> Iterator[str]:
    if isinstance(value, list):
        yield from (item for item in value if isinstance(item, str) and item)


def string(value: object) -> str | None:
    """A non-empty string; a number too, since some gateways send ids as numbers."""
    if isinstance(value, str):
        return value or None
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return None


def count(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < _MAX_COUNT:
        return None
    return value


def figure(value: object) -> int | None:
    """A count from a network that sends them as digits in strings, or as floats, too."""
    if isinstance(value, str) and value.isascii() and value.isdecimal():
        return count(int(value[:20]))
    if isinstance(value, float) and value.is_integer():
        return count(int(value))
    return count(value)


def instant(value: object) -> datetime | None:
    """An ISO 8601 instant, in UTC. Up to 12 fraction digits are read; no zone means UTC."""
    if not isinstance(value, str) or len(value) > 64:
        return None
    try:
        read = datetime.fromisoformat(_FRACTION.sub(lambda found: f".{found[1]:0<6}", value))
        return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def line(value: object) -> str | None:
    """A name or a title, on one line and without what nobody sees; None where nothing is left."""
    read = string(value)
    return (one_line(read[:_MAX_LINE]) or None) if read is not None else None


def web_address(value: object) -> str | None:
    if isinstance(value, str) and value.lower().startswith(("http://", "https://")):
        return value[:2048]
    return None
