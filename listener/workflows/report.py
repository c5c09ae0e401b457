"""The week's digest: planned, put in the outbox once, and written when it is sent."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

from connectors.connector import Unseen
from connectors.registry import CONNECTORS
from listener.config.models import Config, SourceSettings
from listener.domain.alert import Recipient
from listener.domain.calendar import WorkCalendar
from listener.domain.digest import (
    Digest,
    Period,
    due_at,
    is_superseded,
    last_complete,
    week,
)
from listener.domain.watch import WatchKind
from listener.notifiers.base import Message
from listener.notifiers.build import excerpt_setting, layout
from listener.notifiers.render import render_digest
from listener.storage import due, outbox, review
from listener.storage.database import Database
from listener.storage.due import Errand
from listener.storage.outbox import Letter
from listener.workflows.survey import Surveyor
from listener.workflows.view import Viewer

log = logging.getLogger(__name__)

KIND = "digest"
OWN = (WatchKind.HOSPITAL, WatchKind.SERVICE)


class Reporter:
    """Sends each week's digest once, also when the daemon was down at its hour."""

    def __init__(
        self,
        *,
        config: Config,
        database: Database,
        calendar: WorkCalendar,
        viewer: Viewer,
        blind: Callable[[], Mapping[str, Sequence[Unseen]]] = dict,
        exercise_id: str = "",
    ) -> None:
        self.config = config
        self.database = database
        self.calendar = calendar
        self.exercise_id = exercise_id
        self.surveyor = Surveyor(
            viewer=viewer,
            calendar=calendar,
            subjects=[watch.id for watch in config.watch if watch.kind in OWN],
            peers=[watch.id for watch in config.watch if watch.kind is WatchKind.PEER],
            sources=[source.id for source in config.source if source.enabled and _lives(source)],
            blind=blind,
            mediation=config.hospital.mediation,
            exercise_id=exercise_id,
        )
        self._planned: str | None = None

    @property
    def language(self) -> str:
        return self.config.digest.language or self.config.language

    def due_at(self, period: Period) -> datetime:
        settings = self.config.digest
        return due_at(period, self.calendar, day=settings.day, hour=settings.hour)

    async def plan(self, at: datetime) -> None:
        """Write down when the digest of the week that ended last is due."""
        period = last_complete(at, self.calendar.zone)
        if not self.config.digest.enabled or self._planned == period.label:
            return
        due_instant = self.due_at(period)
        if due_instant > at or await self._was_listening(due_instant):
            async with self.database.write() as connection:
                await due.plan(
                    connection,
                    key=f"{self.exercise_id}digest:{period.label}",
                    kind=KIND,
                    due_at=due_instant,
                    payload={"week": period.label},
                )
        self._planned = period.label

    async def _was_listening(self, at: datetime) -> bool:
        """A listener that begins on a Thursday owes nobody Monday's digest."""
        async with self.database.read() as connection:
            return await review.was_listening(connection, at, exercise_id=self.exercise_id)

    async def run(self, errand: Errand, at: datetime) -> None:
        """Put a due digest in the outbox; one that a later week has overtaken is let go."""
        period = week(errand.payload["week"], self.calendar.zone)
        settings = self.config.digest
        if not settings.enabled:
            return
        if is_superseded(period, self.calendar, at, day=settings.day, hour=settings.hour):
            log.info("digest.superseded week=%s", period.label)
            return
        await self.send(period, at)

    async def send(self, period: Period, at: datetime, *, language: str | None = None) -> int:
        """Put a week's digest in the outbox, a row a recipient; how many rows were added.

        What was sent of the same week already is not sent again.
        """
        payload = {"week": period.label, "language": language or self.language}
        added = 0
        async with self.database.write() as connection:
            for channel, address in self.recipients():
                name = f"{_mark(address)}/{channel}" if address else channel
                added += await outbox.enqueue(
                    connection,
                    key=f"{self.exercise_id}digest:{period.label}/{name}/team",
                    kind=KIND,
                    channel=channel,
                    person=None,
                    payload={**payload, "address": address} if address else payload,
                    created_at=at,
                    due_at=at,
                    exercise_id=self.exercise_id,
                )
        log.info("digest.queued week=%s letters=%d", period.label, added)
        return added

    async def unsent(self, period: Period) -> int:
        """How many letters of a week's digest were not sent, or not yet."""
        async with self.database.read() as connection:
            return await review.unsent(connection, f"{self.exercise_id}digest:{period.label}/")

    def recipients(self) -> Iterator[tuple[str, str | None]]:
        """Channels and e-mail addresses; the console where there is nobody else."""
        settings, found = self.config.digest, False
        if self.config.email is not None:
            for address in dict.fromkeys(settings.recipients):
                found = True
                yield "email", address
        if self.config.slack is not None and settings.slack:
            found = True
            yield "slack", None
        if not found:
            yield "console", None

    async def digest(self, period: Period, at: datetime) -> Digest:
        """A week's figures and posts, read now."""
        async with self.database.read(snapshot=True) as connection:
            return await self.surveyor.digest(connection, period, at)

    async def compose(self, letter: Letter, recipient: Recipient, at: datetime) -> Message:
        """The digest of one letter, read and masked now."""
        period = week(letter.payload["week"], self.calendar.zone)
        return render_digest(
            await self.digest(period, at),
            channel=layout(self.config, letter.channel),
            recipient=recipient,
            key=letter.key,
            excerpt=excerpt_setting(self.config, letter.channel),
            language=letter.payload.get("language", self.language),
        )


def _mark(address: str) -> str:
    """Stands for an address in a key, which logs and Message-IDs may show."""
    return hashlib.blake2b(address.casefold().encode(), digest_size=6).hexdigest()


def _lives(source: SourceSettings) -> bool:
    """Whether its network still exists: a closed one's silence is no outage."""
    return not hasattr(CONNECTORS[source.connector], "closed_on")
