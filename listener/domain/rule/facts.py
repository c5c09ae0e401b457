"""What rules may know: of mentions, windows, stories, streams, the watch itself, and their past."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from listener.domain.burst import BurstFact
from listener.domain.coverage import CoverageFact
from listener.domain.rule.events import KnownEvent
from listener.domain.rule.state import RuleState

StateKey = tuple[str, str]
"""A rule's id and a subject."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MentionFact:
    """What rules may know of one mention of the page, after it was written."""

    id: int
    subjects: frozenset[str]
    network: str
    occurred_at: datetime
    text: str  # never stored with a breach
    severity: float | None = None
    sentiment: str | None = None
    judged_at: datetime | None = None
    """When its figures were read: an old post that takes off today is news of today."""
    kind: str = "post"
    story: int | None = None
    author_ref: str | None = None  # pseudonym by handle
    author_id_ref: str | None = None  # and by the network's own id
    followers: int | None = None
    rating: float | None = None  # stars
    themes: Mapping[str, float] = field(default_factory=dict)  # probabilities, each alone
    forecast: Mapping[str, float] = field(default_factory=dict)
    """The virality score's figures: "current", "over_T_Hh", … (see classifiers.virality.scores)."""

    @property
    def at(self) -> datetime:
        return max(self.occurred_at, self.judged_at) if self.judged_at else self.occurred_at


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowFact:
    """The live mentions of one subject within one rule's window that ends at `until`.

    Of rules that remember, `crossed_since` says since when without a break the threshold has been
    crossed until then (None: it is not), and `ongoing` whether it still is.
    """

    rule: str
    subject: str
    until: datetime
    total: int  # of the rule's networks and, where it names one, of its sentiment
    scored: int
    negative: int
    first_at: datetime | None = None
    crossed_since: datetime | None = None
    ongoing: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingFact:
    """Mean stars of one subject's reviews within a rule's window, and within its baseline before."""

    rule: str
    subject: str
    until: datetime
    mean: float | None
    count: int
    before: float | None
    before_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SpreadFact:
    """Where one story has been told of one subject, within a rule's window that ends at `until`."""

    rule: str
    subject: str
    story: int
    until: datetime
    networks: Sequence[str]  # in the order they were reached
    count: int
    first_at: datetime
    social_at: datetime | None = None  # the first mention that is no article
    press_at: datetime | None = None  # the first article


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that one evaluation may know. `mentions` are live ones only.

    `lists` gives the pseudonyms of each [[author_list]]; `looked` holds the subjects whose windows
    were counted, so that what is not among the facts is known not to be crossed; `at` is the instant of the evaluation,
    None where nothing is remembered.
    """

    mentions: Sequence[MentionFact] = ()
    windows: Sequence[WindowFact] = ()
    ratings: Sequence[RatingFact] = ()
    spreads: Sequence[SpreadFact] = ()
    bursts: Sequence[BurstFact] = ()
    coverage: Sequence[CoverageFact] = ()
    states: Mapping[StateKey, RuleState] = field(default_factory=dict)
    events: Sequence[KnownEvent] = ()
    lists: Mapping[str, frozenset[str]] = field(default_factory=dict)
    looked: frozenset[str] = frozenset()
    at: datetime | None = None
