"""Tokens that let somebody act from outside: only digests stand here, each good once."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from listener.domain.token import Grant
from listener.storage.dialect import insert
from listener.storage.tables import action_tokens

REMEMBERED = timedelta(days=2)  # after its end: so long somebody who answers late is told so


async def keep(connection: AsyncConnection, digest: str, grant: Grant) -> bool:
    """Store a token, once; False where its digest stands for something else already."""
    await connection.execute(
        insert(connection, action_tokens)
        .values(
            digest=digest,
            incident_id=grant.incident,
            person=grant.person,
            purpose=grant.purpose,
            expires_at=grant.expires_at,
        )
        .on_conflict_do_nothing(index_elements=["digest"])
    )
    stored = await find(connection, digest)
    return stored is not None and (stored.incident, stored.person, stored.purpose) == (
        grant.incident,
        grant.person,
        grant.purpose,
    )


async def find(connection: AsyncConnection, digest: str) -> Grant | None:
    """What a token allows, valid or not."""
    found = await connection.execute(select(action_tokens).where(action_tokens.c.digest == digest))
    row = found.one_or_none()
    if row is None:
        return None
    return Grant(
        incident=row.incident_id,
        person=row.person,
        purpose=row.purpose,
        expires_at=row.expires_at,
        used_at=row.used_at,
    )


async def use(connection: AsyncConnection, digest: str, *, at: datetime) -> bool:
    """Spend a token; False where it was spent, or is too old: of two who try, one succeeds."""
    result = await connection.execute(
        update(action_tokens)
        .where(
            action_tokens.c.digest == digest,
            action_tokens.c.used_at.is_(None),
            action_tokens.c.expires_at > at,
        )
        .values(used_at=at)
    )
    return result.rowcount == 1


async def give_back(connection: AsyncConnection, digest: str) -> None:
    """Let a token be used again, where nothing came of it."""
    await connection.execute(
        update(action_tokens).where(action_tokens.c.digest == digest).values(used_at=None)
    )


async def expire(connection: AsyncConnection, *, at: datetime) -> None:
    """Remove what ended long ago."""
    await connection.execute(
        delete(action_tokens).where(action_tokens.c.expires_at <= at - REMEMBERED)
    )
