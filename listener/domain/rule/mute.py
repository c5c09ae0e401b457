"""Which breaches are heard: known events mute or raise them, graver rules speak for lesser ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from listener.domain.rule.breach import Breach
from listener.domain.rule.events import Effect, KnownEvent
from listener.domain.rule.facts import Facts, MentionFact
from listener.domain.rule.level import Level
from listener.domain.rule.remember import Memory, speakers
from listener.domain.rule.settings import CountRule, NegativeShareRule, Rule
from listener.domain.rule.state import RuleState

HUSH = timedelta(hours=1)  # or its window: how long a rule speaks for others after its breach
LIKELY = 0.5  # probability from which a mention is about a theme


def heard(
    rules: Sequence[Rule],
    breaches: Sequence[Breach],
    facts: Facts,
    memory: Memory,
    at: datetime,
) -> list[Breach]:
    """The breaches at the levels they go out with. What is muted is noted, at the lowest."""
    known = {mention.id: mention for mention in facts.mentions}
    judged = [_with_event(breach, facts.events, known) for breach in breaches]
    speaking = speakers(rules)
    for breach in judged:
        if breach.rule in speaking:
            _note_level(memory, breach)
    by_id = {rule.id: rule for rule in rules}
    mutes = {rule.id: _muters(rule, rules) for rule in rules}
    return [_muted(b, mutes[b.rule], by_id, judged, memory, at) for b in judged]


def _with_event(
    breach: Breach, events: Sequence[KnownEvent], known: Mapping[int, MentionFact]
) -> Breach:
    """What is raised is not muted, and life and safety never are."""
    if not events:
        return breach
    themes = frozenset(_themes(breach, known))
    found = [
        event
        for event in events
        if event.concerns(rule=breach.rule, subject=breach.subject, themes=themes, at=breach.at)
    ]
    raising = next((event for event in found if event.effect is Effect.RAISE), None)
    if raising is not None:
        return replace(breach, level=breach.level.above, event=raising.id)
    muting = next((event for event in found if event.effect is Effect.MUTE), None)
    if muting is None or breach.exempt:
        return breach
    return replace(breach, level=Level.INFO, event=muting.id)


def _themes(breach: Breach, known: Mapping[int, MentionFact]) -> Iterator[str]:
    """What a breach is about: by its own figures, and by its mentions."""
    for seen in (breach.seen, *breach.seen.get("conditions", ())):
        yield from seen.get("themes", ())
        if seen.get("theme"):
            yield seen["theme"]
    for number in breach.mentions:
        if number in known:
            yield from (theme for theme, p in known[number].themes.items() if p >= LIKELY)


def _note_level(memory: Memory, breach: Breach) -> None:
    key = (breach.rule, breach.subject)
    state = memory.after.get(key)
    if state is not None:
        figures = {**state.figures, "level": breach.level.value}
        memory.after[key] = replace(state, figures=figures)


def _muters(rule: Rule, rules: Sequence[Rule]) -> list[str]:
    return [
        other.id
        for other in rules
        if other.enabled and (other.id in rule.muted_by or rule.id in other.inhibits)
    ]


def _muted(
    breach: Breach,
    muters: Sequence[str],
    rules: Mapping[str, Rule],
    judged: Sequence[Breach],
    memory: Memory,
    at: datetime,
) -> Breach:
    if breach.exempt:
        return breach
    for name in muters:
        now = [b.level for b in judged if b.rule == name and b.subject == breach.subject]
        spoken = _spoken(rules[name], memory.state(rules[name], breach.subject), at)
        if any(level.rank >= breach.level.rank for level in (*now, *spoken)):
            return replace(breach, level=Level.INFO, muted_by=name)
    return breach


def _spoken(rule: Rule, state: RuleState, at: datetime) -> Iterator[Level]:
    """The level a rule last went out with, as long as it speaks for others."""
    level, last = state.figures.get("level"), state.breached_at
    if level is None or last is None:
        return
    window = rule.window if isinstance(rule, CountRule | NegativeShareRule) else HUSH
    if abs(at - last) < max(window, HUSH):
        yield Level(level)
