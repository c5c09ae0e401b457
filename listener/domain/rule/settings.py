"""Each `[[rule]]` of the configuration: a condition, and what becomes of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from connectors.durations import PositiveDuration
from listener.domain.coverage import Blindness
from listener.domain.rule.conditions import (
    AuthorListed,
    AuthorReach,
    Burst,
    Condition,
    Count,
    Coverage,
    Growth,
    NegativeShare,
    Rating,
    Severity,
    Spread,
    Terms,
    Themed,
)
from listener.domain.rule.level import Level
from listener.domain.values import Identifier

WHOLE = "what is usual is known of all networks together: a burst has no networks"


class RuleSettings(BaseModel):
    """What all rules have."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Identifier
    level: Level
    enabled: bool = True
    subjects: tuple[str, ...] = ()  # watch ids; empty: the hospital's own
    networks: tuple[str, ...] = ()  # empty: all
    description: str = ""  # shown to the person who is woken
    cool_down: PositiveDuration | None = None  # after a breach, until a new one counts
    inhibits: tuple[str, ...] = ()  # rules that this one speaks for while it breaches
    muted_by: tuple[str, ...] = ()  # and those that speak for this one
    exempt: bool | None = None  # life and safety; None: as its kind and themes say


class AggregateSettings(RuleSettings):
    """What rules over many mentions have besides."""

    for_: PositiveDuration | None = Field(default=None, alias="for")  # it must hold so long


class SeverityRule(RuleSettings, Severity):
    pass


class TermsRule(RuleSettings, Terms):
    pass


class ThemeRule(RuleSettings, Themed):
    pass


class GrowthRule(RuleSettings, Growth):
    pass


class AuthorReachRule(RuleSettings, AuthorReach):
    pass


class AuthorListRule(RuleSettings, AuthorListed):
    pass


class SpreadRule(RuleSettings, Spread):
    pass


class CountRule(AggregateSettings, Count):
    clear: int | None = Field(default=None, ge=1)  # once it breaches, it does until there are fewer

    @model_validator(mode="after")
    def _clears_below(self) -> CountRule:
        if self.clear is not None and self.clear > self.at_least:
            raise ValueError("clear should be at most at_least")
        return self


class NegativeShareRule(AggregateSettings, NegativeShare):
    clear_share: float | None = Field(default=None, ge=0, le=1)

    @model_validator(mode="after")
    def _clears_below(self) -> NegativeShareRule:
        if self.clear_share is not None and self.clear_share > self.share:
            raise ValueError("clear_share should be at most share")
        return self


class BurstRule(AggregateSettings, Burst):
    @model_validator(mode="after")
    def _of_all_networks(self) -> BurstRule:
        if self.networks:
            raise ValueError(WHOLE)
        return self


class CoverageRule(AggregateSettings, Coverage):
    pass


class RatingRule(AggregateSettings, Rating):
    @model_validator(mode="after")
    def _lasts(self) -> RatingRule:
        if self.for_ is not None and self.stars is not None:
            raise ValueError("one review is no state that lasts: for goes with fall")
        return self


Single = (
    Severity
    | Count
    | NegativeShare
    | Terms
    | Themed
    | Burst
    | Growth
    | AuthorReach
    | AuthorListed
    | Rating
    | Spread
)  # not that the watch is blind, which is true of no subject and no mention


class Combination(Condition):
    """All conditions hold, those of a mention on the same one, the others on its subject; or any."""

    kind: Literal["all", "any"]
    conditions: tuple[Annotated[Single | Combination, Field(discriminator="kind")], ...] = Field(
        min_length=2
    )


class CombinedRule(AggregateSettings, Combination):
    @model_validator(mode="after")
    def _lasts(self) -> CombinedRule:
        asked = list(leaves(self))
        if self.for_ is not None and any(is_of_mentions(leaf) for leaf in asked):
            raise ValueError("one mention is no state that lasts: for goes with counts and shares")
        if self.networks and any(isinstance(leaf, BurstRule) for leaf in asked):
            raise ValueError(WHOLE)
        return self

    @cached_property
    def parts(self) -> tuple[Rule, ...]:
        """Its conditions, each as a rule of its own, with this one's scope; ids no rule can have."""
        return tuple(
            _part(self, f"{self.id}.{number}", condition)
            for number, condition in enumerate(self.conditions)
        )


Rule = Annotated[
    SeverityRule
    | CountRule
    | NegativeShareRule
    | TermsRule
    | ThemeRule
    | BurstRule
    | GrowthRule
    | AuthorReachRule
    | AuthorListRule
    | RatingRule
    | SpreadRule
    | CoverageRule
    | CombinedRule,
    Field(discriminator="kind"),
]
WindowRule = CountRule | NegativeShareRule
MENTION_RULES = (
    SeverityRule, TermsRule, ThemeRule, GrowthRule, AuthorReachRule, AuthorListRule, SpreadRule,
)  # fmt: skip
_RULES: dict[type[Condition], type[Any]] = {
    Severity: SeverityRule,
    Count: CountRule,
    NegativeShare: NegativeShareRule,
    Terms: TermsRule,
    Themed: ThemeRule,
    Burst: BurstRule,
    Growth: GrowthRule,
    AuthorReach: AuthorReachRule,
    AuthorListed: AuthorListRule,
    Rating: RatingRule,
    Spread: SpreadRule,
    Combination: CombinedRule,
}


def _part(rule: CombinedRule, name: str, condition: Condition) -> Any:
    # Not validated again: its id is none that the configuration could hold, on purpose.
    return _RULES[type(condition)].model_construct(
        id=name,
        level=rule.level,
        subjects=rule.subjects,
        networks=rule.networks,
        exempt=rule.exempt,
        **{field: getattr(condition, field) for field in type(condition).model_fields},
    )


def leaves(rule: Rule) -> Iterator[Rule]:
    """The rules that ask something themselves: the rule, or the parts of one that combines."""
    if not isinstance(rule, CombinedRule):
        yield rule
        return
    for part in rule.parts:
        yield from leaves(part)


def is_of_mentions(rule: Rule) -> bool:
    """Whether one mention alone crosses its threshold."""
    if isinstance(rule, RatingRule):
        return rule.stars is not None
    return isinstance(rule, MENTION_RULES)


def mixes(rule: Rule) -> bool:
    """Whether a rule asks for things of one mention and for things of many at a time."""
    if not isinstance(rule, CombinedRule) or rule.kind != "all":
        return False
    of_one = [all(is_of_mentions(leaf) for leaf in leaves(part)) for part in rule.parts]
    return any(of_one) and not all(of_one)


def subjects_of(rule: Rule, own: frozenset[str]) -> frozenset[str]:
    """The subjects a rule watches: those it names, else the hospital's own."""
    return frozenset(rule.subjects) or own


def watched_streams(rules: Sequence[Rule], own: frozenset[str]) -> frozenset[tuple[str, str]]:
    """The (subject, stream) pairs whose bursts the rules ask about."""
    return frozenset(
        (subject, leaf.named)
        for rule in rules
        if rule.enabled
        for leaf in leaves(rule)
        if isinstance(leaf, BurstRule)
        for subject in subjects_of(rule, own)
    )


def blindness_of(rules: Sequence[Rule]) -> frozenset[Blindness]:
    """What makes an incident of itself, since a rule looks for it."""
    return frozenset(
        kind
        for rule in rules
        if rule.enabled and isinstance(rule, CoverageRule)
        for kind in (rule.kinds or tuple(Blindness))
    )
