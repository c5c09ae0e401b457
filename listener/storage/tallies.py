"""What was counted in each interval of the watch, written once and read by whoever watches."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from classifiers.themes import unpack
from listener.domain.burst import NEGATIVE, TOTAL, UNSCORED, theme_stream
from listener.storage.dialect import insert_new
from listener.storage.tables import mention_subjects, mentions, tallies

Counts = dict[str, dict[str, int]]
FRESH = timedelta(minutes=10)  # what a poll or two bring, without having missed any


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """One interval, which ends at `until`. What is counted is live and of one exercise.

    `counts` is by subject and stream, `received` by source, neither holds a zero; `failing` are
    the sources that gave nothing but errors.
    """

    until: datetime
    covered: bool
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    received: Mapping[str, int] = field(default_factory=dict)
    failing: tuple[str, ...] = ()
    judged: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """What one tally counts: received after `since`, at `until` at the latest.

    Nothing that had occurred `late` before it came is counted, and of the sources in `recovering`
    only what is fresh: they bring at once all that was said while they were away.
    """

    since: datetime
    until: datetime
    late: timedelta
    recovering: Collection[str] = ()
    exercise_id: str = ""

    def live(self) -> list[ColumnElement[bool]]:
        return [
            mentions.c.received_at > self.since,
            mentions.c.received_at <= self.until,
            mentions.c.exercise_id == self.exercise_id,
            mentions.c.live.is_(True),
        ]

    def news(self) -> list[ColumnElement[bool]]:
        occurred_at = mentions.c.occurred_at
        away = mentions.c.source_id.in_(self.recovering)
        caught_up = and_(away, occurred_at <= self.since - FRESH)
        said = mentions.c.speaker.is_(None)  # by others than watched accounts
        return [*self.live(), said, occurred_at > self.since - self.late, ~caught_up]


async def count(connection: AsyncConnection, interval: Interval) -> Counts:
    """Mentions by subject and stream, as they are judged now."""
    verdict = (mentions.c.scored_at.is_(None), mentions.c.sentiment, mentions.c.themes)
    subject = mention_subjects.c.subject
    query = (
        select(subject, func.count(), *verdict)
        .join(mention_subjects, mention_subjects.c.mention_id == mentions.c.id)
        .where(*interval.news())
        .group_by(subject, *verdict)
    )
    counts: Counts = {}
    for name, number, *found in await connection.execute(query):
        streams = counts.setdefault(name, {})
        for stream in _streams(*found):
            streams[stream] = streams.get(stream, 0) + number
    return counts


def _streams(unscored: bool, sentiment: str | None, themes: int | None) -> list[str]:
    found = [TOTAL, *(theme_stream(theme) for theme in unpack(themes or 0))]
    if unscored:
        found.append(UNSCORED)
    if sentiment == "negative":
        found.append(NEGATIVE)
    return found


async def received(connection: AsyncConnection, interval: Interval) -> dict[str, int]:
    """Mentions by source, late ones too: signs of life."""
    source = mentions.c.source_id
    query = select(source, func.count()).where(*interval.live()).group_by(source)
    return {row[0]: row[1] for row in await connection.execute(query)}


async def add(
    connection: AsyncConnection, counted: Collection[Tally], *, exercise_id: str = ""
) -> None:
    """Write those that nobody has written: whoever comes second reads what stands."""
    rows = [{"exercise_id": exercise_id, **_row(tally)} for tally in counted]
    if rows:
        await connection.execute(insert_new(connection, tallies), rows)


def _row(tally: Tally) -> dict[str, Any]:
    return {
        "until": tally.until,
        "covered": tally.covered,
        "counts": tally.counts,
        "received": tally.received,
        "failing": list(tally.failing),
        "judged": tally.judged,
    }


async def latest(connection: AsyncConnection, number: int, *, exercise_id: str = "") -> list[Tally]:
    """The last `number` of tallies, newest first."""
    query = select(tallies).where(tallies.c.exercise_id == exercise_id)
    query = query.order_by(tallies.c.until.desc()).limit(number)
    return [_tally(row) for row in await connection.execute(query)]


async def after(
    connection: AsyncConnection,
    since: datetime,
    *,
    until: datetime | None = None,
    limit: int | None = None,
    exercise_id: str = "",
) -> list[Tally]:
    """The tallies of after `since` (and up to `until`), oldest first."""
    query = select(tallies).where(
        tallies.c.exercise_id == exercise_id,
        tallies.c.until > since,
        *((tallies.c.until <= until,) if until is not None else ()),
    )
    query = query.order_by(tallies.c.until).limit(limit)
    return [_tally(row) for row in await connection.execute(query)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrivals:
    """What sources brought in one interval."""

    until: datetime
    covered: bool
    received: Mapping[str, int]
    failing: tuple[str, ...]


async def arrivals(
    connection: AsyncConnection, since: datetime, *, limit: int, exercise_id: str = ""
) -> list[Arrivals]:
    """The tallies of after `since`, oldest first, without what was said."""
    names = ("until", "covered", "received", "failing")
    query = select(*(tallies.c[name] for name in names)).where(
        tallies.c.exercise_id == exercise_id, tallies.c.until > since
    )
    return [
        Arrivals(
            until=row.until,
            covered=row.covered,
            received=row.received,
            failing=tuple(row.failing),
        )
        for row in await connection.execute(query.order_by(tallies.c.until).limit(limit))
    ]


async def unjudged(
    connection: AsyncConnection, since: datetime, *, exercise_id: str = ""
) -> frozenset[datetime]:
    """The ends of the intervals of after `since` that nobody has judged."""
    query = select(tallies.c.until).where(
        tallies.c.exercise_id == exercise_id,
        tallies.c.until > since,
        tallies.c.judged.is_(False),
    )
    return frozenset((await connection.execute(query)).scalars())


async def mark_judged(
    connection: AsyncConnection, until: datetime, *, since: datetime, exercise_id: str = ""
) -> None:
    """What the intervals of after `since` and up to `until` say has been judged."""
    await connection.execute(
        update(tallies)
        .where(
            tallies.c.exercise_id == exercise_id,
            tallies.c.until > since,
            tallies.c.until <= until,
            tallies.c.judged.is_(False),
        )
        .values(judged=True)
    )


async def expire(connection: AsyncConnection, *, before: datetime) -> int:
    result = await connection.execute(delete(tallies).where(tallies.c.until <= before))
    return int(result.rowcount)


def _tally(row: Row[Any]) -> Tally:
    return Tally(
        until=row.until,
        covered=row.covered,
        counts=row.counts,
        received=row.received,
        failing=tuple(row.failing),
        judged=row.judged,
    )
