"""What a night held back, as the morning tells it: plain values, read at send time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from listener.domain.alert import ReasonView
from listener.domain.incident import State
from listener.domain.rule import Level


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldIncident:
    """One incident that nobody was called for, and what became of it."""

    number: int
    subject: str  # the watch's first name
    level: Level
    state: State
    held_since: datetime
    mentions: int
    negative: int
    reasons: Sequence[ReasonView]
    taken_by: str | None = None
    closed_at: datetime | None = None
    closed_by: str | None = None
    merged_into: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MorningView:
    """Everything that was held until `until`, the gravest and still open first."""

    hospital: str
    timezone: str
    at: datetime
    since: datetime  # when the first of them was held
    held: Sequence[HeldIncident]
    called: Sequence[int] = ()  # incidents that did call somebody meanwhile


def in_order(held: Sequence[HeldIncident]) -> list[HeldIncident]:
    """What still waits for somebody, the gravest and largest first; then what is over."""
    return sorted(
        held,
        key=lambda item: (
            item.state is not State.OPEN,
            item.state is not State.ACKNOWLEDGED,
            -item.level.rank,
            -item.mentions,
            item.number,
        ),
    )
