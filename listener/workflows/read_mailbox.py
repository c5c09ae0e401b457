"""Reads the replies to alerts from their mailbox, each once, whatever fails in between."""

from __future__ import annotations

import contextlib
import hashlib
import logging
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy.exc import SQLAlchemyError

from connectors.connector import Clock
from listener.domain.action import Way
from listener.domain.notice import NoticeKind
from listener.notifiers.base import DeliveryError
from listener.notifiers.mailbox import Batch, Mail
from listener.storage import action_tokens, mailboxes, outbox
from listener.storage.database import Database
from listener.storage.mailboxes import Position
from listener.workflows.hear import Hearing, Outcome, Writer
from listener.workflows.supervise import Supervisor

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=3)
LOOK_BACK = timedelta(days=2)  # where nothing is known of a mailbox, or it was numbered anew
ROUNDS = 10  # of a batch each, at one reading
AFTER_REFUSAL = timedelta(minutes=15)  # a wrong password too often closes the account
TOLD_AFTER = timedelta(minutes=10)  # of a server that is away


class Mailbox(Protocol):
    async def read(self, *, validity: int, after: int, since: datetime) -> Batch: ...


@dataclass(slots=True, kw_only=True)
class MailboxReader:
    """One per process; of several on one database, one reads at a time."""

    database: Database
    mailbox: Mailbox
    hearing: Hearing
    owner: str
    clock: Clock
    supervisor: Supervisor | None = None  # told that nobody's replies are heard
    counts: Counter[str] = field(default_factory=Counter)
    _not_before: datetime | None = None
    _failing_since: datetime | None = None

    @property
    def name(self) -> str:
        settings = self.hearing.settings
        return mailboxes.name_of(settings.user, settings.host, settings.folder)

    async def read(self) -> int:
        """Read what is new; how many mails. A server that is away is told, and asked again."""
        at = self.clock()
        if self._not_before is not None and at < self._not_before:
            return 0
        async with self.database.write() as connection:
            position = await mailboxes.claim(
                connection, self.name, owner=self.owner, at=at, lease=LEASE
            )
        if position is None:
            return 0
        try:
            read = await self._drain(position, since=at - LOOK_BACK)
            self._recovered()
            return read
        except DeliveryError as error:
            await self._failed(error, at)
            return 0
        finally:
            with contextlib.suppress(SQLAlchemyError, OSError):  # the lease runs out by itself
                async with self.database.write() as connection:
                    await mailboxes.release(connection, self.name, owner=self.owner)

    async def _failed(self, error: DeliveryError, at: datetime) -> None:
        """Log it once; tell the team once it lasts, or at once where only they can mend it."""
        self._not_before = at + AFTER_REFUSAL if error.permanent else None
        if self._failing_since is None:
            self._failing_since = at
            log.warning("mailbox.failing error=%s", error)
        lasts = error.permanent or at - self._failing_since >= TOLD_AFTER
        if lasts and self.supervisor is not None:
            async with self.database.write() as connection:
                await self.supervisor.notice(
                    connection,
                    NoticeKind.MAILBOX_FAILING,
                    "mailbox",
                    since=self._failing_since,
                    at=at,
                    cause=str(error),
                )

    def _recovered(self) -> None:
        if self._failing_since is not None:
            log.info("mailbox.recovered")
        self._failing_since = self._not_before = None

    async def _drain(self, position: Position, *, since: datetime) -> int:
        read = 0
        for _ in range(ROUNDS):
            batch = await self.mailbox.read(
                validity=position.validity, after=position.uid, since=since
            )
            for mail in batch.mails:
                position = Position(validity=batch.validity, uid=mail.uid)
                if not await self._take(mail, position):
                    return read
                read += 1
            if not batch.more:
                break
        return read

    async def _take(self, mail: Mail, position: Position) -> bool:
        """Do what one mail asks for, then say that it was read; False where another reads now.

        In this order: a crash in between has it read again, and asking twice changes nothing.
        """
        outcome = await self._judged(mail)
        at = self.clock()
        async with self.database.write() as connection:
            if not await mailboxes.advance(
                connection, self.name, position, owner=self.owner, at=at, lease=LEASE
            ):
                return False
            if outcome.spent is not None:
                await action_tokens.use(connection, outcome.spent, at=at)
            if outcome.answer is not None and outcome.to is not None:
                await self._enqueue(connection, mail, outcome, outcome.to, at)
        self.counts[outcome.name] += 1
        log.info("mailbox.read outcome=%s incident=%s", outcome.name, outcome.incident)
        return True

    async def _judged(self, mail: Mail) -> Outcome:
        try:
            return await self.hearing.hear(mail, self.clock())
        except (SQLAlchemyError, OSError):
            raise  # the database is away: the mail is read again
        except Exception:
            # A fault of ours in one mail must not keep the next from being heard.
            log.exception("mailbox.fault")
            return Outcome(name="fault")

    async def _enqueue(
        self, connection: Any, mail: Mail, outcome: Outcome, to: Writer, at: datetime
    ) -> None:
        """At most one answer a mail, whichever number the server gives it next time."""
        channel = self.hearing.settings.sms_channel if to.way is Way.SMS else "email"
        if channel is None:
            return
        once = outcome.once or hashlib.sha256(mail.content).hexdigest()[:40]
        person = to.person.id if to.person else None
        payload = dict(outcome.answer or {})
        if to.person is None:
            payload["address"] = to.address
        await outbox.enqueue(
            connection,
            key=f"reply/{once}/{channel}/{person or 'stranger'}",
            kind="reply",
            channel=channel,
            person=person,
            payload=payload,
            created_at=at,
            due_at=at,
            incident_id=outcome.incident,
            # A stranger is told nothing of what else was said, not even its number.
            thread=f"incident-{outcome.incident}" if outcome.incident and person else None,
        )
