"""What touches the rules is weighed against them: facts are read, breaches come out."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from listener.config.models import Config
from listener.domain.burst import BurstFact
from listener.domain.coverage import CoverageFact
from listener.domain.privacy import Pseudonyms
from listener.domain.rule import (
    BLIND,
    Breach,
    BurstRule,
    CoverageRule,
    Facts,
    KnownEvent,
    MentionFact,
    Rule,
    RuleState,
    StateKey,
    leaves,
    remembering,
    weigh,
)
from listener.storage import rule_states
from listener.storage.dialect import lock_subjects
from listener.workflows.sights import Sights

log = logging.getLogger(__name__)

RECENT = timedelta(minutes=15)  # a burst of which nothing is heard so long has calmed


@dataclass(slots=True, kw_only=True)
class Weigher:
    """The rules in force. `lists` gives the pseudonyms of each [[author_list]]."""

    rules: Sequence[Rule]
    own: frozenset[str]
    exercise_id: str = ""
    events: Sequence[KnownEvent] = ()
    lists: Mapping[str, frozenset[str]] = field(default_factory=dict)
    _sights: Sights = field(init=False)
    _paged: Sequence[Rule] = field(init=False)  # those that a mention can touch
    _keeping: frozenset[str] = field(init=False)
    _streams: dict[tuple[str, str], BurstFact] = field(default_factory=dict, init=False)
    _told: set[tuple[str, str, str]] = field(default_factory=set, init=False)

    def __post_init__(self) -> None:
        self._sights = Sights(own=self.own, exercise_id=self.exercise_id)
        enabled = [rule for rule in self.rules if rule.enabled]
        self._paged = [r for r in enabled if not isinstance(r, BurstRule | CoverageRule)]
        self._keeping = remembering(self.rules)

    async def breaches(
        self, connection: AsyncConnection, mentions: Sequence[MentionFact], at: datetime
    ) -> list[Breach]:
        """What these live mentions breach, gravest first; their subjects are locked already."""
        if not mentions:
            return []
        touched = frozenset(subject for mention in mentions for subject in mention.subjects)
        states = await self._states(connection, touched)
        facts = self._facts(at, states, touched)
        sights = self._sights
        windows = await sights.windows(connection, self._paged, mentions, states, self._keeping, at)
        facts = replace(
            facts,
            mentions=mentions,
            windows=windows,
            ratings=await sights.ratings(connection, self._paged, mentions, at),
            spreads=await sights.spreads(connection, self._paged, mentions, at),
            bursts=self._recent(at),
        )
        return await self._settle(connection, facts, [rule.id for rule in self._paged])

    async def due(
        self,
        connection: AsyncConnection,
        at: datetime,
        *,
        bursts: Sequence[BurstFact] = (),
        coverage: Sequence[CoverageFact] = (),
    ) -> list[Breach]:
        """What breaches with no mention arriving: what must last, what ages, streams, blindness.

        Locks the subjects that it looks at.
        """
        self._streams |= {(burst.subject, burst.stream): burst for burst in bursts}
        due = await self._due(connection, at)
        asked = self._asked(due, bursts, coverage)
        if not asked:
            return []
        subjects = {subject for _, subject in due} | {burst.subject for burst in bursts}
        await lock_subjects(connection, subjects)
        looked = frozenset(subjects)
        states = await self._states(connection, looked | {BLIND})
        rules = [rule for rule in self.rules if rule.id in asked]
        facts = replace(
            self._facts(at, states, looked),
            windows=await self._sights.due_windows(connection, rules, due, looked, states, at),
            ratings=await self._sights.due_ratings(connection, rules, due, at),
            bursts=[*bursts, *(b for b in self._recent(at) if b not in bursts)],
            coverage=coverage,
        )
        return await self._settle(connection, facts, asked)

    def _facts(
        self, at: datetime, states: Mapping[StateKey, RuleState], looked: frozenset[str]
    ) -> Facts:
        return Facts(at=at, states=states, looked=looked, events=self.events, lists=self.lists)

    async def _states(
        self, connection: AsyncConnection, subjects: Collection[str]
    ) -> dict[StateKey, RuleState]:
        return await rule_states.read(
            connection, self._keeping, subjects, exercise_id=self.exercise_id
        )

    async def _due(self, connection: AsyncConnection, at: datetime) -> set[StateKey]:
        if not self._keeping:
            return set()
        found = await rule_states.due(connection, at, exercise_id=self.exercise_id)
        known = {rule.id for rule in self.rules if rule.enabled}
        gone = {key: RuleState() for key in found if key[0] not in known}
        await rule_states.write(connection, gone, exercise_id=self.exercise_id)
        return found - gone.keys()

    def _asked(
        self,
        due: Collection[StateKey],
        bursts: Sequence[BurstFact],
        coverage: Sequence[CoverageFact],
    ) -> set[str]:
        """The rules that something new can be said of."""
        asked = {rule for rule, _ in due}
        streams = {burst.stream for burst in bursts}
        for rule in self.rules:
            if not rule.enabled:
                continue
            if isinstance(rule, CoverageRule):
                asked |= {rule.id} if coverage else set()
            elif any(isinstance(r, BurstRule) and r.named in streams for r in leaves(rule)):
                asked.add(rule.id)
        return asked

    def _recent(self, at: datetime) -> list[BurstFact]:
        """What streams last said, for rules that combine: alone, it is judged when it is told."""
        self._streams = {
            key: burst for key, burst in self._streams.items() if at - burst.until <= RECENT
        }
        return list(self._streams.values())

    async def _settle(
        self, connection: AsyncConnection, facts: Facts, only: Collection[str]
    ) -> list[Breach]:
        weighed = weigh(self.rules, facts, own=self.own, only=only)
        await rule_states.write(connection, weighed.states, exercise_id=self.exercise_id)
        self._tell(weighed.breaches)
        by_id = {rule.id: rule for rule in self.rules}
        return [
            await self._sights.with_mentions(connection, by_id[breach.rule], breach)
            for breach in weighed.breaches
        ]

    def _tell(self, breaches: Iterable[Breach]) -> None:
        """Once a rule and subject, what a known event does to it."""
        for breach in breaches:
            key = (breach.rule, breach.subject, breach.event or "")
            if breach.event is not None and key not in self._told:
                self._told.add(key)
                log.info(
                    "rule.event rule=%s subject=%s event=%s level=%s",
                    *(breach.rule, breach.subject, breach.event, breach.level.value),
                )


def weigher_of(
    config: Config, own: frozenset[str], pseudonyms: Pseudonyms, *, exercise_id: str = ""
) -> Weigher:
    """The weigher that a configuration asks for."""
    return Weigher(
        rules=config.rule,
        own=own,
        exercise_id=exercise_id,
        events=[event.known(config.hospital.zone) for event in config.event],
        lists={listed.id: listed.refs(pseudonyms) for listed in config.author_list},
    )
