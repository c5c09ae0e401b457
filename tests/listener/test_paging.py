"""When a phone rings: first, again, further up, seldom at the end, and never more than is bearable."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listener.domain.escalation import Step
from listener.domain.incident import AlertKind, Incident, State
from listener.domain.paging import Call, PagingPolicy, Ring, Wanted, due_call, first_call, ration
from listener.domain.rule import Level

AT = datetime(2026, 3, 14, 22, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
POLICY = PagingPolicy()
STEPS = (
    Step(people=("lea",), wait=10 * MINUTE, name="1"),
    Step(people=("ali", "zoe"), wait=5 * MINUTE, name="2"),
    Step(people=("dir",), wait=10 * MINUTE, name="last-resort"),
)


def incident(**values: Any) -> Incident:
    known: dict[str, Any] = {
        "id": 7,
        "subject": "chu",
        "level": Level.CRITICAL,
        "state": State.OPEN,
        "opened_at": AT,
        "last_breach_at": AT,
        "paged_at": AT,
        "step_at": AT,
    }
    return Incident(**known | values)


def due(minutes: float, of: Incident) -> Call | None:
    return due_call(of, STEPS, POLICY, AT + minutes * MINUTE)


def test_a_page_is_repeated_every_three_minutes_until_somebody_answers() -> None:
    assert due(2.9, incident()) is None
    again = due(3, incident())
    assert again == Call(step=0, kind=AlertKind.REPEATED, people=("lea",))
    assert due(3, incident(state=State.ACKNOWLEDGED)) is None


@pytest.mark.parametrize("level", [Level.INFO, Level.WARNING])
def test_what_is_not_critical_never_rings(level: Level) -> None:
    assert due(60, incident(level=level)) is None
    assert due(60, incident(level=level, paged_at=None, step_at=None)) is None


def test_the_next_step_is_called_after_the_wait_of_the_one_before() -> None:
    assert due(10, incident(paged_at=AT + 9 * MINUTE)) == Call(
        step=1, kind=AlertKind.ESCALATED, people=("ali", "zoe")
    )


def test_however_late_it_comes_one_step_is_called() -> None:
    assert due(600, incident()) == Call(step=1, kind=AlertKind.ESCALATED, people=("ali", "zoe"))


def test_the_last_step_is_rung_seldom_once_it_was_rung_for_half_an_hour() -> None:
    last = incident(step=2, paged_at=AT + 30 * MINUTE)
    assert due(33, last) is None
    assert due(45, last) == Call(step=2, kind=AlertKind.REPEATED, people=("dir",))


def test_a_chain_that_has_become_shorter_rings_its_last_step() -> None:
    found = due_call(incident(step=5), STEPS[:1], POLICY, AT + 20 * MINUTE)
    assert found == Call(step=0, kind=AlertKind.REPEATED, people=("lea",))
    assert due_call(incident(), (), POLICY, AT + 20 * MINUTE) is None


def test_what_was_never_rung_is_rung_as_opened() -> None:
    quiet = incident(paged_at=None, step_at=None, snoozed_until=AT + 5 * MINUTE)
    assert due(4, quiet) is None
    assert due(5, quiet) == Call(step=0, kind=AlertKind.OPENED, people=("lea",))


def test_after_a_snooze_the_same_step_is_rung_again_before_anybody_else() -> None:
    snoozed = incident(snoozed_until=AT + 30 * MINUTE)
    assert due(29, snoozed) is None
    assert due(30, snoozed) == Call(step=0, kind=AlertKind.REPEATED, people=("lea",), anew=True)


def test_a_clock_that_was_set_back_sets_the_instants_anew_and_rings_nobody() -> None:
    assert due(-60, incident()) == Call(step=0, kind=AlertKind.REPEATED, rebased=True)
    assert due(-0.4, incident()) is None


def test_a_clock_that_was_set_back_ends_no_snooze_late() -> None:
    """Half an hour must not become an hour and a half in which nobody is rung."""
    snoozed = incident(snoozed_until=AT + 30 * MINUTE)
    assert due(-60, snoozed) == Call(step=0, kind=AlertKind.REPEATED, rebased=True)


def test_what_gets_graver_rings_the_step_that_is_being_rung_and_else_the_first() -> None:
    at_second = incident(step=1)
    assert first_call(at_second, STEPS, AlertKind.RAISED).people == ("ali", "zoe")
    fresh = incident(step=0, paged_at=None)
    assert first_call(fresh, STEPS, AlertKind.OPENED).people == ("lea",)
    assert first_call(fresh, (), AlertKind.OPENED).people == ()


def want(number: int, person: str = "lea", **values: Any) -> Wanted:
    known: dict[str, Any] = {
        "person": person,
        "incident": number,
        "level": Level.CRITICAL,
        "since": AT - number * MINUTE,
        "exempt": False,
    }
    return Wanted(**known | values)


def test_one_phone_rings_once_for_all_that_is_due_and_tells_the_others() -> None:
    rings, folded = ration([want(1), want(3), want(2)], {}, {"lea": [9, 3]}, POLICY, AT)
    assert rings == [Ring(person="lea", incident=3, exempt=False, others=(2, 1, 9))]
    assert {w.incident for w in folded} == {1, 2}


def test_life_and_safety_come_first_and_ring_whatever_was_rung_before() -> None:
    rung = {"lea": [AT - 10 * MINUTE] * 9 + [AT]}
    assert ration([want(1)], rung, {}, POLICY, AT) == ([], [want(1)])
    grave = want(1, exempt=True)
    rings, folded = ration([want(2), grave], rung, {}, POLICY, AT)
    assert [ring.incident for ring in rings] == [1] and folded == [want(2)]


def test_two_rings_of_one_phone_are_a_minute_apart() -> None:
    assert ration([want(1)], {"lea": [AT - 0.9 * MINUTE]}, {}, POLICY, AT)[0] == []
    assert len(ration([want(1)], {"lea": [AT - MINUTE]}, {}, POLICY, AT)[0]) == 1


PEOPLE = st.sampled_from(["lea", "ali", "zoe"])
WANTED = st.lists(
    st.builds(
        want,
        st.integers(1, 9),
        PEOPLE,
        exempt=st.booleans(),
        level=st.just(Level.CRITICAL),
    ),
    max_size=12,
    unique_by=lambda w: (w.person, w.incident),
)
AGES = st.lists(st.integers(0, 29 * 60).map(lambda s: AT - timedelta(seconds=s)), max_size=12)


@given(
    WANTED,
    st.dictionaries(PEOPLE, AGES, max_size=3),
    st.dictionaries(PEOPLE, st.lists(st.integers(1, 20), max_size=5), max_size=3),
)
def test_nobody_is_forgotten_and_nobody_is_rung_twice(
    wanted: list[Wanted], rung: dict[str, list[datetime]], waiting: dict[str, list[int]]
) -> None:
    rings, folded = ration(wanted, rung, waiting, POLICY, AT)
    assert len({ring.person for ring in rings}) == len(rings)
    told = {(ring.person, number) for ring in rings for number in (ring.incident, *ring.others)}
    asked = {(w.person, w.incident) for w in wanted}
    kept = {(w.person, w.incident) for w in folded}
    assert asked <= told | kept
    for ring in rings:
        assert {(ring.person, n) for n in waiting.get(ring.person, [])} <= told
        assert ring.incident not in ring.others
        assert ring.exempt or len(rung.get(ring.person, [])) < POLICY.max_pages
    assert ration(wanted, rung, waiting, replace(POLICY, max_pages=0), AT)[0] == [
        ring for ring in rings if ring.exempt
    ] or any(w.exempt for w in wanted)
