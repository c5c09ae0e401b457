"""Durations and hours of the day as people write them: 90s, 10m, 2h, 7d; 08:30."""

from __future__ import annotations

import re
from datetime import time, timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainSerializer

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
PATTERN = re.compile(r"(\d{1,6})\s*([smhdw])")
LONGEST = timedelta(days=3650)


def parse_duration(value: Any) -> timedelta:
    """Read "90s", "10m", "2h", "7d" or "1w", up to ten years; a timedelta passes unchanged."""
    if isinstance(value, timedelta):
        return value
    match = PATTERN.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError('should be a duration such as "90s", "10m", "2h" or "7d"')
    duration = timedelta(**{UNITS[match[2]]: int(match[1])})
    if duration > LONGEST:
        raise ValueError("should be ten years at most")
    return duration


def format_duration(value: timedelta) -> str:
    """The shortest exact spelling: 7d rather than 168h."""
    seconds = int(value.total_seconds())
    for letter, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{letter}"
    return f"{seconds}s"


def parse_clock_time(value: Any) -> time:
    """Read "08:30"; a time without zone passes, a bare number does not: is 8 hours or seconds?"""
    if isinstance(value, str):
        try:
            value = time.fromisoformat(value)
        except ValueError:
            value = None
    if not isinstance(value, time) or value.tzinfo is not None:
        raise ValueError('should be an hour of the day such as "08:30"')
    return value


Duration = Annotated[
    timedelta, BeforeValidator(parse_duration), PlainSerializer(format_duration, return_type=str)
]
PositiveDuration = Annotated[Duration, Field(gt=timedelta(0))]
ClockTime = Annotated[
    time, BeforeValidator(parse_clock_time), PlainSerializer(time.isoformat, return_type=str)
]
