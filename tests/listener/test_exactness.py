"""Each thing once, whatever the calendar, the clock, a stop or a second daemon does to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from listener.domain.action import Action, Refusal, Reply, Request, Way
from listener.domain.rule import CountRule, Level
from listener.storage import stories
from listener.storage.database import Database
from tests.listener.house import NIGHT, page, rows
from tests.listener.machine_model import RULES
from tests.listener.machine_world import World, post

MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
CROWD = CountRule(id="foule", kind="count", level=Level.CRITICAL, at_least=5, window=30 * MINUTE)


class Town(World):
    """The world, asked short questions."""

    said = 0

    async def says(
        self, story: int, severity: int, *, by: int = 0, ago: timedelta = MINUTE
    ) -> None:
        self.said += 1
        brought = page(post(self.said, story, severity, self.clock - ago))
        await self.hear(self.daemons[by], brought)

    async def ticks(self, until: datetime, every: timedelta = MINUTE) -> None:
        while self.now < until:
            self.now += every
            await self.daemons[0].tick(self.clock)

    async def asks(self, incident: int, action: Action, person: str = "lea", by: int = 0) -> Reply:
        request = Request(incident=incident, action=action, person=person, way=Way.COMMAND)
        return await self.act(self.daemons[by], request)

    async def table(self, name: str) -> list[Any]:
        return await rows(self.daemons[0].database, name)

    async def rings(self) -> list[tuple[str, timedelta]]:
        """Whom a phone rang, and how long after `NIGHT` by the daemons' clock."""
        return [(p.person, p.at - NIGHT) for p in await self.table("pages") if not p.folded]

    async def called(self) -> list[str]:
        return [p.person for p in await self.table("pages") if not p.folded]

    async def letters(self, kind: str) -> list[Any]:
        return [row for row in await self.table("outbox") if row.kind == kind]

    async def events(self, incident: int) -> list[str]:
        found = [e for e in await self.table("incident_events") if e.incident_id == incident]
        return [event.kind for event in sorted(found, key=lambda event: event.id)]

    async def states(self) -> list[str]:
        return [row.state for row in sorted(await self.table("incidents"), key=lambda i: i.id)]


@pytest.fixture
async def town(database: Database) -> AsyncIterator[Town]:
    town = Town(database.url, rules=(*RULES, CROWD))
    await town.begin()
    yield town
    await town.close()


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc]


NIGHTS = {
    "spring": (utc(2026, 3, 29, 0, 55), utc(2026, 3, 30, 7)),
    "autumn": (utc(2026, 10, 25, 0, 55), utc(2026, 10, 26, 8)),
    "before the leap day": (utc(2028, 2, 28, 22, 55), utc(2028, 2, 29, 8)),
    "on the leap day": (utc(2028, 2, 29, 22, 55), utc(2028, 3, 1, 8)),
    "new year and a weekend": (utc(2026, 12, 31, 22, 55), utc(2027, 1, 4, 8)),
    "Easter Monday": (utc(2026, 4, 3, 21, 55), utc(2026, 4, 7, 7)),
    "a Friday's holiday": (utc(2026, 4, 30, 21, 55), utc(2026, 5, 4, 7)),
}


@pytest.mark.parametrize(("night", "opening"), NIGHTS.values(), ids=NIGHTS)
async def test_what_was_held_is_told_once_when_somebody_comes_to_work(
    town: Town, night: datetime, opening: datetime
) -> None:
    town.now = night
    await town.begin()
    await town.says(0, 60)
    town.now += 10 * MINUTE
    await town.says(1, 60)
    assert await town.letters("alert") == []
    town.now = opening - SECOND
    await town.daemons[0].tick(town.clock)
    assert await town.letters("morning") == []
    town.now = opening
    await asyncio.gather(*(daemon.tick(town.clock) for daemon in town.daemons))
    await town.ticks(opening + 3 * MINUTE)
    (told,) = await town.letters("morning")
    assert datetime.fromisoformat(told.payload["until"]) == opening
    assert await town.called() == []


