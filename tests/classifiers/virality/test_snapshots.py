"""Snapshots: one clean curve of whatever the polls brought."""

from __future__ import annotations

import numpy as np

from classifiers.classifier import Reading
from classifiers.virality.snapshots import FEATURES, MOST, features, read_curves


def curve(*readings):
    return read_curves([readings])


def test_counts_between_two_readings_are_on_a_straight_line():
    seen = curve(Reading(age=600, shares=10), Reading(age=1200, shares=30))
    assert seen.at(np.array([[0.0, 300.0, 600.0, 900.0, 1200.0]])).tolist() == [[0, 5, 10, 20, 30]]


def test_a_field_that_appears_late_was_not_gained_then():
    seen = curve(Reading(age=600, shares=10), Reading(age=1200, shares=12, reactions=500))
    assert seen.counts.tolist() == [[0, 510, 512]]


def test_a_field_that_the_latest_reading_lacks_keeps_its_last_figure():
    seen = curve(Reading(age=600, shares=10, replies=3), Reading(age=1200, shares=12))
    assert seen.current.tolist() == [15]


def test_a_figure_corrected_downwards_corrects_its_past():
    seen = curve(
        Reading(age=600, shares=400), Reading(age=1200, shares=90), Reading(age=1800, shares=100)
    )
    assert seen.counts.tolist() == [[0, 90, 90, 100]]


def test_more_readings_than_are_looked_at_keep_the_latest():
    seen = curve(*(Reading(age=60.0 * k, shares=k) for k in range(1, 3 * MOST)))
    assert seen.current.tolist() == [3 * MOST - 1]
    assert seen.points[0] <= MOST


def test_a_post_without_readings_has_an_empty_curve_and_features():
    seen = read_curves([(), (Reading(age=300, shares=7),)])
    assert seen.current.tolist() == [0, 7]
    assert features(seen, np.array([np.nan, 12.0])).shape == (2, len(FEATURES))
