"""Who is on call: weekly turns, hand-overs over summer time, overrides, swaps, holes."""

from __future__ import annotations

# ruff: noqa: DTZ001 - a rota is written in local instants
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from listener.domain.oncall import DailyRota, Person, Rota, RotaSettings, WeekdayRota
from listener.domain.oncall.settings import AnyRota

PARIS = ZoneInfo("Europe/Paris")
START = date(2026, 3, 2)  # a Monday


def rota(**settings: Any) -> Rota:
    defaults: dict[str, Any] = {
        "id": "cm",
        "people": ["lea", "ali", "zoe"],
        "starts_on": START,
        "fallback": "chef",
    }
    return Rota(RotaSettings.model_validate(defaults | settings), PARIS)


def paris(month: int, day: int, hour: int = 12, minute: int = 0, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=PARIS).astimezone(UTC)


def who(roster: Rota, at: datetime) -> str:
    return roster.on_call(at).person


def test_people_take_turns_a_week_each() -> None:
    weeks = [paris(3, 3) + timedelta(weeks=week) for week in range(5)]
    assert [who(rota(), at) for at in weeks] == ["lea", "ali", "zoe", "lea", "ali"]


def test_the_hand_over_is_at_its_hour_and_says_until_when() -> None:
    before, after = paris(3, 9, 8, 59), paris(3, 9, 9)
    assert who(rota(), before) == "lea"
    assert who(rota(), after) == "ali"
    assert rota().on_call(before).until == paris(3, 9, 9)
    assert rota().on_call(after).until == paris(3, 16, 9)


def test_the_hand_over_may_be_on_any_day_and_hour() -> None:
    fridays = rota(handover_day="friday", handover_time="18:00", starts_on=date(2026, 3, 4))
    assert who(fridays, paris(2, 27, 18)) == "lea"  # the week that holds the 4th
    assert who(fridays, paris(3, 6, 17, 59)) == "lea"
    assert who(fridays, paris(3, 6, 18)) == "ali"


@pytest.mark.parametrize(("month", "day", "hours"), [(3, 23, 167), (10, 19, 169)])
def test_a_week_over_the_change_of_clocks_hands_over_at_the_same_local_hour(
    month: int, day: int, hours: int
) -> None:
    begin = paris(month, day, 9)
    until = rota().on_call(begin).until
    assert until - begin == timedelta(hours=hours)
    assert until.astimezone(PARIS).time() == time(9)


def test_a_hand_over_in_the_hour_that_spring_skips_happens_once() -> None:
    nightly = rota(handover_day="sunday", handover_time="02:30", starts_on=date(2026, 3, 1))
    turns = [who(nightly, paris(3, 29, 0) + timedelta(minutes=30 * step)) for step in range(8)]
    assert turns == sorted(turns, key=turns.index)
    assert len(set(turns)) == 2


def test_an_override_replaces_whoever_was_due_and_nobody_else() -> None:
    swapped = rota(
        override=[
            {"from": datetime(2026, 3, 14, 18), "until": datetime(2026, 3, 15, 20), "person": "zoe"}
        ]
    )
    assert who(swapped, paris(3, 14, 17, 59)) == "ali"
    assert who(swapped, paris(3, 14, 18)) == "zoe"
    assert swapped.on_call(paris(3, 14, 18)).until == paris(3, 15, 20)
    assert who(swapped, paris(3, 15, 20)) == "ali"


def test_a_swap_is_two_overrides_and_the_last_written_wins() -> None:
    first = {"from": datetime(2026, 3, 9, 9), "until": datetime(2026, 3, 16, 9), "person": "zoe"}
    back = {"from": datetime(2026, 3, 16, 9), "until": datetime(2026, 3, 23, 9), "person": "ali"}
    again = {"from": datetime(2026, 3, 11), "until": datetime(2026, 3, 12), "person": "lea"}
    swapped = rota(override=[first, back, again])
    assert who(swapped, paris(3, 10)) == "zoe"
    assert who(swapped, paris(3, 11)) == "lea"
    assert who(swapped, paris(3, 12)) == "zoe"
    assert who(swapped, paris(3, 17)) == "ali"
    assert who(swapped, paris(3, 24)) == "lea"


