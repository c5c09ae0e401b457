"""The Numenta score: facts of its definition that need no detector."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.evaluation.nab import PROFILES, Detections, Profile, probation, score

STANDARD = PROFILES["standard"]
WINDOWS = ((200, 299), (600, 699))


def detections(*rows, windows=WINDOWS):
    return Detections(rows=1_000, detected=rows, windows=windows)


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_finding_nothing_gives_0_and_finding_all_at_once_100(profile):
    assert score([detections()], profile) == 0.0
    assert score([detections(200, 600)], profile) == pytest.approx(100.0)


def test_only_the_first_detection_in_a_window_counts():
    assert score([detections(240)], STANDARD) == score([detections(240, 260, 299)], STANDARD)


def test_the_middle_of_a_window_is_worth_what_the_paper_says():
    # 2 * sigmoid(2.5) - 1 = 0.84828, of the 0.98661 that the first row is worth
    found = score([detections(250, 650)], STANDARD)
    assert found == pytest.approx(100 * (0.84828 / 0.98661 + 1) / 2, abs=0.01)


def test_a_false_alarm_before_any_window_costs_all_it_can():
    assert score([detections(180)], STANDARD) == pytest.approx(-100 * 0.11 / 4)
    assert score([detections(180)], PROFILES["low_fp"]) == pytest.approx(-100 * 0.22 / 4)


def test_a_false_alarm_costs_more_the_farther_it_lies_behind_a_window():
    costs = [-score([detections(row)], STANDARD) for row in (300, 320, 399, 500, 599)]
    assert costs == sorted(costs)
    position = (320 - 299) / 99
    expected = 0.11 * (1 - 2 / (1 + math.exp(5 * position)))
    assert costs[1] == pytest.approx(100 * expected / 4)


def test_a_missed_window_costs_more_under_low_fn():
    one = [detections(200)]
    assert score(one, STANDARD) == pytest.approx(50)
    assert score(one, PROFILES["low_fn"]) == pytest.approx(50)
    late = [detections(299, 699)]
    assert score(late, PROFILES["low_fn"]) > score(late, STANDARD) > 50


def test_the_probationary_period_is_not_scored():
    assert probation(1_000) == 150
    assert probation(15_902) == 750
    assert score([detections(10, 149)], STANDARD) == 0.0


def test_series_are_summed_before_they_are_scaled():
    both = [detections(200, 600), detections()]
    assert score(both, STANDARD) == pytest.approx(50.0)


def test_without_windows_there_is_no_score():
    assert score([detections(500, windows=())], STANDARD) is None


@given(st.lists(st.integers(0, 999), max_size=30, unique=True))
def test_no_detector_is_better_than_perfect(rows):
    assert score([detections(*rows)], STANDARD) <= 100.0 + 1e-9


@given(st.lists(st.integers(150, 999), max_size=30, unique=True))
def test_an_alarm_is_either_in_a_window_or_false(rows):
    one = detections(*rows)
    inside = [row for row in rows if any(a <= row <= b for a, b in WINDOWS)]
    assert sorted([*inside, *one.false]) == sorted(rows)
    assert score([one], Profile(false_alarm=0.0, missed=1.0)) >= 0.0
