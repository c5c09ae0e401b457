"""Two incidents that prove to be one: in whose hand it is, and when it rings again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from listener.domain.incident import Incident, State
from listener.domain.rule import Level
from listener.domain.union import united

AT = datetime(2026, 3, 14, 22, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
GRAVE = {"rule": "vie", "kind": "theme", "seen": {}, "exempt": True}


def incident(number: int, level: Level = Level.CRITICAL, **values: Any) -> Incident:
    known: dict[str, Any] = {
        "id": number,
        "subject": "chu",
        "level": level,
        "state": State.OPEN,
        "opened_at": AT,
        "last_breach_at": AT,
    }
    return Incident(**known | values)


def taken(number: int, level: Level = Level.CRITICAL, **values: Any) -> Incident:
    known = {"state": State.ACKNOWLEDGED, "acknowledged_at": AT, "acknowledged_by": "lea"}
    return incident(number, level, **known | values)


def test_it_stays_in_the_hand_of_whoever_took_a_matter_as_grave() -> None:
    for pair in ((taken(1), incident(2)), (incident(1), taken(2))):
        found = united(*pair)
        assert (found["state"], found["acknowledged_by"]) == (State.ACKNOWLEDGED, "lea")


def test_whoever_took_a_warning_has_not_taken_the_crisis() -> None:
    rung = incident(2, paged_at=AT, step_at=AT, step=1)
    found = united(taken(1, Level.WARNING), rung)
    assert (found["state"], found["acknowledged_by"]) == (State.OPEN, None)
    assert (found["level"], found["step"], found["paged_at"]) == (Level.CRITICAL, 1, AT)


def test_whoever_took_a_crisis_has_not_taken_a_life_at_stake() -> None:
    found = united(taken(1), incident(2, evidence=[GRAVE], paged_at=AT, step_at=AT))
    assert found["state"] is State.OPEN
    assert united(taken(1, evidence=[GRAVE]), incident(2))["state"] is State.ACKNOWLEDGED


def test_it_rings_from_the_step_that_was_reached_and_not_sooner_than_both() -> None:
    first = incident(1, step=2, step_at=AT, paged_at=AT)
    found = united(first, incident(2, step=0, step_at=AT + MINUTE, paged_at=AT + MINUTE))
    assert (found["step"], found["step_at"], found["paged_at"]) == (2, AT, AT + MINUTE)


def test_it_sleeps_only_as_long_as_both_would() -> None:
    first, second = (incident(n, snoozed_until=AT + n * MINUTE) for n in (1, 2))
    assert united(first, second)["snoozed_until"] == AT + MINUTE
    assert united(first, incident(2))["snoozed_until"] is None


def test_a_warning_wakes_no_crisis_that_somebody_put_to_sleep() -> None:
    asleep = incident(2, snoozed_until=AT + 30 * MINUTE, paged_at=AT)
    assert united(incident(1, Level.WARNING), asleep)["snoozed_until"] == AT + 30 * MINUTE


INSTANTS = st.none() | st.integers(0, 90).map(lambda m: AT + m * MINUTE)
INCIDENTS = st.builds(
    lambda level, is_taken, evidence, **values: (taken if is_taken else incident)(
        1, level, evidence=evidence, **values
    ),
    st.sampled_from(list(Level)),
    st.booleans(),
    st.lists(st.just(GRAVE), max_size=1),
    step=st.integers(0, 2),
    step_at=INSTANTS,
    paged_at=INSTANTS,
    snoozed_until=INSTANTS,
    alerted_at=INSTANTS,
)


@given(INCIDENTS, INCIDENTS)
def test_an_unanswered_page_stays_unanswered_unless_somebody_has_as_grave_a_one(
    older: Incident, younger: Incident
) -> None:
    found = united(older, younger)
    both = (older, younger)
    assert found["level"].rank == max(i.level.rank for i in both)
    assert any(item.get("exempt") for item in found["evidence"]) is any(i.exempt for i in both)
    if found["state"] is State.ACKNOWLEDGED:
        by = [i for i in both if i.state is State.ACKNOWLEDGED and i.level is found["level"]]
        assert any(i.exempt or not any(o.exempt for o in both) for i in by)
    else:
        assert found["acknowledged_by"] is None
        assert found["step"] == max(i.step for i in both)
