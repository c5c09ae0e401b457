"""What a stretch of time brought beside mentions: incidents, calls, items that could not be read."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from listener.storage.dialect import chunks
from listener.storage.tables import (
    incident_events,
    incident_mentions,
    incidents,
    mentions,
    outbox,
    quarantine,
)

CALLS = ("alerted", "would_have_alerted")


async def alerts_between(
    connection: AsyncConnection, since: datetime, until: datetime, *, exercise_id: str = ""
) -> dict[int, list[Row[Any]]]:
    """Timeline entries of alerts (at, kind, data) by incident, oldest first."""
    rows = await connection.execute(
        select(incident_events)
        .join(incidents, incidents.c.id == incident_events.c.incident_id)
        .where(
            incidents.c.exercise_id == exercise_id,
            incident_events.c.kind.in_(CALLS),
            incident_events.c.at >= since,
            incident_events.c.at < until,
        )
        .order_by(incident_events.c.at, incident_events.c.id)
    )
    found: dict[int, list[Row[Any]]] = {}
    for row in rows:
        found.setdefault(row.incident_id, []).append(row)
    return found


async def incidents_between(
    connection: AsyncConnection,
    since: datetime,
    until: datetime,
    *,
    also: Collection[int] = (),
    exercise_id: str = "",
) -> list[Row[Any]]:
    """Incidents opened in a stretch, and those of `also`, in the order they were opened.

    What became part of another is left out.
    """
    opened = (incidents.c.opened_at >= since) & (incidents.c.opened_at < until)
    query = select(incidents).where(
        incidents.c.exercise_id == exercise_id,
        incidents.c.merged_into.is_(None),
        or_(opened, incidents.c.id.in_(also)),
    )
    return list(await connection.execute(query.order_by(incidents.c.opened_at, incidents.c.id)))


async def standing(connection: AsyncConnection, ids: Collection[int]) -> dict[int, int]:
    """The incident that each of these has become part of, itself where it stands alone."""
    found = {number: number for number in ids}
    merged = incidents.c.merged_into
    left = set(ids)
    while left:
        query = select(incidents.c.id, merged).where(incidents.c.id.in_(left), merged.is_not(None))
        into = {row.id: row.merged_into for row in await connection.execute(query)}
        found = {number: into.get(stands, stands) for number, stands in found.items()}
        left = set(into.values())
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How many mentions have joined an incident, and when the first of them occurred."""

    mentions: int = 0
    first_at: datetime | None = None


async def sizes(connection: AsyncConnection, ids: Collection[int]) -> dict[int, Size]:
    found: dict[int, Size] = {}
    number = incident_mentions.c.incident_id
    for part in chunks(ids):
        rows = await connection.execute(
            select(number, func.count(), func.min(mentions.c.occurred_at))
            .join(mentions, mentions.c.id == incident_mentions.c.mention_id)
            .where(number.in_(part))
            .group_by(number)
        )
        found.update((one, Size(mentions=int(many), first_at=at)) for one, many, at in rows)
    return found


async def quarantined_between(connection: AsyncConnection, since: datetime, until: datetime) -> int:
    query = select(func.count()).select_from(quarantine)
    query = query.where(quarantine.c.received_at >= since, quarantine.c.received_at < until)
    return int((await connection.execute(query)).scalar_one())


async def was_listening(
    connection: AsyncConnection, at: datetime, *, exercise_id: str = ""
) -> bool:
    """Whether anything had been received by an instant."""
    query = select(mentions.c.id).where(
        mentions.c.exercise_id == exercise_id, mentions.c.received_at <= at
    )
    return (await connection.execute(query.limit(1))).first() is not None


async def unsent(connection: AsyncConnection, prefix: str) -> int:
    """How many letters whose key begins so were not sent, or not yet."""
    query = select(func.count()).select_from(outbox)
    query = query.where(outbox.c.key.startswith(prefix, autoescape=True), outbox.c.state != "sent")
    return int((await connection.execute(query)).scalar_one())
