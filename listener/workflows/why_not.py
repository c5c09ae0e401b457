"""Why a rule said nothing at an instant: what it saw then, and what was missing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from listener.domain.burst import BurstFact
from listener.domain.rule import (
    AggregateSettings,
    BurstRule,
    CountRule,
    CoverageRule,
    Facts,
    GrowthRule,
    KnownEvent,
    Level,
    MentionFact,
    NegativeShareRule,
    RatingRule,
    Rule,
    RuleState,
    SpreadFact,
    SpreadRule,
    WindowFact,
    WindowRule,
    leaves,
    subjects_of,
)
from listener.domain.rule.looks import look
from listener.domain.rule.mute import HUSH
from listener.domain.rule.shortfall import Shortfall, shortfall
from listener.storage import beside, hindsight, rule_states, verdicts
from listener.storage.database import Database
from listener.workflows.marks import Marker, Marks

BEFORE = timedelta(hours=1)  # how far back the mentions of a rule about single ones are looked at

Bursts = Callable[[datetime], Awaitable[Sequence[BurstFact]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One subject at the instant: each condition, and what else kept the rule silent.

    `crossed_since`: the threshold was crossed without a break since then, which `lasting` asks for.
    """

    subject: str
    conditions: Sequence[Shortfall]
    crossed_since: datetime | None = None
    lasting: timedelta | None = None
    cooling_until: datetime | None = None
    muted_by: str | None = None
    events: Sequence[KnownEvent] = ()
    last_breach: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hindsight:
    """Answers from stored rows as they stood at an instant; `bursts` from the tallies of then."""

    database: Database
    rules: Sequence[Rule]
    own: frozenset[str]
    marker: Marker
    events: Sequence[KnownEvent] = ()
    lists: Mapping[str, frozenset[str]] | None = None
    bursts: Bursts | None = None
    exercise_id: str = ""

    async def why_not(
        self, rule: Rule, at: datetime, *, subject: str | None = None
    ) -> list[Answer]:
        """One answer a subject of the rule, or of the one that is asked about."""
        if isinstance(rule, CoverageRule):
            return []  # what was blind is told when it is, and kept nowhere
        asked = any(isinstance(leaf, BurstRule) for leaf in leaves(rule))
        bursts = await self.bursts(at) if asked and self.bursts is not None else ()
        subjects = [subject] if subject else sorted(subjects_of(rule, self.own))
        async with self.database.read() as connection:
            return [await self._answer(connection, rule, name, bursts, at) for name in subjects]

    async def _answer(
        self,
        connection: AsyncConnection,
        rule: Rule,
        subject: str,
        bursts: Sequence[BurstFact],
        at: datetime,
    ) -> Answer:
        facts = await self._facts(connection, rule, subject, bursts, at)
        last = await self._last(connection, rule, subject, at)
        crossed = facts.windows[-1].crossed_since if len(facts.windows) == 1 else None
        own = last.get(rule.id)
        return Answer(
            subject=subject,
            conditions=[shortfall(leaf, facts, subject) for leaf in leaves(rule)],
            crossed_since=crossed,
            lasting=rule.for_ if isinstance(rule, AggregateSettings) else None,
            cooling_until=_cools(rule, own[0] if own else None, at),
            muted_by=self._muted_by(rule, last, at),
            events=[e for e in self.events if self._concerned(e, rule, subject, at)],
            last_breach=own[0] if own else None,
        )

    async def _facts(
        self,
        connection: AsyncConnection,
        rule: Rule,
        subject: str,
        bursts: Sequence[BurstFact],
        at: datetime,
    ) -> Facts:
        """What the rule would be judged on at this instant."""
        said = await self._said(connection, rule, subject, at)
        return Facts(
            mentions=await self._single(connection, rule, subject, said, at),
            windows=[
                fact
                for leaf in leaves(rule)
                if isinstance(leaf, CountRule | NegativeShareRule)
                for fact in self._windows(leaf, subject, said, at)
            ],
            ratings=[
                await beside.rating_fact(
                    connection, leaf, subject, at=at, exercise_id=self.exercise_id
                )
                for leaf in leaves(rule)
                if isinstance(leaf, RatingRule) and leaf.fall is not None
            ],
            spreads=await self._spreads(connection, rule, subject, said, at),
            bursts=bursts,
            lists=self.lists or {},
            at=at,
        )

    async def _said(
        self, connection: AsyncConnection, rule: Rule, subject: str, at: datetime
    ) -> list[MentionFact]:
        """Its mentions as they were known, as far back as anything of the rule looks."""
        rows = await hindsight.received(
            connection, subject, since=at - _reach(rule), at=at, exercise_id=self.exercise_id
        )
        scored = await verdicts.as_of(connection, [row.id for row in rows], at)
        return [self._fact(row, subject, scored.get(row.id)) for row in rows]

    async def _single(
        self,
        connection: AsyncConnection,
        rule: Rule,
        subject: str,
        said: Sequence[MentionFact],
        at: datetime,
    ) -> list[MentionFact]:
        """What a rule about single mentions looks at: the last ones, and old ones that grow."""
        recent = [fact for fact in said if fact.occurred_at > at - BEFORE]
        if not any(isinstance(leaf, GrowthRule) for leaf in leaves(rule)):
            return recent
        rows = await hindsight.read_again(
            connection, subject, since=at - BEFORE, at=at, exercise_id=self.exercise_id
        )
        scored = await verdicts.as_of(connection, [row.id for row in rows], at)
        known = {fact.id for fact in recent}
        grown = [self._fact(r, subject, scored.get(r.id)) for r in rows if r.id not in known]
        return [*recent, *grown]

    def _fact(self, row: Row[Any], subject: str, scores: Any) -> MentionFact:
        marks: Marks = self.marker.of(
            scores, subjects=(subject,), network=row.network, stands=row.stands, live=False
        )
        return MentionFact(
            id=row.id,
            subjects=frozenset({subject}),
            network=row.network,
            occurred_at=row.occurred_at,
            text=f"{row.title or ''}\n{row.text or ''}",
            severity=marks.severity,
            sentiment=marks.sentiment,
            kind=row.kind,
            story=row.story_id,
            author_ref=row.author_ref,
            author_id_ref=row.author_id_ref,
            followers=row.followers,
            rating=row.rating,
            themes=marks.likely,
            forecast=marks.forecast,
        )

    def _windows(
        self, rule: WindowRule, subject: str, said: Sequence[MentionFact], at: datetime
    ) -> list[WindowFact]:
        wanted = rule.sentiment if isinstance(rule, CountRule) else None
        instants = [
            (m.occurred_at, None if m.sentiment is None else m.sentiment == "negative")
            for m in said
            if (not rule.networks or m.network in rule.networks)
            and (wanted is None or m.sentiment == wanted)
        ]
        start = at - (rule.for_ or timedelta()) - rule.window
        return look(rule, subject, instants, state=RuleState(), touched=start, at=at)[-1:]

    async def _spreads(
        self,
        connection: AsyncConnection,
        rule: Rule,
        subject: str,
        said: Sequence[MentionFact],
        at: datetime,
    ) -> list[SpreadFact]:
        told = {(subject, m.story) for m in said if m.story is not None}
        return [
            fact
            for leaf in leaves(rule)
            if isinstance(leaf, SpreadRule)
            for fact in await beside.spread_facts(
                connection, leaf, told, at=at, exercise_id=self.exercise_id
            )
        ]

    async def _last(
        self, connection: AsyncConnection, rule: Rule, subject: str, at: datetime
    ) -> dict[str, tuple[datetime, str]]:
        """When it and what mutes it last breached, by incidents and by what rules remember."""
        names = {rule.id, *self._muters(rule)}
        back = max([HUSH, rule.cool_down or HUSH, *(_span(r) for r in self.rules if r.id in names)])
        found = await hindsight.last_breaches(
            connection, names, subject, at=at, since=at - back, exercise_id=self.exercise_id
        )
        states = await rule_states.read(connection, names, [subject], exercise_id=self.exercise_id)
        for (name, _), state in states.items():
            when = state.breached_at
            if when is not None and when <= at and when > found.get(name, (at - back, ""))[0]:
                found[name] = (when, str(state.figures.get("level", Level.CRITICAL)))
        return found

    def _muters(self, rule: Rule) -> set[str]:
        return {*rule.muted_by, *(r.id for r in self.rules if r.enabled and rule.id in r.inhibits)}

    def _muted_by(
        self, rule: Rule, last: Mapping[str, tuple[datetime, str]], at: datetime
    ) -> str | None:
        spans = {r.id: max(_span(r), HUSH) for r in self.rules}
        for name in sorted(self._muters(rule) & last.keys()):
            when, level = last[name]
            if at - when < spans.get(name, HUSH) and Level(level).rank >= rule.level.rank:
                return name
        return None

    def _concerned(self, event: KnownEvent, rule: Rule, subject: str, at: datetime) -> bool:
        """Whatever the mentions are about: whoever asks is told of all that may have muted it."""
        return event.concerns(rule=rule.id, subject=subject, themes=event.themes, at=at)


def _span(rule: Rule) -> timedelta:
    return rule.window if isinstance(rule, CountRule | NegativeShareRule) else timedelta()


def _reach(rule: Rule) -> timedelta:
    """How far back any condition looks, and as long again where it had to last."""
    spans = [
        leaf.window
        for leaf in leaves(rule)
        if isinstance(leaf, CountRule | NegativeShareRule | SpreadRule)
    ]
    lasting = rule.for_ if isinstance(rule, AggregateSettings) else None
    return 2 * max([*spans, BEFORE]) + (lasting or timedelta())


def _cools(rule: Rule, last: datetime | None, at: datetime) -> datetime | None:
    if rule.cool_down is None or last is None or at - last >= rule.cool_down:
        return None
    return last + rule.cool_down
