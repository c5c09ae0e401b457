"""Rules that one mention crosses alone: what was seen and what was asked, where they do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from listener.domain.rule.breach import Breach
from listener.domain.rule.facts import Facts, MentionFact, SpreadFact
from listener.domain.rule.settings import (
    AuthorListRule,
    AuthorReachRule,
    GrowthRule,
    RatingRule,
    Rule,
    SeverityRule,
    SpreadRule,
    TermsRule,
    ThemeRule,
)
from listener.domain.watch import fold

# What may cost a life, or has; and what reveals patients to whoever should not know of them.
LIFE_AND_SAFETY = frozenset(
    {"person_in_danger", "death", "violence", "confidentiality", "cyberattack"}
)

Met = tuple[Mapping[str, Any], Mapping[str, Any]] | None
"""What was seen and what was expected; None where the threshold is not crossed."""


def of_mentions(rule: Rule, facts: Facts, subjects: frozenset[str]) -> Iterator[Breach]:
    """One breach a mention and subject."""
    if isinstance(rule, SpreadRule):
        yield from _spread(rule, facts, subjects)
        return
    for mention in facts.mentions:
        if rule.networks and mention.network not in rule.networks:
            continue
        if not (concerned := mention.subjects & subjects):
            continue
        if (met := met_by(rule, mention, facts)) is not None:
            for subject in sorted(concerned):
                yield _breach(rule, subject, mention, met)


def met_by(rule: Rule, mention: MentionFact, facts: Facts) -> Met:
    match rule:
        case SeverityRule():
            return _severity(rule, mention)
        case TermsRule():
            return _terms(rule, mention)
        case ThemeRule():
            return _themes(rule, mention)
        case GrowthRule():
            return _growth(rule, mention)
        case AuthorReachRule():
            return _reach(rule, mention)
        case AuthorListRule():
            return _listed(rule, mention, facts)
        case RatingRule():
            return _stars(rule, mention)
        case _:
            return None


def _breach(rule: Rule, subject: str, mention: MentionFact, met: Met) -> Breach:
    assert met is not None
    seen, expected = met
    return Breach(
        rule=rule.id,
        kind=rule.kind,
        level=rule.level,
        subject=subject,
        at=mention.at,
        seen=seen,
        expected=expected,
        mentions=(mention.id,),
        story=mention.story,
        exempt=_is_exempt(rule, seen),
    )


def _is_exempt(rule: Rule, seen: Mapping[str, Any]) -> bool:
    if rule.exempt is not None:
        return rule.exempt
    return isinstance(rule, ThemeRule) and not LIFE_AND_SAFETY.isdisjoint(seen["themes"])


def _severity(rule: SeverityRule, mention: MentionFact) -> Met:
    if mention.severity is None or mention.severity < rule.at_least:
        return None
    return {"severity": round(mention.severity)}, {"at_least": rule.at_least}


def _terms(rule: TermsRule, mention: MentionFact) -> Met:
    words = f" {fold(mention.text)} "
    found = [term for term in rule.terms if f" {fold(term)} " in words]
    return ({"terms": found}, {"terms": list(rule.terms)}) if found else None


def _themes(rule: ThemeRule, mention: MentionFact) -> Met:
    found = {t: p for t in rule.themes if (p := mention.themes.get(t, 0.0)) >= rule.at_least}
    if not found or not _is_of(rule.sentiment, mention):
        return None
    surest = max(found.values())
    seen = {"themes": sorted(found), "probability": round(surest, 2)}
    return seen, {"themes": list(rule.themes), "at_least": rule.at_least}


def _growth(rule: GrowthRule, mention: MentionFact) -> Met:
    chance = chance_of(rule, mention.forecast)
    if chance is None or chance < rule.probability:
        return None
    seen = {"probability": round(chance, 2), "hours": int(rule.within.rstrip("h"))}
    if "current" in mention.forecast:
        seen["current"] = round(mention.forecast["current"])
    return seen, {"at_least": rule.at_least, "probability": rule.probability}


def chance_of(rule: GrowthRule, forecast: Mapping[str, float]) -> float | None:
    """The forecast's chance that a rule's threshold is crossed in time; None: it cannot be said."""
    return forecast.get(f"over_{rule.at_least}_{rule.within}")


def _reach(rule: AuthorReachRule, mention: MentionFact) -> Met:
    if mention.followers is None or mention.followers < rule.followers:
        return None
    if not _is_of(rule.sentiment, mention):
        return None
    seen: dict[str, Any] = {"followers": mention.followers, "sentiment": rule.sentiment}
    expected: dict[str, Any] = {"at_least": rule.followers}
    if rule.severity is not None:
        if mention.severity is None or mention.severity < rule.severity:
            return None
        seen["severity"] = round(mention.severity)
        expected["severity"] = rule.severity
    return seen, expected


def _listed(rule: AuthorListRule, mention: MentionFact, facts: Facts) -> Met:
    known = {mention.author_ref, mention.author_id_ref} - {None}
    lists = [name for name in rule.lists if not known.isdisjoint(facts.lists.get(name, ()))]
    if not lists or not _is_of(rule.sentiment, mention):
        return None
    return {"lists": lists, "sentiment": rule.sentiment}, {"lists": list(rule.lists)}


def _stars(rule: RatingRule, mention: MentionFact) -> Met:
    if rule.stars is None or mention.rating is None or mention.rating > rule.stars:
        return None
    return {"stars": mention.rating}, {"at_most": rule.stars}


def _is_of(sentiment: str | None, mention: MentionFact) -> bool:
    return sentiment is None or mention.sentiment == sentiment


def _spread(rule: SpreadRule, facts: Facts, subjects: frozenset[str]) -> Iterator[Breach]:
    """By mention, so that others of its conditions may be asked of the same one."""
    told = {(s.subject, s.story): s for s in facts.spreads if s.rule == rule.id}
    for mention in facts.mentions:
        for subject in sorted(mention.subjects & subjects):
            spread = told.get((subject, mention.story)) if mention.story is not None else None
            if spread is None or (met := has_spread(rule, spread)) is None:
                continue
            yield _breach(rule, subject, mention, met)


def has_spread(rule: SpreadRule, spread: SpreadFact) -> Met:
    hours = rule.window / timedelta(hours=1)
    seen: dict[str, Any] = {
        "networks": len(spread.networks),
        "on": list(spread.networks),
        "count": spread.count,
        "hours": round(hours, 1),
    }
    if rule.to_press:
        social, press = spread.social_at, spread.press_at
        if social is None or press is None or press <= social:
            return None
        return seen | {"to_press": True}, {"to_press": True}
    if rule.at_least is None or len(spread.networks) < rule.at_least:
        return None
    return seen, {"at_least": rule.at_least}
