"""Where the watcher is blind is told with since when, and calm is not taken for blindness."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from listener.app.vitals import Vitals
from listener.domain.blindness import (
    OwnSigns,
    SourceSigns,
    blind_source,
    blind_watcher,
    slow_database,
)
from listener.domain.burst import INTERVAL
from listener.domain.calendar import CalendarSettings, WorkCalendar
from listener.domain.coverage import Blindness, CoverageFact
from listener.domain.notice import NoticeKind
from listener.domain.rhythm import Rhythm
from listener.storage import inbox, outbox, sources, tallies
from listener.storage.database import Database
from listener.storage.tallies import Tally
from listener.workflows.blindness import BlindSpots
from listener.workflows.collect import Source
from listener.workflows.supervise import Supervisor
from tests.listener.counting import MONDAY
from tests.listener.house import NIGHT, PARIS, count

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
UP = NIGHT - DAY


def lived(
    days: int,
    chance: Callable[[datetime], float],
    *,
    seed: int = 1,
    until: datetime = MONDAY,
    rhythm: Rhythm | None = None,
) -> Rhythm:
    """A source's days, in Paris: each interval brings something by `chance` of its hour."""
    dice, rhythm = random.Random(seed), rhythm or Rhythm()
    at = until - days * DAY
    while (at := at + INTERVAL) <= until:
        rhythm.take(at.astimezone(PARIS), brought=dice.random() < chance(at.astimezone(PARIS)))
    return rhythm


