"""What one reply asks for, whether its writer may ask it, and what becomes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

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
from listener.notifiers.incoming import Incoming
from listener.notifiers.mailbox import Mail
from listener.storage import action_tokens
from listener.storage.database import Database
from listener.workflows.guesses import Guesses
from listener.workflows.senders import by_email, by_phone


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """Does what a mail plainly asks for, once it is certain who asks."""

    database: Database
    settings: MailboxSettings
    tokens: Tokens
    act: Act
    people: Mapping[str, Person]
    _guesses: Guesses = field(default_factory=Guesses)

    async def hear(self, mail: Mail, at: datetime) -> Outcome:
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
