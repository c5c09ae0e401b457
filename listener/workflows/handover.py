"""At each change of shift, who comes on call and who goes off are told what is still open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from listener.config.models import Config
from listener.domain.alert import Recipient
from listener.domain.handover import Handover, OpenIncident
from listener.domain.incident import Incident
from listener.domain.oncall import Person, Rota, Shift
from listener.notifiers.base import Message
from listener.notifiers.build import layout
from listener.notifiers.handover import handover_content
from listener.notifiers.render import lay_out
from listener.storage import due, incidents, outbox, review
from listener.storage.database import Database
from listener.storage.due import Errand
from listener.storage.outbox import Letter
from listener.storage.tables import incident_mentions
from listener.workflows.deliver import Undeliverable

KIND = "handover"
PLAN_EVERY = timedelta(minutes=5)
PLAN_AHEAD = timedelta(hours=1)
LATEST = timedelta(hours=6)  # a hand-over that was missed for longer is news to nobody
SHORTEST = timedelta(microseconds=1)
LONGEST_SHIFT = timedelta(days=60)


@dataclass(slots=True, kw_only=True)
class Handovers:
    """Plans each change of shift, and writes to both people once its instant has come."""

    config: Config
    database: Database
    rotas: Sequence[Rota]
    exercise_id: str = ""
    _planned_at: datetime | None = None

    async def plan(self, at: datetime) -> None:
        """Write down the changes of shift around now; those while nobody listened are let go."""
        if self._planned_at is not None and timedelta() <= at - self._planned_at < PLAN_EVERY:
            return
        changes = list(self._changes(at - LATEST, at + PLAN_AHEAD))
        if changes:
            async with self.database.write() as connection:
                for rota, instant in changes:
                    if instant >= at or await self._was_listening(connection, instant):
                        await self._plan(connection, rota, instant)
        self._planned_at = at

    def _changes(self, since: datetime, until: datetime) -> Iterator[tuple[Rota, datetime]]:
        for rota in self.rotas:
            for before, after in pairwise(rota.shifts(since, until)):
                if before.person != after.person:
                    yield rota, after.since

    async def _was_listening(self, connection: AsyncConnection, instant: datetime) -> bool:
        """A listener that begins at ten owes nobody the hand-over of nine."""
        return await review.was_listening(connection, instant, exercise_id=self.exercise_id)

    async def _plan(self, connection: AsyncConnection, rota: Rota, instant: datetime) -> None:
        await due.plan(
            connection,
            key=f"{self.exercise_id}{KIND}:{rota.id}:{instant:%Y%m%dT%H%M%SZ}",
            kind=KIND,
            due_at=instant,
            payload={"rota": rota.id, "at": instant.isoformat()},
        )

    async def run(self, errand: Errand, at: datetime) -> None:
        """Put a letter to each of the two in the outbox, unless the rota has changed since."""
        instant = datetime.fromisoformat(errand.payload["at"])
        sides = self._sides(errand.payload["rota"], instant)
        if sides is None or at - instant > LATEST:
            return
        before, after = sides
        async with self.database.write() as connection:
            for person, comes in ((after.person, True), (before.person, False)):
                channel = self.channel_for(person)
                await outbox.enqueue(
                    connection,
                    key=f"{errand.key}/{channel}/{person}",
                    kind=KIND,
                    channel=channel,
                    person=person,
                    payload={**errand.payload, "comes": comes},
                    created_at=at,
                    due_at=at,
                    exercise_id=self.exercise_id,
                )

    def _sides(self, rota_id: str, instant: datetime) -> tuple[Shift, Shift] | None:
        """The shifts before and after an instant; None where one and the same person goes on."""
        rota = next((rota for rota in self.rotas if rota.id == rota_id), None)
        if rota is None:
            return None
        before = next(rota.shifts(instant - SHORTEST, instant))
        after = next(rota.shifts(instant, instant + LONGEST_SHIFT))
        return None if before.person == after.person else (before, after)

    def channel_for(self, person: str) -> str:
        """The first channel of alerts that reaches somebody and rings no phone, else the console."""
        alerts, known = self.config.alerts, self.config.people.get(person)
        if alerts.mode == "observe" or known is None:
            return "console"
        for channel in (*alerts.critical, *alerts.warning):
            if _reaches(self.config, channel, known):
                return channel
        return "console"

    async def compose(self, letter: Letter, recipient: Recipient, at: datetime) -> Message:
        """The message of one letter: what is open is read now."""
        instant = datetime.fromisoformat(letter.payload["at"])
        sides = self._sides(letter.payload["rota"], instant)
        if sides is None:
            raise Undeliverable("the rota has changed since")
        before, after = sides
        comes = bool(letter.payload["comes"])
        hospital = self.config.hospital
        handover = Handover(
            hospital=hospital.name,
            timezone=hospital.timezone,
            rota=after.rota,
            at=at,
            comes=comes,
            other=self._name(before.person if comes else after.person),
            since=after.since,
            until=after.until,
            hole=after.hole,
            open=await self._open(after.rota),
        )
        return lay_out(
            handover_content(handover, language=self.config.language),
            channel=layout(self.config, letter.channel),
            recipient=recipient,
            key=letter.key,
            language=self.config.language,
        )

    def _name(self, person: str) -> str:
        known = self.config.people.get(person)
        return known.name if known else person

    async def _open(self, rota_id: str) -> list[OpenIncident]:
        """What is open of the rota's subjects, the gravest first."""
        rota = next(rota for rota in self.rotas if rota.id == rota_id)
        async with self.database.read() as connection:
            unfinished = await incidents.unfinished(connection, exercise_id=self.exercise_id)
            mine = [incident for incident in unfinished if rota.concerns(incident.subject)]
            counts = await _mentions(connection, [incident.id for incident in mine])
        told = [self._told(incident, counts.get(incident.id, 0)) for incident in mine]
        return sorted(told, key=lambda i: (-i.level.rank, i.opened_at))

    def _told(self, incident: Incident, mentions: int) -> OpenIncident:
        watches = {watch.id: watch.names for watch in self.config.watch}
        by = incident.acknowledged_by
        return OpenIncident(
            number=incident.id,
            subject=next(iter(watches.get(incident.subject, ())), incident.subject),
            level=incident.level,
            state=incident.state,
            opened_at=incident.opened_at,
            mentions=mentions,
            last_at=incident.last_breach_at,
            by=self._name(by) if by else None,
        )


def _reaches(config: Config, channel: str, person: Person) -> bool:
    if channel == "slack":
        return config.slack is not None
    if channel == "email":
        return config.email is not None and person.email is not None
    gateway = config.channels.get(channel)
    return gateway is not None and not gateway.rings and gateway.reaches(person)


async def _mentions(connection: AsyncConnection, ids: Sequence[int]) -> Mapping[int, int]:
    """How many mentions each incident has."""
    column = incident_mentions.c.incident_id
    query = select(column, func.count()).where(column.in_(ids)).group_by(column)
    return {row[0]: row[1] for row in await connection.execute(query)}
