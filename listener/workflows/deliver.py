"""Sends what the outbox holds: with retry, then by the fallback channel, never twice knowingly."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.connector import Clock
from listener.notifiers.base import CannotTell, DeliveryError, Message, Notifier, Receipt
from listener.storage import outbox
from listener.storage.database import Database
from listener.storage.outbox import Letter
from listener.workflows.supervise import Supervisor

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)
SEND_SECONDS = 45.0  # below the lease: a row that is being sent is nobody else's
BACKOFF = tuple(timedelta(seconds=s) for s in (2, 8, 20, 60, 180, 600))
BATCH = 4  # letters at once: a channel that says "wait" is then not asked for all the others too
FALLBACK_AFTER = 2  # failed attempts before the next channel is asked as well
FALLBACK_WITHIN = timedelta(seconds=30)  # where the next attempt is later than this, at once
GIVE_UP_AFTER = timedelta(hours=48)
CLOCKS_APART = timedelta(minutes=5)  # how far the channel's clock may be from ours

Compose = Callable[[Letter, datetime], Awaitable[Message]]


class Undeliverable(Exception):
    """A letter that no attempt can send: no such channel, no address, nothing left to say."""


@dataclass(slots=True, kw_only=True)
class Postman:
    """One per process; several may share a database."""

    database: Database
    notifiers: Mapping[str, Notifier]
    compose: Compose
    owner: str
    clock: Clock
    fallback: str
    supervisor: Supervisor | None = None  # told of a channel whose fallback had to go
    jitter: Callable[[], float] = field(default=random.random)
    _quiet: dict[str, datetime] = field(default_factory=dict)  # channel → not before

    async def deliver(self, at: datetime | None = None) -> int:
        """Send everything that is due; how many letters were sent."""
        sent = 0
        while True:
            now = at or self.clock()
            async with self.database.write() as connection:
                letters = await outbox.claim(
                    connection, owner=self.owner, at=now, lease=LEASE, limit=BATCH
                )
            if not letters:
                return sent
            results = await asyncio.gather(*(self._deliver(letter, now) for letter in letters))
            sent += sum(results)

    async def _deliver(self, letter: Letter, at: datetime) -> bool:
        try:
            async with asyncio.timeout(SEND_SECONDS):
                receipt = await self._send(letter, at)
        except Undeliverable as error:
            return await self._give_up(letter, str(error), at)
        except TimeoutError:
            late = DeliveryError("no answer in time", ambiguous=True)
            return await self._failed(letter, late, at)
        except DeliveryError as error:
            return await self._failed(letter, error, at)
        except (SQLAlchemyError, OSError):
            raise  # the database is away: its lease brings the letter back
        except Exception as error:
            # A fault of ours in one letter must hold up no other, nor keep its fallback from going.
            log.exception("delivery.fault channel=%s kind=%s", letter.channel, letter.kind)
            fault = DeliveryError(f"a fault of ours: {type(error).__name__}", ambiguous=True)
            return await self._failed(letter, fault, at)
        async with self.database.write() as connection:
            stored = asdict(receipt)
            stored["sent_at"] = receipt.sent_at.isoformat()
            await outbox.sent(connection, letter, at=self.clock(), receipt=stored)
        log.info(
            "delivery.sent channel=%s kind=%s incident=%s attempt=%d",
            letter.channel,
            letter.kind,
            letter.incident_id,
            letter.attempts + 1,
        )
        return True

    async def _send(self, letter: Letter, at: datetime) -> Receipt:
        notifier = self.notifiers.get(letter.channel)
        if notifier is None:
            raise Undeliverable(f"no channel {letter.channel!r} is configured")
        if (until := self._quiet.get(letter.channel, at)) > at:
            raise DeliveryError("asked to wait", retry_after=until - at)
        message = await self.compose(letter, at)
        async with self.database.read() as connection:
            root = await outbox.thread_root(
                connection, channel=letter.channel, thread=letter.thread
            )
        thread = receipt_of(root) if root else None
        if letter.sending_since is not None:
            found = await self._look(letter, letter.sending_since, notifier, message, thread)
            if found is not None:
                return found
        return await notifier.send(message, thread=thread)

    async def _look(
        self,
        letter: Letter,
        sending_since: datetime,
        notifier: Notifier,
        message: Message,
        thread: Receipt | None,
    ) -> Receipt | None:
        """An earlier attempt may have reached the channel before its answer reached us."""
        since = sending_since - CLOCKS_APART
        try:
            found = await notifier.find(message, since=since, thread=thread)
        except CannotTell:
            log.warning(
                "delivery.repeated channel=%s incident=%s", letter.channel, letter.incident_id
            )
            async with self.database.write() as connection:
                await outbox.repeat(connection, letter)
            return None
        if found is not None:
            log.info("delivery.found channel=%s incident=%s", letter.channel, letter.incident_id)
        return found

    async def _failed(self, letter: Letter, error: DeliveryError, at: datetime) -> bool:
        """Put the letter back, or give it up; after a few failures the fallback goes as well."""
        if error.permanent or at - letter.created_at > GIVE_UP_AFTER:
            return await self._give_up(letter, str(error), at)
        if error.retry_after is not None:
            self._quiet[letter.channel] = at + error.retry_after
        pause = error.retry_after or BACKOFF[min(letter.attempts, len(BACKOFF) - 1)]
        pause *= 1 + 0.2 * self.jitter()
        if letter.attempts == 0:
            log.warning("delivery.failing channel=%s error=%s", letter.channel, error)
        async with self.database.write() as connection:
            await outbox.retry(
                connection,
                letter,
                due_at=at + pause,
                error=str(error),
                ambiguous=error.ambiguous or letter.sending_since is not None,
            )
            if letter.attempts + 1 >= FALLBACK_AFTER or pause > FALLBACK_WITHIN:
                await self._fall_back(connection, letter, str(error), at)
        return False

    async def _give_up(self, letter: Letter, error: str, at: datetime) -> bool:
        log.error(
            "delivery.failed channel=%s incident=%s error=%s",
            letter.channel,
            letter.incident_id,
            error,
        )
        async with self.database.write() as connection:
            await outbox.failed(connection, letter, error=error)
            await self._fall_back(connection, letter, error, at)
        return False

    async def _fall_back(
        self, connection: AsyncConnection, letter: Letter, cause: str, at: datetime
    ) -> None:
        """The same letter by the next channel; the console is the last, and never refuses."""
        channel = next_channel(letter.channel, self.fallback, self.notifiers)
        if channel is None:
            return
        key = letter.key.removesuffix(f"/{letter.channel}/{letter.person or 'team'}")
        await outbox.enqueue(
            connection,
            # The key of this channel's own row: where it was sent already, nothing is added.
            key=f"{key}/{channel}/{letter.person or 'team'}",
            kind=letter.kind,
            channel=channel,
            person=letter.person,
            payload={**letter.payload, "fallback_of": letter.channel},
            created_at=at,
            due_at=at,
            incident_id=letter.incident_id,
            thread=letter.thread,
            exercise_id=letter.exercise_id,
        )
        if self.supervisor is not None and letter.kind != "notice":
            await self.supervisor.channel_failing(
                connection, letter.channel, via=channel, cause=cause, at=at
            )


def next_channel(failed: str, fallback: str, known: Collection[str]) -> str | None:
    """The configured fallback, then the console."""
    for channel in (fallback, "console"):
        if channel != failed and channel in known:
            return channel if failed != "console" else None
    return None


def receipt_of(stored: Mapping[str, Any]) -> Receipt:
    """A receipt as it was stored."""
    return Receipt(**{**stored, "sent_at": datetime.fromisoformat(stored["sent_at"])})
