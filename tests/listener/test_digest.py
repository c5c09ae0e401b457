"""Which days a digest tells, in the hospital's calendar."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listener.domain.digest import (
    Digest,
    Figures,
    Part,
    Period,
    Span,
    last_complete,
    month,
    named,
    stretch,
    week,
)
from tests.listener.weeks import MONDAY, PARIS

DAYS = st.dates(date(1903, 1, 1), date(2097, 12, 31))
ZONES = st.sampled_from(
    [PARIS, *map(ZoneInfo, ("America/Cayenne", "Indian/Reunion", "Pacific/Noumea", "UTC"))]
)


@st.composite
def periods(draw) -> Period:
    """A week, a month, or some days, anywhere."""
    day, zone, span = draw(DAYS), draw(ZONES), draw(st.sampled_from(Span))
    if span is Span.WEEK:
        return Period.week_of(day, zone)
    if span is Span.MONTH:
        return Period.month_of(day, zone)
    last = day + timedelta(days=draw(st.integers(0, 365)))
    return Period(first_day=day, last_day=last, zone=zone)


@given(periods())
def test_periods_follow_each_other_without_a_seam(period):
    assert period.next().previous() == period
    assert period.previous().next() == period
    assert period.previous().until == period.since
    assert period.until == period.next().since
    assert period.next().span is period.previous().span is period.span


@given(periods())
def test_a_label_names_its_period_and_no_other(period):
    assert named(period.label, period.zone) == period
    assert period.label != period.next().label


@given(periods())
def test_a_period_is_its_days(period):
    assert len(period.days) == period.length
    assert (period.days[0], period.days[-1]) == (period.first_day, period.last_day)
    hours = (period.until - period.since) / timedelta(hours=1)
    assert abs(hours - 24 * period.length) <= 2


@given(periods())
def test_the_year_before_lies_a_year_before_and_is_of_the_same_kind(period):
    before = period.year_before()
    assert before.span is period.span
    assert 350 <= (period.first_day - before.first_day).days <= 378
    if period.span is Span.MONTH:
        assert before.first_day.month == period.first_day.month
    else:
        assert before.first_day.weekday() == period.first_day.weekday()


@given(DAYS, ZONES)
def test_every_day_falls_in_one_week_and_one_month(day, zone):
    for found in (Period.week_of(day, zone), Period.month_of(day, zone)):
        assert found.first_day <= day <= found.last_day


@given(st.integers(0, 4 * 10**9), ZONES, st.sampled_from([Span.WEEK, Span.MONTH]))
def test_what_ended_last_is_over_and_its_successor_is_not(seconds, zone, span):
    at = datetime.fromtimestamp(seconds, UTC)
    found = last_complete(at, zone, span)
    assert found.until <= at < found.next().until
    assert found.span is span


@pytest.mark.parametrize(
    ("day", "label"),
    [
        (date(2026, 12, 31), "2026-W53"),
        (date(2027, 1, 3), "2026-W53"),
        (date(2027, 1, 4), "2027-W01"),
        (date(2025, 12, 29), "2026-W01"),
        (date(2022, 1, 2), "2021-W52"),
        (date(2021, 1, 3), "2020-W53"),
    ],
)
def test_a_week_over_new_year_belongs_to_one_year(day, label):
    found = Period.week_of(day, PARIS)
    assert found.label == label
    assert found.next().label != label != found.previous().label


@pytest.mark.parametrize(
    ("label", "before"),
    [
        ("2026-W47", "2025-W47"),
        ("2026-W53", "2025-W52"),  # 2025 has no week 53
        ("2021-W52", "2020-W52"),
        ("2027-W01", "2026-W01"),
        ("2026-11", "2025-11"),
        ("2026-01", "2025-01"),
        ("2024-02", "2023-02"),
        ("2026-11-16..2026-11-18", "2025-11-17..2025-11-19"),
    ],
)
def test_the_year_before_is_the_week_of_that_number_the_month_or_the_same_weekdays(label, before):
    assert named(label, PARIS).year_before().label == before


@pytest.mark.parametrize(
    ("label", "hours"),
    [
        ("2026-W13", 167),
        ("2026-W43", 169),
        ("2026-W30", 168),
        ("2026-03", 31 * 24 - 1),
        ("2026-10", 31 * 24 + 1),
        ("2026-03-29..2026-03-29", 23),
        ("2026-10-25..2026-10-25", 25),
    ],
)
def test_a_period_with_a_change_of_clocks_is_an_hour_shorter_or_longer(label, hours):
    found = named(label, PARIS)
    assert found.until - found.since == timedelta(hours=hours)


def test_a_week_begins_at_the_hospitals_midnight():
    assert week("2026-W47", PARIS).since == datetime(2026, 11, 15, 23, tzinfo=UTC)
    assert week("2026-W30", PARIS).since == datetime(2026, 7, 19, 22, tzinfo=UTC)
    cayenne = ZoneInfo("America/Cayenne")
    assert week("2026-W30", cayenne).since == datetime(2026, 7, 20, 3, tzinfo=UTC)


@pytest.mark.parametrize("year", [2023, 2024, 2100, 2000])
def test_a_month_has_its_own_length(year):
    lengths = [Period.month_of(date(year, number, 15), PARIS).length for number in range(1, 13)]
    assert lengths == [monthrange(year, number)[1] for number in range(1, 13)]


def test_a_leap_day_is_a_day_of_february():
    february = month("2024-02", PARIS)
    assert february.last_day == date(2024, 2, 29)
    assert february.next().label == "2024-03"
    assert Period.month_of(date(2024, 2, 29), PARIS) == february
    assert stretch("2024-02-29", "2024-03-01", PARIS).length == 2


def test_december_is_followed_by_january():
    december = month("2026-12", PARIS)
    assert december.next().label == "2027-01"
    assert december.next().previous() == december


def test_a_stretch_may_be_one_day_or_a_leap_year_and_no_more():
    assert stretch("2026-11-16", "2026-11-16", PARIS).length == 1
    assert stretch("2024-01-01", "2024-12-31", PARIS).length == 366
    with pytest.raises(ValueError, match="2024-01-01 to 2025-01-01 is more than 366 days"):
        stretch("2024-01-01", "2025-01-01", PARIS)


def test_a_stretch_that_ends_before_it_begins_is_refused():
    with pytest.raises(ValueError, match="2026-11-15 comes before 2026-11-16"):
        stretch("2026-11-16", "2026-11-15", PARIS)


@pytest.mark.parametrize("label", ["2026-W54", "2025-W53", "2026-W00", "2026-47", "0001-W01", ""])
def test_a_week_that_is_none_is_refused_by_name(label):
    with pytest.raises(ValueError, match=r"should look like|has no week"):
        week(label, PARIS)


@pytest.mark.parametrize("label", ["2026-13", "2026-00", "2026-W11", "0001-01", "novembre", ""])
def test_a_month_that_is_none_is_refused_by_name(label):
    with pytest.raises(ValueError, match=r"should look like|has no month"):
        month(label, PARIS)


@pytest.mark.parametrize("day", ["2026-02-29", "2026-13-01", "0001-01-01", "9999-12-31", "lundi"])
def test_a_day_that_is_none_is_refused_by_name(day):
    with pytest.raises(ValueError, match=r"should look like|there is no day"):
        stretch(day, "2026-11-16", PARIS)


@given(st.text(max_size=30) | st.from_regex(r"\d{4}-W?\d\d(-\d\d(\.\.\d{4}-\d\d-\d\d)?)?"))
def test_any_other_text_names_no_period(label):
    try:
        found = named(label, PARIS)
    except ValueError:
        return
    assert found.label == label.strip()


def test_figures_add_up():
    one = Figures(negative=1, neutral=2, positive=3, unscored=4)
    assert (one.scored, one.mentions) == (6, 10)
    assert one + one == Figures(negative=2, neutral=4, positive=6, unscored=8)


def test_the_whole_is_the_sum_of_the_networks():
    digest = Digest(
        period=week("2026-W47", PARIS),
        hospital="CHU de Valmont",
        at=MONDAY,
        networks=[
            Part(name="mastodon", now=Figures(negative=3), before=Figures(neutral=1)),
            Part(name="bluesky", now=Figures(unscored=2), year_before=Figures(positive=4)),
        ],
    )
    assert digest.now == Figures(negative=3, unscored=2)
    assert digest.before.mentions == 1
    assert digest.year_before == Figures(positive=4)
