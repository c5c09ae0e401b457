"""What a stream of counts says at an instant: how much was said against what is usual."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

TOTAL, NEGATIVE = "total", "negative"
UNSCORED = "unscored"  # counted, but no stream to be judged: whether the others could be known

INTERVAL = timedelta(minutes=5)
GRACE = timedelta(seconds=30)  # a page is committed after it was received: time to score it
LONGEST_GAP = timedelta(days=1)  # for which intervals that nobody watched are written down

_EPOCH = datetime(1970, 1, 5, tzinfo=UTC)  # a Monday
_WEEK = timedelta(weeks=1)
_MEMORY = timedelta(weeks=10)  # classifiers.bursts' records fade in as long


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


def intervals_due(latest: datetime | None, at: datetime) -> Sequence[datetime]:
    """The ends of the intervals that are over and may be counted, after the `latest` that was.

    The first ever is the last one; after a long absence, those of the last day. None where the
    clock stands before what was counted: it was set back.
    """
    end = _floor(at - GRACE, INTERVAL)
    if latest is None:
        return (end,)
    first = max(latest + INTERVAL, end - LONGEST_GAP + INTERVAL)
    return tuple(first + n * INTERVAL for n in range((end - first) // INTERVAL + 1))


def anchor(at: datetime) -> datetime:
    """A Monday, ten weeks ago or somewhat more: what came before is not looked at.

    All who watch begin there, so that all see the same, whenever they were started.
    """
    return _floor(at - _MEMORY, _WEEK)


def _floor(at: datetime, step: timedelta) -> datetime:
    return _EPOCH + (at - _EPOCH) // step * step
