"""Durations as people write them: 90s, 10m, 2h, 7d."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
PATTERN = re.compile(r"(\d{1,6})\s*([smhdw])")


def parse_duration(value: Any) -> timedelta:
    """Read "90s", "10m", "2h", "7d" or "1w"; a timedelta passes unchanged."""
    if isinstance(value, timedelta):
        return value
    match = PATTERN.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError('should be a duration such as "90s", "10m", "2h" or "7d"')
    return timedelta(**{UNITS[match[2]]: int(match[1])})


def format_duration(value: timedelta) -> str:
    """The shortest exact spelling: 7d rather than 168h."""
    seconds = int(value.total_seconds())
    for letter, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{letter}"
    return f"{seconds}s"


Duration = Annotated[
    timedelta, BeforeValidator(parse_duration), PlainSerializer(format_duration, return_type=str)
]
