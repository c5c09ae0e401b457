"""Gives each letter the tokens by which its reader may answer, the same at every attempt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from listener.config.doors import LinkSettings, MailboxSettings
from listener.domain.action import Action
from listener.domain.token import REPLY, SMS, Grant, Invitation, Purpose, Tokens, Word
from listener.storage import action_tokens
from listener.storage.outbox import Letter

ACTIONS = (Action.ACKNOWLEDGE, Action.ESCALATE, Action.SNOOZE, Action.DISMISS)
ATTEMPTS = 5  # at a short code that stands for no other incident of the same person


@dataclass(frozen=True, slots=True, kw_only=True)
class Inviter:
    """What answers come back through; `sender` is the address that e-mails come from."""

    tokens: Tokens
    mailbox: MailboxSettings | None
    links: LinkSettings | None
    sender: str | None = None

    async def invitation(
        self,
        connection: AsyncConnection,
        letter: Letter,
        at: datetime,
        *,
        actions: tuple[Action, ...] = ACTIONS,
        reply: Word = REPLY,
    ) -> Invitation | None:
        """How one person may answer one letter; None where it is for nobody or no incident.

        Writes what it gives, so it needs a transaction that writes. Sent again within the time
        that they are valid, a letter carries the same tokens; the first of them counts the time.
        """
        if letter.person is None or letter.incident_id is None:
            return None
        order = _Order(
            connection=connection, incident=letter.incident_id, person=letter.person, letter=letter
        )
        code = await self._code(order, at, reply)
        return Invitation(
            code=code,
            short=await self._short(order, at),
            reply_to=self._reply_to(code),
            links=await self._links(order, at, actions),
        )

    async def _code(self, order: _Order, at: datetime, reply: Word) -> str | None:
        if self.mailbox is None:
            return None
        code = self.tokens.code(order.incident, order.person, order.letter.key)
        kept = await order.keep(self.tokens.digest(code), reply, at + self.mailbox.valid)
        return code if kept else None

    async def _short(self, order: _Order, at: datetime) -> str | None:
        if self.mailbox is None or not self.mailbox.sms_from:
            return None
        for attempt in range(ATTEMPTS):
            short = self.tokens.short(
                order.incident, order.person, order.letter.key, attempt=attempt
            )
            digest = self.tokens.digest(short, order.person)
            if await order.keep(digest, SMS, at + self.mailbox.valid):
                return short
        return None

    async def _links(
        self, order: _Order, at: datetime, actions: tuple[Action, ...]
    ) -> Mapping[Action, str]:
        if self.links is None:
            return {}
        found: dict[Action, str] = {}
        for action in actions:
            token = self.tokens.link(order.incident, order.person, action, order.letter.key)
            if await order.keep(self.tokens.digest(token), action, at + self.links.valid):
                found[action] = f"{self.links.base_url}/a/{token}"
        return found

    def _reply_to(self, code: str | None) -> str | None:
        """The mailbox's address, with the code in it where the mail server lets that through."""
        if self.mailbox is None or code is None:
            return None
        address = self.mailbox.address or self.sender
        if address is None or not self.mailbox.tagged:
            return address
        local, _, domain = address.rpartition("@")
        return f"{local}+{code.lower()}@{domain}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    """One letter's tokens, being stored."""

    connection: AsyncConnection
    incident: int
    person: str
    letter: Letter

    async def keep(self, digest: str, purpose: Purpose, until: datetime) -> bool:
        grant = Grant(incident=self.incident, person=self.person, purpose=purpose, expires_at=until)
        return await action_tokens.keep(self.connection, digest, grant)
