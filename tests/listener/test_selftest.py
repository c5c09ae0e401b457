"""Every channel is tried once a week, in working hours; one that stays silent is told."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from listener.config import Config
from listener.config.load import parse
from listener.domain.alert import Recipient
from listener.domain.calendar import WorkCalendar
from listener.domain.coverage import Blindness, CoverageFact
from listener.domain.escalation import Chain
from listener.domain.oncall import Rota
from listener.notifiers.base import DeliveryError, Message, Receipt
from listener.storage import due, outbox
from listener.storage.database import Database
from listener.storage.outbox import Letter
from listener.workflows.deliver import Postman, Undeliverable
from listener.workflows.selftest import SelfTests

PARIS = ZoneInfo("Europe/Paris")
MONDAY = datetime(2026, 11, 16, 8, tzinfo=UTC)
TEST = datetime(2026, 11, 17, 9, tzinfo=UTC)  # Tuesday, ten o'clock in Paris
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
SMS = {
    "id": "sms",
    "kind": "apprise",
    "url": {"env": "SMS"},
    "rings": True,
    "team_address": "+33600000009",
}
HOURS = dict.fromkeys(["monday", "tuesday", "wednesday", "thursday", "friday"], "08:30-18:00")


def config(tmp_path: Path, **sections: Any) -> Config:
    alerts = {
        "mode": "live",
        "critical": ["sms", "slack"],
        "warning": ["console"],
        "fallback": "email",
        "team_email": "com@chu-valmont.example",
    }
    known: dict[str, Any] = {
        "state_dir": str(tmp_path),
        "hospital": {"name": "CHU de Valmont"},
        "watch": [{"id": "chu", "names": ["CHU de Valmont"]}],
        "alerts": alerts | sections.pop("alerts", {}),
        "calendar": HOURS,
        "slack": {"token": {"env": "SLACK"}, "channel": "#veille"},
        "email": {"host": "smtp.chu-valmont.example"},
        "channel": [SMS],
        "person": [
            {"id": "lea", "name": "Léa", "phone": "+33600000001", "email": "lea@chu.example"},
            {"id": "chef", "name": "Camille", "phone": "+33600000002"},
            {"id": "uncalled", "name": "Ali", "phone": "+33600000003"},
        ],
        "rota": [{"id": "c", "people": ["lea"], "starts_on": "2026-11-02", "fallback": "chef"}],
    }
    return parse(known | sections, environ={"SMS": "sms://{address}", "SLACK": "xoxb-x"})


def selftests(settings: Config, database: Database) -> SelfTests:
    calendar = WorkCalendar(settings.calendar, PARIS)
    rotas = tuple(Rota(rota, PARIS) for rota in settings.rota)
    return SelfTests(
        config=settings,
        database=database,
        calendar=calendar,
        chain=Chain(settings.escalation, rotas, calendar),
    )


async def tick(work: SelfTests, at: datetime) -> None:
    await work.plan(at)
    async with work.database.write() as connection:
        errands = await due.claim(connection, owner="a", at=at, lease=HOUR)
    for errand in errands:
        await work.run(errand, at)
        async with work.database.write() as connection:
            await due.done(connection, errand.key, at=at)


async def claimed(database: Database, at: datetime) -> list[Letter]:
    async with database.write() as connection:
        return await outbox.claim(connection, owner="a", at=at, lease=MINUTE)


ALL = {("sms", "lea"), ("sms", "chef"), ("slack", None), ("email", "lea")}


async def test_each_channel_is_tried_with_each_person_it_reaches_once_a_week(
    tmp_path: Path, database: Database
) -> None:
    settings = config(tmp_path)
    await tick(selftests(settings, database), MONDAY)
    assert await claimed(database, MONDAY) == []
    for at in (TEST, TEST + HOUR):
        await tick(selftests(settings, database), at)  # a restart between: nothing is repeated
    first = await claimed(database, TEST + HOUR)
    assert {(letter.channel, letter.person) for letter in first} == ALL
    await tick(selftests(settings, database), TEST + timedelta(days=7))
    second = await claimed(database, TEST + timedelta(days=7))
    assert len(second) == 2 * len(ALL)  # this week's, and last week's that nobody has sent


@pytest.mark.parametrize(
    "changed",
    [{"alerts": {"mode": "observe"}}, {"selftest": {"enabled": False}}],
    ids=["observes", "off"],
)
async def test_who_calls_nobody_tries_nothing(
    tmp_path: Path, database: Database, changed: dict[str, Any]
) -> None:
    work = selftests(config(tmp_path, **changed), database)
    await tick(work, TEST)
    assert await claimed(database, TEST) == []
    assert await work.unproven(TEST + timedelta(days=1)) == ()


async def test_a_test_waits_for_working_hours(tmp_path: Path, database: Database) -> None:
    """The eleventh of November is a holiday, and the day was meant to be at ten in the evening."""
    settings = config(tmp_path, selftest={"day": "wednesday", "hour": "22:00"})
    work = selftests(settings, database)
    await tick(work, datetime(2026, 11, 11, 21, 30, tzinfo=UTC))
    assert await claimed(database, datetime(2026, 11, 12, 7, 29, tzinfo=UTC)) == []
    await tick(work, datetime(2026, 11, 12, 7, 30, tzinfo=UTC))
    assert len(await claimed(database, datetime(2026, 11, 12, 7, 30, tzinfo=UTC))) == len(ALL)


async def test_a_week_through_which_the_daemon_was_down_is_not_made_up_for(
    tmp_path: Path, database: Database
) -> None:
    settings = config(tmp_path)
    await selftests(settings, database).plan(MONDAY)
    await tick(selftests(settings, database), MONDAY + timedelta(days=7))
    assert await claimed(database, MONDAY + timedelta(days=7)) == []


async def test_a_receipt_proves_a_channel_and_silence_is_told_after_half_an_hour(
    tmp_path: Path, database: Database
) -> None:
    work = selftests(config(tmp_path), database)
    await tick(work, TEST)
    for letter in await claimed(database, TEST):
        if (letter.channel, letter.person) != ("sms", "chef"):
            async with database.write() as connection:
                await outbox.sent(connection, letter, at=TEST, receipt={"id": "1"})
    assert await work.unproven(TEST + 29 * MINUTE) == []
    assert await work.unproven(TEST + 30 * MINUTE) == [
        CoverageFact(kind=Blindness.CHANNEL_UNPROVEN, name="sms", since=TEST, detail="chef")
    ]


async def test_a_failed_test_is_told_at_once_until_the_next_one_is_delivered(
    tmp_path: Path, database: Database
) -> None:
    work = selftests(config(tmp_path), database)
    await tick(work, TEST)
    for letter in await claimed(database, TEST):
        async with database.write() as connection:
            await outbox.failed(connection, letter, error="refused")
    names = [fact.name for fact in await work.unproven(TEST)]
    assert sorted(names) == ["email", "slack", "sms"]
    later = TEST + timedelta(days=7)
    await tick(work, later)
    for letter in await claimed(database, later):
        async with database.write() as connection:
            await outbox.sent(connection, letter, at=later, receipt={"id": "1"})
    assert await work.unproven(later + HOUR) == []


async def test_a_channel_that_is_gone_from_the_configuration_is_not_spoken_of(
    tmp_path: Path, database: Database
) -> None:
    work = selftests(config(tmp_path), database)
    await tick(work, TEST)
    without = selftests(config(tmp_path, alerts={"critical": ["slack"]}), database)
    assert {fact.name for fact in await without.unproven(TEST + HOUR)} == {"slack", "email"}


@dataclass
class Channel:
    """Takes what it is given, or refuses it for good."""

    name: str
    refuses: bool = False
    taken: list[str] = field(default_factory=list)

    async def send(self, message: Message, *, thread: Receipt | None = None) -> Receipt:
        if self.refuses:
            raise DeliveryError("no such number", permanent=True)
        self.taken.append(message.key)
        return Receipt(channel=self.name, id=message.key, sent_at=TEST)


async def test_a_channel_that_refuses_its_test_is_told_and_no_other_stands_in_for_it(
    tmp_path: Path, database: Database
) -> None:
    work = selftests(config(tmp_path), database)
    channels: dict[str, Any] = {name: Channel(name) for name in ("slack", "email", "console")}
    channels["sms"] = Channel("sms", refuses=True)
    to = Recipient(person=None, name="", address="x")

    async def compose(letter: Letter, at: datetime) -> Message:
        return await work.compose(letter, to, at)

    postman = Postman(
        database=database,
        notifiers=channels,
        compose=compose,
        owner="a",
        clock=lambda: TEST,
        fallback="email",
    )
    await tick(work, TEST)
    await postman.deliver()
    assert [len(channels[name].taken) for name in ("slack", "email", "console")] == [1, 1, 0]
    assert await work.unproven(TEST) == [
        CoverageFact(kind=Blindness.CHANNEL_UNPROVEN, name="sms", since=TEST, detail="chef, lea")
    ]


async def test_the_message_says_that_it_is_a_test_and_rings_where_the_channel_rings(
    tmp_path: Path, database: Database
) -> None:
    work = selftests(config(tmp_path), database)
    await tick(work, TEST)
    to = Recipient(person=None, name="", address="x")
    messages = {
        letter.channel: await work.compose(letter, to, TEST)
        for letter in await claimed(database, TEST)
    }
    assert messages["sms"].subject.startswith("Essai")
    assert messages["sms"].urgent
    assert not messages["slack"].urgent


async def test_a_test_that_is_late_never_rings_at_night(tmp_path: Path, database: Database) -> None:
    work = selftests(config(tmp_path), database)
    await tick(work, TEST)
    letter = (await claimed(database, TEST))[0]
    to = Recipient(person=None, name="", address="x")
    with pytest.raises(Undeliverable):
        await work.compose(letter, to, TEST + 12 * HOUR)
