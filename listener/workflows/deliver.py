"""Sends what the outbox holds: with retry, then by the next channel, never twice knowingly."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.connector import Clock
from listener.domain.rule import Level
from listener.notifiers.base import CannotTell, DeliveryError, Message, Notifier, Receipt
from listener.storage import outbox
from listener.storage.carriers import carriers, revive, still_matters
from listener.storage.database import Database
from listener.storage.outbox import Letter
from listener.workflows.supervise import Supervisor

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)
SEND_SECONDS = 45.0  # below the lease: a row that is being sent is nobody else's
BACKOFF = tuple(timedelta(seconds=s) for s in (2, 8, 20, 60, 180, 600))
LOOK_AGAIN = 1.0  # seconds, while something hangs
BATCH = 4  # letters at once: a channel that says "wait" is then not asked for all the others too
FALLBACK_AFTER = 2  # failed attempts before the next channel is asked as well
FALLBACK_WITHIN = timedelta(seconds=30)  # where the next attempt is later than this, at once
HANGS_AFTER = 10.0  # seconds without an answer before the next channel is asked as well
GIVE_UP_AFTER = timedelta(hours=48)  # but for alerts of what is not over
MENDED_WITHIN = timedelta(minutes=10)  # how soon a channel that refused is asked again, for those
CLOCKS_APART = timedelta(minutes=5)  # how far the channel's clock may be from ours

LAST = "console"

# What answers somebody's own message or joins its thread says nothing to others, and a test proves
# one channel alone.
OF_THIS_CHANNEL = ("reply", "note", "selftest")

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
    channels: Mapping[str, Sequence[str]] = field(
        default_factory=dict
    )  # of each level, by its name
    supervisor: Supervisor | None = None  # told of a channel whose fallback had to go
    jitter: Callable[[], float] = field(default=random.random)
    patience: float = HANGS_AFTER
    _quiet: dict[str, datetime] = field(default_factory=dict)  # channel → not before

    async def deliver(self, at: datetime | None = None) -> int:
        """Send everything that is due; how many letters were sent."""
        sent = 0
        hanging: set[asyncio.Task[bool]] = set()
        try:
            while True:
                now = at or self.clock()
                letters = await self._claim(now)
                if not letters and not hanging:
                    return sent
                done, hanging = await self._send_all(letters, hanging, now)
                sent += sum(task.result() for task in done)
        finally:
            for task in hanging:
                task.cancel()
            await asyncio.gather(*hanging, return_exceptions=True)

    async def _claim(self, at: datetime) -> list[Letter]:
        async with self.database.write() as connection:
            return await outbox.claim(connection, owner=self.owner, at=at, lease=LEASE, limit=BATCH)

    async def _send_all(
        self, letters: Sequence[Letter], hanging: set[asyncio.Task[bool]], at: datetime
    ) -> tuple[set[asyncio.Task[bool]], set[asyncio.Task[bool]]]:
        """Those that are done, and those that hang: these hold up nobody, and their fallback goes."""
        begun = {asyncio.create_task(self._deliver(letter, at)): letter for letter in letters}
        tasks = hanging | set(begun)
        try:
            if begun:
                await asyncio.wait(begun, timeout=self.patience)
                done = {task for task in tasks if task.done()}
            else:
                done, _ = await asyncio.wait(tasks, timeout=LOOK_AGAIN)
            for task, letter in begun.items():
                if not task.done():
                    await self._hangs(letter, at)
        except BaseException:
            for task in begun:
                task.cancel()
            await asyncio.gather(*begun, return_exceptions=True)
            raise
        return done, tasks - done

    async def _hangs(self, letter: Letter, at: datetime) -> None:
        """A page does not wait; a mail server that scans for long is no trouble to anything else."""
        if letter.payload.get("level") != Level.CRITICAL.value:
            return
        log.warning("delivery.hangs channel=%s incident=%s", letter.channel, letter.incident_id)
        async with self.database.write() as connection:
            await self._fall_back(connection, letter, None, at)

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
        """Put the letter back, or give it up; after a few failures the next channel goes as well."""
        if error.permanent or await self._is_too_old(letter, at):
            return await self._give_up(letter, str(error), at)
        if error.retry_after is not None:
            self._quiet[letter.channel] = at + error.retry_after
        pause = error.retry_after or BACKOFF[min(letter.attempts, len(BACKOFF) - 1)]
        pause *= 1 + 0.2 * self.jitter()
        if letter.attempts == 0:
            log.warning("delivery.failing channel=%s error=%s", letter.channel, error)
        async with self.database.write() as connection:
            if letter.attempts + 1 >= FALLBACK_AFTER or pause > FALLBACK_WITHIN:
                await self._fall_back(connection, letter, str(error), at)
            await outbox.retry(
                connection,
                letter,
                due_at=at + pause,
                error=str(error),
                ambiguous=error.ambiguous or letter.sending_since is not None,
            )
        return False

    async def _is_too_old(self, letter: Letter, at: datetime) -> bool:
        if at - letter.created_at <= GIVE_UP_AFTER:
            return False
        async with self.database.read() as connection:
            return not await self._must_arrive(connection, letter)

    async def _must_arrive(self, connection: AsyncConnection, letter: Letter) -> bool:
        """An alert of what is not over is never given up."""
        return letter.kind == "alert" and await still_matters(connection, letter.incident_id)

    async def _give_up(self, letter: Letter, error: str, at: datetime) -> bool:
        """The next channel takes over; where none but the console would, it is not over yet."""
        async with self.database.write() as connection:
            carrier = await self._fall_back(connection, letter, error, at)
            matters = await self._must_arrive(connection, letter)
            if matters and carrier in (None, LAST) and letter.channel != LAST:
                due_at = at + MENDED_WITHIN
                await outbox.retry(connection, letter, due_at=due_at, error=error, ambiguous=False)
                await revive(connection, self._other_keys(letter).values(), due_at=due_at)
            else:
                await outbox.failed(connection, letter, error=error)
        if letter.attempts == 0 or not matters:  # what matters is asked again and again
            said = "delivery.failed channel=%s incident=%s error=%s"
            log.error(said, letter.channel, letter.incident_id, error)
        return False

    async def _fall_back(
        self, connection: AsyncConnection, letter: Letter, cause: str | None, at: datetime
    ) -> str | None:
        """The same letter by the next channel that may take it; which one carries it now.

        Its key is that of the channel's own row: where it was sent already, nothing is added. The
        team is told of the `cause`, if there is one.
        """
        keys = self._other_keys(letter)
        standing = await carriers(connection, (letter.key, *keys.values()))
        for channel, key in keys.items():
            if (carrier := standing.get(key)) is not None:
                if carrier.fails(FALLBACK_AFTER):
                    continue
                return channel
            await self._hand_over(connection, letter, channel, key, at)
            if self.supervisor is not None and cause and letter.kind != "notice":
                await self.supervisor.channel_failing(
                    connection, letter.channel, via=channel, cause=cause, at=at
                )
            return channel
        return None

    def _other_keys(self, letter: Letter) -> dict[str, str]:
        """By channel: the others of its level, the configured fallback, then the console."""
        if letter.channel == LAST or letter.kind in OF_THIS_CHANNEL:
            return {}
        others = self.channels.get(str(letter.payload.get("level")), ())
        before = str(letter.payload.get("fallback_of", LAST))
        order = dict.fromkeys((*others, before, self.fallback, LAST))
        # What is printed reaches people last, wherever it stands in their list.
        order.pop(LAST)
        known = [c for c in (*order, LAST) if c != letter.channel and c in self.notifiers]
        to = letter.person or "team"
        occasion = letter.key.removesuffix(f"/{letter.channel}/{to}")
        return {channel: f"{occasion}/{channel}/{to}" for channel in known}

    async def _hand_over(
        self, connection: AsyncConnection, letter: Letter, channel: str, key: str, at: datetime
    ) -> None:
        await outbox.enqueue(
            connection,
            key=key,
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


def receipt_of(stored: Mapping[str, Any]) -> Receipt:
    """A receipt as it was stored."""
    return Receipt(**{**stored, "sent_at": datetime.fromisoformat(stored["sent_at"])})