def test_an_override_may_carry_its_own_offset() -> None:
    abroad = rota(
        override=[
            {
                "from": "2026-03-14T18:00:00+00:00",
                "until": "2026-03-14T20:00:00+00:00",
                "person": "zoe",
            }
        ]
    )
    assert who(abroad, paris(3, 14, 18, 59)) == "ali"
    assert who(abroad, paris(3, 14, 19)) == "zoe"


def test_a_hole_falls_to_the_named_fallback_and_is_said() -> None:
    gap = rota(override=[{"from": datetime(2026, 3, 14), "until": datetime(2026, 3, 15)}])
    duty = gap.on_call(paris(3, 14))
    assert (duty.person, duty.hole) == ("chef", True)
    assert not gap.on_call(paris(3, 15)).hole


def test_before_the_first_week_and_after_the_last_day_there_is_only_the_fallback() -> None:
    season = rota(ends_on=date(2026, 3, 31))
    assert season.on_call(paris(3, 2, 8, 59)).hole
    assert not season.on_call(paris(3, 2, 9)).hole
    assert not season.on_call(paris(3, 31, 23, 59)).hole
    assert season.on_call(paris(4, 1, 0)).hole


def test_holes_are_listed_whole() -> None:
    season = rota(
        ends_on=date(2026, 3, 31),
        override=[
            {"from": datetime(2026, 3, 10), "until": datetime(2026, 3, 11)},
            {"from": datetime(2026, 4, 2), "until": datetime(2026, 4, 3), "person": "zoe"},
        ],
    )
    holes = [(hole.since, hole.until) for hole in season.holes(paris(3, 1), paris(4, 20))]
    assert holes == [
        (paris(3, 1), paris(3, 2, 9)),
        (paris(3, 10, 0), paris(3, 11, 0)),
        (paris(4, 1, 0), paris(4, 2, 0)),
        (paris(4, 3, 0), paris(4, 20)),
    ]
    assert rota().holes(paris(3, 3), paris(4, 20)) == []


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC)),
    st.sampled_from(["monday", "wednesday", "sunday"]),
    st.sampled_from(["00:00", "02:30", "09:00", "23:59"]),
)
def test_a_turn_lasts_until_it_says_and_changes_then(at: datetime, day: str, hour: str) -> None:
    roster = rota(handover_day=day, handover_time=hour)
    duty = roster.on_call(at)
    assert at < duty.until <= at + timedelta(days=7, hours=1)
    assert roster.on_call(duty.until - timedelta(microseconds=1)).person == duty.person
    if not duty.hole:
        assert roster.on_call(duty.until).person != duty.person


def daily(**settings: Any) -> Rota:
    defaults = {"id": "cm", "people": ["lea", "ali", "zoe"], "starts_on": START, "fallback": "chef"}
    return Rota(DailyRota.model_validate({"kind": "daily"} | defaults | settings), PARIS)


def table(**settings: Any) -> Rota:
    known = {"id": "cm", "kind": "weekday", "fallback": "chef"}
    return Rota(WeekdayRota.model_validate(known | settings), PARIS)


def test_people_take_turns_a_day_each_over_the_leap_day_and_the_year_s_end() -> None:
    at = daily(starts_on=date(2028, 2, 27))
    days = [paris(2, 28, year=2028), paris(2, 29, year=2028), paris(3, 1, year=2028)]
    assert [who(at, day) for day in days] == ["ali", "zoe", "lea"]
    year = daily(starts_on=date(2026, 12, 30))
    assert [who(year, paris(12, day)) for day in (30, 31)] == ["lea", "ali"]
    assert who(year, paris(1, 1, 8, 59, year=2027)) == "ali"
    assert who(year, paris(1, 1, 9, year=2027)) == "zoe"


@pytest.mark.parametrize(("month", "day", "hours"), [(3, 28, 23), (10, 24, 25)])
def test_a_day_over_the_change_of_clocks_hands_over_at_the_same_local_hour(
    month: int, day: int, hours: int
) -> None:
    begin = paris(month, day, 9)
    assert daily().on_call(begin).until - begin == timedelta(hours=hours)


