"""Digests of weeks and months: planned, put in the outbox once, and written when they are sent."""

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
    Span,
    due_at,
    is_superseded,
    last_complete,
    named,
)
from listener.domain.watch import WatchKind
from listener.notifiers.base import Message
from listener.notifiers.build import excerpt_setting, layout
from listener.notifiers.painting import NoPainter, Painter
from listener.notifiers.render import render_digest
from listener.storage import due, outbox, review
from listener.storage.database import Database
from listener.storage.due import Errand
from listener.storage.outbox import Letter
from listener.workflows.deliver import Undeliverable
from listener.workflows.survey import Surveyor
from listener.workflows.view import Viewer

log = logging.getLogger(__name__)

KIND = "digest"
OWN = (WatchKind.HOSPITAL, WatchKind.SERVICE)


class Reporter:
    """Sends each week's and month's digest once, also when the daemon was down at its hour.

    Where a `service` (a watch's id) is asked for, the digest is its own, else the hospital's.
    """

    def __init__(
        self,
        *,
        config: Config,
        database: Database,
        calendar: WorkCalendar,
        viewer: Viewer,
        painter: Painter | None = None,
        blind: Callable[[], Mapping[str, Sequence[Unseen]]] = dict,
        exercise_id: str = "",
    ) -> None:
        self.config = config
        self.database = database
        self.calendar = calendar
        self.painter = painter or NoPainter()
        self.exercise_id = exercise_id
        self.surveyor = Surveyor(
            viewer=viewer,
            calendar=calendar,
            subjects=[watch.id for watch in config.watch if watch.kind in OWN],
            peers=list(dict.fromkeys(config.digest.peers)) or _ids(config, WatchKind.PEER),
            sources=[source.id for source in config.source if source.enabled and _lives(source)],
            blind=blind,
            mediation=config.hospital.mediation,
            exercise_id=exercise_id,
        )
        self._planned: dict[Span, str] = {}

    @property
    def language(self) -> str:
        return self.config.digest.language or self.config.language

    @property
    def _spans(self) -> Sequence[Span]:
        if not self.config.digest.enabled:
            return ()
        return (Span.WEEK, Span.MONTH) if self.config.digest.monthly else (Span.WEEK,)

    def due_at(self, period: Period) -> datetime:
        settings = self.config.digest
        return due_at(period, self.calendar, day=settings.day, hour=settings.hour)

    async def plan(self, at: datetime) -> None:
        """Write down when the digests of the week and the month that ended last are due."""
        for span in self._spans:
            period = last_complete(at, self.calendar.zone, span)
            if self._planned.get(span) == period.label:
                continue
            due_instant = self.due_at(period)
            if due_instant > at or await self._was_listening(due_instant):
                await self._write_down(period, due_instant)
            self._planned[span] = period.label

    async def _was_listening(self, at: datetime) -> bool:
        """A listener that begins on a Thursday owes nobody Monday's digest."""
        async with self.database.read() as connection:
            return await review.was_listening(connection, at, exercise_id=self.exercise_id)

    async def _write_down(self, period: Period, due_instant: datetime) -> None:
        async with self.database.write() as connection:
            await due.plan(
                connection,
                key=f"{self.exercise_id}digest:{period.label}",
                kind=KIND,
                due_at=due_instant,
                payload={"period": period.label},
            )

    async def run(self, errand: Errand, at: datetime) -> None:
        """Put what is due in the outbox; what a later period has overtaken is let go."""
        settings = self.config.digest
        period = named(outbox.period_told(errand.payload), self.calendar.zone)
        if period.span not in self._spans:
            return
        if is_superseded(period, self.calendar, at, day=settings.day, hour=settings.hour):
            log.info("digest.superseded period=%s", period.label)
            return
        for service in ("", *(own.subject for own in settings.service)):
            await self.send(period, at, service=service)

    async def send(
        self, period: Period, at: datetime, *, service: str = "", language: str | None = None
    ) -> int:
        """Put a digest in the outbox, a row a recipient; how many rows were added.

        What was sent of the same period already is not sent again, unless it was not over then.
        """
        payload = {"period": period.label, "language": language or self.language}
        payload |= {"service": service} if service else {}
        added = 0
        async with self.database.write() as connection:
            for channel, address in self.recipients(service):
                name = f"{_mark(address)}/{channel}" if address else channel
                added += await outbox.enqueue(
                    connection,
                    key=f"{self._key(period, at, service)}{name}/team",
                    kind=KIND,
                    channel=channel,
                    person=None,
                    payload={**payload, "address": address} if address else payload,
                    created_at=at,
                    due_at=at,
                    exercise_id=self.exercise_id,
                )
        log.info("digest.queued period=%s service=%s letters=%d", period.label, service, added)
        return added

    async def unsent(self, period: Period, at: datetime, *, service: str = "") -> int:
        """How many letters of what `send` queued at that instant were not sent, or not yet."""
        async with self.database.read() as connection:
            return await review.unsent(connection, self._key(period, at, service))

    def _key(self, period: Period, at: datetime, service: str) -> str:
        """What the keys of one digest's letters begin with."""
        label = f"{period.label}:{service}" if service else period.label
        if at < period.until:
            # What is told of half a week does not stand for the whole one, which is still to come.
            label = f"{label}@{at.astimezone(self.calendar.zone):%Y-%m-%d}"
        return f"{self.exercise_id}digest:{label}/"

    def recipients(self, service: str = "") -> Iterator[tuple[str, str | None]]:
        """Channels and e-mail addresses; the hospital's goes to the console for want of others."""
        settings, by_email = self.config.digest, self.config.email is not None
        if service:
            own = settings.of_service(service)
            for address in dict.fromkeys(own.recipients) if own and by_email else ():
                yield "email", address
            return
        addresses = dict.fromkeys(settings.recipients) if by_email else ()
        by_slack = self.config.slack is not None and settings.slack
        for address in addresses:
            yield "email", address
        if by_slack:
            yield "slack", None
        if not addresses and not by_slack:
            yield "console", None

    async def digest(self, period: Period, at: datetime, *, service: str = "") -> Digest:
        """A period's figures and posts, read now."""
        async with self.database.read(snapshot=True) as connection:
            return await self.surveyor.digest(connection, period, at, service=service)

    async def compose(self, letter: Letter, recipient: Recipient, at: datetime) -> Message:
        """The digest of one letter, read and masked now."""
        service = letter.payload.get("service", "")
        if service and service not in _ids(self.config, WatchKind.SERVICE):
            raise Undeliverable(f"no service {service!r} is watched any more")
        period = named(outbox.period_told(letter.payload), self.calendar.zone)
        language = letter.payload.get("language", self.language)
        shows_pictures = letter.channel == "email"
        if shows_pictures:
            await self.painter.warm()
        digest = await self.digest(period, at, service=service)
        return render_digest(
            digest,
            channel=layout(self.config, letter.channel),
            recipient=recipient,
            key=letter.key,
            excerpt=excerpt_setting(self.config, letter.channel),
            language=language,
            sections=self.config.digest.sections_of(service),
            drawn=await self.painter.paint(digest, language=language) if shows_pictures else None,
        )


def _ids(config: Config, kind: WatchKind) -> list[str]:
    return [watch.id for watch in config.watch if watch.kind is kind]


def _mark(address: str) -> str:
    """Stands for an address in a key, which logs and Message-IDs may show."""
    return hashlib.blake2b(address.casefold().encode(), digest_size=6).hexdigest()


def _lives(source: SourceSettings) -> bool:
    """Whether its network still exists: a closed one's silence is no outage."""
    return not hasattr(CONNECTORS[source.connector], "closed_on")
