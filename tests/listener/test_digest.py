"""Which week a digest tells, and when it is due: decided purely."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listener.domain.calendar import CalendarSettings, WorkCalendar
from listener.domain.digest import (
    Digest,
    Figures,
    NetworkFigures,
    Period,
    due_at,
    is_superseded,
    last_complete,
    week,
)
from tests.listener.weeks import PARIS

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")
HOURS = dict.fromkeys(WEEKDAYS, ("08:30-18:00",))
MORNING = {"day": "monday", "hour": time(8, 0)}


def calendar(**settings) -> WorkCalendar:
    return WorkCalendar(CalendarSettings(**{**HOURS, **settings}), PARIS)


def paris(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=PARIS).astimezone(UTC)


INSTANTS = st.integers(10**8, 4 * 10**9).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@given(INSTANTS)
def test_every_instant_falls_in_one_week_and_weeks_follow_each_other_without_a_seam(at):
    found = Period.of(at, PARIS)
    assert found.since <= at < found.until
    assert found.next().previous() == found
    assert found.previous().until == found.since
    assert week(found.label, PARIS) == found


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
    found = Period.holding(day, PARIS)
    assert found.label == label
    assert found.first_day <= day <= found.last_day
    assert found.next().label != label != found.previous().label


@pytest.mark.parametrize(
    ("label", "hours"), [("2026-W13", 167), ("2026-W43", 169), ("2026-W30", 168)]
)
def test_a_week_with_a_change_of_clocks_is_an_hour_shorter_or_longer(label, hours):
    found = week(label, PARIS)
    assert found.until - found.since == timedelta(hours=hours)


def test_a_week_begins_at_the_hospitals_midnight():
    assert week("2026-W47", PARIS).since == datetime(2026, 11, 15, 23, tzinfo=UTC)
    assert week("2026-W30", PARIS).since == datetime(2026, 7, 19, 22, tzinfo=UTC)
    cayenne = ZoneInfo("America/Cayenne")
    assert week("2026-W30", cayenne).since == datetime(2026, 7, 20, 3, tzinfo=UTC)
    assert Period.of(datetime(2026, 11, 15, 23, tzinfo=UTC), PARIS).label == "2026-W47"


@pytest.mark.parametrize("label", ["2026-W54", "2025-W53", "2026-W00", "2026-47", "0001-W01", ""])
def test_a_week_that_is_none_is_refused_by_name(label):
    with pytest.raises(ValueError, match=r"should look like|has no week"):
        week(label, PARIS)


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


def test_figures_add_up():
    one = Figures(negative=1, neutral=2, positive=3, unscored=4)
    assert (one.scored, one.mentions) == (6, 10)
    assert one + one == Figures(negative=2, neutral=4, positive=6, unscored=8)


def test_the_whole_is_the_sum_of_the_networks():
    digest = Digest(
        period=week("2026-W47", PARIS),
        hospital="CHU de Valmont",
        at=paris(2026, 11, 23, 8),
        networks=[
            NetworkFigures(network="mastodon", now=Figures(negative=3), before=Figures(neutral=1)),
            NetworkFigures(network="bluesky", now=Figures(unscored=2)),
        ],
    )
    assert digest.now == Figures(negative=3, unscored=2)
    assert digest.before.mentions == 1
