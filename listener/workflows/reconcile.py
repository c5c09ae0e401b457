"""Finds unfinished incidents that prove to be one, and makes them one, saying so on both."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from listener.domain.incident import Incident, State
from listener.domain.matter import COVERAGE
from listener.domain.union import united
from listener.storage import belonging, incidents, timeline
from listener.storage.database import Database
from listener.workflows.closing import close_incident
from listener.workflows.update import Updates

Pair = tuple[int, int]
"""The older incident's number, and the younger's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciler:
    database: Database
    updates: Updates
    exercise_id: str = ""

    async def reconcile(self, at: datetime) -> int:
        """Unite what belongs together; how many incidents were merged away."""
        async with self.database.read() as connection:
            pairs = await self._pairs(connection)
        done = 0
        for older, younger in pairs:
            async with self.database.write() as connection:
                done += await self._unite(connection, older, younger, at)
        return done

    async def _pairs(self, connection: AsyncConnection) -> list[Pair]:
        current = await incidents.unfinished(connection, exercise_id=self.exercise_id)
        if len(current) < 2:
            return []
        pairs = await self._of_one_story(connection)
        sums = [i for i in current if i.matter.startswith("subject/")]
        for one in sums:
            total, shared = await belonging.overlaps(connection, one.id)
            for other in current:
                if other.matter == COVERAGE or other.id == one.id:
                    continue
                if 2 * shared.get(other.id, 0) > total > 0:
                    pairs.append((min(one.id, other.id), max(one.id, other.id)))
        return list(dict.fromkeys(pairs))

    async def _of_one_story(self, connection: AsyncConnection) -> list[Pair]:
        """Stories that were found to be one may have opened an incident each."""
        holders: dict[int, list[int]] = {}
        for number, story in await belonging.open_stories(connection, exercise_id=self.exercise_id):
            holders.setdefault(story, []).append(number)
        return [
            (min(numbers), number)
            for numbers in holders.values()
            for number in sorted(set(numbers))[1:]
        ]

    async def _unite(
        self, connection: AsyncConnection, older: int, younger: int, at: datetime
    ) -> bool:
        await incidents.alone(connection)
        first = await incidents.hold(connection, older)
        second = await incidents.hold(connection, younger)
        if first is None or second is None or not (first.unfinished and second.unfinished):
            return False
        await self._absorb(connection, first, second, at)
        return True

    async def _absorb(
        self, connection: AsyncConnection, first: Incident, second: Incident, at: datetime
    ) -> None:
        await close_incident(
            connection,
            second,
            self.updates,
            at=at,
            state=State.RESOLVED,
            how="merged",
            merged_into=first.id,
        )
        await belonging.move(connection, second.id, first.id)
        await incidents.change(connection, first.id, **united(first, second))
        event = await timeline.add(connection, first.id, at=at, kind="absorbed", incident=second.id)
        await self.updates.changed(connection, first, event, at)
