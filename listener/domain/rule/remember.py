"""What rules with a memory breach: what must last, what has breached before, what waits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from listener.domain.rule import combine
from listener.domain.rule.breach import Breach
from listener.domain.rule.facts import Facts, StateKey
from listener.domain.rule.many import BLIND, going_on, of_window
from listener.domain.rule.settings import (
    AggregateSettings,
    BurstRule,
    CombinedRule,
    CountRule,
    CoverageRule,
    NegativeShareRule,
    RatingRule,
    Rule,
    mixes,
)
from listener.domain.rule.state import Look, RuleState, step

AGEING = timedelta(hours=1)  # a mean falls as good reviews leave its window: it is looked at again


def speakers(rules: Iterable[Rule]) -> frozenset[str]:
    """The rules that mute others."""
    return frozenset(
        {rule.id for rule in rules if rule.inhibits}
        | {other for rule in rules for other in rule.muted_by}
    )


def remembering(rules: Sequence[Rule]) -> frozenset[str]:
    """The rules whose state must be read before they are judged, and written afterwards."""
    speaking = speakers(rules)
    return frozenset(rule.id for rule in rules if rule.id in speaking or _remembers(rule))


def _remembers(rule: Rule) -> bool:
    if rule.cool_down is not None or isinstance(rule, BurstRule) or mixes(rule):
        return True
    if isinstance(rule, AggregateSettings) and rule.for_ is not None:
        return True
    if isinstance(rule, RatingRule):
        return rule.fall is not None
    if isinstance(rule, CountRule):
        return rule.clear is not None
    return isinstance(rule, NegativeShareRule) and rule.clear_share is not None


@dataclass(slots=True, kw_only=True)
class Memory:
    """The states of one evaluation, those of before and those of after."""

    facts: Facts
    at: datetime
    after: dict[StateKey, RuleState] = field(default_factory=dict)

    def state(self, rule: Rule, subject: str) -> RuleState:
        key = (rule.id, subject)
        return self.after.get(key) or self.facts.states.get(key) or RuleState()

    def judge(
        self, rule: Rule, raw: Sequence[Breach], subjects: frozenset[str], judged: combine.Raw
    ) -> Iterator[Breach]:
        """Of what crosses a threshold now, what breaches."""
        if isinstance(rule, CountRule | NegativeShareRule):
            yield from self._windows(rule, subjects)
            return
        if isinstance(rule, CombinedRule) and mixes(rule):
            raw = list(self._waiting(rule, subjects, judged))
        many = [breach for breach in raw if not breach.mentions]
        yield from self._single(rule, [breach for breach in raw if breach.mentions])
        for subject in sorted(self._looked_at(rule, subjects)):
            found = sorted((b for b in many if b.subject == subject), key=lambda b: b.at)
            if not found:
                yield from self._sampled(rule, subject, None)
            for seen in found:
                yield from self._sampled(rule, subject, seen)

    def _windows(
        self, rule: CountRule | NegativeShareRule, subjects: frozenset[str]
    ) -> Iterator[Breach]:
        for window in self.facts.windows:
            if window.rule != rule.id or window.subject not in subjects:
                continue
            look = Look(since=window.crossed_since, until=window.until, ongoing=window.ongoing)
            if self._step(rule, window.subject, look):
                yield self._breached(rule, of_window(rule, window), look)

    def _looked_at(self, rule: Rule, subjects: frozenset[str]) -> Iterable[str]:
        """The subjects that the facts speak of: silence about the others says nothing."""
        match rule:
            case BurstRule():
                named = {b.subject for b in self.facts.bursts if b.stream == rule.named}
            case RatingRule():
                named = {r.subject for r in self.facts.ratings if r.rule == rule.id}
            case CoverageRule():
                return {BLIND}
            case CombinedRule() if not mixes(rule):
                return subjects & self.facts.looked
            case _:
                return ()
        return named & subjects

    def _sampled(self, rule: Rule, subject: str, found: Breach | None) -> Iterator[Breach]:
        """What is seen at each look, and was so in between as far as anybody knows."""
        until = found.at if found is not None and isinstance(rule, BurstRule) else self.at
        state = self.state(rule, subject)
        since = None if found is None else self._began(rule, found, state)
        look = Look(since=since, until=until)
        if self._step(rule, subject, look) and found is not None:
            yield self._breached(rule, found, look)
        if isinstance(rule, RatingRule):
            self._look_again(rule, subject)

    def _began(self, rule: Rule, found: Breach, state: RuleState) -> datetime:
        if isinstance(rule, CoverageRule):
            return found.since or self.at
        if isinstance(rule, BurstRule):
            return going_on(state, found.at) or found.at
        return state.since or self.at

    def _look_again(self, rule: RatingRule, subject: str) -> None:
        seen = next(
            (r for r in self.facts.ratings if r.rule == rule.id and r.subject == subject), None
        )
        state = self.state(rule, subject)
        if seen is not None and seen.count and state.due_at is None:
            self.after[rule.id, subject] = replace(state, due_at=self.at + AGEING)

    def _step(self, rule: Rule, subject: str, look: Look) -> bool:
        lasting = rule.for_ if isinstance(rule, AggregateSettings) else None
        if isinstance(rule, CoverageRule):
            lasting = None  # asked of each thing that is blind
        state, breaches = step(
            self.state(rule, subject), look, lasting=lasting, cool_down=rule.cool_down
        )
        if isinstance(rule, BurstRule):
            state = replace(state, due_at=None)  # it is looked at whenever an interval ends
        self.after[rule.id, subject] = state
        return breaches

    def _breached(self, rule: Rule, breach: Breach, look: Look) -> Breach:
        """With how long it lasted, where it had to."""
        if not isinstance(rule, AggregateSettings) or rule.for_ is None or look.since is None:
            return breach
        held = round((look.until - look.since) / timedelta(minutes=1))
        asked = round(rule.for_ / timedelta(minutes=1), 1)
        return replace(
            breach,
            seen={**breach.seen, "held": held},
            expected={**breach.expected, "for": asked},
        )

    def _single(self, rule: Rule, found: Sequence[Breach]) -> Iterator[Breach]:
        """Mentions by themselves: after one, the others of its subject say nothing for a while."""
        for breach in sorted(found, key=lambda b: b.at):
            state = self.state(rule, breach.subject)
            last, about = state.breached_at, state.figures.get("mentions", ())
            again = set(breach.mentions) <= set(about)
            if not (again or breach.exempt) and _cools(rule, last, breach.at):
                continue
            figures = {**state.figures, "mentions": list(breach.mentions)}
            later = breach.at if last is None else max(last, breach.at)
            after = replace(state, breached_at=later, looked_at=self.at, figures=figures)
            self.after[rule.id, breach.subject] = after
            yield breach

    def _waiting(
        self, rule: CombinedRule, subjects: frozenset[str], judged: combine.Raw
    ) -> Iterator[Breach]:
        """Mentions that met their part, now or a while ago, where what is asked of many holds."""
        alone = combine.met_alone(rule, self.facts, subjects, judged)
        many = combine.met_by_many(rule, self.facts, subjects, judged)
        for subject in sorted(subjects):
            state = self.state(rule, subject)
            notes = [n for n in state.figures.get("waiting", ()) if self._is_young(rule, n)]
            known = {note["mention"] for note in notes}
            fresh = [b for b in alone.get(subject, ()) if b.mentions[0] not in known]
            met = [*(combine.recalled(rule, subject, note) for note in notes), *fresh]
            if subject in many:
                yield from (combine.joined(rule, one, many[subject]) for one in met)
                left: list[Breach] = []
            else:
                left = met[-combine.WAITING :]
            if left or notes:
                figures = {**state.figures, "waiting": [combine.noted(one) for one in left]}
                after = replace(state, figures=figures, looked_at=self.at)
                self.after[rule.id, subject] = after

    def _is_young(self, rule: CombinedRule, note: dict[str, str]) -> bool:
        return self.at - datetime.fromisoformat(note["at"]) < combine.memory(rule)


def _cools(rule: Rule, last: datetime | None, at: datetime) -> bool:
    """Late mentions are as near to the last breach as later ones."""
    return rule.cool_down is not None and last is not None and abs(at - last) < rule.cool_down
