"""From a reply in the mailbox to the incident, over IMAP and on both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from connectors.policy import NetworkPolicy
from listener.domain.action import Action, Reason, Refusal, Way
from listener.domain.calendar import CalendarSettings, WorkCalendar
from listener.notifiers.mailbox import ImapServer
from listener.storage.database import Database
from listener.workflows.read_mailbox import AFTER_REFUSAL, MailboxReader
from listener.workflows.supervise import Supervisor
from tests.listener.house import PARIS, count, rows
from tests.listener.replying import AT, House, mailbox_settings, reply, sms
from tests.networks.imap import ImapStandIn
from tests.networks.proxy import PrivateAuthority


@pytest.fixture(scope="module")
def authority() -> PrivateAuthority:
    return PrivateAuthority()


class Post:
    """The house, its mailbox, and readers of it."""

    def __init__(self, house: House, site: ImapStandIn, network: NetworkPolicy) -> None:
        self.house, self.site, self.network = house, site, network

    def reader(self, owner: str = "one", **changes: Any) -> MailboxReader:
        server = ImapServer(mailbox_settings(self.site.port, **changes), self.network)
        return self.house.reader(server, port=self.site.port, owner=owner, **changes)

    async def arrives(self, content: bytes) -> int:
        self.site.put(content, at=self.house.at)
        return await self.reader().read()

    async def answers(self) -> list[Any]:
        return [row for row in await rows(self.house.database, "outbox") if row.kind == "reply"]


def supervisor() -> Supervisor:
    return Supervisor(calendar=WorkCalendar(CalendarSettings(), PARIS), channels=("slack",))


@pytest.fixture
async def post(
    database: Database, authority: PrivateAuthority, tmp_path: Path
) -> AsyncIterator[Post]:
    house = House(database)
    await house.open(12, 13)
    network = NetworkPolicy(ca_file=authority.write(tmp_path / "ca.pem"))
    site = ImapStandIn(tls=authority.server("127.0.0.1"), implicit=True)
    async with site.serving():
        yield Post(house, site, network)


async def test_a_reply_acknowledges_the_incident_once_and_is_answered_once(post: Post) -> None:
    code = (await post.house.invited()).code
    assert await post.arrives(reply("OK je prends", code=code)) == 1
    (request,) = post.house.desk.asked
    assert (request.incident, request.action, request.person, request.way) == (
        12, Action.ACKNOWLEDGE, "lea", Way.EMAIL,
    )  # fmt: skip
    (answer,) = await post.answers()
    assert (answer.channel, answer.person, answer.incident_id) == ("email", "lea", 12)
    assert answer.payload["by"] == "lea" and answer.payload["refused"] is None
    assert await post.reader().read() == 0
    assert post.site.changed == []


async def test_words_say_what_is_wanted(post: Post) -> None:
    for number, (words, action) in enumerate(
        [
            ("escalade", Action.ESCALATE),
            ("Plus tard 45", Action.SNOOZE),
            ("fausse alerte, ce n'est pas nous", Action.DISMISS),
            ("résolu", Action.RESOLVE),
        ]
    ):
        code = (await post.house.invited(key=f"k{number}")).code
        await post.arrives(reply(words, code=code))
        assert post.house.desk.asked[-1].action is action
    assert post.house.desk.asked[1].snooze == timedelta(minutes=45)
    assert post.house.desk.asked[2].reason is Reason.NOT_US


async def test_a_false_alarm_without_a_reason_is_asked_for_one_and_may_reply_again(
    post: Post,
) -> None:
    code = (await post.house.invited()).code
    await post.arrives(reply("fausse alerte", code=code))
    await post.arrives(reply("fausse alerte : spam", code=code))
    assert [row.payload["refused"] for row in await post.answers()] == ["reason_missing", None]


@pytest.mark.parametrize(
    "headers",
    [
        [("Auto-Submitted", "auto-replied")],
        [("Precedence", "bulk")],
        [("X-Autoreply", "yes")],
        [("List-Id", "<com.chu.example>")],
        [("Return-Path", "<>")],
    ],
)
async def test_an_automatic_answer_never_counts_nor_is_it_answered(
    post: Post, headers: list[tuple[str, str]]
) -> None:
    code = (await post.house.invited()).code
    assert await post.arrives(reply("OK", code=code, headers=headers)) == 1
    assert post.house.desk.asked == [] and await post.answers() == []


async def test_an_answering_machine_that_hides_is_told_once_and_no_loop_begins(
    post: Post,
) -> None:
    code = (await post.house.invited()).code
    for day in range(5):
        await post.arrives(reply(f"Je suis absente encore {day} jours.", code=code))
    assert post.house.desk.asked == []
    (answer,) = await post.answers()
    assert answer.payload == {"incident": 12, "unclear": True, "again": True}


async def test_a_stranger_with_a_forwarded_code_is_refused_and_told(post: Post) -> None:
    code = (await post.house.invited()).code
    await post.arrives(reply("OK", code=code, sender="zoe@ailleurs.example"))
    assert post.house.desk.asked == []
    (answer,) = await post.answers()
    assert answer.payload["refused"] == Refusal.UNKNOWN_PERSON
    assert answer.payload["address"] == "zoe@ailleurs.example"
    assert (answer.person, answer.payload["incident"], answer.thread) == (None, 0, None)


async def test_a_colleague_does_not_act_with_another_s_code(post: Post) -> None:
    code = (await post.house.invited()).code
    await post.arrives(reply("OK", code=code, sender="Marc <MARC@chu-valmont.example>"))
    assert post.house.desk.asked == []
    (answer,) = await post.answers()
    assert (answer.person, answer.payload["refused"]) == ("marc", "expired")


async def test_strangers_without_a_code_that_is_known_hear_nothing(post: Post) -> None:
    await post.arrives(reply("OK", code="K7F3-9QXM", sender="zoe@ailleurs.example"))
    await post.arrives(reply("OK", code=None))
    assert post.house.desk.asked == [] and await post.answers() == []


async def test_a_code_is_good_once(post: Post) -> None:
    code = (await post.house.invited()).code
    await post.arrives(reply("OK", code=code))
    await post.arrives(reply("escalade", code=code))
    assert [request.action for request in post.house.desk.asked] == [Action.ACKNOWLEDGE]
    assert [row.payload["refused"] for row in await post.answers()] == [None, "expired"]


async def test_a_code_that_is_too_old_does_nothing_and_says_so(post: Post) -> None:
    code = (await post.house.invited()).code
    post.house.at += timedelta(hours=24)
    await post.arrives(reply("OK", code=code))
    assert post.house.desk.asked == []
    (answer,) = await post.answers()
    assert answer.payload["refused"] == "expired"


async def test_the_code_above_the_quote_decides_not_an_older_one_below(post: Post) -> None:
    old = (await post.house.invited(13, key="old")).code
    new = (await post.house.invited(12, key="new")).code
    await post.arrives(reply(f"OK\n\n> Alerte [{old}]", code=new))
    assert [request.incident for request in post.house.desk.asked] == [12]


async def test_a_used_code_never_falls_back_on_an_older_one_in_the_quote(post: Post) -> None:
    other = (await post.house.invited(13, key="other")).code
    code = (await post.house.invited()).code
    await post.arrives(reply("OK", code=code))
    await post.arrives(reply(f"OK encore\n\n> Alerte [{other}]", code=code))
    assert [request.incident for request in post.house.desk.asked] == [12]


async def test_the_address_may_carry_the_code(post: Post) -> None:
    invitation = await post.house.invited(tagged=True)
    assert invitation.reply_to is not None and "+" in invitation.reply_to
    mail = reply("OK", code=None).replace(
        b"veille@chu", invitation.reply_to[:-20].encode() + b"@chu"
    )
    assert invitation.reply_to.encode() in mail
    await post.arrives(mail)
    assert len(post.house.desk.asked) == 1


async def test_a_mailbox_numbered_anew_is_read_again_and_nothing_is_done_twice(post: Post) -> None:
    code = (await post.house.invited()).code
    await post.arrives(reply("OK", code=code))
    post.site.renumber()
    assert await post.reader().read() == 1
    assert len(post.house.desk.asked) == 1
    assert len(await post.answers()) == 1
    code = (await post.house.invited(13, key="b")).code
    assert await post.arrives(reply("OK", code=code)) == 1
    assert [request.incident for request in post.house.desk.asked] == [12, 13]


async def test_a_server_that_is_away_loses_nothing_and_is_told_once_it_lasts(post: Post) -> None:
    code = (await post.house.invited()).code
    post.site.put(reply("OK", code=code), at=AT)
    post.site.drops = True
    reader = post.reader()
    reader.supervisor = supervisor()
    for minutes in (0, 5, 10, 15):
        post.house.at = AT + timedelta(minutes=minutes)
        assert await reader.read() == 0
        assert await count(post.house.database, "outbox") == (minutes >= 10)
    (told,) = await rows(post.house.database, "outbox")
    assert told.payload["notice"] == "mailbox_failing"
    post.site.drops = False
    assert await reader.read() == 1
    assert len(post.house.desk.asked) == 1


async def test_a_wrong_password_is_told_at_once_and_not_tried_until_the_account_is_closed(
    post: Post,
) -> None:
    post.site.login = ("veille", "changed")
    reader = post.reader()
    reader.supervisor = supervisor()
    assert await reader.read() == 0
    (told,) = await rows(post.house.database, "outbox")
    assert told.payload["cause"] == "the mailbox refuses the login"
    sessions = post.site.sessions
    assert await reader.read() == 0
    assert post.site.sessions == sessions
    post.house.at += AFTER_REFUSAL
    post.site.login = ("veille", "s3cret:é")
    post.site.put(reply("OK", code=(await post.house.invited()).code), at=AT)
    assert await reader.read() == 1


async def test_a_database_that_fails_in_between_has_the_mail_read_again(post: Post) -> None:
    code = (await post.house.invited()).code
    post.house.desk.error = OperationalError("UPDATE", {}, Exception("away"))
    with pytest.raises(OperationalError):
        await post.arrives(reply("OK", code=code))
    post.house.desk.error = None
    assert await post.reader().read() == 1
    assert len(post.house.desk.asked) == 1


async def test_a_fault_in_one_mail_does_not_keep_the_next_from_being_heard(post: Post) -> None:
    first = (await post.house.invited()).code
    post.house.desk.error = KeyError("a fault")
    await post.arrives(reply("OK", code=first))
    post.house.desk.error = None
    second = (await post.house.invited(13, key="b")).code
    await post.arrives(reply("OK", code=second))
    assert [request.incident for request in post.house.desk.asked] == [13]


async def test_of_two_daemons_one_reads(post: Post) -> None:
    code = (await post.house.invited()).code
    post.site.put(reply("OK", code=code), at=AT)
    waiting = post.reader("two")

    class Meanwhile:
        async def read(self, **where: Any) -> Any:
            assert await waiting.read() == 0
            return await post.reader().mailbox.read(**where)

    first = post.house.reader(Meanwhile(), port=post.site.port)
    assert await first.read() == 1
    assert await waiting.read() == 0
    assert len(post.house.desk.asked) == 1


async def test_whoever_lost_the_mailbox_writes_nothing(post: Post) -> None:
    code = (await post.house.invited()).code
    post.site.put(reply("OK", code=code), at=AT)

    class Slow:
        async def read(self, **where: Any) -> Any:
            batch = await post.reader().mailbox.read(**where)
            post.house.at += timedelta(minutes=10)
            assert await post.reader("two").read() == 1
            return batch

    await post.house.reader(Slow(), port=post.site.port).read()
    assert len(await post.answers()) == 1
    assert post.house.desk.taken == {12: "lea"}


async def test_an_sms_acts_by_its_number_and_its_short_code(post: Post) -> None:
    short = (await post.house.invited()).short
    assert short is not None
    await post.arrives(sms(f"OK {short.lower()}", number="06.12.34.56.78"))
    (request,) = post.house.desk.asked
    assert (request.person, request.way, request.action) == ("lea", Way.SMS, Action.ACKNOWLEDGE)
    (answer,) = await post.answers()
    assert (answer.channel, answer.person) == ("sms", "lea")


async def test_a_gateway_may_put_words_of_its_own_before_the_text(post: Post) -> None:
    short = (await post.house.invited()).short
    await post.arrives(sms(f"Nouveau SMS\nMessage : escalade {short}\nRecu a 23:04"))
    assert [request.action for request in post.house.desk.asked] == [Action.ESCALATE]


async def test_an_sms_from_another_number_or_sender_does_nothing(post: Post) -> None:
    short = (await post.house.invited()).short
    await post.arrives(sms(f"OK {short}", number="+33699999999"))
    await post.arrives(sms(f"OK {short}", number="0612345679"))  # Marc's
    await post.arrives(sms(f"OK {short}", sender="zoe@ailleurs.example"))
    # The number must stand where the gateway writes it, not in what somebody typed.
    await post.arrives(sms(f"OK {short} +33612345678", number="inconnu"))
    assert post.house.desk.asked == []


async def test_short_codes_are_not_found_by_trying(post: Post) -> None:
    short = (await post.house.invited()).short
    reader = post.reader()
    for letter in "ABCDEFGHJK":
        post.site.put(sms(f"OK 2{letter}3{letter}"), at=AT)
    await reader.read()
    post.site.put(sms(f"OK {short}"), at=AT)
    await reader.read()
    assert post.house.desk.asked == [] and reader.counts["guessing"] == 1


async def test_five_megabytes_and_nonsense_do_not_keep_a_reply_from_being_heard(
    post: Post,
) -> None:
    code = (await post.house.invited()).code
    post.site.put(reply("OK", code=None) + b"x" * 5_000_000, at=AT)
    post.site.put(b"\xff\x00" * 1000, at=AT)
    post.site.put(b"", at=AT)
    assert await post.arrives(reply("OK", code=code)) == 4
    assert len(post.house.desk.asked) == 1


async def test_neither_tokens_nor_addresses_stand_in_the_database_or_the_log(
    post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", logger="listener")
    invitation = await post.house.invited()
    await post.arrives(reply("OK", code=invitation.code))
    tables = ("action_tokens", "mailboxes", "outbox")
    written = str([await rows(post.house.database, table) for table in tables])
    links = [url.rpartition("/")[2] for url in invitation.links.values()]
    secrets = [invitation.code, invitation.short, *links, "lea@chu-valmont.example"]
    for secret in secrets:
        assert secret and secret not in written
        assert secret not in caplog.text
    assert await count(post.house.database, "action_tokens") == 6
