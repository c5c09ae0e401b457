"""What happened beside what was said: incidents and their calls, and what could not be seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from connectors.connector import Unseen
from listener.domain.alert import ReasonView
from listener.domain.incident import State
from listener.domain.rule import Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One alert that called somebody, or would have in observe mode."""

    at: datetime
    level: Level
    at_night: bool  # outside working hours: a night, a weekend, a holiday
    observed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentLine:
    """An incident that began in the period, or called somebody in it."""

    number: int
    subject: str  # the watch's first name
    level: Level
    state: State
    opened_at: datetime
    closed_at: datetime | None
    mentions: int
    calls: Sequence[Call] = ()  # of the period
    first_at: datetime | None = None  # when the first of its mentions occurred
    acknowledged_at: datetime | None = None
    false_alarm: bool = False
    blind: bool = False  # about what the listener could not see, not about what was said
    reasons: Sequence[ReasonView] = ()  # its breaches

    @property
    def detected_after(self) -> timedelta | None:
        """From the first mention to the incident: negative claims of networks' clocks are none."""
        if self.first_at is None or self.first_at > self.opened_at:
            return None
        return self.opened_at - self.first_at

    @property
    def acknowledged_after(self) -> timedelta | None:
        """From the incident to whoever took it."""
        if self.acknowledged_at is None:
            return None
        return max(self.acknowledged_at - self.opened_at, timedelta(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class GapLine:
    """What a network can no longer give: `since` is None where its beginning is unknown."""

    source: str
    since: datetime | None
    until: datetime
    reason: str = ""  # the connector's, in English


@dataclass(frozen=True, slots=True, kw_only=True)
class SilentSource:
    """A source that does not answer: since when, and for good if it was stopped.

    `since` is None where it never has.
    """

    source: str
    since: datetime | None = None
    stopped: str | None = None  # unauthorized · closed


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What the listener could not see: a figure is only worth what it leaves out."""

    gaps: Sequence[GapLine] = ()
    sources: Sequence[SilentSource] = ()
    quarantined: int = 0
    blind: Mapping[str, Sequence[Unseen]] = field(default_factory=dict)  # by source
