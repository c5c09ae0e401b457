"""Which stories were told most in a stretch, and what is known of some: by the number that stands."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, func, select
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
    told = _sizes(filters).subquery()
    query = (
        select(told.c.story)
        .where(told.c.size >= at_least)
        .order_by(told.c.size.desc(), told.c.engagement.desc(), told.c.first_at, told.c.story)
    )
    return [row.story for row in await connection.execute(query.limit(limit))]


async def faded(
    connection: AsyncConnection, now: Filters, before: Filters, *, limit: int, at_least: int
) -> list[int]:
    """The largest stories of before of which at most half is told now."""
    was, left = _sizes(before).subquery("was"), _sizes(now).subquery("left_now")
    remain = func.coalesce(left.c.size, 0)
    query = (
        select(was.c.story)
        .outerjoin(left, left.c.story == was.c.story)
        .where(was.c.size >= at_least, 2 * remain <= was.c.size)
        .order_by(was.c.size.desc(), was.c.engagement.desc(), was.c.first_at, was.c.story)
    )
    return [row.story for row in await connection.execute(query.limit(limit))]


def _sizes(filters: Filters) -> Select[Any]:
    told = (
        select(STANDS.label("story"), mentions.c.occurred_at, engagement().label("engagement"))
        .select_from(mentions)
        .join(stories, stories.c.id == mentions.c.story_id)
        .where(*filters.conditions())
        .subquery()
    )
    return select(
        told.c.story,
        func.count().label("size"),
        func.sum(told.c.engagement).label("engagement"),
        func.min(told.c.occurred_at).label("first_at"),
    ).group_by(told.c.story)


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
