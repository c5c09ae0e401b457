"""Keeps what was sent true: the message that opened an incident says its figures of now, in place."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from listener.domain.incident import Incident
from listener.notifiers.base import Amending, DeliveryError, Notifier
from listener.storage import due, incidents, outbox
from listener.storage.carriers import are_on_their_way
from listener.storage.database import Database
from listener.storage.due import Errand
from listener.workflows.deliver import Compose, Undeliverable, receipt_of

log = logging.getLogger(__name__)

KIND = "update"
AGAIN = timedelta(minutes=1)  # for a channel that is away
ATTEMPTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Updates:
    """Plans what must be said anew. `channels` are those whose messages can be changed."""

    channels: Sequence[str]
    every: timedelta = timedelta(minutes=10)
    most: int = 24  # updates of one incident for its figures alone
    exercise_id: str = ""

    async def grown(self, connection: AsyncConnection, incident_id: int, at: datetime) -> None:
        """Its figures moved: they are said at the end of the interval, once."""
        if not self.channels:
            return
        slot = int(at.timestamp() // self.every.total_seconds()) + 1
        due_at = datetime.fromtimestamp(slot * self.every.total_seconds(), at.tzinfo)
        await self._plan(connection, incident_id, str(slot), due_at, figures=True)

    async def changed(
        self, connection: AsyncConnection, incident: Incident, event: int, at: datetime
    ) -> None:
        """Somebody did something: the message says so now, and its thread says what."""
        if not self.channels:
            return
        await self._plan(connection, incident.id, f"event-{event}", at, figures=False)
        for channel in self.channels:
            thread = f"incident-{incident.id}{self.exercise_id}"
            if await outbox.thread_root(connection, channel=channel, thread=thread) is None:
                continue  # it was never told there: nobody waits for more
            await outbox.enqueue(
                connection,
                key=f"{self.exercise_id}incident-{incident.id}/event-{event}/{channel}/team",
                kind="note",
                channel=channel,
                person=None,
                payload={"event": event},
                created_at=at,
                due_at=at,
                incident_id=incident.id,
                thread=thread,
                exercise_id=self.exercise_id,
            )

    async def _plan(
        self,
        connection: AsyncConnection,
        incident_id: int,
        occasion: str,
        due_at: datetime,
        *,
        figures: bool,
    ) -> None:
        await due.plan(
            connection,
            key=f"{KIND}:{self.exercise_id}{incident_id}:{occasion}",
            kind=KIND,
            due_at=due_at,
            payload={"incident": incident_id, "figures": figures, "attempts": 0},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Updater:
    """Does what was planned."""

    database: Database
    notifiers: Mapping[str, Notifier]
    compose: Compose
    updates: Updates

    async def run(self, errand: Errand, at: datetime) -> None:
        """Change the messages that opened the incident; plan again where a channel is away."""
        number = int(errand.payload["incident"])
        async with self.database.read() as connection:
            incident = await incidents.get(connection, number)
            roots = await outbox.roots(connection, number, self.updates.channels)
            coming = await are_on_their_way(connection, number, self.updates.channels)
        if incident is None or not (roots or coming):
            return
        if errand.payload["figures"] and incident.updates >= self.updates.most:
            return
        waiting = [not await self._amend(standing, at) for standing in roots]
        async with self.database.write() as connection:
            await incidents.change(connection, number, updated_at=at, updates=incident.updates + 1)
            if coming or any(waiting):
                await self._plan_again(connection, errand, at)

    async def _plan_again(self, connection: AsyncConnection, errand: Errand, at: datetime) -> None:
        attempts = errand.payload["attempts"] + 1
        if attempts > ATTEMPTS:
            log.warning("update.given_up incident=%s", errand.payload["incident"])
            return
        await due.plan(
            connection,
            key=f"{errand.key.partition('#')[0]}#{attempts}",
            kind=KIND,
            due_at=at + AGAIN * attempts,
            payload={**errand.payload, "attempts": attempts},
        )

    async def _amend(self, standing: outbox.Standing, at: datetime) -> bool:
        """False where the channel is away and should be asked again."""
        notifier = self.notifiers.get(standing.letter.channel)
        if standing.receipt is None or not isinstance(notifier, Amending):
            return True
        try:
            message = await self.compose(standing.letter, at)
            await notifier.amend(message, receipt_of(standing.receipt))
        except Undeliverable:
            return True
        except DeliveryError as error:
            log.warning("update.failed channel=%s error=%s", standing.letter.channel, error)
            return error.permanent
        return True
