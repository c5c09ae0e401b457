"""Whom an alert calls, by which channels and when: rows for the outbox, in the same transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy.ext.asyncio import AsyncConnection

from listener.domain.calendar import WorkCalendar
from listener.domain.incident import AlertKind, Incident, Verdict
from listener.domain.oncall import Rota
from listener.domain.rule import Level
from listener.storage import incidents, outbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Summons:
    """The calendar, the rotas and the channels of each level."""

    calendar: WorkCalendar
    rotas: Sequence[Rota]
    channels: Mapping[Level, Sequence[str]]
    mode: Literal["observe", "live"]
    exercise_id: str = ""

    def on_call(self, at: datetime) -> list[str]:
        """Everybody on call at an instant, each once."""
        return list(dict.fromkeys(rota.on_call(at).person for rota in self.rotas))

    async def call(
        self, connection: AsyncConnection, incident: Incident, verdict: Verdict, at: datetime
    ) -> int:
        """Put one alert in the outbox, a row a channel and person; how many rows were added."""
        if verdict.alert is None:
            return 0
        level = Level.WARNING if verdict.alert is AlertKind.RECORDED else verdict.level
        called: list[str | None] = [*self.on_call(at)] if level is Level.CRITICAL else []
        due_at = self.due_at(level, at)
        payload = self._payload(verdict, at, due_at, called)
        channels = ["console"] if self.mode == "observe" else self.channels[level]
        occasion = self._occasion(incident, verdict, at, due_at)
        added = 0
        for channel in channels:
            people = called if called and self.mode == "live" and channel != "console" else [None]
            for person in people:
                added += await outbox.enqueue(
                    connection,
                    key=f"{occasion}/{channel}/{person or 'team'}",
                    kind="alert",
                    channel=channel,
                    person=person,
                    payload=payload,
                    created_at=at,
                    due_at=due_at,
                    incident_id=incident.id,
                    thread=f"incident-{incident.id}{self.exercise_id}",
                    exercise_id=self.exercise_id,
                )
        if added or due_at == at:
            await self._log(connection, incident, verdict, at, called)
        if verdict.alert is not AlertKind.RECORDED:
            # What is held reaches people when it is delivered: the next reminder counts from there.
            await incidents.mark_alerted(connection, incident.id, at=due_at, level=verdict.level)
        return added

    def _payload(
        self, verdict: Verdict, at: datetime, due_at: datetime, called: Sequence[str | None]
    ) -> dict[str, Any]:
        """What a letter keeps of its alert: keys and instants, never a text."""
        return {
            "alert": str(verdict.alert),
            "level": verdict.level.value,
            "held_since": at.isoformat() if due_at > at else None,
            "called": list(called),
            "observed": self.mode == "observe",
        }

    def due_at(self, level: Level, at: datetime) -> datetime:
        """A warning out of hours is held until somebody reads: delivery waits, judging never does."""
        held = level is Level.WARNING and self.mode == "live"
        return self.calendar.next_opening(at) if held else at

    def _occasion(
        self, incident: Incident, verdict: Verdict, at: datetime, due_at: datetime
    ) -> str:
        """Stands for one alert in the keys of its letters: what a night holds is told once."""
        incident_key = f"{self.exercise_id}incident-{incident.id}"
        if due_at > at and verdict.alert is not AlertKind.RECORDED:
            # Reminders would arrive all at once, with the figures of one and the same moment.
            return f"{incident_key}/held/{verdict.level}/{int(due_at.timestamp())}"
        return f"{incident_key}/{verdict.alert}/{verdict.level}/{int(at.timestamp() * 1000)}"

    async def _log(
        self,
        connection: AsyncConnection,
        incident: Incident,
        verdict: Verdict,
        at: datetime,
        called: Sequence[str | None],
    ) -> None:
        await incidents.add_event(
            connection,
            incident.id,
            at=at,
            kind="alerted" if self.mode == "live" else "would_have_alerted",
            alert=str(verdict.alert),
            level=verdict.level.value,
            called=list(called),
        )
