"""What a night held back is told once, when somebody comes to work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from listener.storage import due, outbox, timeline
from listener.storage.database import Database
from listener.storage.due import Errand

KIND = "morning"
LONGEST = timedelta(days=15)  # that anything is held: Christmas, with its week


@dataclass(frozen=True, slots=True, kw_only=True)
class Morning:
    """`channels` are the team's."""

    channels: Sequence[str]
    exercise_id: str = ""

    async def hold(
        self, connection: AsyncConnection, incident_id: int, *, at: datetime, until: datetime
    ) -> bool:
        """Put an incident on the morning's list; False where that one was told already.

        It was where the clock has been set back since.
        """
        key = f"{KIND}:{self.exercise_id}{until.isoformat()}"
        await due.plan(
            connection,
            key=key,
            kind=KIND,
            due_at=until,
            payload={"until": until.isoformat()},
        )
        if await due.is_done(connection, key):
            return False
        await timeline.add(connection, incident_id, at=at, kind="held", until=until.isoformat())
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class MorningRound:
    """Sends the list when its hour has come."""

    database: Database
    morning: Morning

    async def run(self, errand: Errand, at: datetime) -> None:
        """One letter a channel; what it says is read when it is sent."""
        until = errand.payload["until"]
        async with self.database.write() as connection:
            # Before the list is read: what joins it meanwhile is on it, or is told at once.
            await due.done(connection, errand.key, at=at)
            if not await held(connection, datetime.fromisoformat(until)):
                return
            for channel in self.morning.channels:
                await outbox.enqueue(
                    connection,
                    key=f"{self.morning.exercise_id}{KIND}/{until}/{channel}/team",
                    kind=KIND,
                    channel=channel,
                    person=None,
                    payload={"until": until},
                    created_at=at,
                    due_at=at,
                    exercise_id=self.morning.exercise_id,
                )


async def held(connection: AsyncConnection, until: datetime) -> list[tuple[int, datetime]]:
    """The incidents that were held until an instant, and since when, each once."""
    found: dict[int, datetime] = {}
    for event in await timeline.since(connection, ["held"], until - LONGEST):
        if event.data.get("until") == until.isoformat():
            found.setdefault(event.incident_id, event.at)
    return list(found.items())
