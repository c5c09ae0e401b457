"""When the team is at work: hours, nights, summer time, public holidays, closed days."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from listener.domain.calendar import CalendarSettings, WorkCalendar

PARIS = ZoneInfo("Europe/Paris")
OFFICE = dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), "08:30-18:00")
NIGHTS = dict.fromkeys(("friday", "saturday", "sunday"), "22:00-06:00")


def calendar(zone: ZoneInfo = PARIS, **settings: Any) -> WorkCalendar:
    return WorkCalendar(CalendarSettings.model_validate(settings), zone)


def paris(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=PARIS).astimezone(UTC)


def test_working_hours_follow_the_weekday() -> None:
    office = calendar(**OFFICE, saturday=["09:00-12:00", "14:00-16:00"])
    assert office.is_working(paris(2026, 3, 9, 8, 30))
    assert not office.is_working(paris(2026, 3, 9, 8, 29))
    assert not office.is_working(paris(2026, 3, 9, 18, 0))
    assert office.is_working(paris(2026, 3, 14, 15))
    assert not office.is_working(paris(2026, 3, 14, 13))
    assert not office.is_working(paris(2026, 3, 15, 10))


def test_a_night_runs_over_midnight_into_a_day_without_hours() -> None:
    nights = calendar(**NIGHTS)
    assert nights.is_working(paris(2026, 3, 13, 22))
    assert nights.is_working(paris(2026, 3, 16, 5, 59))  # Sunday's night, on Monday
    assert not nights.is_working(paris(2026, 3, 16, 6))
    assert not nights.is_working(paris(2026, 3, 13, 5))  # Thursday has none


def test_a_whole_day_and_midnight_as_an_end_are_understood() -> None:
    whole = calendar(monday="00:00-24:00", tuesday="20:00-24:00")
    assert whole.is_working(paris(2026, 3, 9, 0, 0))
    assert whole.is_working(paris(2026, 3, 9, 23, 59))
    assert not whole.is_working(paris(2026, 3, 10, 0, 0))
    assert whole.is_working(paris(2026, 3, 10, 23, 59))


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 28), 7), (date(2026, 10, 24), 9)])
def test_a_night_is_an_hour_shorter_or_longer_when_the_clocks_change(day: date, hours: int) -> None:
    ((begin, end),) = calendar(**NIGHTS).openings(day)
    assert end - begin == timedelta(hours=hours)
    assert (begin.astimezone(PARIS).hour, end.astimezone(PARIS).hour) == (22, 6)


def test_both_two_o_clocks_of_the_autumn_night_are_night() -> None:
    nights = calendar(saturday="22:00-02:30")
    second_half_past_two = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    first_half_past_two = second_half_past_two - timedelta(hours=1)
    assert nights.is_working(first_half_past_two - timedelta(minutes=1))
    assert not nights.is_working(first_half_past_two)
    assert not nights.is_working(second_half_past_two)


def test_an_opening_in_the_hour_that_spring_skips_still_has_a_beginning() -> None:
    early = calendar(sunday="02:30-12:00")
    opening = early.next_opening(paris(2026, 3, 28, 23))
    assert opening == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert early.is_working(opening)


@pytest.mark.parametrize(
    "day",
    [
        date(2026, 1, 1),
        date(2026, 4, 6),  # Easter Monday
        date(2026, 5, 1),
        date(2026, 5, 8),
        date(2026, 5, 14),
        date(2026, 7, 14),
        date(2026, 11, 11),
        date(2026, 12, 25),
        date(2027, 3, 29),  # Easter Monday of another year
    ],
)
def test_nobody_works_on_french_public_holidays(day: date) -> None:
    office = calendar(**OFFICE)
    assert office.is_holiday(day)
    assert not list(office.openings(day))


@pytest.mark.parametrize("subdivision", ["57", "6AE", "Moselle", "Alsace"])
def test_alsace_moselle_has_good_friday_and_saint_stephen_s_day(subdivision: str) -> None:
    local, national = calendar(subdivision=subdivision), calendar()
    for day in (date(2026, 4, 3), date(2026, 12, 26)):
        assert local.is_holiday(day)
        assert not national.is_holiday(day)


def test_geneva_fasts_in_september_and_works_on_the_french_first_of_november() -> None:
    geneva = calendar(ZoneInfo("Europe/Zurich"), country="CH", subdivision="GE", **OFFICE)
    assert geneva.is_holiday(date(2026, 9, 10))  # Jeûne genevois
    assert geneva.is_holiday(date(2026, 12, 31))  # Restauration de la République
    assert not geneva.is_holiday(date(2026, 5, 8))
    assert not calendar(country="CH", subdivision="VD").is_holiday(date(2026, 9, 10))


def test_a_closed_day_is_as_a_holiday_and_ends_with_its_night() -> None:
    bridge = calendar(**OFFICE, saturday="22:00-06:00", closed_days=[date(2026, 5, 15)])
    assert not bridge.is_working(paris(2026, 5, 15, 10))
    assert bridge.is_working(paris(2026, 5, 17, 5))


def test_a_night_that_begins_before_a_holiday_lasts_into_it() -> None:
    nights = calendar(thursday="22:00-06:00", friday="22:00-06:00")
    assert nights.is_working(paris(2026, 5, 1, 5))  # Thursday 30 April's night
    assert not nights.is_working(paris(2026, 5, 2, 5))  # the first of May itself has none


def test_what_waits_for_the_morning_waits_for_a_working_one() -> None:
    office = calendar(**OFFICE)
    assert office.next_opening(paris(2026, 3, 10, 10)) == paris(2026, 3, 10, 10)
    assert office.next_opening(paris(2026, 3, 10, 3)) == paris(2026, 3, 10, 8, 30)
    assert office.next_opening(paris(2026, 3, 13, 19)) == paris(2026, 3, 16, 8, 30)
    # Easter: from Friday evening to Tuesday morning, through the change of clocks or not.
    assert office.next_opening(paris(2026, 4, 3, 18)) == paris(2026, 4, 7, 8, 30)
    assert office.next_opening(paris(2026, 3, 27, 18)) == paris(2026, 3, 30, 8, 30)


def test_the_next_working_day_skips_weekends_and_holidays() -> None:
    office = calendar(**OFFICE)
    assert office.next_working_day(date(2026, 3, 9)) == date(2026, 3, 9)
    assert office.next_working_day(date(2026, 4, 4)) == date(2026, 4, 7)


def test_a_calendar_without_hours_holds_nothing_back() -> None:
    empty = calendar()
    at = paris(2026, 3, 14, 3)
    assert not empty.is_working(at)
    assert empty.next_opening(at) == at
    assert empty.next_working_day(date(2026, 3, 14)) == date(2026, 3, 14)


def test_hours_are_those_of_the_hospital_s_zone() -> None:
    reunion = calendar(ZoneInfo("Indian/Reunion"), subdivision="974", **OFFICE)
    assert reunion.is_working(datetime(2026, 3, 9, 4, 30, tzinfo=UTC))
    assert reunion.is_holiday(date(2026, 12, 20))  # abolition of slavery


@pytest.mark.parametrize(
    "wrong",
    [
        {"monday": "8h-18h"},
        {"monday": "08:30"},
        {"monday": "25:00-26:00"},
        {"monday": "08:00-24:30"},
        {"monday": [830]},
        {"country": "France"},
        {"country": "FR", "subdivision": "GE"},
        {"lundi": "08:00-18:00"},
        {"closed_days": ["15/05"]},
    ],
)
def test_wrong_hours_and_places_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        CalendarSettings.model_validate(wrong)


@given(
    st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.sampled_from([OFFICE, NIGHTS, OFFICE | NIGHTS, {"sunday": "02:30-02:45"}]),
)
def test_the_next_opening_is_never_past_and_always_open(
    at: datetime, hours: dict[str, str]
) -> None:
    cal = calendar(**hours)
    opening = cal.next_opening(at)
    assert opening >= at
    assert cal.is_working(opening)
    assert opening == at or not cal.is_working(at)
