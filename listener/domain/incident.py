"""What becomes of breaches: which incident they open or raise, and which of them call somebody."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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
    REMINDED = "reminded"  # still breaching after the repeat interval
    RECORDED = "recorded"  # too old to call anybody: told with the next summary


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One subject's trouble, as stored."""

    id: int
    subject: str
    level: Level
    state: State
    opened_at: datetime
    last_breach_at: datetime
    alerted_at: datetime | None = None
    alerted_level: Level | None = None
    evidence: Sequence[Mapping[str, Any]] = ()
    exercise_id: str = ""
    mentions: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """`[alerts]`, as far as the decision needs it."""

    max_lateness: timedelta
    repeat_interval: timedelta
    resolve_after: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What to write for one subject: the breaches that join, the level, and the alert if any."""

    subject: str
    level: Level
    breaches: Sequence[Breach]
    opens: bool
    alert: AlertKind | None
    mentions: frozenset[int] = field(default_factory=frozenset)

    @property
    def last_breach_at(self) -> datetime:
        return max(breach.at for breach in self.breaches)


def judge(
    breaches: Iterable[Breach],
    current: Mapping[str, Incident],
    paged: Mapping[str, tuple[datetime, Level]],
    *,
    policy: Policy,
    at: datetime,
) -> list[Verdict]:
    """One verdict a subject that was breached, gravest first.

    `current` holds the unfinished incident of each subject, `paged` when and at what level each
    subject last called somebody, also through incidents that are closed since.
    """
    by_subject: dict[str, list[Breach]] = {}
    for breach in breaches:
        by_subject.setdefault(breach.subject, []).append(breach)
    verdicts = [
        _verdict(subject, found, current.get(subject), paged.get(subject), policy, at)
        for subject, found in by_subject.items()
    ]
    return sorted(verdicts, key=lambda v: -v.level.rank)


def _verdict(
    subject: str,
    breaches: Sequence[Breach],
    incident: Incident | None,
    paged: tuple[datetime, Level] | None,
    policy: Policy,
    at: datetime,
) -> Verdict:
    fresh = [b for b in breaches if at - b.at <= policy.max_lateness]
    # What is too old to call anybody must not raise the level that calls them either.
    level = max((b.level for b in fresh or breaches), key=lambda lv: lv.rank)
    return Verdict(
        subject=subject,
        level=level,
        breaches=tuple(breaches),
        opens=incident is None,
        alert=_alert(level, incident, paged, policy, at) if fresh else _late(incident),
        mentions=frozenset(m for b in breaches for m in b.mentions),
    )


def _late(incident: Incident | None) -> AlertKind | None:
    return AlertKind.RECORDED if incident is None else None


def _alert(
    level: Level,
    incident: Incident | None,
    paged: tuple[datetime, Level] | None,
    policy: Policy,
    at: datetime,
) -> AlertKind | None:
    if paged is None:
        return AlertKind.OPENED
    last, last_level = paged
    if level.rank > last_level.rank:
        return AlertKind.RAISED if incident else AlertKind.OPENED
    if at - last < policy.repeat_interval:
        return None
    if incident is None:
        return AlertKind.OPENED
    return AlertKind.REMINDED if incident.state is State.OPEN else None


def is_calm(incident: Incident, *, policy: Policy, at: datetime) -> bool:
    """Whether an incident has been without a breach for long enough to be closed by itself."""
    return incident.state in UNFINISHED and at - incident.last_breach_at >= policy.resolve_after
