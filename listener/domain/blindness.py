"""Decides where the watcher is blind, from what is known of its sources and of itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from listener.domain.coverage import Blindness, CoverageFact
from listener.domain.rhythm import Rhythm

FAILING_AFTER = timedelta(minutes=15)  # and several failures: shorter ones mend themselves
LASTING_FAILURES = 3
BEHIND_AFTER = timedelta(minutes=30)  # for what was begun and is not read to its end
LATE_POLLS = 3  # intervals without a success
SLOW = timedelta(seconds=2)  # for a trivial write and read, twice in a row
LAGGING = timedelta(seconds=5)  # the loop was held so long
STALE_TICK = timedelta(minutes=2)  # of a tick every ten seconds

UNAUTHORIZED, BUDGET_SPENT = "unauthorized", "BudgetSpent"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSigns:
    """What is known of one source, or of the better one of its two lanes."""

    name: str
    every: timedelta
    failures: int = 0
    failing_since: datetime | None = None
    stopped: str | None = None
    error: str = ""  # its name alone
    next_at: datetime | None = None  # it was told to wait until then
    success_at: datetime | None = None
    unread_since: datetime | None = None  # calls in the inbox, or a walk that was begun
    rhythm: Rhythm | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnSigns:
    """What the process knows of itself."""

    up_since: datetime
    tick_age: timedelta = timedelta()
    loop_lag: timedelta = timedelta()  # the worst of the last minute
    scorer_away_since: datetime | None = None


def blind_source(source: SourceSigns, at: datetime, *, up_since: datetime) -> CoverageFact | None:
    """The one thing to say of a source: what explains the rest comes first."""
    return (
        _fails(source, at)
        or _waits_for_money(source, at)
        or _is_behind(source, at, up_since)
        or _is_silent(source)
    )


def _fails(source: SourceSigns, at: datetime) -> CoverageFact | None:
    since = source.failing_since
    if source.stopped:
        refused = source.stopped == UNAUTHORIZED
        kind = Blindness.SOURCE_REFUSED if refused else Blindness.SOURCE_FAILING
        return CoverageFact(kind=kind, name=source.name, since=since or at, detail=source.error)
    if since is None or source.failures < LASTING_FAILURES or at - since < FAILING_AFTER:
        return None
    kind = Blindness.SOURCE_FAILING
    return CoverageFact(kind=kind, name=source.name, since=since, detail=source.error)


def _waits_for_money(source: SourceSigns, at: datetime) -> CoverageFact | None:
    if source.error != BUDGET_SPENT or source.next_at is None or source.next_at <= at:
        return None
    since = source.success_at or at
    return CoverageFact(
        kind=Blindness.BUDGET_SPENT, name=source.name, since=since, detail=source.error
    )


def _is_behind(source: SourceSigns, at: datetime, up_since: datetime) -> CoverageFact | None:
    kind = Blindness.SOURCE_BEHIND
    unread = source.unread_since
    if unread is not None and at - max(unread, up_since) > BEHIND_AFTER:
        return CoverageFact(kind=kind, name=source.name, since=unread)
    waits = source.failures > 0 or (source.next_at is not None and source.next_at > at)
    read = source.success_at
    if waits or read is None:
        return None
    patience = max(LATE_POLLS * source.every, BEHIND_AFTER)
    if at - max(read, up_since) <= patience:
        return None
    return CoverageFact(kind=kind, name=source.name, since=read)


def _is_silent(source: SourceSigns) -> CoverageFact | None:
    rhythm = source.rhythm
    if rhythm is None or rhythm.latest is None or not rhythm.is_silent():
        return None
    detail = f"{_hours(rhythm.silence)} h > {_hours(rhythm.usual)} h"
    return CoverageFact(
        kind=Blindness.SOURCE_SILENT, name=source.name, since=rhythm.latest, detail=detail
    )


def _hours(length: timedelta) -> str:
    return f"{length / timedelta(hours=1):.3g}"


def blind_watcher(signs: OwnSigns, at: datetime) -> Iterator[CoverageFact]:
    """What is wrong with the process itself."""
    if signs.scorer_away_since is not None:
        since = signs.scorer_away_since
        yield CoverageFact(kind=Blindness.SCORER_AWAY, name="scorer", since=since)
    late = max(
        (signs.tick_age, STALE_TICK, "tick"),
        (signs.loop_lag, LAGGING, "loop"),
        key=lambda sign: sign[0] / sign[1],
    )
    age, limit, name = late
    if age > limit:
        detail = f"{age.total_seconds():.0f} s"
        since = at - age
        yield CoverageFact(kind=Blindness.SCHEDULER_LATE, name=name, since=since, detail=detail)


def slow_database(latencies: tuple[timedelta, ...], since: datetime) -> CoverageFact | None:
    """From the latest latencies, oldest first; one alone may be a checkpoint."""
    if len(latencies) < 2 or min(latencies[-2:]) <= SLOW:
        return None
    detail = f"{latencies[-1].total_seconds():.1f} s"
    return CoverageFact(kind=Blindness.DATABASE_SLOW, name="database", since=since, detail=detail)
