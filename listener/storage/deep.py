"""The queue of mentions that deserve a deeper reading: the columns of `mentions` that make it one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from listener.storage.tables import mentions

_OUT = {"deep_priority": None, "lease_owner": None, "lease_until": None}
_WAITS = mentions.c.deep_priority.is_not(None)
_FIRST = (mentions.c.deep_priority.desc(), mentions.c.scored_at.desc())


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    count: int
    oldest: datetime | None  # when it was put into the queue


def _queue(exercise_id: str) -> tuple[ColumnElement[bool], ...]:
    return _WAITS, mentions.c.scored_at.is_not(None), mentions.c.exercise_id == exercise_id


async def waiting(connection: AsyncConnection, *, exercise_id: str = "") -> Waiting:
    query = select(func.count(), func.min(mentions.c.scored_at)).where(*_queue(exercise_id))
    row = (await connection.execute(query)).one()
    return Waiting(count=int(row[0]), oldest=row[1])


async def claim(
    connection: AsyncConnection,
    *,
    owner: str,
    at: datetime,
    lease: timedelta,
    limit: int,
    exercise_id: str = "",
) -> list[int]:
    """Take the first that nobody holds, by priority and then the newest; their ids in that order."""
    free = or_(mentions.c.lease_until.is_(None), mentions.c.lease_until <= at)
    query = select(mentions.c.id).where(*_queue(exercise_id), free).order_by(*_FIRST).limit(limit)
    query = query.with_for_update(skip_locked=True)
    ids = [row.id for row in await connection.execute(query)]
    if ids:
        await connection.execute(
            update(mentions)
            .where(mentions.c.id.in_(ids))
            .values(lease_owner=owner, lease_until=at + lease)
        )
    return ids


async def give_up(connection: AsyncConnection, ids: Collection[int], *, owner: str) -> None:
    """Leave what could not be read deeply with the scores it has; what others changed is theirs."""
    mine = mentions.c.id.in_(list(ids)), mentions.c.lease_owner == owner
    await connection.execute(update(mentions).where(*mine).values(_OUT))


async def put_back(connection: AsyncConnection, ids: Collection[int], *, owner: str) -> None:
    """Leave what was claimed to whoever comes next."""
    mine = mentions.c.id.in_(list(ids)), mentions.c.lease_owner == owner
    await connection.execute(
        update(mentions).where(*mine).values(lease_owner=None, lease_until=None)
    )


async def shed(
    connection: AsyncConnection, *, before: datetime, room: int, exercise_id: str = ""
) -> int:
    """Drop what was put in before an instant, and what is beyond `room`, the last in line first."""
    queue = _queue(exercise_id)
    kept = select(mentions.c.id).where(*queue).order_by(*_FIRST).limit(room)
    late = mentions.c.scored_at < before
    wanted = select(mentions.c.id).where(*queue, or_(late, mentions.c.id.not_in(kept)))
    free = wanted.with_for_update(skip_locked=True)  # a page's own are dropped at the next round
    dropped = await connection.execute(update(mentions).where(mentions.c.id.in_(free)).values(_OUT))
    return int(dropped.rowcount)