@pytest.mark.parametrize("night", [when for when, _ in NIGHTS.values()], ids=NIGHTS)
async def test_a_night_s_phone_rings_by_the_time_that_passes(town: Town, night: datetime) -> None:
    town.now = night
    await town.begin()
    await town.says(0, 85)
    await town.ticks(night + 16 * MINUTE)
    rung = [(p.person, (p.at - night) // MINUTE) for p in await town.table("pages")]
    lea = [("lea", 0), ("lea", 3), ("lea", 6), ("lea", 9)]
    assert rung == [*lea, ("marc", 10), ("marc", 13), ("dir", 15)]


async def test_after_a_stop_an_escalation_is_caught_up_once(town: Town) -> None:
    await town.says(0, 85)
    town.now += timedelta(hours=3)
    await town.restart(0)
    await town.daemons[0].tick(town.clock)
    await town.daemons[1].tick(town.clock)
    await town.ticks(town.now + 2 * MINUTE)
    assert await town.called() == ["lea", "marc"]


async def test_after_a_stop_over_the_opening_the_morning_is_told_once(town: Town) -> None:
    await town.says(0, 60)
    town.now = utc(2026, 3, 16, 12)
    await asyncio.gather(*(daemon.tick(town.clock) for daemon in town.daemons))
    await town.restart(0)
    await town.ticks(town.now + 20 * MINUTE, 5 * MINUTE)
    assert len(await town.letters("morning")) == 1


async def test_two_daemons_open_one_incident_and_ring_one_phone_once(town: Town) -> None:
    await asyncio.gather(*(town.says(0, 85, by=n % 2) for n in range(6)))
    assert await town.states() == ["open"]
    assert await town.called() == ["lea"]
    town.now += 3 * MINUTE
    await asyncio.gather(*(daemon.tick(town.clock) for daemon in town.daemons * 2))
    assert await town.called() == ["lea", "lea"]
    town.now += 7 * MINUTE
    await asyncio.gather(*(daemon.tick(town.clock) for daemon in town.daemons * 2))
    assert await town.called() == ["lea", "lea", "marc"]


async def test_two_crises_in_two_daemons_ring_one_phone_once_and_tell_both(town: Town) -> None:
    await asyncio.gather(town.says(0, 85, by=0), town.says(1, 85, by=1))
    assert await town.states() == ["open", "open"]
    assert await town.called() == ["lea"]
    await town.ticks(NIGHT + 2 * MINUTE, 10 * SECOND)
    waiting = [p for p in await town.table("pages") if p.folded]
    assert len(waiting) == 1  # said once, not at each tick
    await town.ticks(NIGHT + 4 * MINUTE, 10 * SECOND)
    told = [r.incident_id for r in await town.letters("alert") if r.channel == "email"]
    assert set(told) == {1, 2}


async def test_two_who_answer_at_once_are_one_who_takes_it_and_one_who_hears_so(
    town: Town,
) -> None:
    await town.says(0, 85)
    one, other = await asyncio.gather(
        town.asks(1, Action.ACKNOWLEDGE, "lea", 0), town.asks(1, Action.ACKNOWLEDGE, "marc", 1)
    )
    assert {one.refused, other.refused} == {None, Refusal.ALREADY}
    assert one.by == other.by
    assert (await town.events(1)).count("acknowledged") == 1


async def test_answers_ticks_and_pages_at_once_leave_nobody_waiting_for_another(
    town: Town,
) -> None:
    for story in range(4):
        await town.says(story, 85)
    town.now += 40 * MINUTE
    await asyncio.gather(
        *(town.says(story, 97, by=story % 2) for story in (3, 1, 2, 0)),
        *(daemon.tick(town.clock) for daemon in town.daemons),
        *(town.asks(number, Action.ESCALATE, by=number % 2) for number in (2, 1)),
        *(town.asks(number, Action.RESOLVE, by=number % 2) for number in (4, 3)),
    )
    states = await town.states()
    assert len(states) == 4 and states[:2] == ["open", "open"]


async def test_an_instant_that_a_clock_shows_twice_sends_its_letters_twice(town: Town) -> None:
    await town.says(0, 97)  # no ring before it holds it back
    await town.ticks(NIGHT + 3 * MINUTE)
    town.step_clock(-3 * MINUTE)
    await town.daemons[0].tick(town.clock)
    await town.ticks(NIGHT + 6 * MINUTE)
    assert await town.rings() == [("lea", 0 * MINUTE), ("lea", 3 * MINUTE), ("lea", 3 * MINUTE)]
    assert len([r for r in await town.letters("alert") if r.channel == "email"]) == 3


async def test_what_comes_after_the_morning_s_list_is_told_where_the_clock_went_back(
    town: Town,
) -> None:
    await town.says(0, 60)
    town.now = utc(2026, 3, 16, 8, 30)
    await town.daemons[0].tick(town.clock)
    town.step_clock(-60 * MINUTE)
    await town.says(1, 60)
    await town.ticks(town.now + 61 * MINUTE, 10 * MINUTE)
    (told,) = await town.letters("alert")
    assert (told.incident_id, told.person) == (2, None)
    assert len(await town.letters("morning")) == 1


async def test_a_snooze_lasts_no_longer_for_a_clock_that_was_set_back(town: Town) -> None:
    await town.says(0, 85)
    await town.asks(1, Action.SNOOZE)
    town.now += 10 * MINUTE
    town.step_clock(-60 * MINUTE)
    await town.ticks(NIGHT + 29 * MINUTE)
    assert await town.called() == ["lea"]
    await town.ticks(NIGHT + 41 * MINUTE)
    assert await town.called() == ["lea", "lea"]


async def test_a_closing_that_is_undone_after_a_quiet_day_stays_undone(town: Town) -> None:
    await town.says(0, 85)
    await town.asks(1, Action.RESOLVE)
    town.now += timedelta(hours=20)
    assert (await town.asks(1, Action.REOPEN)).refused is None
    await town.ticks(town.now + MINUTE)
    assert await town.states() == ["acknowledged"]


async def test_a_life_at_stake_in_a_matter_that_was_closed_rings_at_once(town: Town) -> None:
    await town.says(0, 85)
    await town.asks(1, Action.RESOLVE)
    town.now += 10 * MINUTE
    await town.says(0, 97)
    assert await town.states() == ["open"]
    assert await town.called() == ["lea", "lea"]


async def test_old_news_rings_at_no_tick_and_raises_nothing_that_would(town: Town) -> None:
    await town.says(0, 60)
    for story in (0, 1):
        await town.says(story, 97, ago=timedelta(hours=7))
    await town.ticks(NIGHT + 20 * MINUTE, 5 * MINUTE)
    assert await town.called() == []


async def united(town: Town, *told: int) -> None:
    """An encoder finds that these stories are one."""
    async with town.daemons[0].database.write() as connection:
        await stories.merge(connection, [set(told)])
    await asyncio.gather(*(daemon.tick(town.clock) for daemon in town.daemons))


async def test_two_stories_that_prove_to_be_one_become_one_incident_and_both_say_so(
    town: Town,
) -> None:
    await town.says(0, 60)
    await town.asks(1, Action.ACKNOWLEDGE)
    await town.says(1, 85)
    town.now += MINUTE
    await united(town, 1, 2)
    assert await town.states() == ["open", "resolved"]  # nobody has taken the crisis yet
    assert "absorbed" in await town.events(1) and "merged" in await town.events(2)
    await town.ticks(NIGHT + 3 * MINUTE)
    assert await town.rings() == [("lea", 0 * MINUTE), ("lea", 3 * MINUTE)]
    assert {p.incident_id for p in (await town.table("pages"))[1:]} == {1}


async def test_who_answers_what_was_merged_twice_over_answers_what_is_left(town: Town) -> None:
    for story in (0, 1, 2):
        await town.says(story, 85)
    await united(town, 2, 3)
    await united(town, 1, 2)
    assert await town.states() == ["open", "resolved", "resolved"]
    reply = await town.asks(3, Action.ACKNOWLEDGE)
    assert (reply.incident, reply.refused, reply.by) == (1, None, "lea")


async def test_a_sum_that_proves_to_be_one_story_s_keeps_the_page_nobody_answered(
    town: Town,
) -> None:
    for story in (0, 1, 0, 2, 0):
        await town.says(story, 10)
    assert await town.states() == ["open"]
    await town.asks(1, Action.ACKNOWLEDGE)
    town.now += 2 * MINUTE
    await town.says(0, 97)
    assert await town.called() == ["lea", "lea"]
    await town.daemons[0].tick(town.clock)
    assert await town.states() == ["open", "resolved"]
    assert "absorbed" in await town.events(1) and "merged" in await town.events(2)
    await town.ticks(town.now + 3 * MINUTE)
    assert await town.called() == ["lea", "lea", "lea"]
