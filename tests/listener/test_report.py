"""The digest on its way: planned, sent once, also late, to whoever it is for."""

from __future__ import annotations

from datetime import timedelta

import orjson
import pytest

from listener.domain.digest import week
from listener.notifiers.base import DeliveryError
from listener.storage.database import Database
from tests.listener.house import count
from tests.listener.reporting import BEFORE, DIRECTION, PRESS, House, Mailbox
from tests.listener.weeks import MONDAY, PARIS, W47, said, within


@pytest.fixture
async def listening(database) -> Database:
    """A listener that was at work before the week began."""
    await said(database, within(BEFORE, -20))
    return database


async def test_a_week_is_told_once_on_monday_to_every_recipient(listening):
    house = House(listening)
    assert await house.at(MONDAY - timedelta(minutes=1)) == []
    hour = [MONDAY, MONDAY, MONDAY + timedelta(hours=5), MONDAY + timedelta(days=6)]
    sent = await house.at(*hour)
    assert sorted(m.recipient.address for m in sent) == [PRESS, DIRECTION]
    assert {m.subject.replace("\xa0", " ") for m in sent} == {
        "Bilan de la semaine — CHU de Valmont : semaine du 16 au 22 novembre 2026"
    }
    again = House(listening)  # a restart forgets nothing
    assert await again.at(MONDAY + timedelta(minutes=1)) == []


async def test_two_daemons_send_one_digest(listening):
    first, second = House(listening), House(listening)
    await first.reporter.plan(MONDAY)
    await second.reporter.plan(MONDAY)
    await first.reporter.send(W47, MONDAY)
    await second.reporter.send(W47, MONDAY)
    assert await count(listening, "due") == 1
    assert await count(listening, "outbox") == 2


async def test_a_digest_missed_while_the_daemon_was_down_goes_once_when_it_is_back(listening):
    back = MONDAY + timedelta(days=2, hours=3)
    house = House(listening)
    assert len(await house.at(back, back + timedelta(minutes=1), back + timedelta(hours=2))) == 2


async def test_after_three_weeks_away_only_the_last_whole_week_is_told(listening):
    before = House(listening)
    await before.reporter.plan(W47.until - timedelta(days=2))  # W46 is due, then the lights go out
    await before.reporter.plan(MONDAY - timedelta(hours=1))
    back = MONDAY + timedelta(days=16)
    sent = await House(listening).at(back, back + timedelta(minutes=5))
    assert len(sent) == 2
    assert "semaine du 30 novembre au 6" in sent[0].subject.replace("\xa0", " ")


async def test_a_first_start_in_the_middle_of_a_week_owes_nobody_a_digest(database):
    await said(database, within(BEFORE, 1), received_at=MONDAY + timedelta(days=3), live=False)
    house = House(database)
    thursday = MONDAY + timedelta(days=3, hours=1)
    assert await house.at(thursday, thursday + timedelta(hours=1)) == []
    assert len(await house.at(MONDAY + timedelta(days=7))) == 2


async def test_a_holiday_monday_is_sent_on_the_tuesday(listening):
    easter = week("2026-W14", PARIS)
    monday = easter.until + timedelta(hours=8)
    await said(listening, easter.since - timedelta(days=30))
    house = House(listening)
    assert await house.at(monday, monday + timedelta(hours=12)) == []
    assert len(await house.at(monday + timedelta(days=1))) == 2


async def test_a_digest_that_is_switched_off_is_never_planned(listening):
    assert await House(listening, digest={"enabled": False}).at(MONDAY) == []
    assert await count(listening, "due") == 0


async def test_without_a_mailbox_or_slack_the_digest_goes_to_the_console(listening):
    house = House(listening, email=None, digest={"recipients": []})
    (sent,) = await house.at(MONDAY)
    assert sent.recipient.address == "console"


async def test_slack_is_sent_its_blocks(listening):
    slack = {"token": "xoxb-invented", "channel": "C0VALMONT1"}
    house = House(listening, slack=slack, digest={"recipients": []})
    (sent,) = await house.at(MONDAY)
    assert sent.recipient.address == "C0VALMONT1"
    assert sent.blocks and len(sent.blocks) <= 50
    assert len(orjson.dumps(sent.blocks)) < 13_000


async def test_a_letter_that_was_sent_by_hand_is_not_sent_again_at_the_hour(listening):
    house = House(listening)
    assert await house.reporter.send(W47, MONDAY - timedelta(hours=3), language="en") == 2
    sent = await house.at(MONDAY - timedelta(hours=3), MONDAY)
    assert len(sent) == 2
    assert sent[0].subject.startswith("Weekly digest — CHU de Valmont: week of 16 to 22")
    assert await house.reporter.unsent(W47, MONDAY) == 0


async def test_a_digest_that_no_mailbox_takes_is_shown_on_the_console(listening):
    house = House(listening, digest={"recipients": [DIRECTION]})
    house.postman.notifiers = {"email": Refusing(), "console": house.box}
    (sent,) = await house.at(MONDAY)
    assert sent.recipient.address == "console"


class Refusing(Mailbox):
    """A mail server that never takes anything."""

    async def send(self, message, *, thread=None):
        raise DeliveryError("550 no such user", permanent=True)
