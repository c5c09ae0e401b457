"""How far mentions went: of each its highest figures, as counts only grow and a blip is no loss."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, ScalarSelect, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from listener.storage.figures import Filters
from listener.storage.tables import mentions, snapshots

FIGURES = ("views", "reactions", "replies", "shares")


def engagement() -> ScalarSelect[int]:
    """Reactions, replies and shares of a mention, beside its columns; 0 where nothing is known."""
    reactions, replies, shares = (
        func.coalesce(func.max(snapshots.c[name]), 0) for name in FIGURES[1:]
    )
    highest = select(reactions + replies + shares)
    return highest.where(snapshots.c.mention_id == mentions.c.id).scalar_subquery()


async def by_network(connection: AsyncConnection, filters: Filters) -> list[Row[Any]]:
    """Each network's mentions, those `told` of any figure, and the sums of the highest ones.

    A sum is None where no mention has such a figure. The networks are in the order of their names.
    """
    highest = (
        select(mentions.c.network, *(func.max(snapshots.c[name]).label(name) for name in FIGURES))
        .outerjoin(snapshots, snapshots.c.mention_id == mentions.c.id)
        .where(*filters.conditions())
        # In the order of the index on instants: grouped by id alone, SQLite would read the whole
        # history in the order of ids.
        .group_by(mentions.c.occurred_at, mentions.c.id, mentions.c.network)
        .subquery()
    )
    any_figure = func.coalesce(*(highest.c[name] for name in FIGURES))
    query = (
        select(
            highest.c.network,
            func.count().label("mentions"),
            func.count(any_figure).label("told"),
            *(func.sum(highest.c[name]).label(name) for name in FIGURES),
        )
        .group_by(highest.c.network)
        .order_by(highest.c.network)
    )
    return list(await connection.execute(query))
