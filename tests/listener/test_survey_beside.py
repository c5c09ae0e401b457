"""What a digest tells beside mentions: audiences, and incidents with what became of them."""

from __future__ import annotations

from datetime import timedelta

from listener.domain.rule import BLIND
from listener.storage import incidents
from listener.storage.database import Database
from tests.listener.reporting import House
from tests.listener.weeks import MONDAY, W47, happened, insert, said, within

HOUR = timedelta(hours=1)


async def read(database: Database, *, service: str = ""):
    surveyor = House(database).reporter.surveyor
    async with database.read() as connection:
        return await surveyor.digest(connection, W47, MONDAY, service=service)


async def test_an_audience_is_told_with_what_it_was_a_week_before(database):
    async def taken(account: str, days: float, **values) -> None:
        at = W47.until - timedelta(days=days)
        row = {"network": "x", "account": account, "taken_at": at, **values}
        await insert(database, "audiences", **row)

    await taken("CHU_Valmont", 0.5, followers=120, posts=12, rating=4.1, ratings=30)
    await taken("CHU_Valmont", 3, followers=110, posts=11)
    await taken("CHU_Valmont", 7.5, followers=100, posts=9)
    await taken("CHU_Valmont", -0.5, followers=999, posts=99)  # after the week
    await taken("Urgences", 13, followers=5)
    await taken("CHU de Brémont", 1, followers=70, posts=3)
    await taken("CHU de Brémont", 8, posts=4)  # something was deleted since
    await taken("CHU", 15, followers=1)  # too old to speak of
    await taken("unknown", 1, followers=7)
    digest = await read(database)
    assert [(a.owner, a.account, a.peer, a.growth, a.posts) for a in digest.accounts] == [
        ("CHU de Valmont", "CHU_Valmont", False, 20, 3),
        ("urgences", "Urgences", False, None, None),
        ("CHU de Brémont", "CHU de Brémont", True, None, None),
    ]
    assert (digest.accounts[0].rating, digest.accounts[0].ratings) == (4.1, 30)
    alone = await read(database, service="urgences")
    assert [account.owner for account in alone.accounts] == ["urgences"]


async def test_an_old_audience_is_no_beginning_of_the_week(database):
    for days, followers in ((0.5, 120), (60, 20)):
        at = W47.until - timedelta(days=days)
        row = {"network": "x", "account": "chu_valmont", "taken_at": at, "followers": followers}
        await insert(database, "audiences", **row)
    (account,) = (await read(database)).accounts
    assert (account.followers, account.growth) == (120, None)


async def test_an_incident_tells_its_first_mention_and_who_took_it(database):
    opened = within(W47, 2)
    number = await happened(database, opened, state="open")
    for hours in (-3, 1):
        one = await said(database, opened + hours * HOUR, speaker="chu" if hours > 0 else None)
        await insert(database, "incident_mentions", incident_id=number, mention_id=one)
    await change(database, number, acknowledged_at=opened + HOUR)
    (line,) = (await read(database)).incidents
    assert (line.mentions, line.detected_after, line.acknowledged_after) == (2, 3 * HOUR, HOUR)
    assert (line.false_alarm, line.blind) == (False, False)


DISMISSED = {
    "not_us": True,
    "harmless": True,
    "spam": True,
    "other": True,
    "known": False,  # it was real, and handled already
}


async def test_a_false_alarm_is_one_that_was_dismissed_as_such(database):
    for n, reason in enumerate(DISMISSED):
        number = await happened(database, within(W47, 2, n), state="dismissed")
        await change(database, number, close_reason=reason)
    await happened(database, within(W47, 3))
    digest = await read(database)
    assert [line.false_alarm for line in digest.incidents] == [*DISMISSED.values(), False]
    assert digest.false_alarms == 4


async def test_blindness_is_no_incident_of_what_was_said(database):
    number = await happened(database, within(W47, 2))
    await change(database, number, subject=BLIND)
    (line,) = (await read(database)).incidents
    assert (line.blind, line.subject) == (True, "CHU de Valmont")
    assert not (await read(database, service="urgences")).incidents


async def test_incidents_that_became_one_are_one_and_keep_their_calls(database):
    saturday = within(W47, 5, 14)
    first = await happened(database, saturday, calls=(saturday + 2 * HOUR,))
    second = await happened(database, saturday + HOUR, calls=(saturday + HOUR,))
    third = await happened(database, saturday + HOUR, calls=(saturday + 3 * HOUR,))
    await change(database, second, merged_into=first)
    await change(database, third, merged_into=second)
    digest = await read(database)
    assert [line.number for line in digest.incidents] == [first]
    assert [call.at for call in digest.calls] == [saturday + n * HOUR for n in (1, 2, 3)]
    assert digest.night_calls == 3


async def change(database: Database, number: int, **values) -> None:
    async with database.write() as connection:
        await incidents.change(connection, number, **values)
