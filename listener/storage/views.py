"""What people are shown of an incident: read at send time, so that what was erased stays unsaid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from listener.storage.tables import (
    incident_events,
    incident_mentions,
    incidents,
    mention_links,
    mentions,
    outbox,
    snapshots,
)


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
    other = snapshots.alias("other")
    newest = select(func.max(other.c.taken_at)).where(other.c.mention_id == snapshots.c.mention_id)
    rows = await connection.execute(
        select(snapshots).where(
            snapshots.c.mention_id.in_(ids), snapshots.c.taken_at == newest.scalar_subquery()
        )
    )
    return {row.mention_id: row for row in rows}


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """When, where and how one mention spoke, and which classifiers say so."""

    occurred_at: datetime
    network: str
    sentiment: str | None
    tier: str | None  # fast · deep
    waits: bool  # for the deep ones


async def tally(connection: AsyncConnection, incident_id: int) -> list[Said]:
    """Every mention of an incident, oldest first."""
    named = [mentions.c[name] for name in ("occurred_at", "network", "sentiment", "tier")]
    rows = await connection.execute(
        select(*named, mentions.c.deep_priority.is_not(None).label("waits"))
        .join(incident_mentions, incident_mentions.c.mention_id == mentions.c.id)
        .where(incident_mentions.c.incident_id == incident_id)
        .order_by(mentions.c.occurred_at)
    )
    return [Said(**row._mapping) for row in rows]


async def absorbed(connection: AsyncConnection, incident_id: int) -> list[int]:
    """The incidents that were merged into this one."""
    query = select(incidents.c.id).where(incidents.c.merged_into == incident_id)
    return [row.id for row in await connection.execute(query.order_by(incidents.c.id))]


async def weight(connection: AsyncConnection, incident_id: int) -> dict[str, float]:
    """What an incident amounts to: its mentions, the negative ones, the gravest."""
    query = (
        select(
            func.count().label("mentions"),
            func.count().filter(mentions.c.sentiment == "negative").label("negative"),
            func.coalesce(func.max(mentions.c.severity), 0).label("severity"),
        )
        .join(incident_mentions, incident_mentions.c.mention_id == mentions.c.id)
        .where(incident_mentions.c.incident_id == incident_id)
    )
    return dict((await connection.execute(query)).one()._mapping)


async def incident_list(
    connection: AsyncConnection,
    *,
    states: Sequence[str] = (),
    limit: int | None = None,
    number: int | None = None,
) -> list[Row[Any]]:
    """Incidents with `mentions`, how many they hold; the last opened first. Drills are left out."""
    held = (
        select(func.count())
        .select_from(incident_mentions)
        .where(incident_mentions.c.incident_id == incidents.c.id)
        .correlate(incidents)
        .scalar_subquery()
    )
    query = select(incidents, held.label("mentions")).order_by(incidents.c.id.desc()).limit(limit)
    if number is None:
        query = query.where(incidents.c.exercise_id == "")
    else:
        query = query.where(incidents.c.id == number)
    if states:
        query = query.where(incidents.c.state.in_(states))
    return list(await connection.execute(query))


async def timeline(connection: AsyncConnection, incident_id: int) -> list[Row[Any]]:
    """What happened to an incident, oldest first."""
    query = select(incident_events).where(incident_events.c.incident_id == incident_id)
    return list(
        await connection.execute(query.order_by(incident_events.c.at, incident_events.c.id))
    )


async def deliveries(connection: AsyncConnection, incident_id: int) -> list[Row[Any]]:
    """Every message about an incident: sent, on its way, or given up."""
    query = select(outbox).where(outbox.c.incident_id == incident_id)
    return list(await connection.execute(query.order_by(outbox.c.created_at, outbox.c.id)))
