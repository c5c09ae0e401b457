"""Which answers can be done, as an incident stands."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from listener.domain.action import Action, Reason, Refusal, Request, Way
from listener.domain.answer import UNDONE_WITHIN, next_step, refusal
from listener.domain.escalation import Step
from listener.domain.incident import UNFINISHED, Incident, State
from listener.domain.rule import Level

AT = datetime(2026, 3, 14, 22, tzinfo=UTC)
STEPS = tuple(
    Step(people=(name,), wait=timedelta(minutes=10), name=name) for name in ("lea", "ali", "dir")
)
CLOSED = (State.RESOLVED, State.DISMISSED)
ENDS = (Action.ACKNOWLEDGE, Action.ESCALATE, Action.SNOOZE, Action.RESOLVE, Action.DISMISS)


def incident(state: State = State.OPEN, **values: Any) -> Incident:
    known: dict[str, Any] = {
        "id": 7,
        "subject": "chu",
        "level": Level.CRITICAL,
        "state": state,
        "opened_at": AT,
        "last_breach_at": AT,
        "paged_at": AT,
        "closed_at": None if state in UNFINISHED else AT,
    }
    return Incident(**known | values)


def refused(action: Action, of: Incident, *, later: timedelta = timedelta()) -> Refusal | None:
    reason = Reason.KNOWN if action is Action.DISMISS else None
    asked = Request(incident=7, action=action, person="lea", way=Way.SLACK, reason=reason)
    return refusal(of, asked, STEPS, AT + later)


@pytest.mark.parametrize("action", ENDS)
def test_everything_but_reopening_can_be_done_to_an_open_incident(action: Action) -> None:
    assert refused(action, incident()) is None
    assert refused(Action.REOPEN, incident()) is Refusal.ALREADY


@pytest.mark.parametrize("action", ENDS)
@pytest.mark.parametrize("state", CLOSED)
def test_nothing_but_reopening_can_be_done_to_a_closed_one(action: Action, state: State) -> None:
    assert refused(action, incident(state)) is Refusal.CLOSED
    assert refused(Action.REOPEN, incident(state)) is None


def test_what_somebody_has_in_hand_can_be_passed_on_and_ended_and_not_taken_twice() -> None:
    taken = incident(State.ACKNOWLEDGED)
    assert refused(Action.ACKNOWLEDGE, taken) is Refusal.ALREADY
    assert refused(Action.SNOOZE, taken) is Refusal.ALREADY
    for action in (Action.ESCALATE, Action.RESOLVE, Action.DISMISS):
        assert refused(action, taken) is None


def test_a_false_alarm_needs_a_reason() -> None:
    asked = Request(incident=7, action=Action.DISMISS, person="lea", way=Way.EMAIL)
    assert refusal(incident(), asked, STEPS, AT) is Refusal.REASON_MISSING


def test_a_closing_is_undone_within_a_day() -> None:
    closed = incident(State.DISMISSED)
    assert refused(Action.REOPEN, closed, later=UNDONE_WITHIN) is None
    late = UNDONE_WITHIN + timedelta(seconds=1)
    assert refused(Action.REOPEN, closed, later=late) is Refusal.TOO_LATE


def test_what_became_part_of_another_is_not_reopened() -> None:
    assert refused(Action.REOPEN, incident(State.RESOLVED, merged_into=3)) is Refusal.CLOSED


def test_an_escalation_goes_up_a_step_until_nobody_is_left() -> None:
    assert next_step(incident(), STEPS) == 1
    assert next_step(incident(step=1), STEPS) == 2
    assert next_step(incident(step=2), STEPS) is None
    assert refused(Action.ESCALATE, incident(step=2)) is Refusal.NO_STEP


def test_an_escalation_of_what_rang_nobody_calls_the_first_step() -> None:
    assert next_step(incident(level=Level.WARNING, paged_at=None), STEPS) == 0
    assert next_step(incident(paged_at=None), STEPS) == 0
    assert next_step(incident(), ()) is None
