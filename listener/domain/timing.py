"""When things happened, and when to look again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)  # no network we read is older: a claim before is absurd

# Age of a mention, and how long until its figures are worth reading again.
REFRESH = (
    (timedelta(hours=1), timedelta(minutes=10)),
    (timedelta(hours=6), timedelta(minutes=30)),
    (timedelta(days=1), timedelta(hours=2)),
    (timedelta(days=7), timedelta(hours=12)),
)
YOUNG = REFRESH[-1][0]
GROWING = 2.0  # times the usual speed
GROWING_REFRESH = timedelta(minutes=5)
GROWING_FOR = timedelta(days=14)


def occurred_at(published_at: datetime | None, received_at: datetime) -> datetime:
    """When a mention counts: never after we had it, and never by an absurd claim."""
    if published_at is None or published_at < EARLIEST:
        return received_at
    return min(published_at, received_at)


def next_refresh(
    occurred: datetime,
    growth: float | None,
    at: datetime,
    *,
    verify_every: timedelta | None = None,
) -> datetime | None:
    """When the figures of a mention are read again; None once it has had its time.

    `growth` is engagement gained an hour in multiples of the usual, None where unknown.
    `verify_every` is for a network that wants what it deleted deleted here: there the time never
    ends, and any wait is at most as long.
    """
    age = at - occurred
    if growth is not None and growth >= GROWING and age < GROWING_FOR:
        return at + GROWING_REFRESH
    for limit, pause in REFRESH:
        if age < limit:
            return at + min(pause, verify_every or pause)
    return at + verify_every if verify_every else None
