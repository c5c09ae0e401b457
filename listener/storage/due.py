"""Things to do at an instant: each once, whoever gets to it first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from listener.storage.dialect import insert
from listener.storage.tables import due


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    key: str
    kind: str
    due_at: datetime
    payload: Mapping[str, Any]


async def plan(
    connection: AsyncConnection,
    *,
    key: str,
    kind: str,
    due_at: datetime,
    payload: Mapping[str, Any] | None = None,
) -> None:
    """Plan something once; a key that stands already, done or not, is left alone."""
    await connection.execute(
        insert(connection, due)
        .values(key=key, kind=kind, due_at=due_at, payload=dict(payload or {}))
        .on_conflict_do_nothing(index_elements=["key"])
    )


async def is_done(connection: AsyncConnection, key: str) -> bool:
    """Whether it was done; that does not change before the transaction ends."""
    query = select(due.c.done_at).where(due.c.key == key).with_for_update()
    return (await connection.execute(query)).scalar_one_or_none() is not None


async def claim(
    connection: AsyncConnection, *, owner: str, at: datetime, lease: timedelta, limit: int = 50
) -> list[Errand]:
    """Take what is due and nobody holds, oldest first."""
    wanted = (
        select(due)
        .where(
            due.c.done_at.is_(None),
            due.c.due_at <= at,
            or_(due.c.lease_until.is_(None), due.c.lease_until <= at),
        )
        .order_by(due.c.due_at)
        .limit(limit)
    )
    if connection.dialect.name != "sqlite":
        wanted = wanted.with_for_update(skip_locked=True)
    rows = (await connection.execute(wanted)).all()
    if rows:
        await connection.execute(
            update(due)
            .where(due.c.key.in_([row.key for row in rows]))
            .values(lease_owner=owner, lease_until=at + lease)
        )
    return [
        Errand(key=row.key, kind=row.kind, due_at=row.due_at, payload=row.payload) for row in rows
    ]


async def done(connection: AsyncConnection, key: str, *, at: datetime) -> None:
    await connection.execute(
        update(due).where(due.c.key == key).values(done_at=at, lease_owner=None, lease_until=None)
    )
