"""Facts → breaches: which rules' thresholds were crossed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from listener.domain.rule.breach import Breach
from listener.domain.rule.facts import Facts, MentionFact, WindowFact
from listener.domain.rule.settings import (
    CountRule,
    NegativeShareRule,
    Rule,
    SeverityRule,
    TermsRule,
    WindowRule,
    subjects_of,
)
from listener.domain.rule.windows import reaches
from listener.domain.watch import fold


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
                kind=rule.kind,
                level=rule.level,
                subject=subject,
                at=mention.at,
                seen={"severity": round(mention.severity)},
                expected={"at_least": rule.at_least},
                mentions=(mention.id,),
                story=mention.story,
            )


def _terms(rule: TermsRule, facts: Facts, subjects: frozenset[str]) -> Iterator[Breach]:
    wanted = [(term, f" {fold(term)} ") for term in rule.terms]
    for subject, mention in _concerned(rule, facts, subjects):
        words = f" {fold(mention.text)} "
        found = [term for term, folded in wanted if folded in words]
        if found:
            yield Breach(
                rule=rule.id,
                kind=rule.kind,
                level=rule.level,
                subject=subject,
                at=mention.at,
                seen={"terms": found},
                expected={"terms": list(rule.terms)},
                mentions=(mention.id,),
                story=mention.story,
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
        kind=rule.kind,
        level=rule.level,
        subject=window.subject,
        at=window.until,
        seen=seen,
        expected=expected,
        since=window.first_at,
    )