def waits(rhythm: Rhythm, since: datetime, most: timedelta = 14 * DAY) -> timedelta | None:
    """After how long of nothing it is told."""
    for step in range(1, most // INTERVAL + 1):
        rhythm.take((since + step * INTERVAL).astimezone(PARIS), brought=False)
        if rhythm.is_silent():
            return step * INTERVAL
    return None


def by_day(at: datetime) -> float:
    return 0.3 if 8 <= at.hour < 20 else 0.001


def in_working_hours(at: datetime) -> float:
    return 0.2 if at.weekday() < 5 and 9 <= at.hour < 18 else 0.0


@pytest.mark.parametrize("seed", range(3))
def test_a_night_is_no_silence_and_a_morning_without_a_word_is(seed: int) -> None:
    evening = MONDAY - 2 * HOUR
    rhythm = lived(30, by_day, seed=seed, until=evening)
    silent_after = waits(rhythm, evening)
    assert silent_after is not None
    told = (evening + silent_after).astimezone(PARIS)
    assert 8 < told.hour + told.minute / 60 <= 18, told


@pytest.mark.parametrize("seed", range(3))
def test_a_weekend_is_no_silence_of_a_source_that_rests_on_it(seed: int) -> None:
    friday = datetime(2026, 2, 27, 17, tzinfo=UTC)
    rhythm = lived(56, in_working_hours, seed=seed, until=friday)
    silent_after = waits(rhythm, friday)
    assert silent_after is not None
    told = (friday + silent_after).astimezone(PARIS)
    assert told.weekday() in (0, 1), told


@pytest.mark.parametrize("chance", [by_day, in_working_hours, lambda _at: 0.02, lambda _at: 0.9])
def test_a_source_that_goes_on_as_ever_is_never_called_silent(chance: Any) -> None:
    rhythm = lived(28, chance, seed=3)
    dice = random.Random(4)
    for step in range(28 * 288):
        at = (MONDAY + step * INTERVAL).astimezone(PARIS)
        rhythm.take(at, brought=dice.random() < chance(at))
        assert not rhythm.is_silent(), at


def test_a_busy_source_is_missed_within_hours_of_the_day() -> None:
    noon = MONDAY + 11 * HOUR
    assert waits(lived(14, lambda _at: 0.9, until=noon), noon) == 3 * HOUR


def test_one_breakdown_does_not_excuse_the_next() -> None:
    noon = MONDAY + 11 * HOUR
    rhythm = lived(14, lambda _at: 0.5, until=noon)
    for step in range(3 * 288):
        rhythm.take(noon + step * INTERVAL, brought=False)
    back = noon + 3 * DAY
    rhythm.take(back, brought=True)
    assert waits(rhythm, back) == 3 * HOUR


@pytest.mark.parametrize(("days", "chance"), [(5, 0.5), (60, 0.001)])
def test_of_a_source_that_is_new_or_hardly_speaks_nothing_is_known(
    days: int, chance: float
) -> None:
    assert waits(lived(days, lambda _at: chance), MONDAY) is None


def test_what_nobody_watched_is_no_silence() -> None:
    rhythm = lived(14, lambda _at: 0.9)
    before = rhythm.silence
    later = MONDAY + 7 * DAY
    rhythm.take(later, brought=False)
    assert rhythm.silence == before + INTERVAL


def signs(**values: Any) -> SourceSigns:
    known = {"name": "mastodon", "every": timedelta(minutes=5), "success_at": NIGHT - INTERVAL}
    return SourceSigns(**{**known, **values})


LONG_AGO = NIGHT - 2 * HOUR
SILENT = lived(14, lambda _at: 0.9, until=NIGHT - 5 * HOUR)
assert waits(SILENT, NIGHT - 5 * HOUR)
REFUSED = {"stopped": "unauthorized", "failing_since": LONG_AGO, "error": "Unauthorized"}
FAILS = {"failures": 3, "failing_since": LONG_AGO, "error": "Unavailable"}
SPENT = {"error": "BudgetSpent", "next_at": NIGHT + HOUR, "success_at": LONG_AGO}


@pytest.mark.parametrize(
    ("known", "kind", "since"),
    [
        ({}, None, None),
        (REFUSED, Blindness.SOURCE_REFUSED, LONG_AGO),
        ({**REFUSED, "stopped": "closed"}, Blindness.SOURCE_FAILING, LONG_AGO),
        (FAILS, Blindness.SOURCE_FAILING, LONG_AGO),
        ({**FAILS, "failures": 2}, None, None),
        ({**FAILS, "failing_since": NIGHT - 2 * INTERVAL}, None, None),
        (SPENT, Blindness.BUDGET_SPENT, LONG_AGO),
        ({**SPENT, "next_at": NIGHT, "success_at": NIGHT}, None, None),
        ({"success_at": LONG_AGO}, Blindness.SOURCE_BEHIND, LONG_AGO),
        ({"success_at": LONG_AGO, "every": HOUR}, None, None),
        ({"success_at": LONG_AGO, "next_at": NIGHT + HOUR}, None, None),
        ({"unread_since": LONG_AGO}, Blindness.SOURCE_BEHIND, LONG_AGO),
        ({"unread_since": NIGHT - INTERVAL}, None, None),
        ({"rhythm": SILENT}, Blindness.SOURCE_SILENT, SILENT.latest),
        ({**FAILS, "rhythm": SILENT}, Blindness.SOURCE_FAILING, LONG_AGO),
    ],
)
def test_one_thing_is_said_of_a_source_with_its_beginning(
    known: Any, kind: Any, since: Any
) -> None:
    fact = blind_source(signs(**known), NIGHT, up_since=UP)
    assert (fact and fact.kind) == kind
    assert (fact and fact.since) == since


def test_a_source_is_not_behind_for_the_time_that_we_were_away() -> None:
    known = signs(success_at=LONG_AGO, unread_since=LONG_AGO)
    assert blind_source(known, NIGHT, up_since=NIGHT - INTERVAL) is None


@pytest.mark.parametrize(
    ("own", "told"),
    [
        ({}, []),
        ({"scorer_away_since": LONG_AGO}, [("scorer", LONG_AGO)]),
        ({"tick_age": timedelta(minutes=3)}, [("tick", NIGHT - timedelta(minutes=3))]),
        ({"loop_lag": timedelta(seconds=8)}, [("loop", NIGHT - timedelta(seconds=8))]),
        ({"loop_lag": timedelta(seconds=4), "tick_age": timedelta(seconds=100)}, []),
    ],
)
def test_the_process_says_what_is_wrong_with_it(own: Any, told: Any) -> None:
    found = blind_watcher(OwnSigns(up_since=UP, **own), NIGHT)
    assert [(fact.name, fact.since) for fact in found] == told


def test_a_database_is_slow_the_second_time() -> None:
    fast, slow = timedelta(milliseconds=5), timedelta(seconds=3)
    assert slow_database((slow,), NIGHT) is None
    assert slow_database((slow, fast), NIGHT) is None
    fact = slow_database((slow, slow), NIGHT)
    assert fact is not None
    assert (fact.kind, fact.since, fact.detail) == (Blindness.DATABASE_SLOW, NIGHT, "3.0 s")


def source(name: str = "mastodon", **values: Any) -> Source:
    connector: Any = SimpleNamespace(name="mastodon", **values)
    return Source(id=name, connector=connector, every=timedelta(minutes=5))


def spots(database: Database, *known: Source, **values: Any) -> BlindSpots:
    by_id = {one.id: one for one in known or (source(),)}
    return BlindSpots(database=database, sources=by_id, zone=ZoneInfo("Europe/Paris"), **values)


async def stands(database: Database, name: str = "mastodon", **values: Any) -> None:
    known = {"last_success_at": NIGHT - INTERVAL, "failures": 0}
    async with database.write() as connection:
        await sources.set_state(connection, name, **{**known, **values})


async def test_a_source_is_blind_once_none_of_its_lanes_works(database: Database) -> None:
    failing = {"failures": 9, "failing_since": LONG_AGO, "last_error": "Unavailable: host.example"}
    await stands(database)
    await stands(database, "mastodon/stream", **failing)
    await stands(database, "gone", **failing)  # no longer configured
    assert await spots(database).facts(NIGHT) == []
    await stands(database, **failing)
    expected = CoverageFact(
        kind=Blindness.SOURCE_FAILING, name="mastodon", since=LONG_AGO, detail="Unavailable"
    )
    assert await spots(database).facts(NIGHT) == [expected]
    assert await spots(database, source(closed_on=NIGHT.date())).facts(NIGHT) == []


async def test_a_source_silent_beyond_its_rhythm_is_told_from_what_was_received(
    database: Database,
) -> None:
    begin, last = NIGHT - 8 * DAY, NIGHT - 4 * HOUR
    ends = [begin + n * INTERVAL for n in range(8 * 288 + 1)]
    known = [
        Tally(
            until=until,
            covered=True,
            received={"presse": 1} | ({"mastodon": 2} if until <= last else {}),
        )
        for until in ends
    ]
    async with database.write() as connection:
        await tallies.add(connection, known)
    await stands(database)
    await stands(database, "presse")
    watch = spots(database, source(), source("presse"))
    (fact,) = await watch.facts(NIGHT)
    assert (fact.kind, fact.name) == (Blindness.SOURCE_SILENT, "mastodon")
    assert (fact.since, fact.detail) == (last, "4 h > 0 h")


async def test_what_is_begun_and_not_read_to_its_end_is_behind(database: Database) -> None:
    await stands(database)
    await stands(database, "facebook")
    async with database.write() as connection:
        for feed, cursor in (
            ("a", {"v": 1, "mark": "x"}),
            ("b", {"v": 1, "walk": {"upper": LONG_AGO.isoformat()}}),
            ("c", {"v": 1, "walk": {"upper": "nonsense"}}),
            ("d", {"v": 2, "walk": None}),
        ):
            await sources.move_cursor(
                connection, "mastodon", feed, cursor, at=NIGHT, live_since=None
            )
        await inbox.keep(connection, "facebook", "f" * 32, b"sealed", at=LONG_AGO + INTERVAL)
    found = await spots(database, source(), source("facebook")).facts(NIGHT)
    assert [(f.kind, f.name, f.since) for f in found] == [
        (Blindness.SOURCE_BEHIND, "mastodon", LONG_AGO),
        (Blindness.SOURCE_BEHIND, "facebook", LONG_AGO + INTERVAL),
    ]


async def test_a_channel_that_fails_is_told_until_it_delivers(database: Database) -> None:
    async with database.write() as connection:
        await outbox.enqueue(
            connection,
            key="alert/1",
            kind="alert",
            channel="slack",
            person=None,
            payload={},
            created_at=LONG_AGO,
            due_at=LONG_AGO,
        )
    for attempt in range(3):
        found = await spots(database).facts(NIGHT)
        assert [(f.kind, f.name, f.since) for f in found] == (
            [(Blindness.CHANNEL_FAILING, "slack", LONG_AGO)] if attempt == 2 else []
        )
        async with database.write() as connection:
            (one,) = await outbox.claim(connection, owner="x", at=NIGHT, lease=timedelta(minutes=1))
            if attempt < 2:
                await outbox.retry(connection, one, due_at=LONG_AGO, error="away", ambiguous=False)
            else:
                await outbox.sent(connection, one, at=NIGHT, receipt={})
    assert await spots(database).facts(NIGHT) == []


async def test_it_is_looked_at_once_a_minute_and_whatever_the_clock_does(
    database: Database,
) -> None:
    watch = spots(database)
    await stands(database, stopped="unauthorized", failing_since=LONG_AGO)
    assert len(await watch.facts(NIGHT)) == 1
    await stands(database, stopped=None, failing_since=None)
    assert len(await watch.facts(NIGHT + timedelta(seconds=50))) == 1
    assert await watch.facts(NIGHT + timedelta(seconds=60)) == []
    await stands(database, stopped="unauthorized", failing_since=LONG_AGO)
    assert len(await watch.facts(NIGHT - HOUR)) == 1


async def test_what_others_know_and_the_process_itself_is_told_with_the_rest(
    database: Database,
) -> None:
    vitals = Vitals()
    vitals.scorer_away_since = LONG_AGO
    unproven = CoverageFact(kind=Blindness.CHANNEL_UNPROVEN, name="sms", since=LONG_AGO)

    async def also(_at: datetime) -> list[CoverageFact]:
        return [unproven]

    found = await spots(database, signs=vitals.signs, also=(also,)).facts(NIGHT)
    assert [fact.kind for fact in found] == [Blindness.SCORER_AWAY, Blindness.CHANNEL_UNPROVEN]


@pytest.mark.parametrize(
    ("spoken_for", "notices"),
    [(frozenset(), 2), (frozenset({Blindness.SOURCE_FAILING}), 1), (frozenset(Blindness), 0)],
)
async def test_what_becomes_an_incident_is_not_told_as_a_notice_too(
    database: Database, spoken_for: Any, notices: int
) -> None:
    supervisor = Supervisor(
        calendar=WorkCalendar(CalendarSettings(), PARIS),
        channels=("slack",),
        spoken_for=spoken_for,
    )
    async with database.write() as connection:
        for kind in (NoticeKind.SOURCE_FAILING, NoticeKind.SCORER_FAILING):
            await supervisor.notice(connection, kind, "x", since=NIGHT, at=NIGHT)
    assert await count(database, "outbox") == notices
