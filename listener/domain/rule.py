"""Threshold rules: what is a breach, decided from facts that somebody else has read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from connectors.durations import PositiveDuration
from listener.domain.values import Identifier
from listener.domain.watch import fold


class Level(StrEnum):
    INFO = "info"  # digest and console
    WARNING = "warning"  # the team's channel in working hours, held until morning otherwise
    CRITICAL = "critical"  # pages the person on call at once, at any hour

    @property
    def rank(self) -> int:
        return list(Level).index(self)


class _RuleSettings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Identifier
    level: Level
    enabled: bool = True
    subjects: tuple[str, ...] = ()  # watch ids; empty: the hospital's own
    networks: tuple[str, ...] = ()  # empty: all
    description: str = ""  # shown to the person who is woken


class SeverityRule(_RuleSettings):
    """One mention whose severity reaches `at_least`."""

    kind: Literal["severity"]
    at_least: float = Field(ge=0, le=100)


class CountRule(_RuleSettings):
    """`at_least` mentions within `window`; of one sentiment where `sentiment` says so."""

    kind: Literal["count"]
    at_least: int = Field(ge=1)
    window: PositiveDuration
    sentiment: Literal["negative", "neutral", "positive"] | None = None


class NegativeShareRule(_RuleSettings):
    """At least `share` of the scored mentions within `window` are negative, of `minimum` or more."""

    kind: Literal["negative_share"]
    share: float = Field(gt=0, le=1)
    minimum: int = Field(ge=2)
    window: PositiveDuration


class TermsRule(_RuleSettings):
    """One mention that says one of `terms`, as whole words."""

    kind: Literal["terms"]
    terms: tuple[str, ...] = Field(min_length=1)

    @field_validator("terms")
    @classmethod
    def _has_words(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if blank := [t for t in value if not fold(t)]:
            raise ValueError(f"each should hold a word: {blank!r} holds none")
        return value


Rule = Annotated[
    SeverityRule | CountRule | NegativeShareRule | TermsRule, Field(discriminator="kind")
]
WindowRule = CountRule | NegativeShareRule


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

    @property
    def at(self) -> datetime:
        return max(self.occurred_at, self.judged_at) if self.judged_at else self.occurred_at


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowFact:
    """The live mentions of one subject within one rule's window that ends at `until`."""

    rule: str
    subject: str
    until: datetime
    total: int  # of the rule's networks and, where it names one, of its sentiment
    scored: int
    negative: int
    first_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that one evaluation may know. `mentions` are live ones only."""

    mentions: Sequence[MentionFact] = ()
    windows: Sequence[WindowFact] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """A rule's threshold was crossed: `at` is when, by the mentions' own time.

    `seen` holds the figures that were seen and `expected` the thresholds, by name.
    """

    rule: str
    level: Level
    subject: str
    at: datetime
    seen: Mapping[str, Any] = field(default_factory=dict)
    expected: Mapping[str, Any] = field(default_factory=dict)
    since: datetime | None = None
    mentions: Sequence[int] = ()


def subjects_of(rule: Rule, own: frozenset[str]) -> frozenset[str]:
    """The subjects a rule watches: those it names, else the hospital's own."""
    return frozenset(rule.subjects) or own


def evaluate(rules: Sequence[Rule], facts: Facts, *, own: frozenset[str]) -> list[Breach]:
    """Every breach of every rule, gravest first."""
    breaches = [
        breach
        for rule in rules
        if rule.enabled
        for breach in _breaches_of(rule, facts, subjects_of(rule, own))
    ]
    return sorted(breaches, key=lambda b: -b.level.rank)


def _breaches_of(rule: Rule, facts: Facts, subjects: frozenset[str]) -> Iterator[Breach]:
    match rule:
        case SeverityRule():
            yield from _severe(rule, facts, subjects)
        case TermsRule():
            yield from _terms(rule, facts, subjects)
        case CountRule() | NegativeShareRule():
            for window in facts.windows:
                if window.rule == rule.id and window.subject in subjects:
                    yield from _window(rule, window)


def _concerned(
    rule: Rule, facts: Facts, subjects: frozenset[str]
) -> Iterator[tuple[str, MentionFact]]:
    for mention in facts.mentions:
        if not rule.networks or mention.network in rule.networks:
            for subject in sorted(mention.subjects & subjects):
                yield subject, mention


