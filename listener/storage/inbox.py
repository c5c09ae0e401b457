"""What networks pushed to us, kept before they were answered: each call once, read under a lease."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from listener.storage.columns import storable
from listener.storage.dialect import insert
from listener.storage.tables import inbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One call that waits to be read."""

    id: int
    source_id: str
    received_at: datetime
    sealed: bytes
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """How much of a source's post is still unread."""

    count: int
    oldest: datetime
    error: str | None = None  # why one of them could not be read yet


async def keep(
    connection: AsyncConnection, source_id: str, fingerprint: str, sealed: bytes, *, at: datetime
) -> bool:
    """False where the same call was kept before: networks repeat what we answered too late."""
    result = await connection.execute(
        insert(connection, inbox)
        .values(
            source_id=source_id,
            fingerprint=fingerprint,
            received_at=at,
            sealed=sealed,
            due_at=at,
        )
        .on_conflict_do_nothing(index_elements=["source_id", "fingerprint"])
    )
    return result.rowcount == 1


async def claim(
    connection: AsyncConnection,
    *,
    sources: Collection[str],
    abandoned: datetime,
    owner: str,
    at: datetime,
    lease: timedelta,
    limit: int = 100,
) -> list[Kept]:
    """Take what is due and nobody holds, in the order of its coming: calls for these sources, and
    for any where they came before `abandoned`."""
    wanted = (
        select(inbox.c.id, inbox.c.source_id, inbox.c.received_at, inbox.c.sealed, inbox.c.attempts)
        .where(
            inbox.c.done_at.is_(None),
            inbox.c.due_at <= at,
            or_(inbox.c.source_id.in_(list(sources)), inbox.c.received_at < abandoned),
            inbox.c.sealed.is_not(None),
            or_(inbox.c.lease_until.is_(None), inbox.c.lease_until <= at),
        )
        .order_by(inbox.c.id)
        .limit(limit)
    )
    if connection.dialect.name != "sqlite":
        wanted = wanted.with_for_update(skip_locked=True)
    found = [Kept(**row._mapping) for row in await connection.execute(wanted)]
    if found:
        await connection.execute(
            update(inbox)
            .where(inbox.c.id.in_([kept.id for kept in found]))
            .values(lease_owner=owner, lease_until=at + lease)
        )
    return found


async def release(connection: AsyncConnection, left: Collection[Kept], *, owner: str) -> None:
    """Give back what was claimed and not read."""
    await connection.execute(
        update(inbox)
        .where(inbox.c.id.in_([kept.id for kept in left]), inbox.c.lease_owner == owner)
        .values(lease_owner=None, lease_until=None)
    )


async def done(
    connection: AsyncConnection, kept: Kept, *, at: datetime, error: str | None = None
) -> None:
    """Read, or given up: what it held goes, its fingerprint stays against a repetition."""
    await _end(connection, kept, error, done_at=at, sealed=None)


async def postpone(connection: AsyncConnection, kept: Kept, *, until: datetime, error: str) -> None:
    await _end(connection, kept, error, due_at=until, attempts=kept.attempts + 1)


async def _end(
    connection: AsyncConnection, kept: Kept, error: str | None, **values: object
) -> None:
    await connection.execute(
        update(inbox)
        .where(inbox.c.id == kept.id)
        .values(
            error=storable(error, 500) if error else None,
            lease_owner=None,
            lease_until=None,
            **values,
        )
    )


async def waiting(connection: AsyncConnection) -> dict[str, Waiting]:
    """What is unread, by source."""
    rows = await connection.execute(
        select(
            inbox.c.source_id,
            func.count().label("count"),
            func.min(inbox.c.received_at).label("oldest"),
            func.max(inbox.c.error).label("error"),
        )
        .where(inbox.c.done_at.is_(None))
        .group_by(inbox.c.source_id)
    )
    return {
        source_id: Waiting(count=count, oldest=oldest, error=error)
        for source_id, count, oldest, error in rows
    }


async def expire(connection: AsyncConnection, *, before: datetime) -> None:
    """Drop the traces of what was read long ago: no network repeats itself for so long."""
    await connection.execute(delete(inbox).where(inbox.c.done_at < before))
