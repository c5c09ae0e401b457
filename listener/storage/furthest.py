"""The posts that went furthest: of each network, of each story, or of all; one row a text."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, func, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from listener.storage.figures import Filters, Listed, by_ids
from listener.storage.reach import engagement
from listener.storage.story_statements import STANDS, members
from listener.storage.tables import mentions, stories

NOT_A_COPY = mentions.c.kind != "repost"


async def notable(
    connection: AsyncConnection, filters: Filters, *, per_network: int
) -> list[Listed]:
    """Those that went furthest on each network, then the gravest; network by network.

    None whose text is gone: copies say nothing new.
    """
    found = _shown(filters, mentions.c.network, NOT_A_COPY)
    chosen = _first(found, per_network, _gravest(found))
    return [item for _, item in await _listed(connection, chosen)]


async def of_stories(
    connection: AsyncConnection, filters: Filters, numbers: Collection[int], *, each: int
) -> dict[int, list[Listed]]:
    """Those that went furthest of each story, then the gravest, by the number that stands for it.

    None that is restricted or without a word.
    """
    if not numbers:
        return {}
    story = select(STANDS).where(stories.c.id == mentions.c.story_id).scalar_subquery()
    told = func.coalesce(mentions.c.text, "") != ""
    found = _shown(
        filters, story, members(numbers), mentions.c.restricted.is_(False), told | _titled()
    )
    posts: dict[int, list[Listed]] = {}
    for number, item in await _listed(connection, _first(found, each, _gravest(found))):
        posts.setdefault(number, []).append(item)
    return posts


async def newest(connection: AsyncConnection, filters: Filters, *, limit: int) -> list[Listed]:
    """Those that went furthest of all, then the newest."""
    found = _shown(filters, literal(""), NOT_A_COPY)
    order = (found.c.reach.desc(), found.c.occurred_at.desc(), found.c.id.desc())
    return [item for _, item in await _listed(connection, _first(found, limit, order))]


def _titled() -> ColumnElement[bool]:
    return func.coalesce(mentions.c.title, "") != ""


def _shown(filters: Filters, of: ColumnElement[Any], *more: ColumnElement[bool]) -> Subquery:
    """What may be shown elsewhere, with what it is one `of`, and how far it went."""
    columns = [mentions.c[name] for name in ("id", "severity", "text_hash", "occurred_at")]
    return (
        select(*columns, of.label("of"), engagement().label("reach"))
        .where(
            *filters.conditions(),
            mentions.c.text.is_not(None),
            mentions.c.republish.is_(True),
            *more,
        )
        .subquery()
    )


def _gravest(found: Subquery) -> Sequence[ColumnElement[Any]]:
    return (found.c.reach.desc(), found.c.severity.desc().nulls_last(), found.c.id)


def _first(found: Subquery, each: int, order: Sequence[ColumnElement[Any]]) -> Select[Any]:
    """Ids of the first so many of each, copies left out, with what they are one of."""
    copy = func.row_number().over(partition_by=(found.c.of, found.c.text_hash), order_by=order)
    rank = func.row_number().over(partition_by=found.c.of, order_by=order)
    copies = select(found.c.id, found.c.of, copy.label("copy"), rank.label("rank")).subquery()
    place = func.row_number().over(partition_by=copies.c.of, order_by=copies.c.rank)
    one = select(copies.c.id, copies.c.of, place.label("place")).where(copies.c.copy == 1)
    placed = one.subquery()
    return (
        select(placed.c.id, placed.c.of)
        .where(placed.c.place <= each)
        .order_by(placed.c.of, placed.c.place)
    )


async def _listed(connection: AsyncConnection, chosen: Select[Any]) -> list[tuple[Any, Listed]]:
    # Ids first, without a join: a planner that has not counted its tables yet joins them badly.
    order = list(await connection.execute(chosen))
    found = await by_ids(connection, [row.id for row in order])
    return [(row.of, found[row.id]) for row in order if row.id in found]
