"""Facts → breaches: which thresholds were crossed, and which of that is to be heard."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from listener.domain.rule.breach import Breach
from listener.domain.rule.combine import combine
from listener.domain.rule.facts import Facts, StateKey
from listener.domain.rule.many import of_many
from listener.domain.rule.mute import heard
from listener.domain.rule.remember import Memory, remembering
from listener.domain.rule.settings import (
    CombinedRule,
    Rule,
    SpreadRule,
    is_of_mentions,
    subjects_of,
)
from listener.domain.rule.single import of_mentions
from listener.domain.rule.state import RuleState


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """What came of one evaluation: breaches, gravest first, and the states that are new."""

    breaches: list[Breach] = field(default_factory=list)
    states: Mapping[StateKey, RuleState] = field(default_factory=dict)


def evaluate(rules: Sequence[Rule], facts: Facts, *, own: frozenset[str]) -> list[Breach]:
    """Every breach of every rule, gravest first."""
    return weigh(rules, facts, own=own).breaches


def weigh(
    rules: Sequence[Rule],
    facts: Facts,
    *,
    own: frozenset[str],
    only: Collection[str] | None = None,
) -> Weighed:
    """As `evaluate`, with what is to be remembered.

    `only` these rules are judged; the others speak for them all the same where they mute them.
    """
    at = facts.at or _latest(facts)
    memory = Memory(facts=facts, at=at)
    keeping = remembering(rules)
    found: list[Breach] = []
    for rule in rules:
        if rule.enabled and (only is None or rule.id in only):
            subjects = subjects_of(rule, own)
            raw = raw_breaches(rule, facts, subjects)
            if rule.id in keeping:
                raw = list(memory.judge(rule, raw, subjects, raw_breaches))
            found += _by_story(raw) if isinstance(rule, SpreadRule) else raw
    breaches = heard(rules, found, facts, memory, at)
    return Weighed(
        breaches=sorted(breaches, key=lambda b: -b.level.rank),
        states=_changed(facts.states, memory.after),
    )


def raw_breaches(rule: Rule, facts: Facts, subjects: frozenset[str]) -> list[Breach]:
    """What crosses a rule's threshold, whatever is remembered of it."""
    if isinstance(rule, CombinedRule):
        return list(combine(rule, facts, subjects, raw_breaches))
    if is_of_mentions(rule):
        return list(of_mentions(rule, facts, subjects))
    return list(of_many(rule, facts, subjects))


def _by_story(breaches: Iterable[Breach]) -> Iterator[Breach]:
    """A story that has spread is one thing, however many of its mentions stand on the page."""
    told: dict[tuple[str, int | None], list[Breach]] = {}
    for breach in breaches:
        told.setdefault((breach.subject, breach.story), []).append(breach)
    for found in told.values():
        latest = max(found, key=lambda b: b.at)
        yield replace(latest, mentions=tuple(m for b in found for m in b.mentions))


def _changed(
    before: Mapping[StateKey, RuleState], after: Mapping[StateKey, RuleState]
) -> dict[StateKey, RuleState]:
    """The states that are worth a row, or had one and are no longer what it says."""
    return {
        key: state
        for key, state in after.items()
        if state != before.get(key) and not (state.rests and key not in before)
    }


def _latest(facts: Facts) -> datetime:
    """Where nobody says when it is: as late as the facts are."""
    moments = [m.at for m in facts.mentions]
    moments += [window.until for window in facts.windows]
    moments += [rating.until for rating in facts.ratings]
    moments += [spread.until for spread in facts.spreads]
    moments += [burst.until for burst in facts.bursts]
    moments += [f.since for f in facts.coverage]
    return max(moments, default=datetime.min.replace(tzinfo=UTC))
