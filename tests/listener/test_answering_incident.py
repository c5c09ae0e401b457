"""A page at night, answered by mail and by link: what the incident and its timeline say afterwards."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from listener.domain.action import Action, Reason, Refusal
from listener.domain.token import Invitation, Tokens
from listener.notifiers.mailbox import Batch, Mail
from listener.storage import outbox
from listener.storage.database import Database
from listener.storage.outbox import Letter
from listener.workflows.act import Actor
from listener.workflows.answer_link import LinkDesk
from listener.workflows.hear import Hearing
from listener.workflows.invite import Inviter
from listener.workflows.read_mailbox import MailboxReader
from tests.listener.house import NIGHT, ORIGIN, house, live, mention, page, rows
from tests.listener.replying import KEY, LINKS, PEOPLE, mailbox_settings, reply


class Box:
    """A mailbox that holds what it is given."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []

    async def read(self, *, validity: int, after: int, since: Any) -> Batch:
        new = tuple(mail for mail in self.mails if mail.uid > after)
        return Batch(validity=1, mails=new)


class Night:
    """The house after five posts of shame, at eleven in the evening."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.box = Box()
        processor = house(database)
        self.processor = processor
        summons = processor.judgement.summons
        actor = Actor(
            database=database,
            ringer=summons.ringer,
            updates=processor.judgement.updates,
            allowed=lambda: frozenset(PEOPLE),
        )
        self.desk = LinkDesk(
            database=database,
            tokens=Tokens(KEY),
            act=actor.act,
            people=PEOPLE,
            subject=str,
            clock=lambda: NIGHT,
            language="en",
            timezone="Europe/Paris",
        )
        self.reader = MailboxReader(
            database=database,
            mailbox=self.box,
            hearing=Hearing(
                database=database,
                settings=mailbox_settings(),
                tokens=Tokens(KEY),
                act=actor.act,
                people=PEOPLE,
            ),
            owner="one",
            clock=lambda: NIGHT,
        )

    async def falls(self) -> Letter:
        """Open the incident; the e-mail that calls Léa."""
        await live(self.processor)
        await self.processor.process(page(*(mention(n) for n in range(5))), ORIGIN, NIGHT)
        letters = [row for row in await rows(self.database, "outbox") if row.channel == "email"]
        async with self.database.read() as connection:
            standing = await outbox.get(connection, letters[0].id)
        assert standing is not None and standing.letter.person == "lea"
        return standing.letter

    async def invited(self, letter: Letter) -> Invitation:
        inviter = Inviter(tokens=Tokens(KEY), mailbox=mailbox_settings(), links=LINKS)
        async with self.database.write() as connection:
            given = await inviter.invitation(connection, letter, NIGHT)
        assert given is not None
        return given

    async def hears(self, content: bytes) -> None:
        self.box.mails.append(Mail(uid=len(self.box.mails) + 1, content=content))
        await self.reader.read()

    async def press(self, invitation: Invitation, action: Action, reason: Any = None) -> Any:
        return await self.desk.press(invitation.links[action].rpartition("/")[2], reason)

    async def incident(self) -> Any:
        (row,) = await rows(self.database, "incidents")
        return row

    async def told(self, kind: str) -> list[Any]:
        return [r.data for r in await rows(self.database, "incident_events") if r.kind == kind]


@pytest.fixture
def night(database: Database) -> Night:
    return Night(database)


async def test_a_reply_takes_charge_once_and_the_timeline_says_how(night: Night) -> None:
    given = await night.invited(await night.falls())
    await night.hears(reply("OK je prends", code=given.code))
    incident = await night.incident()
    assert (incident.state, incident.acknowledged_by) == ("acknowledged", "lea")
    taken = await night.told("acknowledged")
    assert len(taken) == 1 and taken[0]["how"] == "email"
    await night.hears(reply("OK je prends", code=given.code, headers=[("X-Again", "1")]))
    assert len(await night.told("acknowledged")) == 1


async def test_a_link_takes_charge_and_the_mail_that_comes_later_hears_so(night: Night) -> None:
    given = await night.invited(await night.falls())
    done = await night.press(given, Action.ACKNOWLEDGE)
    assert (done.refused, done.by) == (None, "lea")
    assert (await night.told("acknowledged"))[0]["how"] == "link"
    await night.hears(reply("OK", code=given.code))
    (answer,) = [r for r in await rows(night.database, "outbox") if r.kind == "reply"]
    assert (answer.payload["refused"], answer.payload["by"]) == ("already", "lea")


async def test_a_false_alarm_by_link_is_closed_with_its_reason(night: Night) -> None:
    given = await night.invited(await night.falls())
    missing = await night.press(given, Action.DISMISS)
    assert missing.refused is Refusal.REASON_MISSING
    await night.press(given, Action.DISMISS, Reason.HARMLESS)
    incident = await night.incident()
    assert (incident.state, incident.close_reason) == ("dismissed", "harmless")
    token = given.links[Action.DISMISS].rpartition("/")[2]
    seen = await night.desk.look(token)
    assert seen is not None and seen.used and seen.by == "lea" and seen.mentions == 5


async def test_whoever_has_left_the_rota_is_told_so(night: Night) -> None:
    given = await night.invited(await night.falls())
    night.reader.hearing = replace(night.reader.hearing, people={})
    await night.hears(reply("OK", code=given.code))
    assert (await night.incident()).state == "open"
