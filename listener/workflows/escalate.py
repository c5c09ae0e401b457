"""Rings again what nobody has answered, and passes it on, up to the last resort."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from listener.domain.incident import Incident
from listener.domain.paging import Call, due_call
from listener.storage import incidents
from listener.storage.database import Database
from listener.workflows.ring import Ringer


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalator:
    database: Database
    ringer: Ringer

    async def escalate(self, at: datetime) -> int:
        """Everything that is due at an instant; how many letters were added.

        However late it comes, an incident rings once: what a stop missed is not made up for.
        """
        async with self.database.read() as connection:
            current = await self._unfinished(connection)
        due = [incident.id for incident in current if self._due(incident, at)]
        if not due:
            return 0
        async with self.database.write() as connection:
            await incidents.alone(connection)
            calls: list[tuple[Incident, Call]] = []
            for number in due:
                # Somebody may have answered between the look and the lock.
                held = await incidents.hold(connection, number)
                call = self._due(held, at) if held else None
                if held is not None and call is not None:
                    calls.append((held, call))
            return await self.ringer.ring(connection, calls, at) if calls else 0

    async def _unfinished(self, connection: AsyncConnection) -> list[Incident]:
        return await incidents.unfinished(connection, exercise_id=self.ringer.exercise_id)

    def _due(self, incident: Incident, at: datetime) -> Call | None:
        return due_call(incident, self.ringer.steps(incident, at), self.ringer.policy, at)
