"""Counts by what is spoken of and when: by (part, sentiment), `unscored` being one of these."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import ColumnElement, Integer, case, func, literal_column, select
from sqlalchemy.ext.asyncio import AsyncConnection

from classifiers.themes import unpack
from listener.storage.figures import UNSCORED, Filters
from listener.storage.tables import mention_subjects, mentions

SENTIMENT = func.coalesce(mentions.c.sentiment, UNSCORED)


async def by_subject(connection: AsyncConnection, filters: Filters) -> dict[tuple[str, str], int]:
    """By (subject, sentiment), of every subject; a mention that concerns several counts for each."""
    subject = mention_subjects.c.subject
    query = (
        select(subject, SENTIMENT, func.count())
        .select_from(mentions)
        .join(mention_subjects, mention_subjects.c.mention_id == mentions.c.id)
        .where(*filters.conditions())
        .group_by(subject, SENTIMENT)
    )
    rows = await connection.execute(query)
    return {(name, sentiment): int(number) for name, sentiment, number in rows}


async def by_theme(connection: AsyncConnection, filters: Filters) -> dict[tuple[str, str], int]:
    """By (theme, sentiment); a mention of several themes counts for each."""
    query = (
        select(mentions.c.themes, SENTIMENT, func.count())
        .where(*filters.conditions(), mentions.c.themes != 0)
        .group_by(mentions.c.themes, SENTIMENT)
    )
    found: Counter[tuple[str, str]] = Counter()
    for themes, sentiment, number in await connection.execute(query):
        for theme in unpack(themes):
            found[theme, sentiment] += int(number)
    return dict(found)


async def by_day(
    connection: AsyncConnection, filters: Filters, midnights: Sequence[datetime]
) -> dict[tuple[datetime, str], int]:
    """By (the midnight that begins the day, sentiment): from each one to the next.

    The midnights are the hospital's, ascending, and one more ends the last day: a day is an hour
    longer or shorter where the clocks change.
    """
    day = _day(midnights, 0, len(midnights) - 1).label("day")
    bounded = replace(filters, since=midnights[0], until=midnights[-1])
    told = select(day, SENTIMENT.label("sentiment")).where(*bounded.conditions()).subquery()
    query = select(told.c.day, told.c.sentiment, func.count()).group_by(*told.c)
    rows = await connection.execute(query)
    return {(midnights[number], sentiment): int(count) for number, sentiment, count in rows}


def _day(midnights: Sequence[datetime], first: int, end: int) -> ColumnElement[int]:
    """Which of the days from `first` on an instant is in, by halves: no join, six questions."""
    if end - first == 1:
        return literal_column(str(first), Integer)
    half = (first + end) // 2
    earlier = mentions.c.occurred_at < midnights[half]
    return case((earlier, _day(midnights, first, half)), else_=_day(midnights, half, end))


async def by_rating(connection: AsyncConnection, filters: Filters) -> dict[float, int]:
    """How many by their stars, whole or not; what has none is left out."""
    query = (
        select(mentions.c.rating, func.count())
        .where(*filters.conditions(), mentions.c.rating.is_not(None))
        .group_by(mentions.c.rating)
    )
    return {float(stars): int(number) for stars, number in await connection.execute(query)}
