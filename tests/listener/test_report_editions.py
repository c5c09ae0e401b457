"""Months' digests beside the weeks', what is sent by hand, and what an older version left."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from listener.domain.digest import month, named, week
from listener.storage import due, outbox
from listener.storage.database import Database
from listener.storage.due import Errand
from listener.storage.tables import metadata
from listener.workflows import report
from listener.workflows.mend import plan_amends
from tests.listener.house import count
from tests.listener.reporting import BEFORE, DIRECTION, PRESS, House
from tests.listener.weeks import MONDAY, PARIS, W47, insert, said, within

HEAD = "cadre.urgences@chu-valmont.example"
URGENCES = {"subject": "urgences", "recipients": [HEAD]}
MONTHLY = {"recipients": [DIRECTION], "monthly": True}


@pytest.fixture
async def listening(database) -> Database:
    """A listener that was at work before the week began."""
    await said(database, within(BEFORE, -60))
    return database


def paris(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=PARIS).astimezone(UTC)


async def told(database: Database) -> list[str]:
    """The labels of what stands in the outbox, in order."""
    rows = await letters(database)
    return sorted(outbox.period_told(row.payload) for row in rows)


async def letters(database: Database):
    async with database.read() as connection:
        return (await connection.execute(select(metadata.tables["outbox"]))).all()


async def planned(house: House, *instants: datetime) -> None:
    """Tick at each instant; nothing is delivered."""
    for at in instants:
        await house.ticker.tick(at)


async def test_a_month_is_told_once_on_the_first_working_day_after_it(listening):
    house = House(listening, digest=MONTHLY)
    # All Saints' on a Sunday: the month of October goes out on Monday the 2nd, with week 44.
    await planned(house, paris(2026, 11, 2), paris(2026, 11, 2, 7, 59))
    assert await told(listening) == []
    await planned(house, paris(2026, 11, 2, 8), paris(2026, 11, 2, 8, 1), paris(2026, 11, 5, 8))
    assert await told(listening) == ["2026-10", "2026-W44"]
    again = House(listening, digest=MONTHLY)
    await planned(again, paris(2026, 11, 5, 9))
    assert await count(listening, "outbox") == 2


async def test_without_the_wish_for_it_no_month_is_told(listening):
    await planned(House(listening), paris(2026, 11, 2, 8), paris(2026, 12, 1, 8))
    assert {label[:6] for label in await told(listening)} == {"2026-W"}


async def test_over_new_year_the_last_week_and_the_last_month_are_told(listening):
    house = House(listening, digest=MONTHLY)
    await planned(house, paris(2026, 12, 31, 12), paris(2027, 1, 1, 8), paris(2027, 1, 2, 8))
    assert "2026-12" not in await told(listening)
    await planned(house, paris(2027, 1, 4, 8))  # the 1st is a holiday, then comes the weekend
    assert {"2026-W53", "2026-12"} <= set(await told(listening))


async def test_a_month_missed_while_the_daemon_was_down_is_told_once_when_it_is_back(listening):
    back = paris(2026, 11, 19, 15)
    await planned(House(listening, digest=MONTHLY), back, back + timedelta(minutes=1))
    assert await told(listening) == ["2026-10", "2026-W46"]


async def test_a_month_that_the_next_has_overtaken_is_let_go(listening):
    house = House(listening, digest=MONTHLY)
    await planned(house, paris(2026, 11, 2))  # October is written down, then the lights go out
    await planned(House(listening, digest=MONTHLY), paris(2026, 12, 2, 9))
    assert await told(listening) == ["2026-11", "2026-W48"]


async def test_a_month_that_is_wished_for_no_more_is_let_go(listening):
    await planned(House(listening, digest=MONTHLY), paris(2026, 11, 2))
    await planned(House(listening), paris(2026, 11, 2, 9))
    assert set(await told(listening)) == {"2026-W44"}


async def test_two_daemons_send_one_digest_of_each(listening):
    digest = {**MONTHLY, "service": [URGENCES]}
    pair = [House(listening, digest=digest) for _ in range(2)]
    october = month("2026-10", PARIS)
    for house in pair:
        await house.reporter.plan(paris(2026, 11, 2, 8))
    assert await count(listening, "due") == 2
    errand = Errand(
        key="digest:2026-10", kind="digest", due_at=MONDAY, payload={"period": october.label}
    )
    for house in pair:
        await house.reporter.run(errand, paris(2026, 11, 2, 8))
    assert await count(listening, "outbox") == 2


async def test_half_a_week_sent_by_hand_does_not_stand_for_the_whole(listening):
    house = House(listening, digest={"recipients": [DIRECTION]})
    thursday = within(W47, 3, 10)
    assert await house.reporter.send(W47, thursday) == 1
    assert await house.reporter.send(W47, thursday + timedelta(hours=1)) == 0
    await house.at(thursday)
    assert await house.reporter.unsent(W47, thursday) == 0
    sent = [message.key for message in await house.at(MONDAY) if "W47" in message.key]
    assert [key.split("/")[0] for key in sent] == ["digest:2026-W47@2026-11-19", "digest:2026-W47"]


async def test_any_days_may_be_sent_by_hand(listening):
    days = named("2026-11-03..2026-11-12", PARIS)
    house = House(listening, digest={"recipients": [DIRECTION]})
    assert await house.reporter.send(days, MONDAY) == 1
    assert len(await house.at(MONDAY)) == 2  # and the week's, which is due


async def test_rows_of_an_older_version_are_still_run_and_composed(listening):
    house = House(listening, digest={"recipients": [DIRECTION]})
    async with listening.write() as connection:
        await due.plan(
            connection,
            key="digest:2026-W47",
            kind="digest",
            due_at=MONDAY,
            payload={"week": "2026-W47"},
        )
        await outbox.enqueue(
            connection,
            key="digest:2026-W46/0123/email/team",
            kind="digest",
            channel="email",
            person=None,
            payload={"week": "2026-W46", "language": "en", "address": PRESS},
            created_at=MONDAY,
            due_at=MONDAY,
        )
    old, new = sorted(await house.at(MONDAY), key=lambda m: m.recipient.address)
    assert (old.recipient.address, new.recipient.address) == (PRESS, DIRECTION)
    assert "9 to 15" in old.subject
    assert "16 au 22" in new.subject.replace("\xa0", " ")


async def test_what_was_sent_before_the_upgrade_is_not_sent_again(listening):
    house = House(listening, digest={"recipients": [DIRECTION]})
    await house.reporter.send(W47, MONDAY)
    (letter,) = await letters(listening)
    # As the version before wrote it.
    assert letter.key == f"digest:2026-W47/{report._mark(DIRECTION)}/email/team"


@pytest.mark.parametrize(
    ("label", "day", "mended"),
    [
        ("2026-W47", date(2026, 11, 18), True),
        ("2026-W48", date(2026, 11, 18), True),  # a story of the week before that has faded
        ("2026-W49", date(2026, 11, 18), False),
        ("2026-W46", date(2026, 11, 18), False),
        ("2026-11", date(2026, 11, 30), True),
        ("2026-12", date(2026, 11, 1), True),
        ("2027-01", date(2026, 11, 30), False),
        ("2026-11-16..2026-11-18", date(2026, 11, 18), True),
        ("2026-11-16..2026-11-18", date(2026, 11, 19), False),
    ],
)
async def test_every_digest_that_may_quote_a_post_is_mended_when_it_is_erased(
    listening, label, day, mended
):
    await insert(
        listening,
        "outbox",
        key=f"digest:{label}/0123/email/team",
        kind="digest",
        channel="email",
        payload={"period": label, "service": "urgences"},
        state="sent",
        created_at=MONDAY,
        due_at=MONDAY,
    )
    async with listening.write() as connection:
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=PARIS)
        errands = await plan_amends(connection, {1: noon}, MONDAY, zone=PARIS, due_at=MONDAY)
    assert bool(errands) is mended


async def test_the_first_of_january_is_a_holiday_for_a_week_as_well(listening):
    week_53 = week("2020-W53", PARIS)  # ends on 3 January 2021
    assert House(listening).reporter.due_at(week_53) == paris(2021, 1, 4, 8)
    friday = House(listening, digest={"day": "friday"})
    assert friday.reporter.due_at(week("2026-W52", PARIS)) == paris(2027, 1, 4, 8)