@pytest.mark.parametrize(("month", "day"), [(3, 29), (10, 25)])
def test_a_daily_hand_over_in_the_missing_or_the_doubled_hour_happens_once(
    month: int, day: int
) -> None:
    nightly = daily(handover_time="02:30")
    shifts = list(nightly.shifts(paris(month, day, 0), paris(month, day, 6)))
    assert len(shifts) == 2
    assert shifts[0].until == paris(month, day, 2, 30)


def test_a_table_names_people_by_weekday_from_hand_over_to_hand_over() -> None:
    week = table(monday="lea", tuesday="ali", saturday="zoe", handover_time="08:00")
    assert who(week, paris(3, 9, 8)) == "lea"  # a Monday
    assert who(week, paris(3, 10, 7, 59)) == "lea"
    assert who(week, paris(3, 10, 8)) == "ali"
    assert week.on_call(paris(3, 11, 8)).hole
    assert who(week, paris(3, 15, 7)) == "zoe"


def test_hours_come_before_whole_days_and_run_over_midnight() -> None:
    nights = table(monday=["lea", {"hours": "20:00-06:00", "person": "zoe"}], tuesday="ali")
    assert [who(nights, paris(3, 9, hour)) for hour in (10, 19, 20, 23)] == [
        "lea",
        "lea",
        "zoe",
        "zoe",
    ]
    assert who(nights, paris(3, 10, 5, 59)) == "zoe"
    assert who(nights, paris(3, 10, 6)) == "lea"
    assert who(nights, paris(3, 10, 9)) == "ali"


def test_a_table_has_its_first_and_its_last_day() -> None:
    season = table(**dict.fromkeys(("monday", "tuesday"), "lea"), starts_on="2026-03-10")
    assert season.on_call(paris(3, 9)).hole
    assert who(season, paris(3, 10)) == "lea"
    ended = table(monday="lea", ends_on="2026-03-09")
    assert who(ended, paris(3, 9, 23, 59)) == "lea"
    assert ended.on_call(paris(3, 10, 0)).hole


@pytest.mark.parametrize(("month", "day"), [(3, 28), (10, 24)])
def test_two_halves_of_a_night_meet_in_the_hour_that_the_clocks_change(
    month: int, day: int
) -> None:
    saturday = [
        {"hours": "20:00-02:30", "person": "lea"},
        {"hours": "09:00-20:00", "person": "zoe"},
    ]
    split = table(saturday=saturday, sunday={"hours": "02:30-09:00", "person": "ali"})
    shifts = list(split.shifts(paris(month, day, 20), paris(month, day + 1, 9)))
    assert [shift.person for shift in shifts] == ["lea", "ali"]


def test_two_people_who_swap_stand_each_where_the_other_would_have() -> None:
    christmas = {"from": datetime(2026, 12, 21, 9), "until": datetime(2026, 12, 28, 9)}
    january = {"from": datetime(2027, 1, 11, 9), "until": datetime(2027, 1, 18, 9)}
    usual = rota()
    swapped = rota(swap=[{"people": ["lea", "ali"], "during": [christmas, january]}])
    first, second = paris(12, 22), paris(1, 12, year=2027)
    assert (who(usual, first), who(swapped, first)) == ("lea", "ali")
    assert (who(usual, second), who(swapped, second)) == ("lea", "ali")
    third = paris(12, 29)
    assert who(swapped, third) == who(usual, third) == "ali"


def test_an_override_stands_over_a_swap_and_a_later_swap_over_an_earlier() -> None:
    week = {"from": datetime(2026, 3, 9, 9), "until": datetime(2026, 3, 16, 9)}
    day = {"from": datetime(2026, 3, 11), "until": datetime(2026, 3, 12)}
    swapped = rota(
        swap=[
            {"people": ["ali", "zoe"], "during": [week]},
            {"people": ["zoe", "lea"], "during": [day]},
        ],
        override=[
            {
                "from": datetime(2026, 3, 11, 12),
                "until": datetime(2026, 3, 11, 14),
                "person": "chef",
            }
        ],
    )
    hours = [paris(3, 10), paris(3, 11, 11), paris(3, 11, 12), paris(3, 11, 14), paris(3, 12)]
    assert [who(swapped, at) for at in hours] == ["zoe", "lea", "chef", "lea", "zoe"]


