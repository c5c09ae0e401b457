"""A letter of the outbox made into the message its channel sends: read, masked and rendered now."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from listener.config.models import Config
from listener.domain.alert import Recipient
from listener.domain.notice import Notice, NoticeKind
from listener.domain.rule import Level
from listener.domain.token import Invitation
from listener.notifiers.base import Message
from listener.notifiers.build import excerpt_setting, layout
from listener.notifiers.picture import Drawer
from listener.notifiers.render import render_alert, render_notice
from listener.storage import incidents
from listener.storage.database import Database
from listener.storage.outbox import Letter
from listener.workflows.deliver import Undeliverable
from listener.workflows.invite import Inviter
from listener.workflows.view import Viewer

ComposeOne = Callable[[Letter, Recipient, datetime], Awaitable[Message]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Composer:
    database: Database
    config: Config
    viewer: Viewer
    kinds: Mapping[str, ComposeOne]  # the other kinds of letters, by name
    drawer: Drawer | None = None  # None: e-mails show bars instead of the curve
    inviter: Inviter | None = None  # None: nobody can answer by mail, SMS or link

    async def compose(self, letter: Letter, at: datetime) -> Message:
        """The message of one letter; raises Undeliverable where nobody could get it."""
        recipient = self.recipient(letter)
        if letter.kind == "alert":
            return await self._alert(letter, recipient, at)
        if letter.kind == "notice":
            return self._notice(letter, recipient, at)
        compose = self.kinds.get(letter.kind)
        if compose is None:
            raise Undeliverable(f"nothing is known of letters of kind {letter.kind!r}")
        return await compose(letter, recipient, at)

    def recipient(self, letter: Letter) -> Recipient:
        """Where a letter goes: the person's address on its channel, or the team's."""
        person = self.config.people.get(letter.person or "")
        name = person.name if person else ""
        key = letter.person if person else None
        address = letter.payload.get("address")
        if letter.channel == "slack" and self.config.slack is not None:
            mention = person.slack if person else None
            return Recipient(
                person=key, name=name, address=self.config.slack.channel, mention=mention
            )
        if letter.channel == "email":
            address = address or (person.email if person else self.config.alerts.team_email)
            if not address:
                raise Undeliverable(f"no e-mail address for {letter.person or 'the team'}")
            return Recipient(person=key, name=name, address=address)
        if gateway := self.config.channels.get(letter.channel):
            at_gateway = gateway.address_of(person) or ""
            if gateway.is_personal and not at_gateway:
                raise Undeliverable(f"no address for {letter.person or 'the team'} there")
            return Recipient(person=key, name=name, address=at_gateway)
        return Recipient(person=key, name=name, address="console")

    async def _alert(self, letter: Letter, recipient: Recipient, at: datetime) -> Message:
        async with self.database.read() as connection:
            incident = await incidents.get(connection, letter.incident_id or 0)
            if incident is None:
                raise Undeliverable(f"incident {letter.incident_id} is gone")
            view = await self.viewer.alert(connection, incident, letter, at)
        invitation = await self._invitation(letter, at)
        picture = None
        if self.drawer is not None and letter.channel == "email":
            picture = await self.drawer.draw(view, language=self.config.language)
        return render_alert(
            view,
            channel=layout(self.config, letter.channel),
            recipient=recipient,
            key=letter.key,
            excerpt=excerpt_setting(self.config, letter.channel),
            language=self.config.language,
            mediation=self.config.hospital.mediation,
            invitation=invitation,
            picture=picture,
        )

    async def _invitation(self, letter: Letter, at: datetime) -> Invitation | None:
        """How this reader may answer; Slack has buttons of its own, and a machine has no hands."""
        mute = layout(self.config, letter.channel) in ("slack", "console", "webhook")
        if self.inviter is None or mute:
            return None
        async with self.database.write() as connection:
            return await self.inviter.invitation(connection, letter, at)

    def _notice(self, letter: Letter, recipient: Recipient, at: datetime) -> Message:
        payload = letter.payload
        until = payload.get("until")
        notice = Notice(
            kind=NoticeKind(payload["notice"]),
            level=Level(payload["level"]),
            hospital=self.config.hospital.name,
            name=payload["name"],
            at=at,
            timezone=self.config.hospital.timezone,
            since=datetime.fromisoformat(payload["since"]),
            until=datetime.fromisoformat(until) if until else None,
            cause=payload.get("cause", ""),
        )
        return render_notice(
            notice,
            channel=layout(self.config, letter.channel),
            recipient=recipient,
            key=letter.key,
            language=self.config.language,
        )