def _severe(rule: SeverityRule, facts: Facts, subjects: frozenset[str]) -> Iterator[Breach]:
    for subject, mention in _concerned(rule, facts, subjects):
        if mention.severity is not None and mention.severity >= rule.at_least:
            yield Breach(
                rule=rule.id,
                level=rule.level,
                subject=subject,
                at=mention.at,
                seen={"severity": round(mention.severity)},
                expected={"at_least": rule.at_least},
                mentions=(mention.id,),
            )


def _terms(rule: TermsRule, facts: Facts, subjects: frozenset[str]) -> Iterator[Breach]:
    wanted = [(term, f" {fold(term)} ") for term in rule.terms]
    for subject, mention in _concerned(rule, facts, subjects):
        words = f" {fold(mention.text)} "
        found = [term for term, folded in wanted if folded in words]
        if found:
            yield Breach(
                rule=rule.id,
                level=rule.level,
                subject=subject,
                at=mention.at,
                seen={"terms": found},
                expected={"terms": list(rule.terms)},
                mentions=(mention.id,),
            )


def _window(rule: WindowRule, window: WindowFact) -> Iterator[Breach]:
    if not reaches(rule, total=window.total, scored=window.scored, negative=window.negative):
        return
    minutes = int(rule.window / timedelta(minutes=1))
    seen: dict[str, Any]
    expected: dict[str, Any]
    if isinstance(rule, CountRule):
        seen = {"count": window.total, "sentiment": rule.sentiment, "minutes": minutes}
        expected = {"at_least": rule.at_least}
    else:
        seen = {"share": window.negative / window.scored, "count": window.scored}
        seen |= {"negative": window.negative, "minutes": minutes}
        expected = {"share": rule.share, "minimum": rule.minimum}
    yield Breach(
        rule=rule.id,
        level=rule.level,
        subject=window.subject,
        at=window.until,
        seen=seen,
        expected=expected,
        since=window.first_at,
    )


def densest(
    instants: Sequence[tuple[datetime, bool | None]],
    rule: WindowRule,
    *,
    not_before: datetime | None = None,
) -> tuple[datetime, int, int, int] | None:
    """The latest window that breaches, else None, over instants sorted by time.

    `instants` pairs when a mention occurred with whether it was negative (None: unscored).
    Windows that end before `not_before` are not looked at: what came before the first instant is
    unknown, and a share of half a window is a lie. A window holds what is younger than
    `rule.window` at its end. Gives (until, total, scored, negative). Linear.
    """
    found = None
    sliding = _Sliding(instants, rule)
    for until in sliding.ends():
        if (not_before is None or until >= not_before) and sliding.reaches():
            found = (until, sliding.total, sliding.scored, sliding.negative)
    return found


class _Sliding:
    """One window moved over sorted instants, stopping wherever its figures change."""

    def __init__(self, instants: Sequence[tuple[datetime, bool | None]], rule: WindowRule) -> None:
        self._instants = instants
        self._rule = rule
        self.total = self.scored = self.negative = 0

    def reaches(self) -> bool:
        return reaches(self._rule, total=self.total, scored=self.scored, negative=self.negative)

    def ends(self) -> Iterator[datetime]:
        """When a mention enters, and when one leaves: a share may rise as praise grows old."""
        start = end = 0
        window = self._rule.window
        while end < len(self._instants):
            leaves = self._instants[start][0] + window
            until = min(leaves, self._instants[end][0]) if start < end else self._instants[end][0]
            while start < end and self._instants[start][0] + window <= until:
                self._count(self._instants[start][1], -1)
                start += 1
            while end < len(self._instants) and self._instants[end][0] == until:
                self._count(self._instants[end][1], 1)
                end += 1
            yield until

    def _count(self, is_negative: bool | None, by: int) -> None:
        self.total += by
        self.scored += by * (is_negative is not None)
        self.negative += by * bool(is_negative)


def reaches(rule: WindowRule, *, total: int, scored: int, negative: int) -> bool:
    """Whether a window's figures cross a rule's threshold."""
    if isinstance(rule, CountRule):
        return total >= rule.at_least
    return scored >= rule.minimum and negative >= rule.share * scored
