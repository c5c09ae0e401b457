"""The figures of mentions, each as it was read at an instant."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from listener.storage.dialect import chunks, insert_new
from listener.storage.tables import mentions, snapshots


async def add(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        await connection.execute(insert_new(connection, snapshots), rows)


async def readings(connection: AsyncConnection, ids: Collection[int]) -> dict[int, list[Row[Any]]]:
    """Every engagement snapshot of these mentions, oldest first."""
    found: dict[int, list[Row[Any]]] = {}
    for part in chunks(ids):
        rows = await connection.execute(
            select(snapshots).where(snapshots.c.mention_id.in_(part)).order_by(snapshots.c.taken_at)
        )
        for row in rows:
            found.setdefault(row.mention_id, []).append(row)
    return found


async def usual_engagement(connection: AsyncConnection, *, since: datetime) -> dict[str, float]:
    """Mean engagement a mention of each network has gathered since an instant, by network."""
    total = (
        func.coalesce(snapshots.c.reactions, 0)
        + func.coalesce(snapshots.c.replies, 0)
        + func.coalesce(snapshots.c.shares, 0)
    )
    highest = (
        select(mentions.c.network, func.max(total).label("total"))
        .join(snapshots, snapshots.c.mention_id == mentions.c.id)
        .where(mentions.c.occurred_at >= since, mentions.c.exercise_id == "")
        .group_by(mentions.c.id, mentions.c.network)
        .subquery()
    )
    rows = await connection.execute(
        select(highest.c.network, func.avg(highest.c.total)).group_by(highest.c.network)
    )
    return {network: float(mean) for network, mean in rows}
