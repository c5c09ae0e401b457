"""Who is on call: weekly turns, hand-overs over summer time, overrides, swaps, holes."""

from __future__ import annotations

# ruff: noqa: DTZ001 - a rota is written in local instants
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from listener.domain.oncall import Person, Rota, RotaSettings

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


@pytest.mark.parametrize(
    "wrong",
    [
        {"people": []},
        {"handover_day": "lundi"},
        {"handover_time": 9},
        {"override": [{"from": datetime(2026, 3, 15), "until": datetime(2026, 3, 14)}]},
        {"override": [{"from": "2026-03-14T00:00:00Z", "until": datetime(2026, 3, 15)}]},
        {"overide": []},
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
