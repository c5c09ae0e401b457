"""Bursts are found at every volume, and seldom where there is none."""

from __future__ import annotations

from datetime import timedelta

import pytest

from classifiers.bursts import BurstDetector, BurstSettings
from tests.classifiers.bursts.streets import A_DAY, MONDAY, alarms, rhythm, rows, run

VOLUMES = (2, 40, 1_000, 10_000, 100_000)


@pytest.mark.parametrize("per_day", VOLUMES)
def test_an_ordinary_rhythm_gives_at_most_one_alarm_a_month(per_day):
    bursts = run(BurstDetector(), rows(rhythm(61, per_day, seed=per_day)))
    assert len(alarms(bursts)) <= 2


@pytest.mark.parametrize("per_day", VOLUMES)
def test_a_sudden_burst_is_found_within_the_hour_at_any_volume(per_day):
    counts = rhythm(16, per_day, seed=1)
    begin = 14 * A_DAY + 36  # three in the morning
    usual = max(sum(counts[at : at + 12]) for at in range(0, begin, 12))
    for row in range(begin, begin + 36):
        counts[row] += round(max(1, usual / 4))
    found = [row for row in alarms(run(BurstDetector(), rows(counts))) if row >= begin]
    assert found and found[0] < begin + 12


def test_a_level_that_rises_without_any_record_is_found_as_a_slow_onset():
    counts = rhythm(30, 5_000, seed=2)
    counts[10 * A_DAY] = 5_000  # a record that no slow rise comes near
    begin = 24 * A_DAY
    for row in range(begin, len(counts)):
        counts[row] *= 2
    bursts = run(BurstDetector(), rows(counts))
    (found, *_) = (row for row in alarms(bursts) if row >= begin)
    assert bursts[found].detector == "slow"
    assert found < begin + A_DAY


def test_the_evidence_is_said_in_figures():
    counts = [*rhythm(14, 288, seed=3), 40, 0, 0]
    burst = run(BurstDetector(), rows(counts))[14 * A_DAY]
    assert burst.alarm and burst.detector == "record"
    assert burst.span == timedelta(minutes=15)
    assert burst.observed == sum(counts[14 * A_DAY - 2 : 14 * A_DAY + 1])
    assert 0.5 < burst.expected < 6
    assert burst.record < burst.observed


def test_the_expected_count_is_that_of_the_hour_of_the_week():
    counts = rhythm(29, 10_000, seed=4)
    bursts = run(BurstDetector(), rows(counts))
    monday, sunday = bursts[28 * A_DAY + 17 * 12], bursts[27 * A_DAY + 17 * 12]
    ratio = (monday.expected / sunday.expected) / (monday.span / sunday.span)
    assert ratio == pytest.approx(1 / 0.6, rel=0.25)


def test_the_first_day_has_a_baseline_and_finds_what_is_plain():
    counts = rhythm(1, 2_000, seed=5)
    for row in range(144, 156):
        counts[row] += 200
    bursts = run(BurstDetector(), rows(counts))
    assert alarms(bursts)[0] in range(144, 150)
    assert bursts[143].expected > 0


def test_four_mentions_are_no_burst_though_none_was_ever_seen():
    counts = [*[0] * (7 * A_DAY), 4, *[0] * A_DAY]
    assert alarms(run(BurstDetector(), rows(counts))) == []


def test_an_alarm_is_followed_by_quiet_until_the_level_has_calmed():
    counts = rhythm(20, 1_000, seed=6)
    begin = 15 * A_DAY
    for row in range(begin, begin + 2 * A_DAY):
        counts[row] += 20 + (row - begin) // 12  # two days, rising all along
    bursts = run(BurstDetector(), rows(counts))
    (found,) = (row for row in alarms(bursts) if row >= begin)
    assert all(burst.ongoing for burst in bursts[found : begin + 2 * A_DAY])
    assert not bursts[begin - 1].ongoing and not bursts[-1].ongoing


def test_a_second_burst_like_the_first_is_an_alarm_of_its_own_after_the_calm():
    counts = rhythm(20, 1_000, seed=7)
    for begin in (14 * A_DAY, 16 * A_DAY):
        for row in range(begin, begin + 12):
            counts[row] += 90
    found = [row for row in alarms(run(BurstDetector(), rows(counts))) if row >= 14 * A_DAY]
    assert [row // A_DAY for row in found] == [14, 16]


def test_a_crisis_is_forgotten_so_that_the_next_one_is_heard():
    hourly = BurstSettings(interval=timedelta(hours=1))
    counts = [2, 3] * (12 * 150)
    counts[24 * 30] = 400
    counts[24 * 140] = 100
    bursts = run(BurstDetector(hourly), rows(counts, step=timedelta(hours=1)))
    assert alarms(bursts) == [24 * 30, 24 * 140]


@pytest.mark.parametrize("minutes", [1, 15, 60, 1440])
def test_any_interval_will_do(minutes):
    step = timedelta(minutes=minutes)
    usual = max(4, minutes // 10)
    counts = [usual, usual + 1] * (20 * 1440 // minutes // 2 + 5)
    counts.append(usual * 60)
    bursts = run(BurstDetector(BurstSettings(interval=step)), rows(counts, MONDAY, step))
    assert alarms(bursts) == [len(counts) - 1]
    assert bursts[-1].span >= step
