"""Letters that tell how incidents went: a line under a message, and the morning's list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from listener.config.models import Config
from listener.domain.alert import Recipient
from listener.domain.incident import AlertKind, Incident
from listener.domain.morning import HeldIncident, MorningView, in_order
from listener.notifiers.base import Message
from listener.notifiers.build import layout
from listener.notifiers.morning import morning_content
from listener.notifiers.notes import note_content
from listener.notifiers.render import lay_out
from listener.storage import incidents, timeline, views
from listener.storage.database import Database
from listener.storage.outbox import Letter
from listener.workflows.deliver import Undeliverable
from listener.workflows.morning import held
from listener.workflows.view import Viewer

CALLS = (AlertKind.OPENED, AlertKind.RAISED, AlertKind.REOPENED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chronicler:
    database: Database
    config: Config
    viewer: Viewer

    async def note(self, letter: Letter, recipient: Recipient, at: datetime) -> Message:
        """One event of an incident, in the thread of its first message."""
        number = letter.incident_id or 0
        async with self.database.read() as connection:
            event = await timeline.get(connection, int(letter.payload["event"]))
        if event is None:
            raise Undeliverable(f"event {letter.payload['event']} is gone")
        content = note_content(
            event.kind,
            event.data,
            incident=number,
            at=event.at,
            timezone=self.config.hospital.timezone,
            language=self.config.language,
            names=self._names(),
        )
        return lay_out(
            content,
            channel=layout(self.config, letter.channel),
            recipient=recipient,
            key=letter.key,
            language=self.config.language,
            ping=False,
            thread=f"incident-{number}",
        )

    async def morning(self, letter: Letter, recipient: Recipient, at: datetime) -> Message:
        """What was held, as it stands now."""
        until = datetime.fromisoformat(letter.payload["until"])
        async with self.database.read() as connection:
            view = await self._morning(connection, until, at)
        return lay_out(
            morning_content(view, language=self.config.language),
            channel=layout(self.config, letter.channel),
            recipient=recipient,
            key=letter.key,
            language=self.config.language,
        )

    async def _morning(
        self, connection: AsyncConnection, until: datetime, at: datetime
    ) -> MorningView:
        listed = dict(await held(connection, until))
        found = await incidents.by_ids(connection, listed)
        if not found:
            raise Undeliverable("nothing was held")
        items = [await self._held(connection, one, listed[one.id]) for one in found]
        since = min(listed.values())
        alerted = await timeline.since(connection, ["alerted"], since)
        called = {
            event.incident_id
            for event in alerted
            if event.at <= until and event.data.get("alert") in CALLS and event.data.get("called")
        }
        return MorningView(
            hospital=self.config.hospital.name,
            timezone=self.config.hospital.timezone,
            at=at,
            since=since,
            held=in_order(items),
            called=sorted(called),
        )

    async def _held(
        self, connection: AsyncConnection, incident: Incident, since: datetime
    ) -> HeldIncident:
        weight = await views.weight(connection, incident.id)
        names = self._names()
        return HeldIncident(
            number=incident.id,
            subject=self.viewer.subject(incident.subject),
            level=incident.level,
            state=incident.state,
            held_since=since,
            mentions=int(weight["mentions"]),
            negative=int(weight["negative"]),
            reasons=self.viewer.reasons(incident.evidence),
            taken_by=names.get(incident.acknowledged_by or ""),
            closed_at=incident.closed_at,
            closed_by=names.get(incident.closed_by or ""),
            merged_into=incident.merged_into,
        )

    def _names(self) -> Mapping[str, str]:
        return {person.id: person.name for person in self.config.person}
