"""When a digest is due, and until when a missed one is worth sending: decided purely."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listener.domain.calendar import CalendarSettings, WorkCalendar
from listener.domain.digest import Period, due_at, is_superseded, last_complete, month, week
from tests.listener.weeks import PARIS

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")
HOURS = dict.fromkeys(WEEKDAYS, ("08:30-18:00",))
MORNING = {"day": "monday", "hour": time(8, 0)}


def calendar(**settings) -> WorkCalendar:
    return WorkCalendar(CalendarSettings(**{**HOURS, **settings}), PARIS)


CALENDAR = calendar()


def paris(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=PARIS).astimezone(UTC)


def test_a_digest_is_due_at_its_hour_on_the_monday_after():
    due = due_at(week("2026-W47", PARIS), calendar(), **MORNING)
    assert due == paris(2026, 11, 23, 8)


def test_a_digest_may_be_due_on_another_day():
    due = due_at(week("2026-W47", PARIS), calendar(), day="sunday", hour=time(20, 30))
    assert due == paris(2026, 11, 29, 20, 30)


@pytest.mark.parametrize(
    ("label", "settings", "expected"),
    [
        ("2026-W14", {}, (2026, 4, 7, 8)),  # Easter Monday
        ("2026-W21", {}, (2026, 5, 26, 8)),  # Whit Monday
        ("2026-W47", {"closed_days": (date(2026, 11, 23), date(2026, 11, 24))}, (2026, 11, 25, 8)),
        ("2022-W51", {"subdivision": "57"}, (2022, 12, 27, 8)),  # 26 December in Moselle
        ("2026-W14", {"monday": (), "tuesday": ()}, (2026, 4, 8, 8)),
    ],
)
def test_a_holiday_monday_passes_the_digest_on_to_the_next_working_day(label, settings, expected):
    assert due_at(week(label, PARIS), calendar(**settings), **MORNING) == paris(*expected)


def test_a_holiday_is_kept_also_by_a_calendar_without_hours():
    closed = WorkCalendar(CalendarSettings(), PARIS)
    due = due_at(week("2026-W14", PARIS), closed, **MORNING)
    assert due == paris(2026, 4, 7, 8)


def test_a_digest_wanted_on_a_day_off_that_is_no_holiday_comes_on_that_day():
    due = due_at(week("2026-W47", PARIS), calendar(), day="saturday", hour=time(9))
    assert due == paris(2026, 11, 28, 9)


@pytest.mark.parametrize(
    ("label", "settings", "expected"),
    [
        ("2026-11", {}, (2026, 12, 1, 8)),  # a Tuesday: the week's own day is no matter
        ("2026-10", {}, (2026, 11, 2, 8)),  # the 1st is a Sunday, and All Saints'
        ("2026-12", {}, (2027, 1, 4, 8)),  # New Year's Day on a Friday, then a weekend
        ("2026-04", {}, (2026, 5, 4, 8)),  # 1 May on a Friday
        ("2026-07", {"saturday": ("09:00-12:00",)}, (2026, 8, 1, 8)),
        ("2026-11", {"closed_days": (date(2026, 12, 1),)}, (2026, 12, 2, 8)),
    ],
)
def test_a_months_digest_is_due_on_the_first_working_day_after_it(label, settings, expected):
    assert due_at(month(label, PARIS), calendar(**settings), **MORNING) == paris(*expected)


def test_a_month_waits_for_no_opening_where_the_calendar_has_none():
    closed = WorkCalendar(CalendarSettings(), PARIS)
    assert due_at(month("2026-10", PARIS), closed, **MORNING) == paris(2026, 11, 2, 8)


@given(
    st.dates(date(2000, 1, 1), date(2060, 12, 31)),
    st.sampled_from([Period.week_of, Period.month_of]),
)
def test_no_digest_is_due_before_its_period_is_over(day, period_of):
    period = period_of(day, PARIS)
    due = due_at(period, CALENDAR, **MORNING)
    assert period.until < due < period.until + timedelta(days=5)
    assert not is_superseded(period, CALENDAR, due, **MORNING)


@pytest.mark.parametrize(
    ("back", "superseded"),
    [
        ((2026, 11, 23, 8), False),
        ((2026, 11, 26, 14), False),
        ((2026, 11, 29, 23, 59), False),
        ((2026, 11, 30, 7), True),  # the next week is over: its digest comes in an hour
        ((2026, 12, 20, 12), True),
    ],
)
def test_a_missed_digest_is_worth_sending_until_the_next_week_is_over(back, superseded):
    w47 = week("2026-W47", PARIS)
    assert is_superseded(w47, calendar(), paris(*back), **MORNING) is superseded


@pytest.mark.parametrize(
    ("back", "superseded"),
    [
        ((2026, 12, 1, 8), False),
        ((2026, 12, 31, 23, 59), False),
        ((2027, 1, 1, 0), True),  # December is over: its digest comes on the 4th
        ((2027, 1, 4, 8), True),
    ],
)
def test_a_missed_month_is_worth_sending_until_the_next_month_is_over(back, superseded):
    november = month("2026-11", PARIS)
    assert is_superseded(november, calendar(), paris(*back), **MORNING) is superseded


def test_a_digest_that_a_holiday_pushes_into_the_next_week_is_still_sent():
    # A Sunday digest of W21 meets a closed Sunday, a holiday Monday, and goes on the Tuesday.
    closed = calendar(closed_days=(date(2026, 5, 24),))
    sunday = {"day": "sunday", "hour": time(20)}
    w20 = week("2026-W20", PARIS)
    due = due_at(w20, closed, **sunday)
    assert due == paris(2026, 5, 26, 20)
    assert last_complete(due, PARIS) == w20.next()
    assert not is_superseded(w20, closed, due, **sunday)
    assert is_superseded(w20, closed, paris(2026, 5, 31, 20), **sunday)
