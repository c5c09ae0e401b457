"""Rules: what is a breach, decided from facts that somebody else has read."""

from listener.domain.rule.authors import AuthorListSettings
from listener.domain.rule.breach import Breach
from listener.domain.rule.evaluate import Weighed, evaluate, weigh
from listener.domain.rule.events import Effect, EventSettings, KnownEvent
from listener.domain.rule.facts import (
    Facts,
    MentionFact,
    RatingFact,
    SpreadFact,
    StateKey,
    WindowFact,
)
from listener.domain.rule.level import Level
from listener.domain.rule.many import BLIND
from listener.domain.rule.remember import remembering
from listener.domain.rule.settings import (
    AggregateSettings,
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
    blindness_of,
    is_of_mentions,
    leaves,
    mixes,
    subjects_of,
    watched_streams,
)
from listener.domain.rule.single import chance_of
from listener.domain.rule.state import RuleState
from listener.domain.rule.windows import Spell, densest, reaches, spells

__all__ = [
    "BLIND",
    "AggregateSettings",
    "AuthorListRule",
    "AuthorListSettings",
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
    "Spell",
    "SpreadFact",
    "SpreadRule",
    "StateKey",
    "TermsRule",
    "ThemeRule",
    "Weighed",
    "WindowFact",
    "WindowRule",
    "blindness_of",
    "chance_of",
    "densest",
    "evaluate",
    "is_of_mentions",
    "leaves",
    "mixes",
    "reaches",
    "remembering",
    "spells",
    "subjects_of",
    "watched_streams",
    "weigh",
]
