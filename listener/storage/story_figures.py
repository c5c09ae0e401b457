"""Which stories were told most in a stretch, and what is known of some: by the number that stands."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, select
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
    size = func.count()
    sizes = _by_story(filters, size.label("size")).having(size >= at_least)
    return await _first(connection, filters, sizes, limit)


async def faded(
    connection: AsyncConnection, filters: Filters, since: datetime, *, limit: int, at_least: int
) -> list[int]:
    """The largest stories of before an instant, of which at most half is told from then on."""
    before = mentions.c.occurred_at < since
    size, left = func.count().filter(before), func.count().filter(~before)
    sizes = _by_story(filters, size.label("size"))
    sizes = sizes.having((size >= at_least) & (2 * left <= size))
    return await _first(connection, replace(filters, until=since), sizes, limit)


def _by_story(filters: Filters, *columns: ColumnElement[Any]) -> Select[Any]:
    return (
        select(STANDS.label("story"), *columns)
        .select_from(mentions)
        .join(stories, stories.c.id == mentions.c.story_id)
        .where(*filters.conditions())
        .group_by(STANDS)
    )


async def _first(
    connection: AsyncConnection, filters: Filters, sizes: Select[Any], limit: int
) -> list[int]:
    """The first by their sizes; engagement is only added up of those that may be among them."""
    sized = sizes.subquery()
    place = func.rank().over(order_by=sized.c.size.desc()).label("place")
    placed = select(sized.c.story, place).subquery()
    first = select(placed.c.story).where(placed.c.place <= limit)
    story, size = STANDS.label("story"), func.count()
    engaged, first_at = func.sum(engagement()), func.min(mentions.c.occurred_at)
    query = _by_story(filters).where(STANDS.in_(first))
    query = query.order_by(size.desc(), engaged.desc(), first_at, story).limit(limit)
    return [row.story for row in await connection.execute(query)]


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
