"""Which of a message's letters still carry it: those that were sent, or are on their way."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from listener.storage.dialect import chunks
from listener.storage.outbox import FAILED, PENDING, SENDING, SENT
from listener.storage.tables import incidents, outbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier:
    """A letter as seen by another that fails."""

    state: str
    attempts: int

    def fails(self, after: int) -> bool:
        """Given up, or not taken in so many attempts."""
        return self.state == FAILED or (self.state != SENT and self.attempts >= after)


async def carriers(connection: AsyncConnection, keys: Collection[str]) -> dict[str, Carrier]:
    """The letters of these keys that stand in the outbox.

    They stay as they are until the transaction ends: two that fail in the same instant would each
    take the other for the one that carries the message, and nobody would be told.
    """
    found: dict[str, Carrier] = {}
    for part in chunks(sorted(keys)):
        query = (
            select(outbox.c.key, outbox.c.state, outbox.c.attempts)
            .where(outbox.c.key.in_(part))
            .order_by(outbox.c.id)
            .with_for_update()
        )
        for key, state, attempts in await connection.execute(query):
            found[key] = Carrier(state=state, attempts=attempts)
    return found


async def are_on_their_way(
    connection: AsyncConnection, incident_id: int, channels: Collection[str]
) -> bool:
    """Whether an alert about an incident is being sent, composed before what is known now."""
    query = select(outbox.c.id).where(
        outbox.c.incident_id == incident_id,
        outbox.c.channel.in_(list(channels)),
        outbox.c.kind == "alert",
        outbox.c.state == SENDING,
    )
    return (await connection.execute(query.limit(1))).first() is not None


async def revive(connection: AsyncConnection, keys: Collection[str], *, due_at: datetime) -> None:
    """Have another try at those that were given up."""
    for part in chunks(sorted(keys)):
        await connection.execute(
            update(outbox)
            .where(outbox.c.key.in_(part), outbox.c.state == FAILED)
            .values(state=PENDING, due_at=due_at)
        )


async def still_matters(connection: AsyncConnection, incident_id: int | None) -> bool:
    """Whether an incident is open or acknowledged: somebody is still to be told of it."""
    if incident_id is None:
        return False
    query = select(incidents.c.open_key).where(incidents.c.id == incident_id)
    return (await connection.execute(query)).scalar_one_or_none() is not None
