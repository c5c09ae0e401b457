"""Reads the replies to alerts from their mailbox, each once, and does what they plainly ask for."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy.exc import SQLAlchemyError

from connectors.connector import Clock
from listener.config.doors import MailboxSettings
from listener.domain.action import Act, Action, Refusal, Reply, Request, Way
from listener.domain.oncall import Person
from listener.domain.token import (
    REPLY,
    RETRY,
    SMS,
    Grant,
    Tokens,
    find_code,
    find_shorts,
    without_codes,
)
from listener.domain.wish import understand
from listener.notifiers import incoming
from listener.notifiers.answers import payload_of, unclear_payload
from listener.notifiers.base import DeliveryError
from listener.notifiers.incoming import Incoming
from listener.notifiers.mailbox import Batch, Mail
from listener.storage import action_tokens, mailboxes, outbox
from listener.storage.database import Database
from listener.storage.mailboxes import Position
from listener.workflows.guesses import Guesses
from listener.workflows.senders import by_email, by_phone

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=3)
LOOK_BACK = timedelta(days=2)  # where nothing is known of a mailbox, or it was numbered anew
ROUNDS = 10  # of a batch each, at one reading
AFTER_REFUSAL = timedelta(minutes=15)  # a wrong password too often closes the account


class Mailbox(Protocol):
    async def read(self, *, validity: int, after: int, since: datetime) -> Batch: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Who wrote, as far as their address or number says."""

    person: Person | None
    address: str | None  # to answer somebody who is no [[person]]
    way: Way


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one mail. `spent` is the token that it used up."""

    name: str
    incident: int | None = None
    answer: Mapping[str, Any] | None = None
    once: str = ""  # in place of the mail itself, where several get one answer together
    to: Writer | None = None
    spent: str | None = None


@dataclass(slots=True, kw_only=True)
class MailboxReader:
    """One per process; of several on one database, one reads at a time."""

    database: Database
    mailbox: Mailbox
    settings: MailboxSettings
    tokens: Tokens
    act: Act
    people: Mapping[str, Person]
    owner: str
    clock: Clock
    counts: Counter[str] = field(default_factory=Counter)
    _not_before: datetime | None = None
    _guesses: Guesses = field(default_factory=Guesses)

    @property
    def name(self) -> str:
        return mailboxes.name_of(self.settings.user, self.settings.host, self.settings.folder)

    async def read(self) -> int:
        """Read what is new; how many mails. Raises DeliveryError where the server is away."""
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
            return await self._drain(position, since=at - LOOK_BACK)
        except DeliveryError as error:
            self._not_before = at + AFTER_REFUSAL if error.permanent else None
            raise
        finally:
            with contextlib.suppress(SQLAlchemyError, OSError):  # the lease runs out by itself
                async with self.database.write() as connection:
                    await mailboxes.release(connection, self.name, owner=self.owner)

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
            return await self._answered(mail, self.clock())
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
        channel = self.settings.sms_channel if to.way is Way.SMS else "email"
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

    async def _answered(self, mail: Mail, at: datetime) -> Outcome:
        said = await asyncio.to_thread(incoming.read, mail.content)
        if said is None:
            return Outcome(name="unreadable")
        if self.settings.is_gateway(said.sender):
            return await self._by_sms(said, at)
        if said.automatic or not said.sender:
            return Outcome(name="automatic")
        return await self._by_mail(said, at)

    async def _by_mail(self, said: Incoming, at: datetime) -> Outcome:
        # The first place that holds a code decides: an older message, quoted below, has its own.
        places = (said.said, said.addressed, said.subject, said.threads, said.body)
        code = next((code for place in places if (code := find_code(place))), None)
        if code is None:
            return Outcome(name="no_code")
        writer = Writer(
            person=by_email(self.people, said.sender), address=said.sender, way=Way.EMAIL
        )
        digest = self.tokens.digest(code)
        grant = await self._find(digest, REPLY, RETRY)
        return await self._judge(writer, grant, digest, said.said, at)

    async def _by_sms(self, said: Incoming, at: datetime) -> Outcome:
        if said.report:
            return Outcome(name="automatic")
        place = {"subject": said.subject, "from": said.sender, "body": said.body}
        person = by_phone(self.people, place[self.settings.sms_phone])
        if person is None:
            return Outcome(name="stranger")
        shorts = find_shorts(said.said)
        if not shorts:
            return Outcome(name="no_code")
        if not self._guesses.may(person.id, at):
            return Outcome(name="guessing")
        writer = Writer(person=person, address=None, way=Way.SMS)
        for short in shorts:
            digest = self.tokens.digest(short, person.id)
            if (grant := await self._find(digest, SMS)) is not None:
                line = next(row for row in said.said.splitlines() if short in row.upper())
                return await self._judge(writer, grant, digest, line.rpartition(":")[2], at)
        self._guesses.failed(person.id, at)
        return self._refused(writer, None, Refusal.EXPIRED, at)

    async def _find(self, digest: str, *purposes: str) -> Grant | None:
        async with self.database.read() as connection:
            grant = await action_tokens.find(connection, digest)
        return grant if grant is not None and grant.purpose in purposes else None

    async def _judge(
        self, writer: Writer, grant: Grant | None, digest: str, words: str, at: datetime
    ) -> Outcome:
        """Whoever holds the token AND writes from where its person writes, acts."""
        if grant is None:
            if writer.person is None:
                return Outcome(name="stranger")  # whom an answer would only tell that we listen
            return self._refused(writer, None, Refusal.EXPIRED, at)
        if writer.person is None:
            return self._refused(writer, grant, Refusal.UNKNOWN_PERSON, at)
        if writer.person.id != grant.person or not grant.is_valid(at):
            return self._refused(writer, grant, Refusal.EXPIRED, at)
        wish = understand(without_codes(words))
        if wish is None:
            return Outcome(
                name="unclear",
                incident=grant.incident,
                answer=unclear_payload(grant.incident, again=grant.purpose != RETRY),
                once=f"unclear/{digest[:40]}",  # a machine that says nothing of itself is told once
                to=writer,
            )
        request = Request(
            incident=grant.incident,
            action=wish.action,
            person=grant.person,
            way=writer.way,
            reason=wish.reason,
            snooze=wish.snooze,
        )
        reply = await self.act(request, at)
        return Outcome(
            name=reply.refused or reply.action,
            incident=grant.incident,
            answer=payload_of(reply, at=at, snooze=wish.snooze),
            to=writer,
            spent=digest if reply.refused is None else None,
        )

    def _refused(
        self, writer: Writer, grant: Grant | None, refusal: Refusal, at: datetime
    ) -> Outcome:
        incident = grant.incident if grant else None
        reply = Reply(incident=incident or 0, action=Action.ACKNOWLEDGE, refused=refusal)
        if refusal is Refusal.UNKNOWN_PERSON:
            reply = Reply(incident=0, action=Action.ACKNOWLEDGE, refused=refusal)
        return Outcome(name=refusal, incident=incident, answer=payload_of(reply, at=at), to=writer)
