"""Severity rises with what should raise it, and says what did."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from classifiers.classifier import Sample
from classifiers.severity import severity

fractions = st.floats(0, 1)
growths = st.none() | st.floats(0, 1e6)
followers = st.none() | st.integers(0, 10**10)
ratings = st.none() | st.floats(1, 5)
weights = st.floats(0, 10)


def value(negative, growth=None, followers=None, rating=None, weight=1.0):
    sample = Sample(text="", followers=followers, rating=rating, weight=weight)
    found = severity(sample, negative=negative, growth=growth).value
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
    score = severity(sample, negative=0.9, growth=12.0)
    parts = {reason.code: reason for reason in score.reasons}
    assert abs(sum(reason.share for reason in score.reasons) - 1) < 0.001
    assert parts["growth"].detail == "12.0"
    assert parts["reach"].detail == "5000"
    assert parts["source_weight"].detail == "1.5"


def test_absurd_figures_are_bounded():
    nan = float("nan")
    assert value(nan, nan, -5, nan, nan) == 0.0
    assert value(1.0, float("inf"), 10**30, -3, float("inf")) <= 100