DUTIES = st.sampled_from(
    [
        "lea",
        {"hours": "20:00-02:30", "person": "ali"},
        {"hours": "02:00-03:00", "person": "zoe"},
        {"hours": "02:30-09:00", "person": "lea"},
        {"hours": "08:00-08:00", "person": "ali"},
    ]
)
ANY_ROTA = st.fixed_dictionaries(
    {"id": st.just("cm"), "fallback": st.just("chef")},
    optional={
        "override": st.lists(
            st.sampled_from(
                [
                    {"from": "2026-03-29T02:30", "until": "2026-03-29T03:30", "person": "mia"},
                    {"from": "2026-10-25T02:30", "until": "2026-10-25T02:45", "person": None},
                    {"from": "2026-03-29T02:15", "until": "2026-03-29T02:45", "person": "mia"},
                    {"from": "2026-12-31T23:00", "until": "2027-01-01T01:00", "person": "mia"},
                ]
            ),
            max_size=3,
        ),
        "swap": st.just(
            [
                {
                    "people": ["lea", "ali"],
                    "during": [{"from": "2026-03-01T00:00", "until": "2026-11-01T00:00"}],
                }
            ]
        ),
    },
).flatmap(
    lambda common: st.one_of(
        st.fixed_dictionaries(
            {
                "kind": st.sampled_from(["weekly", "daily"]),
                "people": st.lists(st.sampled_from(["lea", "ali", "zoe"]), min_size=1, max_size=3),
                "starts_on": st.sampled_from(["2026-01-05", "2026-03-29", "2026-10-24"]),
                "handover_time": st.sampled_from(["00:00", "02:00", "02:30", "03:00", "09:00"]),
            }
        ),
        st.fixed_dictionaries(
            {
                "kind": st.just("weekday"),
                "saturday": st.lists(DUTIES, min_size=1, max_size=3),
                "sunday": st.lists(DUTIES, max_size=3),
                "thursday": st.lists(DUTIES, max_size=2),
                "handover_time": st.sampled_from(["00:00", "02:30", "09:00"]),
            }
        ),
    ).map(lambda own: common | own)
)
NIGHTS = st.sampled_from([paris(3, 28, 12), paris(10, 24, 12), paris(12, 31, 12), paris(2, 28, 12)])


@given(ANY_ROTA, NIGHTS)
def test_every_instant_has_exactly_one_answer_and_shifts_lie_end_to_end(
    settings: dict[str, Any], noon: datetime
) -> None:
    roster = Rota(TypeAdapter(AnyRota).validate_python(settings), PARIS)
    until = noon + timedelta(days=2)
    shifts = list(roster.shifts(noon, until))
    assert (shifts[0].since, shifts[-1].until) == (noon, until)
    for before, after in pairwise(shifts):
        assert before.until == after.since
        assert (before.person, before.hole) != (after.person, after.hole)
    for minutes in range(0, 48 * 60, 15):
        at = noon + timedelta(minutes=minutes)
        (shift,) = [s for s in shifts if s.since <= at < s.until]
        duty = roster.on_call(at)
        assert (duty.person, duty.hole) == (shift.person, shift.hole)
        assert at < duty.until
        assert duty.person in roster.everybody()


@pytest.mark.parametrize(
    "wrong",
    [
        {"people": []},
        {"handover_day": "lundi"},
        {"handover_time": 9},
        {"override": [{"from": datetime(2026, 3, 15), "until": datetime(2026, 3, 14)}]},
        {"override": [{"from": "2026-03-14T00:00:00Z", "until": datetime(2026, 3, 15)}]},
        {"overide": []},
        {"swap": [{"people": ["lea", "lea"], "during": []}]},
        {"kind": "daily"},
    ],
)
def test_a_rota_that_cannot_be_meant_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        rota(**wrong)


def test_a_person_has_an_address_that_can_be_written_to() -> None:
    Person(id="lea", name="Léa Martin", email="lea@chu-valmont.example")
    for wrong in ("lea", "lea@", "a@b, c@d", "lea@x\r\nBcc: y@z", "<lea@x>"):
        with pytest.raises(ValidationError):
            Person(id="lea", name="Léa Martin", email=wrong)
