"""Rules: what is a breach, decided from facts that somebody else has read."""

from listener.domain.rule.breach import Breach
from listener.domain.rule.evaluate import evaluate
from listener.domain.rule.events import Effect, EventSettings, KnownEvent
from listener.domain.rule.facts import Facts, MentionFact, RatingFact, SpreadFact, WindowFact
from listener.domain.rule.level import Level
from listener.domain.rule.settings import (
    AuthorListRule,
    AuthorReachRule,
    BurstRule,
    CombinedRule,
    CountRule,
    CoverageRule,
    GrowthRule,
    NegativeShareRule,
    RatingRule,
    Rule,
    SeverityRule,
    SpreadRule,
    TermsRule,
    ThemeRule,
    WindowRule,
    is_of_mentions,
    leaves,
    subjects_of,
)
from listener.domain.rule.state import RuleState
from listener.domain.rule.windows import densest, reaches

__all__ = [
    "AuthorListRule",
    "AuthorReachRule",
    "Breach",
    "BurstRule",
    "CombinedRule",
    "CountRule",
    "CoverageRule",
    "Effect",
    "EventSettings",
    "Facts",
    "GrowthRule",
    "KnownEvent",
    "Level",
    "MentionFact",
    "NegativeShareRule",
    "RatingFact",
    "RatingRule",
    "Rule",
    "RuleState",
    "SeverityRule",
    "SpreadFact",
    "SpreadRule",
    "TermsRule",
    "ThemeRule",
    "WindowFact",
    "WindowRule",
    "densest",
    "evaluate",
    "is_of_mentions",
    "leaves",
    "reaches",
    "subjects_of",
]
