"""Bursts are found as they begin, whatever is usual, and neither downtime nor a restart makes one."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listener.domain.burst import (
    GRACE,
    INTERVAL,
    NEGATIVE,
    TOTAL,
    UNSCORED,
    BurstFact,
    anchor,
    intervals_due,
    theme_stream,
)
from listener.storage import tallies
from listener.storage.database import Database
from listener.storage.tallies import Tally
from listener.workflows.burst_fold import BurstFold
from listener.workflows.bursts import BurstWatch
from tests.listener.counting import (
    MONDAY,
    STREAMS,
    TICK,
    fails,
    history,
    remember,
    say,
    spread,
    stored,
    watch_of,
)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
QUIET = 2.0  # mentions a day
BUSY = 10_000.0


async def run(watch: BurstWatch, since: datetime, length: timedelta) -> list[BurstFact]:
    """Tick after each interval that ends in a stretch, judging what it brings; the alarms."""
    alarms = []
    for step in range(1, length // INTERVAL + 1):
        facts = await watch.advance(since + step * INTERVAL + TICK)
        async with watch.database.write() as connection:
            await watch.settle(connection, facts)
        alarms += [fact for fact in facts if fact.alarm]
    return alarms


async def test_a_crisis_after_quiet_weeks_is_found_at_once(database: Database) -> None:
    await remember(database, history(4, QUIET))
    watch = watch_of(database)
    assert await run(watch, MONDAY, HOUR) == []
    await say(database, spread(MONDAY + HOUR, timedelta(minutes=20), 60))
    alarms = await run(watch, MONDAY + HOUR, HOUR)
    assert {(a.stream, a.until) for a in alarms} == {
        (TOTAL, MONDAY + HOUR + INTERVAL),
        (NEGATIVE, MONDAY + HOUR + INTERVAL),
    }
    assert all(a.observed == 15 and a.expected < 0.1 and a.ongoing for a in alarms)


async def test_what_is_said_every_night_is_no_news(database: Database) -> None:
    known = history(5, BUSY, until=MONDAY + DAY)
    await remember(database, [tally for tally in known if tally.until <= MONDAY])
    coming = [tally for tally in known if MONDAY < tally.until <= MONDAY + 6 * HOUR]
    for tally in coming:
        streams = tally.counts.get("chu", {})
        total, bad = streams.get(TOTAL, 0), streams.get(NEGATIVE, 0)
        since = tally.until - INTERVAL
        await say(database, spread(since, INTERVAL, total - bad), sentiment="neutral")
        await say(database, spread(since, INTERVAL, bad))
    watch = watch_of(database)
    assert await run(watch, MONDAY, 6 * HOUR) == []
    found = await stored(database)
    assert [found[t.until].counts for t in coming] == [t.counts for t in coming]


async def test_ten_times_as_much_as_ten_thousand_is_news(database: Database) -> None:
    await remember(database, history(4, BUSY))
    await say(database, spread(MONDAY + 6 * HOUR, 2 * INTERVAL, 2_000), sentiment="neutral")
    alarms = await run(watch_of(database), MONDAY, 6 * HOUR + 3 * INTERVAL)
    assert [(a.stream, a.until) for a in alarms] == [(TOTAL, MONDAY + 6 * HOUR + INTERVAL)]


async def test_detectors_made_anew_are_those_that_lived(database: Database) -> None:
    await remember(database, history(4, 300.0, seed=3))
    lived = watch_of(database)
    await say(database, spread(MONDAY + HOUR, HOUR, 90))
    await run(lived, MONDAY, 3 * HOUR)
    fresh = watch_of(database)
    at = MONDAY + 3 * HOUR + TICK
    await fresh.advance(at)
    assert lived._fold == fresh._fold  # the whole state, not what happens to show
    later = at + INTERVAL
    assert await lived.look(later) == await fresh.look(later) != []


async def test_a_week_that_ends_changes_nothing_between_the_old_and_the_new(database) -> None:
    begun = anchor(MONDAY - HOUR)
    await remember(database, history(2, 50.0, until=begun + 3 * DAY))  # what the new week forgets
    await remember(database, history(3, 5.0, until=MONDAY - 2 * HOUR))
    lived = watch_of(database)
    assert {fact.stream for fact in await lived.look(begun + 4 * DAY)} == {TOTAL, NEGATIVE}
    await run(lived, MONDAY - 2 * HOUR, 4 * HOUR)
    fresh = watch_of(database)
    await fresh.advance(MONDAY + 2 * HOUR + TICK)
    assert begun < anchor(MONDAY)
    assert lived._fold == fresh._fold


async def test_two_watches_agree_and_count_each_interval_once(database: Database) -> None:
    await remember(database, history(4, QUIET))
    one, two = watch_of(database), watch_of(database)
    for step in range(1, 13):
        at = MONDAY + step * INTERVAL
        await say(database, spread(at - INTERVAL, INTERVAL, 10 if step > 6 else 1))
        first = await one.advance(at + TICK)
        # What is committed between the two must not make them differ.
        await say(database, spread(at - INTERVAL, INTERVAL, 3))
        assert await two.advance(at + TICK) == first
    assert one._fold == two._fold
    assert len(await stored(database)) == 4 * 288 + 12


async def test_an_alarm_is_given_again_until_somebody_has_judged_it(database: Database) -> None:
    await remember(database, history(4, QUIET))
    await say(database, spread(MONDAY, INTERVAL, 30))
    at = MONDAY + INTERVAL + TICK
    given = await watch_of(database).advance(at)
    assert [fact.alarm for fact in given] == [True, True]
    restarted = watch_of(database)  # after a crash, before anything was judged
    assert await restarted.advance(at + TICK) == given
    assert await restarted.advance(at + 2 * TICK) == given
    async with database.write() as connection:
        await restarted.settle(connection, given)
    assert await restarted.advance(at + 3 * TICK) == []
    third = await watch_of(database).advance(at + 4 * TICK)
    assert [fact.alarm for fact in third] == []


async def test_nothing_waits_for_detectors_that_are_made_anew(database: Database) -> None:
    await remember(database, history(4, QUIET))
    await say(database, spread(MONDAY, INTERVAL, 30))
    at, watch = MONDAY + INTERVAL + TICK, watch_of(database, patience=0.0)
    assert await watch.advance(at) == []
    assert MONDAY + INTERVAL in await stored(database)  # counted all the same
    for _ in range(1_000):
        if facts := await watch.advance(at):
            break
        await asyncio.sleep(0.01)
    assert facts == await watch_of(database).advance(at)
    assert {fact.stream for fact in facts if fact.alarm} == {TOTAL, NEGATIVE}


async def test_a_judgement_that_is_rolled_back_has_judged_nothing(database: Database) -> None:
    await remember(database, history(4, QUIET))
    await say(database, spread(MONDAY, INTERVAL, 30))
    watch = watch_of(database)
    given = await watch.advance(MONDAY + INTERVAL + TICK)

    async def judge() -> None:
        async with database.write() as connection:
            await watch.settle(connection, given)
            raise LookupError

    with pytest.raises(LookupError):
        await judge()
    assert await watch.advance(MONDAY + INTERVAL + 2 * TICK) == given


async def test_what_was_missed_while_away_is_no_burst(database: Database) -> None:
    await remember(database, history(4, 300.0, seed=3))
    back = MONDAY + 3 * HOUR
    # The first polls bring three hours at once, a slow one somewhat later.
    await say(database, spread(back, timedelta(seconds=30), 200), late=2 * HOUR)
    await say(database, spread(back + INTERVAL, INTERVAL, 100), late=2 * HOUR)
    watch = watch_of(database)
    assert not any(fact.ongoing for fact in await watch.look(MONDAY))
    assert await watch.advance(back + timedelta(seconds=35)) == []
    assert await run(watch, back, HOUR) == []
    covered = [tally.covered for until, tally in (await stored(database)).items() if until > MONDAY]
    assert covered.count(False) == 36
    assert covered.count(True) == 12


async def test_a_month_away_writes_one_day_of_absence(database: Database) -> None:
    await remember(database, history(4, QUIET))
    watch = watch_of(database)
    await watch.advance(MONDAY + timedelta(days=30))
    away = [t for until, t in (await stored(database)).items() if until > MONDAY]
    assert len(away) == 288
    assert not any(tally.covered for tally in away)


async def test_no_source_that_works_is_no_calm(database: Database) -> None:
    await remember(database, history(4, QUIET))
    watch = watch_of(database, sources=("mastodon", "presse", "gone"))
    await fails(database, "mastodon", "mastodon/stream", "presse")
    await run(watch, MONDAY, 2 * INTERVAL)
    await fails(database, "mastodon/stream", failures=0)  # one lane of one source is enough
    await run(watch, MONDAY + 2 * INTERVAL, INTERVAL)
    known = await stored(database)
    found = [known[MONDAY + n * INTERVAL] for n in (1, 2, 3)]
    assert [tally.covered for tally in found] == [False, False, True]  # "gone" was never asked
    assert [tally.failing for tally in found] == [("mastodon", "presse")] * 2 + [("presse",)]


async def test_a_source_that_is_back_brings_no_burst_with_it(database: Database) -> None:
    await remember(database, history(4, 300.0, seed=3))
    watch = watch_of(database, sources=("mastodon", "presse"))
    await fails(database, "mastodon")
    await run(watch, MONDAY, 2 * HOUR)
    await fails(database, "mastodon", failures=0)
    back = MONDAY + 2 * HOUR
    await say(database, spread(back, INTERVAL, 80), late=HOUR)
    await say(database, spread(back, INTERVAL, 2))
    assert await run(watch, back, INTERVAL) == []
    tally = (await stored(database))[back + INTERVAL]
    assert tally.counts == {"chu": {TOTAL: 2, NEGATIVE: 2}}
    assert tally.received == {"mastodon": 82}


async def test_old_posts_that_come_in_are_no_burst(database: Database) -> None:
    await remember(database, history(4, QUIET))
    await say(database, spread(MONDAY, INTERVAL, 40), late=7 * HOUR)
    await say(database, spread(MONDAY, INTERVAL, 40), live=False)
    assert await run(watch_of(database), MONDAY, 2 * INTERVAL) == []


async def test_each_stream_is_counted_by_subject_and_theme(database: Database) -> None:
    await remember(database, history(1, QUIET))
    await say(database, [MONDAY + TICK] * 3, themes=("waiting", "death"), subjects=("chu", "ur"))
    await say(database, [MONDAY + INTERVAL], sentiment="positive", themes=("praise",))
    await say(database, [MONDAY + 2 * TICK], sentiment=None)
    await say(database, [MONDAY, MONDAY + INTERVAL + TICK])  # of the intervals around
    await run(watch_of(database), MONDAY, INTERVAL)
    waiting, death, praise = map(theme_stream, ("waiting", "death", "praise"))
    assert (await stored(database))[MONDAY + INTERVAL].counts == {
        "chu": {TOTAL: 5, NEGATIVE: 3, waiting: 3, death: 3, praise: 1, UNSCORED: 1},
        "ur": {TOTAL: 3, NEGATIVE: 3, waiting: 3, death: 3},
    }


async def test_a_scorer_away_teaches_nothing_of_what_is_negative(database: Database) -> None:
    await remember(database, history(4, 300.0, seed=3))
    watch = watch_of(database)
    await run(watch, MONDAY, 2 * INTERVAL)
    await say(database, spread(MONDAY + 2 * INTERVAL, 12 * INTERVAL, 60), sentiment=None)
    await run(watch, MONDAY + 2 * INTERVAL, 12 * INTERVAL)
    after = {fact.stream: fact for fact in await watch.look(MONDAY + 14 * INTERVAL)}
    assert after[TOTAL].observed == 15  # in as many minutes: the volume is watched on
    assert after[NEGATIVE].score == 0.0
    assert after[NEGATIVE].expected == 0.0  # of the last minutes, which nobody could judge


async def test_an_exercise_is_counted_apart(database: Database) -> None:
    await remember(database, history(4, QUIET))
    await remember(database, history(4, QUIET), exercise_id="drill")
    await say(database, spread(MONDAY, INTERVAL, 30), exercise_id="drill")
    real, drill = watch_of(database), watch_of(database, exercise_id="drill")
    assert await run(real, MONDAY, 2 * INTERVAL) == []
    assert {a.stream for a in await run(drill, MONDAY, 2 * INTERVAL)} == {TOTAL, NEGATIVE}
    assert (await stored(database))[MONDAY + INTERVAL].counts == {}


@pytest.mark.parametrize("step", [-HOUR, HOUR])
async def test_a_clock_that_is_set_makes_no_burst_and_hides_the_next_no_longer(
    database: Database, step: timedelta
) -> None:
    await remember(database, history(4, 300.0, seed=3))
    watch = watch_of(database)
    for n in range(1, 7):
        await say(database, spread(MONDAY + (n - 1) * INTERVAL, INTERVAL, 1))
        await watch.advance(MONDAY + n * INTERVAL + TICK)
    now = MONDAY + 6 * INTERVAL + step
    for n in range(1, 19):
        await say(database, spread(now + (n - 1) * INTERVAL, INTERVAL, 1))
        assert await watch.advance(now + n * INTERVAL + TICK) == []
    assert not any(fact.ongoing for fact in await watch.look(now))
    later = now + 18 * INTERVAL
    await say(database, spread(later, INTERVAL, 60))
    assert {fact.stream for fact in await watch.advance(later + INTERVAL + TICK)} == {
        TOTAL,
        NEGATIVE,
    }


async def test_counts_expire_after_what_is_usual_has_forgotten_them(database: Database) -> None:
    await remember(database, history(1, QUIET, until=MONDAY - timedelta(days=100) + 6 * HOUR))
    watch = watch_of(database)
    await watch.expire(MONDAY)
    left = await stored(database)
    assert min(left) == MONDAY - timedelta(days=100) + INTERVAL
    assert min(left) < anchor(MONDAY)


async def test_a_watch_that_is_asked_about_nothing_still_counts(database: Database) -> None:
    watch = watch_of(database, watched=())
    await say(database, spread(MONDAY, 2 * INTERVAL, 40))
    assert await run(watch, MONDAY, 2 * INTERVAL) == []
    assert (await stored(database))[MONDAY + 2 * INTERVAL].counts["chu"][TOTAL] == 20


@given(st.integers(-3, 2_000), st.integers(0, 3_600))
def test_every_interval_is_due_once_and_only_when_it_is_over(steps: int, seconds: int) -> None:
    at = MONDAY + steps * INTERVAL + timedelta(seconds=seconds)
    due = list(intervals_due(MONDAY, at))
    assert due == sorted(set(due))
    assert len(due) <= 288
    assert all(MONDAY < until <= at - GRACE for until in due)
    if due:
        assert at - GRACE - due[-1] < INTERVAL
        assert not intervals_due(due[-1], at)


@given(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)))  # noqa: DTZ001 - given a zone below
def test_what_is_usual_is_learnt_from_ten_weeks_or_eleven(moment: datetime) -> None:
    at = moment.replace(tzinfo=MONDAY.tzinfo)
    begun = anchor(at)
    assert timedelta(weeks=10) <= at - begun < timedelta(weeks=11)
    assert begun.weekday() == 0


def test_hours_of_the_week_are_those_of_the_hospital() -> None:
    """Every evening at seven in Paris is loud; summer time comes, and it is loud at seven still."""
    zone = ZoneInfo("Europe/Paris")
    begin = MONDAY - timedelta(days=14)
    fold = BurstFold(STREAMS, zone, begin)
    for step in range(35 * 288):
        until = begin + step * INTERVAL
        loud = until.astimezone(zone).hour == 19
        counts = {"chu": {TOTAL: 20 if loud else 1}}
        fold.take(Tally(until=until, covered=True, counts=counts))
        if loud and until - begin > 8 * DAY:
            assert fold.facts[0].expected > 3.0, until
    assert not fold.alarms or max(a.until for a in fold.alarms) < begin + 7 * DAY


async def test_tallies_that_stand_are_left_alone(database: Database) -> None:
    first = Tally(until=MONDAY, covered=True, counts={"chu": {TOTAL: 3}})
    await remember(database, [first])
    await remember(database, [Tally(until=MONDAY, covered=False)])
    async with database.read() as connection:
        assert await tallies.latest(connection, 5) == [first]
