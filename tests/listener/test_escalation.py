"""Whom an incident calls, step by step: in order, nobody twice, and always somebody at the end."""

from __future__ import annotations

# ruff: noqa: DTZ001 - hypothesis takes naive bounds
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from listener.domain.calendar import WEEKDAYS, CalendarSettings, WorkCalendar
from listener.domain.escalation import LAST_RESORT, Chain, EscalationSettings, Step
from listener.domain.oncall import Rota, RotaSettings
from listener.domain.rule import Level

PARIS = ZoneInfo("Europe/Paris")
CALENDAR = WorkCalendar(
    CalendarSettings.model_validate(dict.fromkeys(WEEKDAYS[:5], "09:00-18:00")), PARIS
)
NOON = datetime(2026, 3, 10, 11, tzinfo=UTC)  # a Tuesday
NIGHT = datetime(2026, 3, 10, 23, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def rota(name: str, *people: str, **values: Any) -> Rota:
    known = {"id": name, "people": people, "starts_on": "2026-03-02", "fallback": "chef"}
    return Rota(RotaSettings.model_validate(known | values), PARIS)


COM = rota("com", "lea")
MATERNITY = rota("mat", "mia", subjects=["maternite"], fallback="sage")


def chain(*rotas: Rota, **settings: Any) -> Chain:
    return Chain(EscalationSettings.model_validate(settings), rotas or (COM,), CALENDAR)


def called(steps: tuple[Step, ...]) -> list[tuple[str, ...]]:
    return [step.people for step in steps]


def test_without_a_section_the_rotas_answer_and_the_fallback_comes_last() -> None:
    steps = chain().steps(Level.CRITICAL, "chu", NOON)
    assert called(steps) == [("lea",), ("chef",)]
    assert [step.name for step in steps] == ["1", LAST_RESORT]
    assert steps[0].wait == 10 * MINUTE


def test_a_subject_s_own_rota_stands_before_the_one_for_all() -> None:
    both = chain(COM, MATERNITY)
    assert called(both.steps(Level.CRITICAL, "maternite", NOON)) == [("mia", "lea"), ("sage",)]
    assert called(both.steps(Level.CRITICAL, "chu", NOON)) == [("lea",), ("chef",)]


def test_a_subject_that_no_rota_concerns_still_has_a_last_resort() -> None:
    assert called(chain(MATERNITY).steps(Level.CRITICAL, "chu", NOON)) == [("sage",)]


def test_steps_follow_the_file_and_the_last_resort_closes_them() -> None:
    steps = chain(
        step=[{"rotas": ["com"]}, {"people": ["ali", "zoe"], "wait": "20m"}], last_resort="dir"
    ).steps(Level.CRITICAL, "chu", NOON)
    assert called(steps) == [("lea",), ("ali", "zoe"), ("dir",)]
    assert [step.name for step in steps] == ["1", "2", LAST_RESORT]
    assert steps[1].wait == 20 * MINUTE


def test_nobody_is_called_by_two_steps_and_an_emptied_step_is_skipped_at_once() -> None:
    steps = chain(
        step=[{"rotas": ["com"]}, {"people": ["lea"]}, {"people": ["lea", "ali"]}],
        last_resort="dir",
    ).steps(Level.CRITICAL, "chu", NOON)
    assert [(step.name, step.people) for step in steps] == [
        ("1", ("lea",)),
        ("3", ("ali",)),
        (LAST_RESORT, ("dir",)),
    ]


def test_the_last_resort_is_not_called_by_two_steps_in_a_row() -> None:
    alone = chain(step=[{"rotas": ["com"]}, {"people": ["dir"]}], last_resort="dir")
    assert called(alone.steps(Level.CRITICAL, "chu", NOON)) == [("lea",), ("dir",)]


def test_a_step_may_be_for_some_levels_and_subjects_only() -> None:
    some = chain(
        COM,
        MATERNITY,
        step=[
            {"people": ["ali"], "levels": ["critical"]},
            {"people": ["zoe"], "subjects": ["maternite"]},
            {"people": ["lea"]},
        ],
        last_resort="dir",
    )
    assert called(some.steps(Level.CRITICAL, "chu", NOON)) == [("ali",), ("lea",), ("dir",)]
    assert called(some.steps(Level.WARNING, "maternite", NOON)) == [("zoe",), ("lea",), ("dir",)]


def test_a_step_s_rota_of_another_subject_is_not_asked() -> None:
    steps = chain(COM, MATERNITY, step=[{"rotas": ["mat"]}, {"rotas": ["com"]}], last_resort="dir")
    assert called(steps.steps(Level.CRITICAL, "chu", NOON)) == [("lea",), ("dir",)]


def test_at_night_one_waits_as_long_as_the_step_says_for_nights() -> None:
    step = {"rotas": ["com"], "wait": "10m", "wait_off_hours": "15m"}
    waits = chain(step=[step])
    assert waits.steps(Level.CRITICAL, "chu", NOON)[0].wait == 10 * MINUTE
    assert waits.steps(Level.CRITICAL, "chu", NIGHT)[0].wait == 15 * MINUTE


def test_the_rotas_are_asked_at_the_instant() -> None:
    weekly = chain(rota("com", "lea", "ali"))
    a_week_later = NOON + timedelta(days=7)
    assert called(weekly.steps(Level.CRITICAL, "chu", NOON))[0] == ("ali",)
    assert called(weekly.steps(Level.CRITICAL, "chu", a_week_later))[0] == ("lea",)


def test_a_hole_in_the_rota_calls_its_fallback_in_its_place() -> None:
    hole = {"from": "2026-03-10T00:00", "until": "2026-03-11T00:00"}
    steps = chain(rota("com", "lea", override=[hole]), last_resort="dir")
    assert called(steps.steps(Level.CRITICAL, "chu", NOON)) == [("chef",), ("dir",)]


def test_without_a_rota_and_a_last_resort_there_is_nobody() -> None:
    nobody = Chain(EscalationSettings(), (), CALENDAR)
    assert nobody.steps(Level.CRITICAL, "chu", NOON) == ()
    assert nobody.everybody() == frozenset()


NAMES = st.sampled_from(["lea", "ali", "zoe", "mia", "dir", "chef"])
SUBJECTS = st.lists(st.sampled_from(["chu", "maternite"]), max_size=1)
STEPS = st.fixed_dictionaries(
    {},
    optional={
        "rotas": st.lists(st.sampled_from(["com", "mat"]), max_size=2),
        "people": st.lists(NAMES, max_size=3),
        "levels": st.lists(st.sampled_from(list(Level)), max_size=2),
        "subjects": SUBJECTS,
        "wait_off_hours": st.sampled_from(["1m", "1h"]),
    },
)


@given(
    st.lists(STEPS, max_size=5),
    st.none() | NAMES,
    st.sampled_from(list(Level)),
    st.sampled_from(["chu", "maternite", "urgences"]),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),
)
def test_every_chain_ends_with_somebody_and_calls_nobody_twice_before(
    steps: list[dict[str, Any]], last: str | None, level: Level, subject: str, at: datetime
) -> None:
    built = chain(rota("com", "lea", "ali"), MATERNITY, step=steps, last_resort=last)
    found = built.steps(level, subject, at)
    assert found[-1].people == (built.last_resort(subject),)
    assert all(step.people and step.wait > timedelta() for step in found)
    before = [person for step in found[:-1] for person in step.people]
    assert len(before) == len(set(before))
    assert {person for step in found for person in step.people} <= built.everybody()
    assert len({step.name for step in found}) == len(found)
    assert built.steps(level, subject, at) == found
