"""What becomes of breaches: which of them open an incident, raise it, bring it back, call somebody.

An incident is about one matter: a story, or what is said of a subject in sum. It is open until
somebody acknowledges it, resolved or dismissed at the end, and remembered for a while: the same
matter comes back only where it has grown beyond what it was when it was closed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from listener.domain.rule import Breach, Level


class State(StrEnum):
    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    DISMISSED = "dismissed"


UNFINISHED = (State.OPEN, State.ACKNOWLEDGED)


class AlertKind(StrEnum):
    """Why a message about an incident goes out."""

    OPENED = "opened"
    RAISED = "raised"  # to a graver level
    REOPENED = "reopened"  # it came back after it was closed
    REPEATED = "repeated"  # nobody has answered
    ESCALATED = "escalated"  # to the next step of the chain
    REMINDED = "reminded"  # still breaching after the repeat interval
    RECORDED = "recorded"  # too old to call anybody: told with the next summary


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One matter's trouble, as stored."""

    id: int
    subject: str
    level: Level
    state: State
    opened_at: datetime
    last_breach_at: datetime
    matter: str = ""
    alerted_at: datetime | None = None
    alerted_level: Level | None = None
    evidence: Sequence[Mapping[str, Any]] = ()
    exercise_id: str = ""
    step: int = 0  # of the escalation: how far up it was called
    step_at: datetime | None = None
    paged_at: datetime | None = None
    snoozed_until: datetime | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    closed_at: datetime | None = None
    closed_by: str | None = None
    close_reason: str | None = None
    closing: Mapping[str, Any] = field(default_factory=dict)
    merged_into: int | None = None
    updated_at: datetime | None = None
    updates: int = 0

    @property
    def unfinished(self) -> bool:
        return self.state in UNFINISHED

    @property
    def exempt(self) -> bool:
        """Whether a life or somebody's safety is at stake: nothing holds its pages back."""
        return bool(self.grave)

    @property
    def grave(self) -> frozenset[str]:
        """The rules that say so."""
        return frozenset(item["rule"] for item in self.evidence if item.get("exempt"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """`[alerts]`, as far as the decisions need it."""

    max_lateness: timedelta
    repeat_interval: timedelta
    resolve_after: timedelta
    reopen_factor: float = 2.0
    remember: timedelta = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What to write for one matter: the breaches that join, the level, and the alert if any."""

    subject: str
    level: Level
    breaches: Sequence[Breach]
    opens: bool
    alert: AlertKind | None
    mentions: frozenset[int] = field(default_factory=frozenset)
    matter: str = ""
    quiet_until: datetime | None = None  # it opens now and calls then: it called not long ago

    @property
    def last_breach_at(self) -> datetime:
        return max(breach.at for breach in self.breaches)


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What is known of a matter beside its incident."""

    alerted: tuple[datetime, Level] | None = None  # its last call, through closed incidents too
    muted_by: int | None = None  # a critical incident of the same subject, whose warnings it mutes
    grave: frozenset[str] = frozenset()  # rules of life and safety that whoever was called knows of


def judge(
    breaches: Sequence[Breach],
    incident: Incident | None,
    past: Past,
    *,
    policy: Policy,
    at: datetime,
) -> Verdict:
    """What the breaches of one matter do. `incident` is its unfinished one, where there is one.

    A closed incident that comes back is given as one that has none, and `past` says when it called.
    """
    fresh = [b for b in breaches if at - b.at <= policy.max_lateness]
    loud = [b for b in fresh if b.muted_by is None]
    # What calls nobody, being too old or muted, must not raise the level that calls them either.
    level = max((b.level for b in loud or fresh or breaches), key=lambda lv: lv.rank)
    alert = None
    if loud:
        alert = _alert(level, loud, incident, past, policy, at)
    elif not fresh:
        level, alert = _late(level, incident)
    quiet = None
    if alert is None and incident is None and past.alerted and level is Level.CRITICAL and loud:
        quiet = past.alerted[0] + policy.repeat_interval
    return Verdict(
        subject=breaches[0].subject,
        level=level,
        breaches=tuple(breaches),
        opens=incident is None,
        alert=alert,
        mentions=frozenset(m for b in breaches for m in b.mentions),
        quiet_until=quiet,
    )


def _late(level: Level, incident: Incident | None) -> tuple[Level, AlertKind | None]:
    """Old news opens a warning at most, and moves nothing that stands: a tick rings what is critical."""
    if incident is not None:
        return incident.level, None
    return min(level, Level.WARNING, key=lambda lv: lv.rank), AlertKind.RECORDED


def _alert(
    level: Level,
    fresh: Sequence[Breach],
    incident: Incident | None,
    past: Past,
    policy: Policy,
    at: datetime,
) -> AlertKind | None:
    if past.muted_by is not None and level is not Level.CRITICAL:
        return None
    alerted = past.alerted or _taken(incident)
    if alerted is None:
        return AlertKind.OPENED
    last, last_level = alerted
    # Above its own level too: who took a warning in hand must hear of the crisis, whatever was
    # told of the matter before that.
    told = min(last_level.rank, incident.level.rank) if incident else last_level.rank
    if level.rank > told or _is_newly_grave(fresh, past):
        return AlertKind.RAISED if incident else AlertKind.OPENED
    if at - last < policy.repeat_interval:
        return None
    if incident is None:
        return AlertKind.OPENED
    # A critical one mutes its warnings: whoever was called knows worse.
    is_open = incident.state is State.OPEN and level.rank >= incident.level.rank
    return AlertKind.REMINDED if is_open else None


def _taken(incident: Incident | None) -> tuple[datetime, Level] | None:
    """What was recorded without a call, and taken in hand all the same, is known at its level."""
    if incident is None or incident.state is not State.ACKNOWLEDGED:
        return None
    return incident.acknowledged_at or incident.opened_at, incident.level


def _is_newly_grave(fresh: Sequence[Breach], past: Past) -> bool:
    """A life is at stake, and whoever was called before was not told so."""
    return any(b.exempt and b.level is Level.CRITICAL and b.rule not in past.grave for b in fresh)


def is_calm(incident: Incident, *, policy: Policy, at: datetime) -> bool:
    """Whether an incident has been without a breach for long enough to be closed by itself.

    What somebody has just taken up again, or passed on, is not over because it was calm before.
    """
    if not incident.unfinished:
        return False
    moved = (incident.last_breach_at, incident.acknowledged_at, incident.step_at)
    return at - max(when for when in moved if when is not None) >= policy.resolve_after


REOPEN_BY = 5  # mentions more at least: a matter of one post does not come back with its copy


def comes_back(
    closed: Incident, breaches: Collection[Breach], *, mentions: int, policy: Policy, at: datetime
) -> bool:
    """Whether a matter that was closed has grown beyond what it was then.

    `mentions` counts those of the matter by now. A life at stake comes back at once, unless
    somebody looked and said that there was none.
    """
    level = max((b.level for b in breaches), key=lambda lv: lv.rank)
    if level.rank > closed.level.rank:
        return True
    exempt = any(b.exempt and at - b.at <= policy.max_lateness for b in breaches)
    if exempt and closed.state is State.RESOLVED and not closed.exempt:
        return True
    before = int(closed.closing.get("mentions", 0))
    return mentions >= max(policy.reopen_factor * before, before + REOPEN_BY)
