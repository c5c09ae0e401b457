"""What people may do to an incident, from wherever they answer, and what they are told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from listener.domain.incident import State

SNOOZE = timedelta(minutes=30)


class Action(StrEnum):
    ACKNOWLEDGE = "acknowledge"  # I take care of it: nobody else is called
    ESCALATE = "escalate"  # call the next step now
    SNOOZE = "snooze"  # ring nobody for a while
    RESOLVE = "resolve"
    DISMISS = "dismiss"  # a false alarm: a reason is asked
    REOPEN = "reopen"  # undo a dismissal, within a day


class Way(StrEnum):
    """How somebody answered: kept in the incident's timeline."""

    COMMAND = "command"
    SLACK = "slack"
    EMAIL = "email"
    SMS = "sms"
    LINK = "link"


class Reason(StrEnum):
    """Why an incident was dismissed."""

    NOT_US = "not_us"  # it is not about the hospital
    HARMLESS = "harmless"  # irony, praise, a quotation: read wrongly
    KNOWN = "known"  # known and handled already
    SPAM = "spam"
    OTHER = "other"


NO_ALARM = (Reason.KNOWN,)  # nobody was needed any more; every other reason says: rung wrongly


class Refusal(StrEnum):
    """Why nothing was done."""

    UNKNOWN_PERSON = "unknown_person"  # whoever asks is no [[person]]
    UNKNOWN_INCIDENT = "unknown_incident"
    ALREADY = "already"  # it stands so already: somebody else was quicker
    CLOSED = "closed"
    REASON_MISSING = "reason_missing"
    TOO_LATE = "too_late"  # a dismissal is undone within a day
    NO_STEP = "no_step"  # nobody further up is left to be called
    EXPIRED = "expired"  # the link or code is too old, was used, or never was one


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One person's wish. `incident` is its number; `person` a [[person]]'s id, None: a stranger."""

    incident: int
    action: Action
    person: str | None
    way: Way
    reason: Reason | None = None  # of a dismissal
    snooze: timedelta = SNOOZE


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came of a request. Without a refusal it was done; `by` is who handles it now."""

    incident: int
    action: Action
    refused: Refusal | None = None
    state: State | None = None  # of the incident now; None where there is none
    by: str | None = None  # a person's id


Act = Callable[[Request, datetime], Awaitable[Reply]]
"""How every door asks: one transaction, the same answer to whoever asks again."""
