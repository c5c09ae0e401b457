"""What rules see in the database of the subjects that a page or a due moment touches."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from listener.domain.rule import (
    Breach,
    BurstRule,
    CombinedRule,
    CountRule,
    MentionFact,
    NegativeShareRule,
    RatingFact,
    RatingRule,
    Rule,
    RuleState,
    SpreadFact,
    SpreadRule,
    StateKey,
    WindowFact,
    WindowRule,
    leaves,
    subjects_of,
)
from listener.storage import beside
from listener.storage import facts as store

JOINING = 500  # of an aggregate's mentions, the latest that its breach is about


@dataclass(frozen=True, slots=True, kw_only=True)
class Sights:
    """Reads within the caller's transaction, after what is new was written."""

    own: frozenset[str]
    exercise_id: str = ""

    async def windows(
        self,
        connection: AsyncConnection,
        rules: Sequence[Rule],
        mentions: Sequence[MentionFact],
        states: Mapping[StateKey, RuleState],
        keeping: Collection[str],
        at: datetime,
    ) -> list[WindowFact]:
        """The windows that the mentions fall into."""
        found: list[WindowFact] = []
        for rule in _windowed(rules):
            for subject, touched in self._touched(rule, mentions).items():
                if rule.id in keeping:
                    state = states.get((rule.id, subject), RuleState())
                    found += await self._remembered(connection, rule, subject, touched, state, at)
                else:
                    found += await self._plain(connection, rule, subject, touched, at)
        return found

    async def due_windows(
        self,
        connection: AsyncConnection,
        rules: Sequence[Rule],
        due: Collection[StateKey],
        looked: Collection[str],
        states: Mapping[StateKey, RuleState],
        at: datetime,
    ) -> list[WindowFact]:
        """The windows of what must be looked at now, and those that combined rules count."""
        found: list[WindowFact] = []
        for rule in rules:
            if isinstance(rule, CountRule | NegativeShareRule):
                for subject in sorted(s for name, s in due if name == rule.id):
                    state = states.get((rule.id, subject), RuleState())
                    found += await self._remembered(connection, rule, subject, at, state, at)
            elif isinstance(rule, CombinedRule):
                for part in _windowed([rule]):
                    for subject in sorted(subjects_of(rule, self.own) & set(looked)):
                        found += await self._plain(connection, part, subject, at, at)
        return found

    async def _remembered(
        self,
        connection: AsyncConnection,
        rule: WindowRule,
        subject: str,
        touched: datetime,
        state: RuleState,
        at: datetime,
    ) -> list[WindowFact]:
        return await store.remembered_windows(
            connection,
            rule,
            subject,
            touched=touched,
            at=at,
            state=state,
            exercise_id=self.exercise_id,
        )

    async def _plain(
        self,
        connection: AsyncConnection,
        rule: WindowRule,
        subject: str,
        touched: datetime,
        at: datetime,
    ) -> list[WindowFact]:
        fact = await store.window_fact(
            connection, rule, subject, touched=touched, at=at, exercise_id=self.exercise_id
        )
        return [] if fact is None else [fact]

    def _touched(self, rule: WindowRule, mentions: Sequence[MentionFact]) -> dict[str, datetime]:
        """The subjects whose windows the mentions fall into, with the oldest of them."""
        wanted = subjects_of(rule, self.own)
        touched: dict[str, datetime] = {}
        for mention in mentions:
            if rule.networks and mention.network not in rule.networks:
                continue
            for subject in mention.subjects & wanted:
                earliest = touched.get(subject, mention.occurred_at)
                touched[subject] = min(earliest, mention.occurred_at)
        return touched

    async def ratings(
        self,
        connection: AsyncConnection,
        rules: Sequence[Rule],
        mentions: Sequence[MentionFact],
        at: datetime,
    ) -> list[RatingFact]:
        """Means of the subjects that were just reviewed."""
        rated = {s for m in mentions if m.rating is not None for s in m.subjects}
        if not rated:
            return []
        return [
            await self._rating(connection, rule, subject, at)
            for rule in _falling(rules)
            for subject in sorted(subjects_of(rule, self.own) & rated)
        ]

    async def due_ratings(
        self,
        connection: AsyncConnection,
        rules: Sequence[Rule],
        due: Collection[StateKey],
        at: datetime,
    ) -> list[RatingFact]:
        return [
            await self._rating(connection, rule, subject, at)
            for top in rules
            for rule in _falling([top])
            for name, subject in sorted(due)
            if name == top.id
        ]

    async def _rating(
        self, connection: AsyncConnection, rule: RatingRule, subject: str, at: datetime
    ) -> RatingFact:
        return await beside.rating_fact(
            connection, rule, subject, at=at, exercise_id=self.exercise_id
        )

    async def spreads(
        self,
        connection: AsyncConnection,
        rules: Sequence[Rule],
        mentions: Sequence[MentionFact],
        at: datetime,
    ) -> list[SpreadFact]:
        """Where the mentions' stories have been told."""
        found: list[SpreadFact] = []
        for top in rules:
            for rule in leaves(top):
                if isinstance(rule, SpreadRule):
                    wanted = subjects_of(rule, self.own)
                    told = {
                        (subject, m.story)
                        for m in mentions
                        if m.story is not None
                        for subject in m.subjects & wanted
                    }
                    found += await beside.spread_facts(
                        connection, rule, told, at=at, exercise_id=self.exercise_id
                    )
        return found

    async def with_mentions(
        self, connection: AsyncConnection, rule: Rule, breach: Breach
    ) -> Breach:
        """A breach with what it is about: of an aggregate, the latest mentions that it counts."""
        if breach.mentions:
            return breach
        ids: dict[int, None] = {}
        for leaf in leaves(rule):
            ids |= dict.fromkeys(await self._counted(connection, leaf, breach))
        return replace(breach, mentions=tuple(ids)[:JOINING])

    async def _counted(
        self, connection: AsyncConnection, rule: Rule, breach: Breach
    ) -> Sequence[int]:
        named: dict[str, Any] = {
            "until": breach.at,
            "limit": JOINING,
            "exercise_id": self.exercise_id,
        }
        match rule:
            case CountRule() | NegativeShareRule():
                return await store.window_mentions(connection, rule, breach.subject, **named)
            case BurstRule() if breach.since is not None:
                return await beside.stream_mentions(
                    connection, rule, breach.subject, since=breach.since, **named
                )
            case RatingRule() if rule.fall is not None:
                return await beside.rated_mentions(connection, rule, breach.subject, **named)
            case _:
                return ()


def _windowed(rules: Sequence[Rule]) -> Iterator[WindowRule]:
    for top in rules:
        for rule in leaves(top):
            if isinstance(rule, CountRule | NegativeShareRule):
                yield rule


def _falling(rules: Sequence[Rule]) -> Iterator[RatingRule]:
    for top in rules:
        for rule in leaves(top):
            if isinstance(rule, RatingRule) and rule.fall is not None:
                yield rule
