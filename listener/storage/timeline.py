"""What happened to an incident, and when: appended, never changed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from listener.storage.dialect import insert
from listener.storage.tables import incident_events


async def add(
    connection: AsyncConnection, incident_id: int, *, at: datetime, kind: str, **data: Any
) -> int:
    """Append to the timeline: keys and figures only, texts stay erasable. Gives its number."""
    statement = (
        insert(connection, incident_events)
        .values(incident_id=incident_id, at=at, kind=kind, data=data)
        .returning(incident_events.c.id)
    )
    number: int = (await connection.execute(statement)).scalar_one()
    return number


async def since(
    connection: AsyncConnection, kinds: Collection[str], at: datetime
) -> list[Row[Any]]:
    """The events of these kinds from an instant on, oldest first."""
    query = select(incident_events).where(
        incident_events.c.at >= at, incident_events.c.kind.in_(kinds)
    )
    return list(await connection.execute(query.order_by(incident_events.c.id)))


async def get(connection: AsyncConnection, number: int) -> Row[Any] | None:
    query = select(incident_events).where(incident_events.c.id == number)
    return (await connection.execute(query)).one_or_none()
