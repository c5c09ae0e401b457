"""Which stories were told most in a stretch, and what is known of some: by the number that stands."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Subquery, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from listener.storage.breakdown import SENTIMENT
from listener.storage.figures import Filters
from listener.storage.reach import engagement
from listener.storage.story_statements import STANDS, members
from listener.storage.tables import mentions, stories


async def largest(
    connection: AsyncConnection, filters: Filters, *, limit: int, at_least: int = 1
) -> list[int]:
    """The stories with most mentions, then the most engagement, then the older first."""
    told = _told(filters)
    size, engaged = func.count(), func.sum(told.c.engagement)
    query = select(told.c.story).group_by(told.c.story).having(size >= at_least)
    query = query.order_by(size.desc(), engaged.desc(), func.min(told.c.occurred_at), told.c.story)
    return [row.story for row in await connection.execute(query.limit(limit))]


async def faded(
    connection: AsyncConnection, filters: Filters, since: datetime, *, limit: int, at_least: int
) -> list[int]:
    """The largest stories of before an instant, of which at most half is told from then on."""
    told = _told(filters)
    before = told.c.occurred_at < since
    size, left = func.count().filter(before), func.count().filter(~before)
    engaged = func.sum(told.c.engagement).filter(before)
    query = (
        select(told.c.story)
        .group_by(told.c.story)
        .having((size >= at_least) & (2 * left <= size))
        .order_by(size.desc(), engaged.desc(), func.min(told.c.occurred_at), told.c.story)
    )
    return [row.story for row in await connection.execute(query.limit(limit))]


def _told(filters: Filters) -> Subquery:
    """Each mention's story, instant and engagement."""
    return (
        select(STANDS.label("story"), mentions.c.occurred_at, engagement().label("engagement"))
        .select_from(mentions)
        .join(stories, stories.c.id == mentions.c.story_id)
        .where(*filters.conditions())
        .subquery()
    )


async def parts(
    connection: AsyncConnection, filters: Filters, numbers: Collection[int]
) -> list[Row[Any]]:
    """Of each story: mentions (`size`) and `engagement` by network, sentiment and packed themes."""
    if not numbers:
        return []
    told = (
        select(
            STANDS.label("story"),
            mentions.c.network,
            SENTIMENT.label("sentiment"),
            func.coalesce(mentions.c.themes, 0).label("themes"),
            engagement().label("engagement"),
        )
        .select_from(mentions)
        .join(stories, stories.c.id == mentions.c.story_id)
        .where(*filters.conditions(), members(numbers))
        .subquery()
    )
    by = [told.c[name] for name in ("story", "network", "sentiment", "themes")]
    query = select(
        *by, func.count().label("size"), func.sum(told.c.engagement).label("engagement")
    ).group_by(*by)
    return list(await connection.execute(query))


async def first_told(
    connection: AsyncConnection, filters: Filters, numbers: Collection[int]
) -> dict[int, datetime]:
    """When each story was told first."""
    if not numbers:
        return {}
    query = (
        select(STANDS.label("story"), func.min(mentions.c.occurred_at).label("first_at"))
        .select_from(mentions)
        .join(stories, stories.c.id == mentions.c.story_id)
        .where(*filters.conditions(), members(numbers))
        .group_by(STANDS)
    )
    return {row.story: row.first_at for row in await connection.execute(query)}
