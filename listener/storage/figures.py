"""The one query layer for what people are told in numbers: `listener mentions` and the digests.

Every figure and every listing goes through the same conditions, so that they never disagree.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from classifiers.classifier import Score
from classifiers.themes import pack
from listener.storage.dialect import chunks
from listener.storage.mentions import subjects_of
from listener.storage.story_statements import STORY, mentions_of
from listener.storage.tables import feeds, mention_links, mention_subjects, mentions
from listener.storage.verdicts import explained, latest_flags
from listener.storage.views import latest_figures

BATCH = 500  # mentions read at a time
UNSCORED = "unscored"  # as a sentiment: what no classifier has judged


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which mentions are meant; an empty sequence or None leaves a condition out.

    Stretches are by `occurred_at`, `since` included and `until` excluded. A mention that concerns
    several of `subjects` counts once. Drills and demos are left out unless one is asked for.
    """

    since: datetime | None = None
    until: datetime | None = None
    subjects: Sequence[str] = ()
    networks: Sequence[str] = ()
    sources: Sequence[str] = ()
    kinds: Sequence[str] = ()
    sentiments: Sequence[str] = ()  # negative · neutral · positive · unscored
    min_severity: float | None = None  # 0 to 100; what is not scored is left out
    live: bool | None = None  # False: backfill only
    erased: bool | None = None  # True: those whose text is gone
    themes: Sequence[str] = ()  # of classifiers.themes: any of them
    restricted: bool | None = None  # True: what may reveal who is a patient
    official: bool | None = None  # True: published by a watched account itself
    speakers: Sequence[str] = ()  # watches whose accounts published it
    story: int | None = None  # also by the number of one that has been merged
    exercise_id: str = ""

    def conditions(self) -> list[ColumnElement[bool]]:
        made: list[ColumnElement[bool]] = [mentions.c.exercise_id == self.exercise_id]
        if self.since is not None:
            made.append(mentions.c.occurred_at >= self.since)
        if self.until is not None:
            made.append(mentions.c.occurred_at < self.until)
        if self.subjects:
            made.append(_concerns(self.subjects))
        for column, values in (
            (mentions.c.network, self.networks),
            (mentions.c.source_id, self.sources),
            (mentions.c.kind, self.kinds),
            (mentions.c.speaker, self.speakers),
            (func.coalesce(mentions.c.sentiment, UNSCORED), self.sentiments),
        ):
            if values:
                made.append(column.in_(values))
        if self.story is not None:
            made.append(mentions_of(self.story))
        if self.min_severity is not None:
            made.append(mentions.c.severity >= self.min_severity)
        if self.live is not None:
            made.append(mentions.c.live.is_(self.live))
        if self.erased is not None:
            made.append(mentions.c.text.is_(None) if self.erased else mentions.c.text.is_not(None))
        if self.official is not None:
            speaker = mentions.c.speaker
            made.append(speaker.is_not(None) if self.official else speaker.is_(None))
        if self.themes:
            made.append(mentions.c.themes.bitwise_and(pack(self.themes)) != 0)
        if self.restricted is not None:
            made.append(mentions.c.restricted.is_(self.restricted))
        return made


def _concerns(subjects: Sequence[str]) -> ColumnElement[bool]:
    return exists().where(
        mention_subjects.c.mention_id == mentions.c.id, mention_subjects.c.subject.in_(subjects)
    )


async def count(connection: AsyncConnection, filters: Filters) -> int:
    """How many mentions."""
    query = select(func.count()).select_from(mentions).where(*filters.conditions())
    return int((await connection.execute(query)).scalar_one())


async def tally(connection: AsyncConnection, filters: Filters) -> dict[tuple[str, str], int]:
    """How many mentions by (network, sentiment); `unscored` is one of the sentiments."""
    sentiment = func.coalesce(mentions.c.sentiment, UNSCORED)
    query = (
        select(mentions.c.network, sentiment, func.count())
        .where(*filters.conditions())
        .group_by(mentions.c.network, sentiment)
    )
    rows = await connection.execute(query)
    return {(network, found): int(number) for network, found, number in rows}


