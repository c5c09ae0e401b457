"""What touches the rules is weighed against them: facts are read, breaches come out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from listener.domain.burst import BurstFact
from listener.domain.coverage import CoverageFact
from listener.domain.rule import (
    Breach,
    CountRule,
    Facts,
    KnownEvent,
    MentionFact,
    NegativeShareRule,
    Rule,
    WindowFact,
    WindowRule,
    evaluate,
    subjects_of,
)
from listener.storage import facts as facts_store

JOINING = 500  # of an aggregate's mentions, the latest that its breach is about


@dataclass(slots=True, kw_only=True)
class Weigher:
    """The rules in force. `lists` gives the pseudonyms of each [[author_list]]."""

    rules: Sequence[Rule]
    own: frozenset[str]
    exercise_id: str = ""
    events: Sequence[KnownEvent] = ()
    lists: Mapping[str, frozenset[str]] = field(default_factory=dict)

    async def breaches(
        self, connection: AsyncConnection, mentions: Sequence[MentionFact], at: datetime
    ) -> list[Breach]:
        """What these live mentions breach, gravest first; their subjects are locked already."""
        if not mentions:
            return []
        windows = await self._windows(connection, mentions, at)
        found = evaluate(self.rules, Facts(mentions=mentions, windows=windows), own=self.own)
        return [await self._with_mentions(connection, breach) for breach in found]

    async def due(
        self,
        connection: AsyncConnection,
        at: datetime,
        *,
        bursts: Sequence[BurstFact] = (),
        coverage: Sequence[CoverageFact] = (),
    ) -> list[Breach]:
        """What breaches with no mention arriving: what must last, what ages, streams, blindness."""
        return []

    async def _windows(
        self, connection: AsyncConnection, mentions: Sequence[MentionFact], at: datetime
    ) -> list[WindowFact]:
        found = []
        for rule in self.rules:
            if not rule.enabled or not isinstance(rule, CountRule | NegativeShareRule):
                continue
            for subject, touched in self._touched(rule, mentions).items():
                fact = await facts_store.window_fact(
                    connection,
                    rule,
                    subject,
                    touched=touched,
                    at=at,
                    exercise_id=self.exercise_id,
                )
                if fact is not None:
                    found.append(fact)
        return found

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

    async def _with_mentions(self, connection: AsyncConnection, breach: Breach) -> Breach:
        rule = next(rule for rule in self.rules if rule.id == breach.rule)
        if not isinstance(rule, CountRule | NegativeShareRule):
            return breach
        ids = await facts_store.window_mentions(
            connection,
            rule,
            breach.subject,
            until=breach.at,
            limit=JOINING,
            exercise_id=self.exercise_id,
        )
        return replace(breach, mentions=tuple(ids))
