"""Leases of processes that are gone: given back at once rather than waited for."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from listener.storage.tables import due, inbox, mailboxes, mentions, outbox, sources

LEASED = (sources, inbox, outbox, due, mentions, mailboxes)


async def owners(connection: AsyncConnection) -> frozenset[str]:
    """Everybody who holds a lease, valid or not."""
    found: set[str] = set()
    for table in LEASED:
        rows = await connection.execute(
            select(table.c.lease_owner).where(table.c.lease_owner.is_not(None)).distinct()
        )
        found.update(row.lease_owner for row in rows)
    return frozenset(found)


async def release(connection: AsyncConnection, gone: Collection[str]) -> None:
    """Give back what these owners held; what they were sending stays ambiguous."""
    for table in LEASED:
        await connection.execute(
            update(table)
            .where(table.c.lease_owner.in_(list(gone)))
            .values(lease_owner=None, lease_until=None)
        )
