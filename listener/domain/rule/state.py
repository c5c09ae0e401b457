"""What a rule remembers of a subject between two looks, and what a look makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleState:
    """`since`: its threshold has been crossed without a break. `breached_at`: its last breach.

    `figures`: what was seen at the last look; "level" its last breach went out with, "mentions"
    that it was about, "waiting" which mentions meet their part of a rule that combines.
    """

    since: datetime | None = None
    breached_at: datetime | None = None
    due_at: datetime | None = None  # when to look again, whether or not a mention arrives
    looked_at: datetime | None = None
    figures: Mapping[str, Any] = field(default_factory=dict)

    @property
    def rests(self) -> bool:
        """Whether nothing of it is worth a row."""
        return self == RuleState(looked_at=self.looked_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One look at a threshold: crossed `since` then until `until`, and still so where `ongoing`."""

    since: datetime | None
    until: datetime
    ongoing: bool = True


def step(
    state: RuleState, look: Look, *, lasting: timedelta | None, cool_down: timedelta | None
) -> tuple[RuleState, bool]:
    """The state after a look, and whether the rule breaches: the same for whoever looks when.

    `lasting`: how long the threshold must be crossed without a break. A spell that is over is told
    once, by whoever sees that it lasted; one that goes on at each look.
    """
    if look.since is None:
        return replace(state, since=None, due_at=None, looked_at=look.until), False
    since = look.since if look.ongoing else None
    seen = replace(state, since=since, due_at=None, looked_at=look.until)
    if lasting is not None and look.until - look.since < lasting:
        return replace(seen, due_at=look.since + lasting if look.ongoing else None), False
    if cool_down is not None and (end := _cools_until(state, look, cool_down)) is not None:
        return replace(seen, due_at=end if look.ongoing else None), False
    if not look.ongoing and state.breached_at is not None and state.breached_at >= look.since:
        return seen, False
    return replace(seen, breached_at=_later(state.breached_at, look.until)), True


def _cools_until(state: RuleState, look: Look, cool_down: timedelta) -> datetime | None:
    """When a new spell may breach, where the last breach is too near; None: now."""
    last = state.breached_at
    if last is None or look.since is None or look.since <= last:
        return None
    return last + cool_down if look.until < last + cool_down else None


def _later(one: datetime | None, other: datetime) -> datetime:
    return other if one is None else max(one, other)
