"""What was missing to a threshold: for whoever asks why nothing was said."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Any

from listener.domain.burst import BurstFact
from listener.domain.rule.facts import Facts, MentionFact, RatingFact, SpreadFact, WindowFact
from listener.domain.rule.many import bursts, falls
from listener.domain.rule.settings import (
    AuthorListRule,
    AuthorReachRule,
    BurstRule,
    CountRule,
    GrowthRule,
    NegativeShareRule,
    RatingRule,
    Rule,
    SeverityRule,
    SpreadRule,
    TermsRule,
    ThemeRule,
    WindowRule,
)
from listener.domain.rule.single import chance_of, has_spread, met_by
from listener.domain.rule.windows import reaches

Figures = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortfall:
    """One condition at an instant: the nearest that anything came, and what it lacked.

    Figures by name; `missing` is empty where the condition was met, and where nothing could be
    seen at all. `mention` is the id of the one that came nearest.
    """

    kind: str
    met: bool
    seen: Figures = field(default_factory=dict)
    asked: Figures = field(default_factory=dict)
    missing: Figures = field(default_factory=dict)
    mention: int | None = None


def shortfall(rule: Rule, facts: Facts, subject: str) -> Shortfall:
    """Of a rule that asks one thing; `facts` hold its windows whether or not they are reached."""
    match rule:
        case CountRule() | NegativeShareRule():
            windows = [w for w in facts.windows if w.rule == rule.id and w.subject == subject]
            return _window(rule, windows)
        case BurstRule():
            streams = [b for b in facts.bursts if b.subject == subject and b.stream == rule.named]
            return _burst(rule, streams)
        case RatingRule() if rule.fall is not None:
            means = [r for r in facts.ratings if r.rule == rule.id and r.subject == subject]
            return _fall(rule, means)
        case SpreadRule():
            told = [s for s in facts.spreads if s.rule == rule.id and s.subject == subject]
            return _spread(rule, told)
    mentions = [m for m in facts.mentions if subject in m.subjects and _on(rule, m)]
    return _nearest(rule, mentions, facts)


def _on(rule: Rule, mention: MentionFact) -> bool:
    return not rule.networks or mention.network in rule.networks


def _window(rule: WindowRule, windows: Sequence[WindowFact]) -> Shortfall:
    now = windows[-1] if windows else None
    total = now.total if now else 0
    scored, negative = (now.scored, now.negative) if now else (0, 0)
    met = reaches(rule, total=total, scored=scored, negative=negative)
    if isinstance(rule, CountRule):
        return Shortfall(
            kind=rule.kind,
            met=met,
            seen={"count": total, "sentiment": rule.sentiment},
            asked={"at_least": rule.at_least},
            missing={} if met else {"count": rule.at_least - total},
        )
    share = round(negative / scored, 3) if scored else None
    lacks = {"scored": rule.minimum - scored, "share": round(rule.share - (share or 0.0), 3)}
    return Shortfall(
        kind=rule.kind,
        met=met,
        seen={"scored": scored, "negative": negative, "share": share},
        asked={"share": rule.share, "minimum": rule.minimum},
        missing={} if met else _above_zero(lacks),
    )


def _burst(rule: BurstRule, streams: Sequence[BurstFact]) -> Shortfall:
    asked = {"minimum": rule.minimum, "factor": rule.factor}
    if not streams:
        return Shortfall(kind=rule.kind, met=False, asked=asked)
    now = streams[-1]
    seen = {
        "observed": now.observed,
        "usual": round(now.expected, 2),
        "minutes": round(now.span.total_seconds() / 60),
        "score": round(now.score, 2),
    }
    met = bursts(rule, now, entered=False)
    lacks: dict[str, Any] = {"observed": rule.minimum - now.observed}
    if rule.factor is not None:
        lacks["observed"] = max(lacks["observed"], ceil(rule.factor * now.expected) - now.observed)
    missing: dict[str, Any] = {} if met else _above_zero(lacks)
    if not met and not (now.alarm or now.ongoing):
        missing["unusual"] = "it was within the usual"
    return Shortfall(kind=rule.kind, met=met, seen=seen, asked=asked, missing=missing)


def _fall(rule: RatingRule, means: Sequence[RatingFact]) -> Shortfall:
    assert rule.fall is not None
    asked = {
        "fall": rule.fall,
        "minimum": rule.minimum,
        "baseline_minimum": rule.baseline_minimum,
    }
    if not means:
        return Shortfall(kind=rule.kind, met=False, asked=asked)
    now = means[-1]
    fell = 0.0 if now.mean is None or now.before is None else now.before - now.mean
    seen = {
        "mean": None if now.mean is None else round(now.mean, 2),
        "count": now.count,
        "before": None if now.before is None else round(now.before, 2),
        "before_count": now.before_count,
    }
    lacks = {
        "fall": round(rule.fall - fell, 2),
        "count": rule.minimum - now.count,
        "before_count": rule.baseline_minimum - now.before_count,
    }
    met = falls(rule, now)
    missing = {} if met else _above_zero(lacks)
    return Shortfall(kind=rule.kind, met=met, seen=seen, asked=asked, missing=missing)


def _spread(rule: SpreadRule, told: Sequence[SpreadFact]) -> Shortfall:
    asked: Figures = {"to_press": True} if rule.to_press else {"networks": rule.at_least}
    if not told:
        return Shortfall(kind=rule.kind, met=False, asked=asked)
    widest = max(told, key=lambda s: (has_spread(rule, s) is not None, len(s.networks), s.count))
    met = has_spread(rule, widest) is not None
    seen = {"networks": len(widest.networks), "on": list(widest.networks), "count": widest.count}
    missing: Figures = {}
    if not met and rule.at_least is not None:
        missing = {"networks": rule.at_least - len(widest.networks)}
    if not met and rule.to_press:
        missing = {"press": "no article after a post"}
    return Shortfall(kind=rule.kind, met=met, seen=seen, asked=asked, missing=missing)


def _nearest(rule: Rule, mentions: Sequence[MentionFact], facts: Facts) -> Shortfall:
    """Of the mentions, the one that meets the condition, or else comes nearest."""
    figure, asked = _figure(rule)
    if not mentions:
        return Shortfall(kind=rule.kind, met=False, seen={"mentions": 0}, asked=asked)
    met = [m for m in mentions if met_by(rule, m, facts) is not None]
    best = max(met or mentions, key=lambda m: _rank(figure(m), rule))
    value = figure(best)
    seen = {"mentions": len(mentions), **_named(rule, value)}
    missing = {} if met else _lacks(rule, value, best)
    return Shortfall(
        kind=rule.kind,
        met=bool(met),
        seen=seen,
        asked=asked,
        missing=missing,
        mention=best.id if met or value is not None else None,
    )


Figure = Callable[[MentionFact], float | None]


def _figure(rule: Rule) -> tuple[Figure, Figures]:
    """What a condition compares of a mention, and with what."""
    match rule:
        case SeverityRule():
            return lambda m: m.severity, {"severity": rule.at_least}
        case ThemeRule():
            return (
                lambda m: max((m.themes.get(theme, 0.0) for theme in rule.themes), default=None),
                {"probability": rule.at_least, "sentiment": rule.sentiment},
            )
        case GrowthRule():
            return lambda m: chance_of(rule, m.forecast), {"probability": rule.probability}
        case AuthorReachRule():
            return (
                lambda m: m.followers,
                {
                    "followers": rule.followers,
                    "sentiment": rule.sentiment,
                    "severity": rule.severity,
                },
            )
        case RatingRule():
            return lambda m: m.rating, {"stars": rule.stars}
        case TermsRule():
            return lambda _: None, {"terms": list(rule.terms)}
        case AuthorListRule():
            return lambda _: None, {"lists": list(rule.lists), "sentiment": rule.sentiment}
    return lambda _: None, {}


def _rank(value: float | None, rule: Rule) -> float:
    if value is None:
        return float("-inf")
    return -value if isinstance(rule, RatingRule) else value


def _named(rule: Rule, value: float | None) -> Figures:
    names = {"severity": "severity", "theme": "probability", "growth": "probability"}
    names |= {"author_reach": "followers", "rating": "stars"}
    name = names.get(rule.kind)
    return {} if name is None else {name: None if value is None else round(value, 3)}


def _lacks(rule: Rule, value: float | None, mention: MentionFact) -> Figures:
    lacks: dict[str, Any] = {}
    threshold = {
        SeverityRule: lambda r: r.at_least,
        ThemeRule: lambda r: r.at_least,
        GrowthRule: lambda r: r.probability,
        AuthorReachRule: lambda r: r.followers,
    }.get(type(rule))
    if threshold is not None and value is not None:
        lacks |= _above_zero({"figure": round(threshold(rule) - value, 3)})
    if isinstance(rule, RatingRule) and rule.stars is not None and value is not None:
        lacks |= _above_zero({"stars_less": round(value - rule.stars, 2)})
    wanted = getattr(rule, "sentiment", None)
    if wanted is not None and mention.sentiment != wanted:
        lacks["sentiment"] = f"{wanted}, not {mention.sentiment or 'unscored'}"
    severity = rule.severity if isinstance(rule, AuthorReachRule) else None
    if severity is not None and (mention.severity or 0.0) < severity:
        lacks["severity"] = round(severity - (mention.severity or 0.0), 1)
    if value is None and threshold is not None:
        lacks["figure"] = "none was known"
    return lacks


def _above_zero(lacks: Mapping[str, float]) -> dict[str, Any]:
    return {name: value for name, value in lacks.items() if value > 0}
