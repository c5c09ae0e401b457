"""The ways by which people answer from outside: tokens, the mailbox, links, wired once each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from connectors.connector import Clock
from listener.config.models import Config
from listener.domain.action import Act
from listener.domain.alert import Recipient
from listener.domain.token import Tokens
from listener.i18n import Speaker
from listener.keys import Keys
from listener.notifiers.base import Message
from listener.notifiers.mailbox import ImapServer
from listener.notifiers.network import policy_of
from listener.storage import action_tokens
from listener.storage.database import Database
from listener.storage.outbox import Letter
from listener.workflows.answer_link import LinkDesk
from listener.workflows.compose_reply import ReplyComposer
from listener.workflows.hear import Hearing
from listener.workflows.invite import Inviter
from listener.workflows.read_mailbox import MailboxReader
from listener.workflows.supervise import Supervisor


@dataclass(frozen=True, kw_only=True)
class Doors:
    """The fields come from the application; the properties are built when first asked for."""

    config: Config
    keys: Keys
    database: Database
    clock: Clock
    owner: str
    act: Act
    subject: Callable[[str], str]  # a watch's id, as people call it
    supervisor: Supervisor | None = None

    @cached_property
    def tokens(self) -> Tokens:
        return Tokens(self.keys.pseudonym)

    @cached_property
    def inviter(self) -> Inviter | None:
        """None where nobody can answer from outside."""
        config = self.config
        if config.mailbox is None and config.links is None:
            return None
        return Inviter(
            tokens=self.tokens,
            mailbox=config.mailbox,
            links=config.links,
            sender=config.email.sender if config.email else None,
        )

    @cached_property
    def replies(self) -> ReplyComposer:
        return ReplyComposer(
            database=self.database,
            inviter=self.inviter,
            people=self.config.people,
            speaker=Speaker(self.config.language, self.config.hospital.zone),
        )

    @cached_property
    def reader(self) -> MailboxReader | None:
        settings = self.config.mailbox
        if settings is None:
            return None
        return MailboxReader(
            database=self.database,
            mailbox=ImapServer(settings, policy_of(self.config.network)),
            hearing=Hearing(
                database=self.database,
                settings=settings,
                tokens=self.tokens,
                act=self.act,
                people=self.config.people,
            ),
            owner=self.owner,
            clock=self.clock,
            supervisor=self.supervisor,
        )

    @cached_property
    def desk(self) -> LinkDesk | None:
        if self.config.links is None:
            return None
        return LinkDesk(
            database=self.database,
            tokens=self.tokens,
            act=self.act,
            people=self.config.people,
            subject=self.subject,
            clock=self.clock,
            language=self.config.language,
            timezone=self.config.hospital.timezone,
        )

    async def compose(self, letter: Letter, recipient: Recipient, at: datetime) -> Message:
        """What somebody who answered gets back: letters of kind "reply"."""
        return await self.replies.compose(letter, recipient, at)

    async def expire(self, at: datetime) -> None:
        """Remove the tokens that ended long ago."""
        async with self.database.write() as connection:
            await action_tokens.expire(connection, at=at)
