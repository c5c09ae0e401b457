"""How far a mailbox was read, and by whom it is being read."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from listener.storage.dialect import insert
from listener.storage.tables import mailboxes


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where reading goes on: after `uid`, as long as the server's UIDVALIDITY is the same.

    A validity of 0, which no server gives, is that of a mailbox nobody has read yet.
    """

    validity: int = 0
    uid: int = 0


def name_of(user: str, host: str, folder: str) -> str:
    """What a mailbox is called here: its address is nobody's business in a copy of the database."""
    return hashlib.sha256("\0".join((user, host.casefold(), folder)).encode()).hexdigest()


async def claim(
    connection: AsyncConnection, name: str, *, owner: str, at: datetime, lease: timedelta
) -> Position | None:
    """Take a mailbox to read it; None while somebody else does."""
    await connection.execute(
        insert(connection, mailboxes)
        .values(name=name, validity=0, uid=0, read_at=at)
        .on_conflict_do_nothing(index_elements=["name"])
    )
    free = or_(
        mailboxes.c.lease_until.is_(None),
        mailboxes.c.lease_until <= at,
        mailboxes.c.lease_owner == owner,
    )
    taken = await connection.execute(
        update(mailboxes)
        .where(mailboxes.c.name == name, free)
        .values(lease_owner=owner, lease_until=at + lease)
    )
    if taken.rowcount != 1:
        return None
    found = select(mailboxes.c.validity, mailboxes.c.uid).where(mailboxes.c.name == name)
    row = (await connection.execute(found)).one()
    return Position(validity=row.validity, uid=row.uid)


async def advance(
    connection: AsyncConnection,
    name: str,
    position: Position,
    *,
    owner: str,
    at: datetime,
    lease: timedelta,
) -> bool:
    """Say how far reading came; False where another has taken the mailbox meanwhile."""
    result = await connection.execute(
        update(mailboxes)
        .where(mailboxes.c.name == name, mailboxes.c.lease_owner == owner)
        .values(
            validity=position.validity,
            uid=position.uid,
            read_at=at,
            lease_until=at + lease,
        )
    )
    return result.rowcount == 1


async def release(connection: AsyncConnection, name: str, *, owner: str) -> None:
    await connection.execute(
        update(mailboxes)
        .where(mailboxes.c.name == name, mailboxes.c.lease_owner == owner)
        .values(lease_owner=None, lease_until=None)
    )
