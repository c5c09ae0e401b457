"""The whole way round: an alert by SMTP, a reply as a mail program makes it, IMAP, act, an answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest

from connectors.policy import NetworkPolicy
from listener.config.alerting import EmailSettings
from listener.domain.action import Action
from listener.domain.alert import Recipient
from listener.domain.token import Tokens
from listener.i18n import Speaker
from listener.notifiers.email import EmailNotifier
from listener.notifiers.mailbox import ImapServer
from listener.notifiers.render import render_alert
from listener.storage import outbox
from listener.storage.database import Database
from listener.workflows.compose_reply import ReplyComposer
from listener.workflows.invite import Inviter
from listener.workflows.read_mailbox import MailboxReader
from tests.listener.alerts import alert
from tests.listener.house import PARIS
from tests.listener.replying import AT, KEY, LEA, PEOPLE, House, letter, mailbox_settings
from tests.networks.imap import ImapStandIn
from tests.networks.proxy import PrivateAuthority
from tests.networks.smtp import Mail, SmtpStandIn

SENDER = "veille@chu-valmont.example"
TO_LEA = Recipient(person="lea", name=LEA.name, address=LEA.email or "")


class Round:
    """Mail out by one stand-in, in by another, the hospital's people in between."""

    def __init__(self, house: House, relay: SmtpStandIn, box: ImapStandIn, ca: Path) -> None:
        self.house, self.relay, self.box, self.ca = house, relay, box, ca
        settings = EmailSettings(
            host="127.0.0.1", port=relay.port, security="none", relay=True, sender=SENDER
        )
        self.email = EmailNotifier(settings, network=NetworkPolicy(), clock=house.clock)

    @property
    def inviter(self) -> Inviter:
        return Inviter(
            tokens=Tokens(KEY), mailbox=mailbox_settings(tagged=True), links=None, sender=SENDER
        )

    async def alerted(self) -> Mail:
        async with self.house.database.write() as connection:
            given = await self.inviter.invitation(connection, letter(), self.house.at)
        message = render_alert(
            alert(incident=12),
            channel="email",
            recipient=TO_LEA,
            key="alert/12/email/lea",
            excerpt="none",
            language="en",
            invitation=given,
        )
        await self.email.send(message)
        return self.relay.mails[-1]

    async def read(self) -> MailboxReader:
        server = ImapServer(mailbox_settings(self.box.port), NetworkPolicy(ca_file=self.ca))
        reader = self.house.reader(server, port=self.box.port)
        await reader.read()
        return reader

    async def answered(self) -> int:
        """Send what waits for somebody who answered, as the postman does; how many letters."""
        replies = ReplyComposer(
            database=self.house.database,
            inviter=self.inviter,
            people=PEOPLE,
            speaker=Speaker("en", PARIS),
        )
        async with self.house.database.write() as connection:
            waiting = await outbox.claim(
                connection, owner="one", at=self.house.at, lease=timedelta(minutes=1)
            )
        for one in waiting:
            address = one.payload.get("address")
            to = Recipient(person=None, name="", address=address) if address else TO_LEA
            await self.email.send(await replies.compose(one, to, self.house.at))
            async with self.house.database.write() as connection:
                await outbox.sent(connection, one, at=self.house.at, receipt={})
        return len(waiting)


def replied(mail: Mail, words: str, *, edit_subject: bool = False) -> bytes:
    """As a phone's mail program does it."""
    asked = mail.message
    answer = EmailMessage()
    answer["From"] = f"{LEA.name} <{LEA.email}>"
    answer["To"] = str(asked["Reply-To"] or asked["From"])
    answer["Subject"] = "OK" if edit_subject else f"Re: {asked['Subject']}"
    answer["In-Reply-To"] = answer["References"] = str(asked["Message-ID"])
    text = asked.get_body(("plain",))
    assert text is not None
    quoted = "\n".join(f"> {line}" for line in text.get_content().splitlines())
    answer.set_content(f"{words}\n\nOn Sat, 14 Mar 2026, Veille wrote:\n{quoted}\n")
    return answer.as_bytes()


@pytest.fixture(scope="module")
def authority() -> PrivateAuthority:
    return PrivateAuthority()


@pytest.fixture
async def way(
    database: Database, authority: PrivateAuthority, tmp_path: Path
) -> AsyncIterator[Round]:
    house = House(database)
    await house.open(12)
    box = ImapStandIn(tls=authority.server("127.0.0.1"), implicit=True)
    async with SmtpStandIn().serving() as relay, box.serving():
        yield Round(house, relay, box, authority.write(tmp_path / "ca.pem"))


async def test_a_reply_takes_charge_and_the_answer_to_it_closes(way: Round) -> None:
    sent = await way.alerted()
    way.box.put(replied(sent, "ok je prends"), at=AT)
    await way.read()
    assert await way.answered() == 1
    answer = way.relay.mails[-1]
    assert "Léa Roche takes care of it since 23:00" in answer.message.get_content()
    assert answer.message["Auto-Submitted"] == "auto-generated"

    way.box.put(replied(answer, "résolu"), at=AT)
    await way.read()
    asked = [request.action for request in way.house.desk.asked]
    assert asked == [Action.ACKNOWLEDGE, Action.RESOLVE]


async def test_a_reply_with_another_subject_is_known_by_where_it_went(way: Round) -> None:
    sent = await way.alerted()
    way.box.put(replied(sent, "ok", edit_subject=True), at=AT)
    await way.read()
    assert len(way.house.desk.asked) == 1


async def test_our_own_answer_in_our_own_mailbox_is_left_alone(way: Round) -> None:
    sent = await way.alerted()
    way.box.put(replied(sent, "ok"), at=AT)
    await way.read()
    await way.answered()
    for mail in list(way.relay.mails):
        way.box.put(mail.content, at=AT)
    reader = await way.read()
    assert reader.counts == {"automatic": 2}
    assert len(way.house.desk.asked) == 1 and await way.answered() == 0


async def test_two_machines_that_answer_each_other_stop_at_once(way: Round) -> None:
    """A responder that hides what it is answers whatever comes: ours must end it."""
    newest = await way.alerted()
    for turn in range(6):
        before = len(way.relay.mails)
        way.box.put(replied(newest, f"I am away ({turn})."), at=AT)
        await way.read()
        await way.answered()
        if len(way.relay.mails) == before:
            break
        newest = way.relay.mails[-1]
    assert turn == 2 and way.house.desk.asked == []


async def test_somebody_who_was_not_understood_may_reply_to_that(way: Round) -> None:
    sent = await way.alerted()
    way.box.put(replied(sent, "Qui s'en charge ?"), at=AT)
    await way.read()
    await way.answered()
    way.box.put(replied(way.relay.mails[-1], "Pris"), at=AT)
    await way.read()
    assert [request.action for request in way.house.desk.asked] == [Action.ACKNOWLEDGE]


async def test_an_sms_is_answered_with_the_next_code(way: Round) -> None:
    by_sms = replace(letter(key="reply/1"), kind="reply", channel="sms")
    by_sms = replace(
        by_sms,
        payload={"incident": 12, "action": "acknowledge", "by": "lea", "at": AT.isoformat(), "snooze": 1800},
    )  # fmt: skip
    replies = ReplyComposer(
        database=way.house.database,
        inviter=way.inviter,
        people=PEOPLE,
        speaker=Speaker("en", PARIS),
    )
    told = await replies.compose(by_sms, TO_LEA, AT)
    short = Tokens(KEY).short(12, "lea", by_sms.key)
    assert told.text.strip().endswith(f"Code for what follows: {short}")
    assert told.reply_to is None
