"""Whether somebody's answer to an incident can be done, as it stands."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from listener.domain.action import Action, Refusal, Request
from listener.domain.escalation import Step
from listener.domain.incident import Incident, State
from listener.domain.rule import Level

UNDONE_WITHIN = timedelta(days=1)


def refusal(
    incident: Incident, request: Request, steps: Sequence[Step], at: datetime
) -> Refusal | None:
    """Why a request cannot be done; None where it can."""
    if request.action is Action.REOPEN:
        return _of_reopening(incident, at)
    if not incident.unfinished:
        return Refusal.CLOSED
    if request.action is Action.DISMISS and request.reason is None:
        return Refusal.REASON_MISSING
    taken = incident.state is State.ACKNOWLEDGED
    if taken and request.action in (Action.ACKNOWLEDGE, Action.SNOOZE):
        return Refusal.ALREADY
    if request.action is Action.ESCALATE and next_step(incident, steps) is None:
        return Refusal.NO_STEP
    return None


def _of_reopening(incident: Incident, at: datetime) -> Refusal | None:
    if incident.unfinished:
        return Refusal.ALREADY
    if incident.merged_into is not None:
        return Refusal.CLOSED
    late = incident.closed_at is None or at - incident.closed_at > UNDONE_WITHIN
    return Refusal.TOO_LATE if late else None


def next_step(incident: Incident, steps: Sequence[Step]) -> int | None:
    """The step that an escalation by hand calls; None where the last was called already."""
    if not steps:
        return None
    if incident.level is not Level.CRITICAL or incident.paged_at is None:
        return 0  # nobody was rung yet
    return incident.step + 1 if incident.step + 1 < len(steps) else None
