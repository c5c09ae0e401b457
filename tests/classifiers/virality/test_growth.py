"""Virality: how fast a post gains, against its usual; or that it cannot be said."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from classifiers.classifier import Reading, Sample
from classifiers.virality import virality

MINUTE, HOUR = 60.0, 3600.0


def sample(*readings, usual=10.0):
    return Sample(text="", readings=readings, usual=usual)


def test_a_post_that_gains_five_times_its_usual_says_five():
    score = virality(
        sample(Reading(age=HOUR, reactions=10), Reading(age=2 * HOUR, reactions=50, shares=None))
    )
    assert score.value == 4.0
    score = virality(
        sample(
            Reading(age=HOUR, reactions=10, shares=0),
            Reading(age=2 * HOUR, reactions=50, shares=10),
        )
    )
    assert score.value == 5.0
    assert {r.code: r.detail for r in score.reasons} == {"growth": "50", "usual_growth": "10"}


def test_one_reading_says_nothing_about_speed():
    assert virality(sample(Reading(age=HOUR, reactions=5000))).value is None


def test_readings_too_close_to_each_other_say_nothing():
    near = sample(Reading(age=60, reactions=0), Reading(age=120, reactions=400))
    assert virality(near).value is None
    assert virality(near).reasons[0].code == "too_few_readings"


def test_a_handful_of_likes_in_ten_minutes_is_noise():
    few = sample(Reading(age=0, reactions=0), Reading(age=10 * MINUTE, reactions=3))
    assert virality(few).value is None


def test_an_hour_without_engagement_is_a_fact():
    calm = sample(Reading(age=0, reactions=2), Reading(age=2 * HOUR, reactions=2))
    assert virality(calm).value == 0.0


def test_figures_that_the_network_does_not_publish_are_not_zeros():
    # Shares appear only in the second reading: they were not gained in between.
    late = sample(
        Reading(age=HOUR, reactions=10), Reading(age=2 * HOUR, reactions=20, shares=900), usual=10
    )
    assert virality(late).value == 1.0
    assert virality(sample(Reading(age=0), Reading(age=HOUR))).value is None


def test_only_the_latest_two_hours_count():
    old = [Reading(age=h * HOUR, reactions=1000 * h) for h in range(10)]
    calm = [Reading(age=(10 + h) * HOUR, reactions=9000) for h in range(3)]
    assert virality(sample(*old, *calm)).value == 0.0


def test_after_a_long_gap_the_reading_before_it_is_compared():
    gap = sample(Reading(age=HOUR, reactions=0), Reading(age=11 * HOUR, reactions=1000))
    assert virality(gap).value == 10.0


def test_counts_that_fall_are_no_negative_growth():
    purge = sample(Reading(age=HOUR, reactions=500), Reading(age=3 * HOUR, reactions=100))
    assert virality(purge).value == 0.0


def test_without_a_usual_a_cautious_one_is_assumed_and_said():
    score = virality(
        sample(Reading(age=0, reactions=0), Reading(age=HOUR, reactions=100), usual=None)
    )
    assert score.value == 10.0
    assert score.reasons[1].code == "assumed_growth"


def test_an_author_who_never_gains_anything_does_not_make_one_like_viral():
    score = virality(sample(Reading(age=0, shares=0), Reading(age=HOUR, shares=6), usual=0.0))
    assert score.value == 6.0


counts = st.none() | st.integers(-10, 10**18)
ages = st.floats(-1e9, 1e12) | st.sampled_from([float("nan"), float("inf")])
readings = st.lists(
    st.builds(Reading, age=ages, views=counts, reactions=counts, replies=counts, shares=counts),
    max_size=8,
)


@given(readings, st.none() | st.floats(allow_nan=True, allow_infinity=True))
def test_wild_readings_give_a_speed_or_none(wild, usual):
    value = virality(Sample(text="", readings=wild, usual=usual)).value
    assert value is None or value >= 0


@given(readings)
def test_the_order_of_readings_does_not_matter(wild):
    keyed = list({reading.age: reading for reading in wild}.values())
    there, back = (virality(Sample(text="", readings=order)) for order in (keyed, keyed[::-1]))
    assert there == back