async def earliest(connection: AsyncConnection, filters: Filters) -> datetime | None:
    """When the first of the mentions occurred."""
    query = select(mentions.c.occurred_at).where(*filters.conditions())
    query = query.order_by(mentions.c.occurred_at).limit(1)
    found: datetime | None = (await connection.execute(query)).scalar_one_or_none()
    return found


async def listening_since(connection: AsyncConnection, exercise_id: str = "") -> datetime | None:
    """When the listener began: its first mention came in, or a first look-back was read through."""
    received = select(func.min(mentions.c.received_at)).where(mentions.c.exercise_id == exercise_id)
    live = select(func.min(feeds.c.live_since))
    found = [(await connection.execute(query)).scalar_one() for query in (received, live)]
    return min((at for at in found if at is not None), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One stored mention: `row` has the columns of `mentions` and the sealed link.

    `figures` is its newest engagement snapshot (views, reactions, replies, shares), if any,
    `flags` the probabilities that were last read of it: patient_privacy, about_hospital, toxicity,
    and `scores` those that tell why it was scored so, oldest first.
    """

    row: Row[Any]
    subjects: frozenset[str]
    figures: Row[Any] | None
    flags: Mapping[str, float] = field(default_factory=dict)
    scores: Sequence[Score] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Where a listing stopped: its last mention."""

    occurred_at: datetime
    id: int


async def listing(
    connection: AsyncConnection,
    filters: Filters,
    *,
    after: Mark | None = None,
    limit: int | None = None,
    newest_first: bool = True,
) -> AsyncIterator[Listed]:
    """The mentions in the order of their instants, read by keyset: any number in little memory."""
    left = limit
    while left is None or left > 0:
        wanted = BATCH if left is None else min(left, BATCH)
        page = await _page(connection, filters, after, wanted, newest_first)
        for item in page:
            yield item
        if len(page) < wanted:
            return
        after = Mark(occurred_at=page[-1].row.occurred_at, id=page[-1].row.id)
        left = None if left is None else left - len(page)


async def _page(
    connection: AsyncConnection, filters: Filters, after: Mark | None, limit: int, newest: bool
) -> list[Listed]:
    at, number = mentions.c.occurred_at, mentions.c.id
    order = (at.desc(), number.desc()) if newest else (at, number)
    query = (
        select(mentions, mention_links.c.sealed, STORY)
        .outerjoin(mention_links, mention_links.c.mention_id == number)
        .where(*filters.conditions())
        .order_by(*order)
        .limit(limit)
    )
    if after is not None:
        query = query.where(_beyond(after, newest))
    return await _complete(connection, list(await connection.execute(query)))


def _beyond(after: Mark, newest: bool) -> ColumnElement[bool]:
    at, number = mentions.c.occurred_at, mentions.c.id
    # The first condition alone is one that an index can begin at.
    if newest:
        further = or_(at < after.occurred_at, number < after.id)
        return and_(at <= after.occurred_at, further)
    return and_(at >= after.occurred_at, or_(at > after.occurred_at, number > after.id))


async def by_ids(connection: AsyncConnection, ids: Collection[int]) -> dict[int, Listed]:
    """These mentions as a listing gives them, by their numbers, but for their story."""
    found: dict[int, Listed] = {}
    for part in chunks(ids):
        query = (
            select(mentions, mention_links.c.sealed)
            .outerjoin(mention_links, mention_links.c.mention_id == mentions.c.id)
            .where(mentions.c.id.in_(part))
        )
        rows = list(await connection.execute(query))
        found.update((item.row.id, item) for item in await _complete(connection, rows))
    return found


async def _complete(connection: AsyncConnection, rows: Sequence[Row[Any]]) -> list[Listed]:
    ids = [row.id for row in rows]
    subjects = await subjects_of(connection, ids)
    figures = await latest_figures(connection, ids)
    flags = await latest_flags(connection, ids)
    scores = await explained(connection, ids)
    return [
        Listed(
            row=row,
            subjects=subjects.get(row.id, frozenset()),
            figures=figures.get(row.id),
            flags=flags.get(row.id, {}),
            scores=scores.get(row.id, ()),
        )
        for row in rows
    ]
