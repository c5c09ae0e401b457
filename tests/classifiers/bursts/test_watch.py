"""What was not watched, came late, or is yet to come, is no burst."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers.bursts import BurstDetector, BurstSettings, Streams, fold
from tests.classifiers.bursts.streets import A_DAY, MONDAY, STEP, alarms, rhythm, rows, run

PARIS = ZoneInfo("Europe/Paris")
ANY_ROW = st.tuples(
    st.datetimes(timezones=st.just(UTC)),
    st.integers(0, 10**9),
    st.booleans(),
)
NEAR_ROW = st.tuples(
    st.integers(-20_000, 400_000).map(lambda s: MONDAY + timedelta(seconds=s)),
    st.integers(0, 500),
    st.booleans(),
)


def watched(days=14, per_day=1_000, seed=0):
    """A detector that has learnt, and when its next count is due."""
    counts = rows(rhythm(days, per_day, seed=seed))
    return fold(counts), counts[-1][0] + STEP


@given(st.lists(st.one_of(ANY_ROW, NEAR_ROW), max_size=60))
def test_any_instants_and_counts_give_a_score_between_0_and_1(steps):
    detector = BurstDetector()
    for instant, count, covered in steps:
        burst = detector.update(instant, count, covered=covered)
        assert 0.0 <= burst.score <= 1.0
        assert burst.alarm == (burst.score >= 0.5)
        assert burst.observed >= 0 and burst.expected >= 0
        assert burst.instant == instant


@settings(max_examples=15)
@given(st.lists(st.integers(0, 3_000), max_size=200), st.lists(st.integers(0, 3_000), max_size=200))
def test_the_future_changes_no_past_score(future, other):
    past = rhythm(3, 1_000)
    one = run(BurstDetector(), rows(past + future))
    another = run(BurstDetector(), rows(past + other))
    assert one[: len(past)] == another[: len(past)]


@pytest.mark.parametrize("cut", [0, 1, A_DAY, 9 * A_DAY + 77])
def test_a_fold_is_the_detector_that_ran_live(cut):
    counts = rows(rhythm(10, 300, seed=1))
    live = BurstDetector()
    run(live, counts)
    folded = fold(counts[:cut])
    assert run(folded, counts[cut:]) == run(BurstDetector(), counts)[cut:]
    assert folded == live == fold(counts)


def test_a_fold_knows_what_was_not_watched():
    counts = rows(rhythm(3, 300, seed=1))
    holes = range(400, 430)
    live = BurstDetector()
    for row, (instant, count) in enumerate(counts):
        live.update(instant, count, covered=row not in holes)
    assert live == fold((at, None if row in holes else n) for row, (at, n) in enumerate(counts))


def test_a_detector_that_saw_one_mention_more_is_not_the_same():
    counts = rows(rhythm(2, 300))
    instant, count = counts[-1]
    assert fold(counts) != fold([*counts[:-1], (instant, count + 1)])


def test_what_is_caught_up_after_a_gap_is_no_burst():
    detector, due = watched()
    bursts = run(detector, [(due + timedelta(hours=9), 5_000), (due + timedelta(hours=9.1), 3)])
    assert not alarms(bursts)


def test_a_gap_is_not_learnt_as_silence():
    detector, due = watched(28)
    with_gap, _ = watched(28)
    later = due + timedelta(days=7)
    with_gap.update(later - STEP, 4)
    run(detector, [(due + i * STEP, 0) for i in range(7 * A_DAY)])
    next_day = [(later + i * STEP, 4) for i in range(A_DAY)]
    assert run(with_gap, next_day)[-1].expected > 1.3 * run(detector, next_day)[-1].expected


def test_a_hole_in_coverage_is_no_burst_and_one_begun_after_it_is():
    detector, due = watched()
    assert not detector.update(due, 4_000, covered=False).alarm
    after = run(detector, [(due + i * STEP, 4) for i in range(1, 40)])
    assert not alarms(after)
    assert detector.update(due + 40 * STEP, 200).alarm


@pytest.mark.parametrize("lateness", [timedelta(minutes=6), timedelta(hours=3), timedelta(days=2)])
def test_late_counts_are_no_burst_then_or_afterwards(lateness):
    detector, due = watched()
    bursts = run(detector, [(due - lateness, 5_000)] * 3)
    assert [burst.score for burst in bursts] == [0.0] * 3
    assert not alarms(run(detector, [(due + i * STEP, 3) for i in range(20)]))


def test_a_clock_that_jumps_ahead_and_back_is_believed_after_a_day():
    detector, due = watched(21)
    detector.update(due + timedelta(days=3650), 4)
    bursts = run(detector, [(due + i * STEP, 3) for i in range(3 * A_DAY)])
    assert not alarms(bursts)
    assert detector.update(due + 3 * A_DAY * STEP, 300).alarm


def test_the_night_on_which_clocks_change_is_no_burst():
    in_paris = BurstSettings(zone=PARIS)
    start = datetime(2024, 3, 4, tzinfo=PARIS)
    instants = [start.astimezone(UTC) + i * STEP for i in range(30 * A_DAY)]
    hours = [instant.astimezone(PARIS).hour for instant in instants]
    counts = [20 if 8 <= hour < 22 else 2 for hour in hours]
    bursts = run(BurstDetector(in_paris), zip(instants, counts, strict=True))
    assert not alarms(bursts)
    eight = next(i for i in range(28 * A_DAY, 30 * A_DAY) if hours[i] == 8)
    assert bursts[eight + 2].expected > 10


def test_counts_at_uneven_instants_are_no_burst():
    counts = rows(rhythm(14, 1_000, seed=3))
    shaken = [
        (instant + timedelta(seconds=140 * (-1) ** i), count)
        for i, (instant, count) in enumerate(counts)
    ]
    assert len(alarms(run(BurstDetector(), shaken))) <= 1


def test_several_counts_of_one_interval_add_up():
    detector, due = watched()
    for _ in range(9):
        assert detector.update(due, 5).score < 0.5
    assert any(detector.update(due, 20).alarm for _ in range(5))


@pytest.mark.parametrize(
    ("instant", "count"),
    [(MONDAY.replace(tzinfo=None), 3), (MONDAY, -1)],
    ids=["naive", "negative"],
)
def test_a_naive_instant_or_a_negative_count_is_refused(instant, count):
    with pytest.raises(ValueError, match=r"naive|negative"):
        BurstDetector().update(instant, count)


@pytest.mark.parametrize(
    "wrong", [{"interval": timedelta(0)}, {"spans": ()}, {"margin": 1.0}], ids=str
)
def test_settings_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        BurstSettings(**wrong)


def test_memory_does_not_grow():
    hour = timedelta(hours=1)
    detector = BurstDetector(BurstSettings(interval=hour))
    run(detector, rows([3] * (24 * 120), step=hour))
    later = MONDAY + 24 * 120 * hour
    tracemalloc.start()
    for i in range(24 * 300):
        detector.update(later + i * hour, 3 + i % 5)
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert grown < 16_384


def test_a_theme_never_heard_of_is_judged_against_its_silence():
    streams = Streams()
    for i in range(2 * A_DAY):
        streams.update(MONDAY + i * STEP, {("hospital", "total"): 3})
    due = MONDAY + 2 * A_DAY * STEP
    bursts = streams.update(due, {("hospital", "total"): 3, ("hospital", "theme:water"): 9})
    assert bursts["hospital", "theme:water"].alarm
    assert not bursts["hospital", "total"].alarm
    assert len(streams) == 2


def test_a_stream_that_is_left_out_had_no_mention():
    streams, alone = Streams(), BurstDetector()
    for i in range(A_DAY):
        instant, count = MONDAY + i * STEP, i % 3
        counts = {"total": 5} | ({"negative": count} if count else {})
        bursts = streams.update(instant, counts)
        assert bursts.get("negative", alone.update(instant, count)) is not None
    assert bursts["negative"].expected > 0
    again = Streams()
    for i in range(A_DAY):
        again.update(MONDAY + i * STEP, {"total": 5, "negative": i % 3})
    assert again == streams


def test_the_event_loop_may_import_bursts():
    program = "import sys, classifiers.bursts; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
