"""What people are shown of an incident: read at send time, so that what was erased stays unsaid."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from listener.storage.tables import incident_mentions, mention_links, mentions, snapshots


async def worst_posts(
    connection: AsyncConnection, incident_id: int, *, limit: int = 3
) -> list[Row[Any]]:
    """The incident's gravest mentions with their sealed link and latest figures.

    One row a text: copies of a post say nothing new.
    """
    ranked = (
        select(
            mentions.c.id,
            func.row_number()
            .over(
                partition_by=mentions.c.text_hash,
                order_by=(mentions.c.severity.desc().nulls_last(), mentions.c.id),
            )
            .label("copy"),
        )
        .join(incident_mentions, incident_mentions.c.mention_id == mentions.c.id)
        .where(incident_mentions.c.incident_id == incident_id)
        .subquery()
    )
    return await _posts(
        connection,
        select(mentions, mention_links.c.sealed)
        .join(ranked, and_(ranked.c.id == mentions.c.id, ranked.c.copy == 1))
        .outerjoin(mention_links, mention_links.c.mention_id == mentions.c.id)
        .order_by(mentions.c.severity.desc().nulls_last(), mentions.c.id)
        .limit(limit),
    )


async def _posts(connection: AsyncConnection, query: Any) -> list[Row[Any]]:
    return list(await connection.execute(query))


async def latest_figures(connection: AsyncConnection, ids: Sequence[int]) -> dict[int, Row[Any]]:
    """The newest engagement snapshot of each mention."""
    if not ids:
        return {}
    newest = (
        select(snapshots.c.mention_id, func.max(snapshots.c.taken_at).label("taken_at"))
        .where(snapshots.c.mention_id.in_(ids))
        .group_by(snapshots.c.mention_id)
        .subquery()
    )
    rows = await connection.execute(
        select(snapshots).join(
            newest,
            and_(
                newest.c.mention_id == snapshots.c.mention_id,
                newest.c.taken_at == snapshots.c.taken_at,
            ),
        )
    )
    return {row.mention_id: row for row in rows}


async def tally(
    connection: AsyncConnection, incident_id: int
) -> list[tuple[datetime, str, str | None]]:
    """When, where and how each mention of an incident spoke: (occurred_at, network, sentiment)."""
    rows = await connection.execute(
        select(mentions.c.occurred_at, mentions.c.network, mentions.c.sentiment)
        .join(incident_mentions, incident_mentions.c.mention_id == mentions.c.id)
        .where(incident_mentions.c.incident_id == incident_id)
        .order_by(mentions.c.occurred_at)
    )
    return [(row[0], row[1], row[2]) for row in rows]
