"""What a stream of counts says at an instant: how much was said against what is usual."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

TOTAL, NEGATIVE = "total", "negative"


def theme_stream(theme: str) -> str:
    return f"theme:{theme}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BurstFact:
    """One stream of one subject at the end of an interval; figures as classifiers.bursts.Burst.

    `stream` is "total", "negative" or "theme:NAME". `alarm` holds at the instant a burst begins,
    `ongoing` until its level has calmed.
    """

    subject: str
    stream: str
    until: datetime
    score: float
    alarm: bool
    ongoing: bool
    observed: int
    expected: float
    record: float
    span: timedelta
