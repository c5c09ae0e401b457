"""From the outbox to the channel: once, with retry, then by the next channel."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, update

from listener.domain.alert import Recipient
from listener.notifiers.base import CannotTell, DeliveryError, Message, Receipt
from listener.storage import outbox
from listener.storage.tables import incidents
from listener.storage.tables import outbox as letters
from listener.workflows.deliver import BATCH, GIVE_UP_AFTER, Postman, Undeliverable
from listener.workflows.supervise import Supervisor
from tests.listener.house import NIGHT, count, house, rows


@dataclass
class Channel:
    """A channel that remembers what it took, and fails as it is told to."""

    name: str
    taken: list[Message] = field(default_factory=list)
    threads: list[Receipt | None] = field(default_factory=list)
    errors: list[Exception | None] = field(default_factory=list)
    searchable: bool = True
    hangs: asyncio.Event | None = None  # takes a message only once this is set
    waiting: list[str] = field(default_factory=list)  # keys of what did

    async def send(self, message: Message, *, thread: Receipt | None = None) -> Receipt:
        if self.hangs is not None:
            self.waiting.append(message.key)
            await self.hangs.wait()
        error = self.errors.pop(0) if self.errors else None
        if error is not None and not getattr(error, "ambiguous", False):
            raise error
        self.taken.append(message)
        self.threads.append(thread)
        if error is not None:
            raise error
        return self._receipt(message)

    def _receipt(self, message: Message) -> Receipt:
        return Receipt(channel=self.name, id=f"id-{message.key}", sent_at=NIGHT)

    async def find(self, message: Message, *, since: Any, thread: Any = None) -> Receipt | None:
        if not self.searchable:
            raise CannotTell
        known = {taken.key for taken in self.taken}
        return self._receipt(message) if message.key in known else None

    async def withdraw(self, receipt: Receipt) -> bool:
        return True

    async def check(self) -> str:
        return "ok"

    async def close(self) -> None:
        return None


async def compose(letter: outbox.Letter, at: Any) -> Message:
    if letter.payload.get("fault"):
        raise KeyError("Mme X")
    if letter.payload.get("gone"):
        raise Undeliverable("nothing left to say")
    recipient = Recipient(person=letter.person, name="Léa", address="lea@chu.example")
    return Message(key=letter.key, recipient=recipient, subject="Alerte", text="Alerte")


@dataclass
class Office:
    """A postman with two channels, on a clock that the test moves."""

    database: Any
    slack: Channel = field(default_factory=lambda: Channel("slack"))
    email: Channel = field(default_factory=lambda: Channel("email"))
    sms: Channel | None = None
    critical: tuple[str, ...] = ()
    console: Channel = field(default_factory=lambda: Channel("console"))
    at: Any = NIGHT
    patience: float = 10.0
    supervisor: Supervisor | None = None

    @property
    def channels(self) -> dict[str, Channel]:
        known = (self.slack, self.email, self.sms, self.console)
        return {channel.name: channel for channel in known if channel is not None}

    def postman(self, owner: str = "one") -> Postman:
        return Postman(
            database=self.database,
            notifiers=self.channels,
            compose=compose,
            owner=owner,
            clock=lambda: self.at,
            fallback="email",
            channels={"critical": self.critical},
            patience=self.patience,
            supervisor=self.supervisor,
            jitter=lambda: 0.0,
        )

    async def post(self, key: str = "incident-1/opened/slack/lea", **values: Any) -> None:
        known: dict[str, Any] = {
            "kind": "alert",
            "channel": "slack",
            "person": "lea",
            "payload": {},
            "created_at": NIGHT,
            "due_at": NIGHT,
        }
        async with self.database.write() as connection:
            await outbox.enqueue(connection, key=key, **{**known, **values})

    async def deliver(self, after: timedelta = timedelta(0)) -> int:
        self.at += after
        return await self.postman().deliver(self.at)


@pytest.fixture
def office(database) -> Office:
    return Office(database)


async def test_a_letter_is_sent_once_and_its_receipt_kept(office) -> None:
    await office.post()
    assert await office.deliver() == 1
    assert await office.deliver(timedelta(hours=1)) == 0
    (row,) = await rows(office.database, "outbox")
    assert (row.state, row.receipt["id"]) == ("sent", "id-incident-1/opened/slack/lea")


async def test_what_is_held_waits_for_its_hour(office) -> None:
    await office.post(due_at=NIGHT + timedelta(hours=9))
    assert await office.deliver(timedelta(hours=8)) == 0
    assert await office.deliver(timedelta(hours=1)) == 1


async def test_two_postmen_never_send_the_same_letter(office) -> None:
    for number in range(30):
        await office.post(f"incident-{number}/opened/slack/lea")
    await asyncio.gather(*(office.postman(name).deliver(NIGHT) for name in ("one", "two")))
    keys = [message.key for message in office.slack.taken]
    assert len(keys) == len(set(keys)) == 30


async def test_a_channel_that_says_wait_is_waited_for(office) -> None:
    office.slack.errors = [DeliveryError("slow down", retry_after=timedelta(seconds=25))]
    await office.post()
    await office.deliver()
    assert await office.deliver(timedelta(seconds=20)) == 0
    assert await office.deliver(timedelta(seconds=10)) == 1
    assert office.email.taken == []


async def test_a_channel_that_says_wait_is_not_asked_for_other_letters_meanwhile(office) -> None:
    office.slack.errors = [DeliveryError("slow down", retry_after=timedelta(seconds=25))]
    for number in range(12):
        await office.post(f"incident-{number}/opened/slack/lea")
    await office.deliver()
    assert len(office.slack.taken) == BATCH - 1  # those that went out beside the first
    await office.deliver(timedelta(seconds=30))
    assert len(office.slack.taken) == 12


async def test_who_must_wait_long_for_a_channel_is_told_by_the_next_one_at_once(office) -> None:
    office.slack.errors = [DeliveryError("slow down", retry_after=timedelta(minutes=10))]
    await office.post()
    await office.deliver()
    assert [m.key for m in office.email.taken] == ["incident-1/opened/email/lea"]
    await office.deliver(timedelta(minutes=15))
    assert len(office.slack.taken) == 1


async def test_an_ambiguous_send_is_looked_for_before_it_is_repeated(office) -> None:
    office.slack.errors = [DeliveryError("cut", ambiguous=True)]
    await office.post()
    await office.deliver()
    await office.deliver(timedelta(minutes=1))
    assert len(office.slack.taken) == 1
    assert await count(office.database, "outbox", state="sent") == 1


async def test_a_channel_that_cannot_look_is_sent_the_same_key_again_and_that_is_counted(
    office, caplog
) -> None:
    office.slack.searchable = False
    office.slack.errors = [DeliveryError("cut", ambiguous=True)]
    await office.post()
    await office.deliver()
    await office.deliver(timedelta(minutes=1))
    assert [m.key for m in office.slack.taken] == ["incident-1/opened/slack/lea"] * 2
    assert [row.repeats for row in await rows(office.database, "outbox")] == [1]
    assert "delivery.repeated" in caplog.text


async def test_what_was_surely_not_sent_is_no_repetition(office) -> None:
    office.slack.errors = [DeliveryError("down"), DeliveryError("down")]
    await office.post()
    for _ in range(3):
        await office.deliver(timedelta(minutes=1))
    assert {row.repeats for row in await rows(office.database, "outbox")} == {0}


async def test_a_letter_found_sending_at_start_is_ambiguous(office) -> None:
    await office.post()
    async with office.database.write() as connection:
        (letter,) = await outbox.claim(
            connection, owner="killed", at=NIGHT, lease=timedelta(minutes=2)
        )
    office.slack.taken.append(await compose(letter, NIGHT))
    assert await office.deliver(timedelta(minutes=1)) == 0  # its lease still holds
    assert await office.deliver(timedelta(minutes=2)) == 1
    assert len(office.slack.taken) == 1


async def test_after_two_failures_the_fallback_goes_as_well_within_thirty_seconds(office) -> None:
    office.slack.errors = [DeliveryError("down")] * 50
    await office.post()
    for _ in range(6):
        await office.deliver(timedelta(seconds=5))
    assert [m.key for m in office.email.taken] == ["incident-1/opened/email/lea"]
    office.slack.errors = []
    await office.deliver(timedelta(minutes=15))
    assert len(office.slack.taken) == 1  # still delivered where it was meant to go


@pytest.fixture
def rota(office) -> Office:
    """Pages go by Slack, then SMS; where both are down by e-mail, then to the console."""
    office.sms = Channel("sms")
    office.critical = ("console", "slack", "sms")
    return office


CRITICAL = {"level": "critical"}


async def test_the_persons_other_channels_of_that_level_come_before_the_fallback(rota) -> None:
    rota.slack.errors = [DeliveryError("down")] * 50
    await rota.post(payload=CRITICAL)
    for _ in range(3):
        await rota.deliver(timedelta(seconds=5))
    assert [m.key for m in rota.sms.taken] == ["incident-1/opened/sms/lea"]
    assert not rota.email.taken and not rota.console.taken


async def test_a_channel_that_fails_as_well_is_passed_over(rota) -> None:
    rota.slack.errors = [DeliveryError("no such token", permanent=True)]
    rota.sms.errors = [DeliveryError("it answered 401", permanent=True)]
    rota.email.errors = [DeliveryError("down")] * 50
    await rota.post(payload=CRITICAL)
    await rota.post("incident-1/opened/sms/lea", channel="sms", payload=CRITICAL)
    for _ in range(4):
        await rota.deliver(timedelta(seconds=5))
    assert [m.key for m in rota.console.taken] == ["incident-1/opened/console/lea"]
    rota.email.errors = []
    await rota.deliver(timedelta(minutes=1))
    assert [m.key for m in rota.email.taken] == ["incident-1/opened/email/lea"]


async def test_a_channel_that_hangs_holds_up_neither_its_fallback_nor_the_others(rota) -> None:
    rota.slack.hangs, rota.patience = asyncio.Event(), 0.5
    for number in range(BATCH + 2):
        await rota.post(f"incident-{number}/opened/slack/lea", payload=CRITICAL)
    await rota.post("incident-9/opened/email/lea", channel="email", payload=CRITICAL)
    delivering = asyncio.create_task(rota.deliver())
    async with asyncio.timeout(20):
        while len(rota.sms.taken) < BATCH + 2 or not rota.email.taken:
            await asyncio.sleep(0.01)
    assert not rota.slack.taken
    rota.slack.hangs.set()
    assert await delivering == 2 * (BATCH + 2) + 1
    assert len(rota.slack.taken) == len(rota.sms.taken) == BATCH + 2


@pytest.mark.parametrize("kind", ["selftest", "note", "reply"])
async def test_what_concerns_one_channel_alone_is_told_by_no_other(rota, kind) -> None:
    rota.slack.errors = [DeliveryError("no such token", permanent=True)]
    await rota.post(payload=CRITICAL, kind=kind)
    await rota.deliver()
    assert not rota.sms.taken and not rota.email.taken and not rota.console.taken


async def test_what_presses_nobody_waits_for_a_slow_channel(rota) -> None:
    rota.slack.hangs, rota.patience = asyncio.Event(), 0.1
    await rota.post(payload={"level": "warning"})
    delivering = asyncio.create_task(rota.deliver())
    await asyncio.sleep(0.5)
    rota.slack.hangs.set()
    assert await delivering == 1
    assert len(rota.slack.taken) == 1 and not rota.email.taken


async def test_a_delivery_that_is_cancelled_leaves_nothing_running_and_loses_nothing(rota) -> None:
    rota.slack.hangs, rota.patience = asyncio.Event(), 2.0
    await rota.post(payload=CRITICAL)
    delivering = asyncio.create_task(rota.deliver())
    while not await count(rota.database, "outbox", state="sent"):
        await asyncio.sleep(0.01)
    delivering.cancel()
    with pytest.raises(asyncio.CancelledError):
        await delivering
    rota.slack.hangs = None
    assert await rota.deliver(timedelta(minutes=3)) == 1
    assert len(rota.slack.taken) == len(rota.sms.taken) == 1


async def open_incident(office: Office, *, finished: bool = False) -> int:
    async with office.database.write() as connection:
        added = await connection.execute(
            insert(incidents).values(
                exercise_id="",
                subject="chu",
                matter="chu",
                open_key=None if finished else "/chu",
                level="critical",
                state="resolved" if finished else "open",
                opened_at=NIGHT,
                last_breach_at=NIGHT,
                config_hash="",
                evidence=[],
            )
        )
        return int(added.inserted_primary_key[0])


@pytest.mark.parametrize("finished", [False, True])
async def test_an_alert_of_what_is_not_over_is_never_given_up(office, finished) -> None:
    number = await open_incident(office, finished=finished)
    for channel in (office.slack, office.email, office.console):
        channel.errors = [DeliveryError("down")] * 4
    await office.post(incident_id=number, payload=CRITICAL)
    for _ in range(4):
        await office.deliver(GIVE_UP_AFTER)
    await office.deliver(timedelta(minutes=15))
    assert len(office.slack.taken) == (0 if finished else 1)


async def test_where_every_channel_refuses_for_good_they_are_asked_again_until_mended(
    office, caplog
) -> None:
    number = await open_incident(office)
    office.slack.errors = [DeliveryError("no such token", permanent=True)] * 3
    office.email.errors = [DeliveryError("it answered 535", permanent=True)] * 99
    await office.post(incident_id=number, payload=CRITICAL)
    for _ in range(3):
        await office.deliver(timedelta(minutes=15))
    assert [m.key for m in office.console.taken] == ["incident-1/opened/console/lea"]
    await office.deliver(timedelta(minutes=15))
    assert len(office.slack.taken) == 1
    assert caplog.text.count("delivery.failed channel=slack") == 1


async def test_two_channels_that_refuse_in_the_same_instant_do_not_leave_it_to_each_other(
    office,
) -> None:
    number = await open_incident(office)
    refuses = DeliveryError("no such token", permanent=True)
    office.slack.errors, office.email.errors = [refuses] * 2, [refuses] * 2
    await office.post(incident_id=number, payload=CRITICAL)
    await office.deliver()
    office.slack.hangs = office.email.hangs = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(office.deliver(timedelta(minutes=15)))
        while len(office.slack.waiting) + len(office.email.waiting) < 2:
            await asyncio.sleep(0.01)
        async with office.database.write() as connection:  # both meet here
            await connection.execute(update(letters).values(repeats=0))
            office.slack.hangs.set()
            await asyncio.sleep(0.2)
    await office.deliver(timedelta(minutes=15))
    assert (len(office.slack.taken), len(office.email.taken)) == (1, 1)


async def test_a_fallback_that_was_told_already_is_not_told_twice(office) -> None:
    office.slack.errors = [DeliveryError("no such channel", permanent=True)]
    await office.post()
    await office.post("incident-1/opened/email/lea", channel="email")
    await office.deliver()
    assert len(office.email.taken) == 1


async def test_when_every_channel_is_down_it_is_retried_until_delivered(office) -> None:
    office.slack.errors = [DeliveryError("down")] * 200
    office.email.errors = [DeliveryError("down")] * 200
    await office.post()
    for _ in range(60):
        await office.deliver(timedelta(minutes=11))
    office.slack.errors, office.email.errors = [], []
    await office.deliver(timedelta(minutes=15))
    assert len(office.slack.taken) == len(office.email.taken) == 1


async def test_what_cannot_be_sent_is_given_up_loudly(office, caplog) -> None:
    await office.post(payload={"gone": True}, channel="email", key="x/email/lea")
    await office.deliver()
    assert await count(office.database, "outbox", state="failed", channel="email") == 1
    assert "delivery.failed" in caplog.text


async def test_a_letter_that_we_cannot_compose_holds_up_no_other_and_is_given_up(
    office, caplog
) -> None:
    for number in range(3):
        await office.post(f"incident-{number}/opened/slack/lea", payload={"fault": number == 0})
    await office.deliver()
    assert len(office.slack.taken) == 2
    await office.deliver(GIVE_UP_AFTER + timedelta(minutes=1))
    assert await count(office.database, "outbox", state="failed", channel="slack") == 1
    assert "delivery.fault" in caplog.text
    assert "Mme X" not in caplog.messages


async def test_an_alert_nobody_takes_for_two_days_is_given_up(office) -> None:
    office.slack.errors = [DeliveryError("down")] * 9
    await office.post()
    await office.deliver(GIVE_UP_AFTER + timedelta(minutes=1))
    assert await count(office.database, "outbox", state="failed") == 1


async def test_follow_ups_join_the_thread_of_the_first_message(office) -> None:
    await office.post(thread="incident-1")
    await office.deliver()
    await office.post("incident-1/raised/slack/lea", thread="incident-1")
    await office.deliver()
    assert [thread.id if thread else None for thread in office.slack.threads] == [
        None,
        "id-incident-1/opened/slack/lea",
    ]


async def test_an_error_of_a_channel_never_shows_what_was_to_be_said(office, caplog) -> None:
    office.slack.errors = [DeliveryError("no answer")]
    await office.post()
    await office.deliver()
    assert "Alerte" not in caplog.text


async def test_a_channel_that_is_away_is_told_to_the_team_once_a_day(office) -> None:
    office.supervisor = Supervisor(
        calendar=house(office.database).judgement.summons.calendar, channels=("slack",)
    )
    office.slack.errors = [DeliveryError("token_revoked", permanent=True)] * 5
    for number in range(3):
        await office.post(f"incident-{number}/opened/slack/lea")
        await office.deliver(timedelta(minutes=1))
    notices = [row for row in await rows(office.database, "outbox") if row.kind == "notice"]
    assert [(row.channel, row.payload["notice"]) for row in notices] == [
        ("email", "channel_failing")
    ]
    assert notices[0].payload["cause"] == "token_revoked"
