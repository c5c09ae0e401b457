"""What a message says, before any channel's way of saying it: plain values, read at send time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from classifiers.classifier import Score
from listener.domain.incident import UNFINISHED, AlertKind, State
from listener.domain.rule import Level


class Analysis(StrEnum):
    """Which classifiers an alert rests on."""

    FAST = "fast"
    UNDER_WAY = "under_way"  # fast so far, and some of it is being read more deeply
    DEEP = "deep"


@dataclass(frozen=True, slots=True, kw_only=True)
class PostView:
    """One post as people may see it: `excerpt` is scrubbed of handles, not yet masked or escaped.

    `excerpt` is None where the text is gone (expired, deleted, forgotten); `unread` says that it
    never had one (an image that nobody analysed).
    """

    network: str
    kind: str
    occurred_at: datetime
    excerpt: str | None
    link: str | None
    severity: float | None = None
    sentiment: str | None = None
    followers: int | None = None
    reactions: int | None = None
    replies: int | None = None
    shares: int | None = None
    unread: bool = False
    spans: Sequence[tuple[int, int]] = ()  # of `excerpt`, what may reveal a patient
    themes: Sequence[str] = ()  # of classifiers.themes
    restricted: bool = False  # as a whole it may reveal who is a patient
    scores: Sequence[Score] = ()  # what was said of it and why, oldest first


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonView:
    """One breach in figures: which rule, what was seen, what the threshold was."""

    rule: str
    kind: str  # of the rule: severity · count · negative_share · terms
    level: Level
    at: datetime
    since: datetime | None
    seen: Mapping[str, Any]
    expected: Mapping[str, Any]
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertView:
    """All that an alert may say, in the order a sleepy reader needs it."""

    incident: int
    kind: AlertKind
    level: Level
    state: State
    subject: str  # the watch's first name, e.g. "CHU de Valmont"
    hospital: str
    opened_at: datetime
    first_at: datetime  # when the first of its mentions occurred
    at: datetime  # when it is rendered
    timezone: str
    mentions: int  # of the incident
    negative: int
    networks: Mapping[str, int]  # mentions by network, most first
    recent: Sequence[tuple[datetime, int]]  # mentions by ten minutes, oldest first: the growth
    reasons: Sequence[ReasonView]
    posts: Sequence[PostView]  # the worst three
    told: Sequence[str]  # names of who else was told
    observed: bool = False  # alerts.mode = "observe": says whom it would have called
    called: str | None = None  # the name of who is called
    held_since: datetime | None = None
    exercise: bool = False
    analysis: Analysis | None = None  # of its posts; None: nobody has scored any
    others: Sequence[int] = ()  # incidents that this ring stands for as well
    taken_by: str | None = None  # the name of who takes care of it
    taken_at: datetime | None = None
    closed_by: str | None = None  # the name of who closed it; None: it calmed down by itself
    closed_at: datetime | None = None
    merged_into: int | None = None
    absorbed: Sequence[int] = ()  # incidents that proved to be this one
    answerable: bool = False  # its channel shows buttons, and hears them

    @property
    def unfinished(self) -> bool:
        return self.state in UNFINISHED

    usual: float | None = None  # mentions by ten minutes at this hour of the week, where known


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Where a message goes: a person, or the team where `person` is None."""

    person: str | None
    name: str
    address: str  # e-mail address, Slack channel or member id; "console"
    mention: str | None = None  # Slack member id to ping in the channel
