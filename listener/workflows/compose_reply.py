"""Composes the short message that somebody who answered by mail or SMS gets back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from listener.domain.alert import Recipient
from listener.domain.oncall import Person
from listener.domain.token import Invitation
from listener.i18n import Speaker
from listener.notifiers.answers import render_answer, reply_word
from listener.notifiers.base import Message
from listener.storage.database import Database
from listener.storage.outbox import Letter
from listener.workflows.invite import Inviter


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyComposer:
    """For letters of kind "reply"."""

    database: Database
    inviter: Inviter | None
    people: Mapping[str, Person]
    speaker: Speaker

    async def compose(self, letter: Letter, recipient: Recipient, at: datetime) -> Message:
        return render_answer(
            letter.payload,
            recipient=recipient,
            key=letter.key,
            speaker=self.speaker,
            names={person.id: person.name for person in self.people.values()},
            invitation=await self._invitation(letter, at),
        )

    async def _invitation(self, letter: Letter, at: datetime) -> Invitation | None:
        """The next code: what is told may be answered in turn."""
        word = reply_word(letter.payload)
        if self.inviter is None or word is None:
            return None
        async with self.database.write() as connection:
            given = await self.inviter.invitation(connection, letter, at, actions=(), reply=word)
        if given is None or letter.channel == "email":
            return given
        return replace(given, code=None, reply_to=None)
