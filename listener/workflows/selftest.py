"""Tries every channel once a week, person by person: what is silent is known before it is needed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from listener.config.models import Config
from listener.domain.alert import Recipient
from listener.domain.calendar import WEEKDAYS, WorkCalendar
from listener.domain.coverage import Blindness, CoverageFact
from listener.domain.escalation import Chain
from listener.domain.oncall import Person
from listener.notifiers.base import Message
from listener.notifiers.build import layout
from listener.notifiers.render import lay_out
from listener.notifiers.selftest import selftest_content
from listener.storage import due, outbox
from listener.storage.database import Database
from listener.storage.due import Errand
from listener.storage.outbox import Letter
from listener.storage.tables import outbox as letters
from listener.workflows.deliver import Undeliverable

KIND = "selftest"
TEAM = "team"
LATEST = timedelta(hours=2)  # a test that waited for longer might ring at night: it has failed
OVERDUE = timedelta(minutes=30)  # without a receipt
REMEMBERED = timedelta(days=15)


@dataclass(slots=True, kw_only=True)
class SelfTests:
    config: Config
    database: Database
    calendar: WorkCalendar
    chain: Chain
    exercise_id: str = ""
    _planned: str | None = None

    @property
    def _wanted_at_all(self) -> bool:
        """Who calls nobody, or plays a recorded week, has nothing to prove."""
        config = self.config
        return config.selftest.enabled and config.alerts.mode == "live" and config.demo is None

    async def plan(self, at: datetime) -> None:
        """Write down the tests of this week, once each; a week that is over is not made up for."""
        week, due_at = self._hour(at)
        if not self._wanted_at_all or self._planned == week:
            return
        async with self.database.write() as connection:
            for channel, person in self.wanted():
                await due.plan(
                    connection,
                    key=f"{self.exercise_id}{KIND}:{week}:{channel}:{person or TEAM}",
                    kind=KIND,
                    due_at=due_at,
                    payload={"week": week, "channel": channel, "person": person},
                )
        self._planned = week

    def _hour(self, at: datetime) -> tuple[str, datetime]:
        """This week's label, e.g. 2026-W47, and the working instant at which it is tested."""
        settings, zone = self.config.selftest, self.calendar.zone
        today = at.astimezone(zone).date()
        day = today + timedelta(days=WEEKDAYS.index(settings.day) - today.weekday())
        wished = datetime.combine(day, settings.hour, zone).astimezone(UTC)
        year, week, _ = today.isocalendar()
        return f"{year}-W{week:02}", self.calendar.next_opening(wished)

    def wanted(self) -> Iterator[tuple[str, str | None]]:
        """Each channel that critical alerts take, with each person it reaches; None for the team."""
        alerts, people = self.config.alerts, self.config.people
        called = [people[p] for p in sorted(self.chain.everybody()) if p in people]
        for channel in dict.fromkeys((*alerts.critical, alerts.fallback)):
            for person in self._reached(channel, called):
                yield channel, person

    def _reached(self, channel: str, called: Sequence[Person]) -> list[str | None]:
        gateway = self.config.channels.get(channel)
        if channel == "email" and self.config.email is not None:
            return [person.id for person in called if person.email]
        if channel == "slack" and self.config.slack is not None:
            return [None]
        if gateway is None:
            return []
        if not gateway.is_personal:
            return [None]
        return [person.id for person in called if gateway.reaches(person)]

    async def run(self, errand: Errand, at: datetime) -> None:
        """Put one test in the outbox, in working hours of its own week."""
        week, _ = self._hour(at)
        channel, person = errand.payload["channel"], errand.payload["person"]
        if week != errand.payload["week"] or (channel, person) not in set(self.wanted()):
            return
        due_at = self.calendar.next_opening(at)
        async with self.database.write() as connection:
            await outbox.enqueue(
                connection,
                key=f"{errand.key}/{channel}/{person or TEAM}",
                kind=KIND,
                channel=channel,
                person=person,
                payload={"week": week, "due": due_at.isoformat()},
                created_at=at,
                due_at=due_at,
                exercise_id=self.exercise_id,
            )

    async def compose(self, letter: Letter, recipient: Recipient, at: datetime) -> Message:
        """The message of one test; Undeliverable once it might come at night."""
        late = at - datetime.fromisoformat(letter.payload["due"]) > LATEST
        if late and not self.calendar.is_working(at):
            raise Undeliverable("its hour is past")
        gateway = self.config.channels.get(letter.channel)
        content = selftest_content(
            hospital=self.config.hospital.name,
            channel=letter.channel,
            zone=self.calendar.zone,
            at=at,
            language=self.config.language,
        )
        return lay_out(
            content,
            channel=layout(self.config, letter.channel),
            recipient=recipient,
            key=letter.key,
            language=self.config.language,
            # What is to ring must ring, or nothing is proven.
            urgent=gateway is not None and gateway.rings,
            ping=False,
        )

    async def unproven(self, at: datetime) -> Sequence[CoverageFact]:
        """Channels whose latest test was not delivered, by their receipts: one fact a channel."""
        if not self._wanted_at_all:
            return ()
        async with self.database.read() as connection:
            latest = await _latest(connection, at, self.exercise_id)
        wanted = set(self.wanted())
        silent = [row for row in latest if (row.channel, row.person) in wanted and _silent(row, at)]
        return [
            CoverageFact(
                kind=Blindness.CHANNEL_UNPROVEN,
                name=channel,
                since=min(row.due_at for row in silent if row.channel == channel),
                detail=", ".join(row.person or TEAM for row in silent if row.channel == channel),
            )
            for channel in dict.fromkeys(row.channel for row in silent)
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tested:
    channel: str
    person: str | None
    state: str
    due_at: datetime


def _silent(test: _Tested, at: datetime) -> bool:
    if test.state == outbox.SENT:
        return False
    return test.state == outbox.FAILED or at - test.due_at >= OVERDUE


async def _latest(connection: AsyncConnection, at: datetime, exercise_id: str) -> Sequence[_Tested]:
    """The latest test of each channel and person."""
    latest = (
        select(func.max(letters.c.id))
        .where(
            letters.c.kind == KIND,
            letters.c.exercise_id == exercise_id,
            letters.c.created_at >= at - REMEMBERED,
        )
        .group_by(letters.c.channel, letters.c.person)
    )
    query = select(letters).where(letters.c.id.in_(latest)).order_by(letters.c.id)
    return [
        _Tested(
            channel=row.channel,
            person=row.person,
            state=row.state,
            # The row's own moves on with every attempt.
            due_at=datetime.fromisoformat(row.payload["due"]),
        )
        for row in await connection.execute(query)
    ]
