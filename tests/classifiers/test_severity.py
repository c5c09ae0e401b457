"""Severity rises with what should raise it, and says what did."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from classifiers.classifier import Sample
from classifiers.severity import GRAVITY, Points, Told, severity

fractions = st.floats(0, 1)
growths = st.none() | st.floats(0, 1e6)
followers = st.none() | st.integers(0, 10**10)
ratings = st.none() | st.floats(1, 5)
weights = st.floats(0, 10)


def value(negative, growth=None, followers=None, rating=None, weight=1.0, **told):
    sample = Sample(text="", followers=followers, rating=rating, weight=weight)
    found = severity(sample, Told(negative=negative, growth=growth, **told)).value
    assert found is not None
    return found


@given(fractions, fractions, growths, followers, ratings, weights)
def test_it_rises_with_negativity(a, b, growth, reach, rating, weight):
    low, high = sorted((a, b))
    assert value(low, growth, reach, rating, weight) <= value(high, growth, reach, rating, weight)


@given(fractions, st.floats(0, 1e6), st.floats(0, 1e6), followers, ratings, weights)
def test_it_rises_with_growth(negative, a, b, reach, rating, weight):
    low, high = sorted((a, b))
    lower = value(negative, low, reach, rating, weight)
    assert value(negative, None, reach, rating, weight) <= lower
    assert lower <= value(negative, high, reach, rating, weight)


@given(fractions, growths, st.integers(0, 10**10), st.integers(0, 10**10), ratings, weights)
def test_it_rises_with_the_authors_reach(negative, growth, a, b, rating, weight):
    low, high = sorted((a, b))
    lower = value(negative, growth, low, rating, weight)
    assert lower <= value(negative, growth, high, rating, weight)


@given(fractions, growths, followers, st.floats(1, 5), st.floats(1, 5), weights)
def test_it_falls_with_the_rating(negative, growth, reach, a, b, weight):
    low, high = sorted((a, b))
    lower = value(negative, growth, reach, low, weight)
    assert lower >= value(negative, growth, reach, high, weight)


@given(fractions, growths, followers, ratings, weights, weights)
def test_it_rises_with_the_sources_weight(negative, growth, reach, rating, a, b):
    low, high = sorted((a, b))
    lower = value(negative, growth, reach, rating, low)
    assert 0 <= lower <= value(negative, growth, reach, rating, high) <= 100


def test_a_thank_you_that_goes_viral_is_not_severe():
    assert value(0.02, growth=1000, followers=1_000_000) < 5


def test_a_furious_complaint_that_goes_viral_from_a_large_account_is_extreme():
    assert value(0.98, growth=80, followers=800_000, rating=1) > 95


def test_the_reasons_shares_sum_to_one_and_carry_the_figures():
    sample = Sample(text="", followers=5000, rating=1.0, weight=1.5)
    score = severity(sample, Told(negative=0.9, growth=12.0, themes={"hygiene": 0.9}))
    parts = {reason.code: reason for reason in score.reasons}
    assert abs(sum(reason.share for reason in score.reasons) - 1) < 0.001
    assert parts["growth"].detail == "12.0"
    assert parts["reach"].detail == "5000"
    assert parts["theme"].detail == "hygiene"
    assert parts["source_weight"].detail == "1.5"


def test_absurd_figures_are_bounded():
    nan = float("nan")
    assert value(nan, nan, -5, nan, nan) == 0.0
    assert value(1.0, float("inf"), 10**30, -3, float("inf")) <= 100


@given(fractions, growths, st.floats(0, 1e9), st.floats(0, 1e9), followers)
def test_it_rises_with_the_forecast(negative, growth, a, b, reach):
    low, high = sorted((a, b))
    lower = value(negative, growth, reach, forecast=low)
    assert value(negative, growth, reach) <= lower <= value(negative, growth, reach, forecast=high)


@given(fractions, st.sampled_from(sorted(GRAVITY)), fractions, fractions, fractions)
def test_it_rises_with_each_themes_probability(negative, theme, a, b, other):
    low, high = sorted((a, b))
    lower, higher = (value(negative, themes={theme: p, "waiting": other}) for p in (low, high))
    if theme != "waiting":
        assert lower <= higher


@given(fractions, fractions, fractions, growths)
def test_it_falls_with_the_doubt_whether_a_hospital_is_spoken_of(negative, a, b, growth):
    low, high = sorted((a, b))
    assert value(negative, growth, about=low) <= value(negative, growth, about=high)


def test_danger_to_a_life_counts_whatever_the_tone():
    calm = value(0.05)
    assert value(0.05, themes={"person_in_danger": 0.95}) > calm + 20
    assert value(0.05, themes={"violence": 0.95}) < calm + 2


def test_a_graver_theme_weighs_more_and_its_weight_is_the_operators():
    assert value(0.9, themes={"violence": 0.9}) > value(0.9, themes={"waiting": 0.9})
    told = Told(negative=0.9, themes={"waiting": 0.9})
    heavy = Points(themes={"waiting": 1.0})
    sample = Sample(text="")
    assert (severity(sample, told, heavy).value or 0) > (severity(sample, told).value or 0) + 10
