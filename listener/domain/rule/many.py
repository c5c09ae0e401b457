"""Rules over many mentions, or over the watch itself: a breach of a subject, and since when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from listener.domain.burst import BurstFact
from listener.domain.rule.breach import Breach
from listener.domain.rule.facts import Facts, RatingFact, WindowFact
from listener.domain.rule.settings import (
    BurstRule,
    CountRule,
    CoverageRule,
    NegativeShareRule,
    RatingRule,
    Rule,
    WindowRule,
)
from listener.domain.rule.state import RuleState
from listener.domain.rule.windows import reaches

BLIND = "_coverage"
"""What stands for a subject where the watch itself is blind: no [[watch]] can be called so."""
BURST_SILENCE = timedelta(minutes=15)  # three intervals


def of_many(rule: Rule, facts: Facts, subjects: frozenset[str]) -> Iterator[Breach]:
    """One breach a subject, of what is crossed now; whether it lasts is asked elsewhere."""
    match rule:
        case CountRule() | NegativeShareRule():
            for window in facts.windows:
                if window.rule == rule.id and window.subject in subjects and _crosses(rule, window):
                    yield of_window(rule, window)
        case BurstRule():
            for burst in facts.bursts:
                if burst.stream == rule.named and burst.subject in subjects:
                    state = facts.states.get((rule.id, burst.subject))
                    entered = going_on(state, burst.until) is not None
                    if bursts(rule, burst, entered=entered):
                        yield _burst(rule, burst)
        case RatingRule():
            for rating in facts.ratings:
                if rating.rule == rule.id and rating.subject in subjects and falls(rule, rating):
                    yield _fall(rule, rating)
        case CoverageRule():
            yield from _coverage(rule, facts)


def going_on(state: RuleState | None, until: datetime) -> datetime | None:
    """Since when a burst has gone on that is told of again; None: it is another one.

    Only what is going on is told: silence over some intervals means that it calmed meanwhile.
    """
    if state is None or state.since is None or state.looked_at is None:
        return None
    return state.since if until - state.looked_at <= BURST_SILENCE else None


def _breach(
    rule: Rule,
    subject: str,
    at: datetime,
    seen: Mapping[str, Any],
    expected: Mapping[str, Any],
    since: datetime | None = None,
) -> Breach:
    return Breach(
        rule=rule.id,
        kind=rule.kind,
        level=rule.level,
        subject=subject,
        at=at,
        seen=seen,
        expected=expected,
        since=since,
        exempt=bool(rule.exempt),
    )


def _crosses(rule: WindowRule, window: WindowFact) -> bool:
    """A window that is remembered was judged with its past: its clear threshold may hold it."""
    return window.crossed_since is not None or reaches(
        rule, total=window.total, scored=window.scored, negative=window.negative
    )


def of_window(rule: WindowRule, window: WindowFact) -> Breach:
    seen: dict[str, Any]
    expected: dict[str, Any]
    minutes = int(rule.window / timedelta(minutes=1))
    if isinstance(rule, CountRule):
        seen = {"count": window.total, "sentiment": rule.sentiment, "minutes": minutes}
        expected = {"at_least": rule.at_least}
    else:
        seen = {"share": window.negative / max(window.scored, 1), "count": window.scored}
        seen |= {"negative": window.negative, "minutes": minutes}
        expected = {"share": rule.share, "minimum": rule.minimum}
    return _breach(rule, window.subject, window.until, seen, expected, window.first_at)


def bursts(rule: BurstRule, burst: BurstFact, *, entered: bool) -> bool:
    """A burst that was told goes on until it has calmed, however few are left to speak of it."""
    if entered:
        return burst.alarm or burst.ongoing
    enough = burst.observed >= rule.minimum
    if rule.factor is not None:
        enough = enough and burst.observed >= rule.factor * burst.expected
    return enough and (burst.alarm or burst.ongoing)


def _burst(rule: BurstRule, burst: BurstFact) -> Breach:
    seen = {
        "observed": burst.observed,
        "usual": round(burst.expected, 2),
        "minutes": round(burst.span / timedelta(minutes=1)),
        "stream": rule.stream if rule.theme is None else "theme",
        "theme": rule.theme,
    }
    expected = {"minimum": rule.minimum, "factor": rule.factor}
    return _breach(rule, burst.subject, burst.until, seen, expected, burst.until - burst.span)


def falls(rule: RatingRule, rating: RatingFact) -> bool:
    if rule.fall is None or rating.mean is None or rating.before is None:
        return False
    if rating.count < rule.minimum or rating.before_count < rule.baseline_minimum:
        return False
    return rating.before - rating.mean >= rule.fall


def _fall(rule: RatingRule, rating: RatingFact) -> Breach:
    assert rating.mean is not None and rating.before is not None
    seen = {
        "mean": round(rating.mean, 2),
        "before": round(rating.before, 2),
        "count": rating.count,
        "days": round(rule.window / timedelta(days=1), 1),
    }
    expected = {"fall": rule.fall, "minimum": rule.minimum}
    return _breach(rule, rating.subject, rating.until, seen, expected)


def _coverage(rule: CoverageRule, facts: Facts) -> Iterator[Breach]:
    """All that is wrong as one breach: whoever is woken for one wants to know of the others."""
    lasting = rule.for_ or timedelta()
    blind = [
        fact
        for fact in facts.coverage
        if (not rule.kinds or fact.kind in rule.kinds)
        and (facts.at is None or facts.at - fact.since >= lasting)
    ]
    if not blind:
        return
    since = min(fact.since for fact in blind)
    seen = {
        "kinds": sorted({fact.kind.value for fact in blind}),
        "names": sorted({fact.name for fact in blind}),
        "details": [fact.detail for fact in blind if fact.detail][:3],
    }
    expected = {"kinds": [kind.value for kind in rule.kinds]}
    yield _breach(rule, BLIND, facts.at or since, seen, expected, since)
