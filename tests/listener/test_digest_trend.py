"""When a difference is a change: intervals, trends of shares and of volumes, what is usual."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from listener.domain.digest import (
    Band,
    Day,
    Digest,
    Figures,
    Part,
    Trend,
    share_trend,
    usual,
    volume_trend,
    wilson,
)
from tests.listener.weeks import MONDAY, W47

BEFORE = W47.previous()


def days(counts, first: date = W47.first_day) -> dict[date, int]:
    return {first + timedelta(days=n): count for n, count in enumerate(counts)}


def volumes(now, before) -> Trend:
    return volume_trend(days(now), days(before, BEFORE.first_day))


# --------------------------------------------------------------------------------------- shares


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [
        # Newcombe 1998, Statistics in Medicine 17:857-872, table I: method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_a_share_has_wilsons_interval(part, whole, low, high):
    found = wilson(part, whole)
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.00006)


def test_a_share_of_nothing_has_no_interval():
    assert wilson(0, 0) is None


SHARES = st.integers(0, 10**9).flatmap(
    lambda whole: st.tuples(st.integers(0, whole), st.just(whole))
)


@given(SHARES)
def test_an_interval_holds_its_share_and_stays_within_nothing_and_everything(share):
    part, whole = share
    assume(whole)
    found = wilson(part, whole)
    assert 0 <= found.low <= found.high <= 1
    assert found.low - 1e-9 <= part / whole <= found.high + 1e-9


@pytest.mark.parametrize(
    ("now", "before", "trend"),
    [
        ((30, 100), (30, 100), Trend.STABLE),
        ((35, 100), (30, 100), Trend.STABLE),  # five points of a hundred posts are chance
        ((350, 1000), (300, 1000), Trend.RISE),  # of a thousand they are not
        ((45, 100), (30, 100), Trend.SHARP_RISE),
        ((300, 1000), (350, 1000), Trend.FALL),
        ((30, 100), (45, 100), Trend.SHARP_FALL),
        ((0, 40), (20, 40), Trend.SHARP_FALL),
        ((40, 40), (0, 40), Trend.SHARP_RISE),
    ],
)
def test_a_share_has_changed_where_its_interval_excludes_chance(now, before, trend):
    assert share_trend(now, before) is trend


def test_newcombes_interval_of_a_difference_decides_at_its_edge():
    # Newcombe 1998, ibid. 17:873-890, table II, method 10: 56/70 − 48/80 is 0.0524 to 0.3339
    assert share_trend((56, 70), (48, 80)) is Trend.SHARP_RISE
    # 9/10 − 3/10 excludes 0 as well, and is too little to be a share at all
    assert share_trend((9, 10), (3, 10)) is None


@pytest.mark.parametrize(
    ("now", "before"), [((5, 19), (5, 200)), ((5, 200), (5, 19)), ((0, 0),) * 2]
)
def test_a_share_of_fewer_than_twenty_is_none(now, before):
    assert share_trend(now, before) is None


def test_twenty_are_enough_for_a_share():
    assert share_trend((5, 20), (5, 20)) is Trend.STABLE


OPPOSITE = {
    None: None,
    Trend.STABLE: Trend.STABLE,
    Trend.RISE: Trend.FALL,
    Trend.FALL: Trend.RISE,
    Trend.SHARP_RISE: Trend.SHARP_FALL,
    Trend.SHARP_FALL: Trend.SHARP_RISE,
}


@given(SHARES, SHARES)
def test_shares_told_backwards_change_the_other_way(one, other):
    assert share_trend(other, one) is OPPOSITE[share_trend(one, other)]


@given(SHARES)
def test_the_same_share_twice_is_stable_or_none(share):
    assert share_trend(share, share) in (None, Trend.STABLE)


# -------------------------------------------------------------------------------------- volumes

COUNTS = st.lists(st.integers(0, 10**6), min_size=1, max_size=35)
WEEK = st.lists(st.integers(0, 10**4), min_size=7, max_size=7)


@given(COUNTS)
def test_the_same_counts_twice_are_stable(counts):
    # Days of the same names, so that no weekday is there twice in one of them only.
    now = days(counts)
    before = {day - timedelta(weeks=8): count for day, count in now.items()}
    assert volume_trend(now, before) is Trend.STABLE


@given(COUNTS, COUNTS)
def test_volumes_told_backwards_change_the_other_way(one, other):
    now, before = days(one), days(other, BEFORE.first_day)
    assert volume_trend(before, now) is OPPOSITE[volume_trend(now, before)]


@given(WEEK, WEEK, st.integers(2, 50))
def test_a_change_is_one_also_where_everything_is_so_many_times_as_much(now, before, factor):
    trend = volumes(now, before)
    assume(trend is not Trend.STABLE)
    assert volumes([n * factor for n in now], [n * factor for n in before]) is trend


@given(
    st.dictionaries(st.dates(), st.integers(0, 10**12), max_size=60),
    st.dictionaries(st.dates(), st.integers(0, 10**12), max_size=60),
)
def test_whatever_is_counted_has_a_trend(now, before):
    found = volume_trend(now, before)
    assert not (found.rises and found.falls)


@given(WEEK, WEEK)
def test_a_rise_is_of_more_and_a_fall_of_fewer(now, before):
    trend = volumes(now, before)
    assert not trend.rises or sum(now) > sum(before)
    assert not trend.falls or sum(now) < sum(before)


@pytest.mark.parametrize(
    ("now", "before", "trend"),
    [
        ([60] * 7, [30] * 7, Trend.SHARP_RISE),
        ([30] * 7, [60] * 7, Trend.SHARP_FALL),
        ([38] * 7, [30] * 7, Trend.RISE),
        ([30] * 7, [38] * 7, Trend.FALL),
        ([31] * 7, [30] * 7, Trend.STABLE),
        ([45] * 7, [30] * 7, Trend.SHARP_RISE),  # half as many again
        ([0] * 7, [0] * 7, Trend.STABLE),
        ([30] * 7, [0] * 7, Trend.SHARP_RISE),
        ([0] * 7, [30] * 7, Trend.SHARP_FALL),
        ([4, 0, 0, 0, 0, 0, 0], [0] * 7, Trend.STABLE),  # four posts are an anecdote
        ([1, 1, 1, 1, 0, 0, 0], [0, 1, 0, 0, 0, 0, 0], Trend.STABLE),
        ([3, 2, 3, 2, 2, 1, 1], [1, 2, 1, 2, 1, 1, 2], Trend.STABLE),  # 14 after 10
    ],
)
def test_a_volume_has_changed_where_days_alone_would_not_explain_it(now, before, trend):
    assert volumes(now, before) is trend


def test_one_story_on_one_day_is_no_busier_week():
    quiet = [10] * 7
    assert volumes([10, 10, 10, 40, 10, 10, 10], quiet) is Trend.STABLE
    # As many more, spread over the days, are one.
    assert volumes([14, 14, 14, 15, 14, 15, 14], quiet) is Trend.RISE


def test_quiet_weekends_are_no_noise():
    shape = [14, 16, 15, 14, 13, 4, 3]
    assert volumes([2 * n for n in shape], shape) is Trend.SHARP_RISE
    assert volumes(shape, list(shape)) is Trend.STABLE


def test_a_month_is_compared_by_the_day():
    november, october = [20] * 30, [20] * 31
    assert volume_trend(days(november), days(october)) is Trend.STABLE
    assert volume_trend(days([20] * 30), days([11] * 31)) is Trend.SHARP_RISE


# ----------------------------------------------------------------------------------- of a digest


def digest(now, before, **values) -> Digest:
    told = {
        "days": [Day(day=day, figures=Figures(neutral=n)) for day, n in days(now).items()],
        "days_before": days(before, BEFORE.first_day),
        "known_since": BEFORE.since - timedelta(days=90),
        "at": MONDAY,
    }
    return Digest(period=W47, hospital="CHU de Valmont", **{**told, **values})


def test_a_digests_volume_is_set_against_the_period_before():
    assert digest([60] * 7, [30] * 7).volume is Trend.SHARP_RISE


def test_days_without_a_word_count_as_days_though_they_stand_in_no_row():
    silent = {day: n for day, n in days([30], BEFORE.first_day).items() if n}
    assert digest([5] * 6 + [0], [], days_before=silent).volume is Trend.STABLE


@pytest.mark.parametrize(
    "unknown",
    [
        {"known_since": None},
        {"known_since": W47.since},
        {"known_since": BEFORE.since + timedelta(days=2)},
        {"at": W47.until - timedelta(hours=1)},  # it still grows
        {"days": ()},
    ],
)
def test_a_volume_that_is_not_wholly_known_is_compared_with_none(unknown):
    assert digest([60] * 7, [30] * 7, **unknown).volume is None


def test_a_digests_tone_is_its_negative_share():
    networks = [
        Part(name="x", now=Figures(negative=40, neutral=60), before=Figures(neutral=100)),
        Part(name="rss", now=Figures(unscored=400), before=Figures(unscored=400)),
    ]
    assert digest([1], [1], networks=networks).tone is Trend.SHARP_RISE
    assert digest([1], [1], networks=networks, known_since=None).tone is None
    assert digest([1], [1]).tone is None


def test_a_year_is_known_only_where_the_records_reach_back_over_it():
    before = W47.year_before().since
    assert digest([1], [1], known_since=before).has_year
    assert not digest([1], [1], known_since=before + timedelta(seconds=1)).has_year
    assert not digest([1], [1], known_since=None).has_year


# ------------------------------------------------------------------------------- what is usual


def test_fewer_than_four_weeks_have_nothing_usual():
    assert usual([]) is usual([7, 7, 7]) is None
    assert usual([7, 7, 7, 7]) == Band(low=7, middle=7, high=7)


def test_eight_in_ten_lie_within_what_is_usual():
    found = usual([10, 40, 20, 30, 50, 60, 80, 70, 90, 100, 0])
    assert (found.low, found.middle, found.high) == (10, 50, 90)


@given(st.lists(st.integers(0, 10**9), min_size=4, max_size=60))
def test_what_is_usual_lies_within_what_was_and_in_order(counts):
    found = usual(counts)
    assert min(counts) <= found.low <= found.middle <= found.high <= max(counts)
    assert usual(sorted(counts, reverse=True)) == found
