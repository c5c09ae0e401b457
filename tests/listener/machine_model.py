"""A plain model of incidents, a matter at a time: what ought to stand after each thing that happens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from listener.domain.action import Action, Refusal, Request
from listener.domain.incident import State
from listener.domain.rule import Level, SeverityRule
from tests.listener.house import POLICY

PEOPLE = ("lea", "marc", "dir")
RULES = (
    SeverityRule(id="vie", kind="severity", level=Level.CRITICAL, at_least=95, exempt=True),
    SeverityRule(id="grave", kind="severity", level=Level.CRITICAL, at_least=80),
    SeverityRule(id="genant", kind="severity", level=Level.WARNING, at_least=50),
    SeverityRule(id="connu", kind="severity", level=Level.INFO, at_least=30),
)
OPEN = (State.OPEN, State.ACKNOWLEDGED)
CALM = POLICY.resolve_after


def level_of(severity: int) -> Level | None:
    return next((rule.level for rule in RULES if severity >= rule.at_least), None)


@dataclass(kw_only=True)
class Matter:
    """One story's incident; `state` None: it never had one."""

    state: State | None = None
    level: Level = Level.INFO
    said: set[int] = field(default_factory=set)  # live mentions of the story
    mentions: set[int] = field(default_factory=set)  # of the incident
    grave: bool = False  # life and safety stand in its evidence
    last_breach_at: datetime | None = None
    acknowledged_at: datetime | None = None
    closed_at: datetime | None = None
    closing: int = 0  # mentions it was closed with
    called: bool = False  # something since it was opened may ring a phone

    @property
    def unfinished(self) -> bool:
        return self.state in OPEN


@dataclass(kw_only=True)
class Model:
    matters: dict[int, Matter] = field(default_factory=dict)

    def matter(self, story: int) -> Matter:
        return self.matters.setdefault(story, Matter())

    def hears(
        self, story: int, severity: int, heard: set[int], *, fresh: bool, at: datetime
    ) -> None:
        """Mentions of one severity come, or one that was known takes off."""
        matter = self.matter(story)
        matter.said |= heard
        if matter.unfinished:
            matter.mentions |= heard
        level = level_of(severity)
        if level is None:
            return
        loud = level if fresh else min(level, Level.WARNING, key=lambda lv: lv.rank)
        grave = severity >= 95
        if matter.unfinished:
            # Also what was said while it was closed, before somebody took it up again by hand.
            matter.mentions |= matter.said
            self._joins(story, loud, grave=grave, fresh=fresh)
        elif matter.state is None or self._comes_back(matter, level, grave and fresh):
            matter.state, matter.level, matter.acknowledged_at = State.OPEN, loud, None
            matter.mentions |= matter.said
            matter.called = fresh
        else:
            matter.mentions |= heard
            return
        matter.called |= fresh
        matter.grave |= grave
        matter.last_breach_at = max(at, matter.last_breach_at or at)

    def _joins(self, story: int, level: Level, *, grave: bool, fresh: bool) -> None:
        matter = self.matters[story]
        if not fresh:
            return
        rises = level.rank > matter.level.rank
        calls = level is Level.CRITICAL or not self._muted(story)
        if (rises and calls) or (grave and not matter.grave):
            matter.state, matter.acknowledged_at = State.OPEN, None
        if rises:
            matter.level = level

    def _muted(self, story: int) -> bool:
        """A critical incident of the hospital's mutes the warnings of its others."""
        return any(
            m.unfinished and m.level is Level.CRITICAL
            for s, m in self.matters.items()
            if s != story
        )

    def _comes_back(self, matter: Matter, level: Level, grave: bool) -> bool:
        if level.rank > matter.level.rank:
            return True
        if grave and matter.state is State.RESOLVED and not matter.grave:
            return True
        return len(matter.said) >= max(2 * matter.closing, matter.closing + 5)

    def answers(self, story: int, request: Request, row: Any, at: datetime) -> Refusal | None:
        """What somebody's answer does; `row` is the incident as it stood before."""
        matter, action = self.matters[story], request.action
        refused = self._refused(matter, request, row, at)
        if refused is not None:
            return refused
        if action in (Action.ACKNOWLEDGE, Action.REOPEN):
            matter.state, matter.acknowledged_at = State.ACKNOWLEDGED, at
        elif action is Action.ESCALATE:
            matter.state, matter.level, matter.acknowledged_at = State.OPEN, Level.CRITICAL, None
            matter.called = True
        elif action in (Action.RESOLVE, Action.DISMISS):
            state = State.DISMISSED if action is Action.DISMISS else State.RESOLVED
            self._close(matter, state, at)
        return None

    def _refused(self, matter: Matter, request: Request, row: Any, at: datetime) -> Refusal | None:
        action, taken = request.action, matter.state is State.ACKNOWLEDGED
        if request.person not in PEOPLE:
            return Refusal.UNKNOWN_PERSON
        if action is Action.REOPEN:
            if matter.unfinished:
                return Refusal.ALREADY
            assert matter.closed_at is not None
            return Refusal.TOO_LATE if at - matter.closed_at > timedelta(days=1) else None
        if not matter.unfinished:
            return Refusal.CLOSED
        if action is Action.DISMISS and request.reason is None:
            return Refusal.REASON_MISSING
        if taken and action in (Action.ACKNOWLEDGE, Action.SNOOZE):
            return Refusal.ALREADY
        rung = matter.level is Level.CRITICAL and row.paged_at is not None
        if action is Action.ESCALATE and rung and row.step + 1 == len(PEOPLE):
            return Refusal.NO_STEP
        return None

    def ticks(self, rows: Mapping[int, Any], at: datetime) -> None:
        """What has been calm for long is over; `rows` are the incidents as the tick found them."""
        for story, matter in self.matters.items():
            if not matter.unfinished:
                continue
            touched = (matter.last_breach_at, matter.acknowledged_at, rows[story].step_at)
            if at - max(when for when in touched if when is not None) >= CALM:
                self._close(matter, State.RESOLVED, at)

    def _close(self, matter: Matter, state: State, at: datetime) -> None:
        matter.state, matter.closed_at, matter.closing = state, at, len(matter.mentions)
