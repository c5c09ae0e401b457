"""Whom an alert reaches: the person on call at once, the team in its hours, the console in silence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy.ext.asyncio import AsyncConnection

from listener.domain.calendar import WorkCalendar
from listener.domain.incident import AlertKind, Incident, Verdict
from listener.domain.paging import first_call
from listener.domain.rule import Level
from listener.storage import incidents, outbox, timeline
from listener.workflows.morning import Morning
from listener.workflows.ring import Ringer


@dataclass(frozen=True, slots=True, kw_only=True)
class Summons:
    """The calendar, who is rung, and the channels of each level."""

    calendar: WorkCalendar
    ringer: Ringer
    channels: Mapping[Level, Sequence[str]]
    mode: Literal["observe", "live"]
    morning: Morning
    exercise_id: str = ""

    async def call(
        self, connection: AsyncConnection, incident: Incident, verdict: Verdict, at: datetime
    ) -> int:
        """Put one alert in the outbox, or on the morning's list; how many rows were added."""
        if verdict.alert is None:
            return 0
        level = Level.WARNING if verdict.alert is AlertKind.RECORDED else verdict.level
        if self.mode == "observe":
            return await self._observe(connection, incident, verdict, level, at)
        if level is Level.CRITICAL:
            call = first_call(incident, self.ringer.steps(incident, at), verdict.alert)
            if call.people:
                return await self.ringer.ring(connection, [(incident, call)], at)
        return await self._tell_team(connection, incident, verdict, level, at)

    async def _observe(
        self,
        connection: AsyncConnection,
        incident: Incident,
        verdict: Verdict,
        level: Level,
        at: datetime,
    ) -> int:
        """Say on the console whom it would have called."""
        steps = self.ringer.steps(incident, at) if level is Level.CRITICAL else ()
        called = list(steps[0].people) if steps else []
        added = await self._enqueue(
            connection, incident, verdict, level, at, channels=["console"], called=called
        )
        await self._log(connection, incident, verdict, at, "would_have_alerted", called=called)
        await self._mark(connection, incident, verdict, at)
        return added

    async def _tell_team(
        self,
        connection: AsyncConnection,
        incident: Incident,
        verdict: Verdict,
        level: Level,
        at: datetime,
    ) -> int:
        """A warning out of hours is held until somebody reads: telling waits, judging never does."""
        opening = self.calendar.next_opening(at) if level is Level.WARNING else at
        if opening > at and await self.morning.hold(connection, incident.id, at=at, until=opening):
            # What is held reaches people in the morning: the next reminder counts from there.
            await self._mark(connection, incident, verdict, opening)
            return 1
        added = await self._enqueue(
            connection, incident, verdict, level, at, channels=self.channels[level]
        )
        await self._log(connection, incident, verdict, at, "alerted")
        await self._mark(connection, incident, verdict, at)
        return added

    async def _enqueue(
        self,
        connection: AsyncConnection,
        incident: Incident,
        verdict: Verdict,
        level: Level,
        at: datetime,
        *,
        channels: Sequence[str],
        called: Sequence[str] = (),
    ) -> int:
        stamp = int(at.timestamp() * 1000)
        occasion = f"{self.exercise_id}incident-{incident.id}/{verdict.alert}/{level}/{stamp}"
        payload: dict[str, Any] = {
            "alert": str(verdict.alert),
            "level": verdict.level.value,
            "called": list(called),
            "observed": self.mode == "observe",
        }
        added = 0
        for channel in channels:
            added += await outbox.enqueue(
                connection,
                key=f"{occasion}/{channel}/team",
                kind="alert",
                channel=channel,
                person=None,
                payload=payload,
                created_at=at,
                due_at=at,
                incident_id=incident.id,
                thread=f"incident-{incident.id}{self.exercise_id}",
                exercise_id=self.exercise_id,
            )
        return added

    async def _mark(
        self, connection: AsyncConnection, incident: Incident, verdict: Verdict, at: datetime
    ) -> None:
        if verdict.alert is not AlertKind.RECORDED:
            level = verdict.level
            await incidents.change(
                connection, incident.id, alerted_at=at, alerted_level=level, snoozed_until=None
            )

    async def _log(
        self,
        connection: AsyncConnection,
        incident: Incident,
        verdict: Verdict,
        at: datetime,
        kind: str,
        called: Sequence[str] = (),
    ) -> None:
        await timeline.add(
            connection,
            incident.id,
            at=at,
            kind=kind,
            alert=str(verdict.alert),
            level=verdict.level.value,
            called=list(called),
        )
