"""Facts → breaches → incidents and what must be sent, inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from listener.domain.incident import Incident, Policy, Verdict, judge
from listener.domain.rule import (
    Breach,
    CountRule,
    Facts,
    MentionFact,
    NegativeShareRule,
    Rule,
    WindowFact,
    WindowRule,
    evaluate,
    subjects_of,
)
from listener.storage import facts as facts_store
from listener.storage import incidents
from listener.storage.incidents import evidence_of, merge_evidence
from listener.workflows.summon import Summons

JOINING = 500  # of a window's mentions, the latest that join the incident it opens


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The rules in force, and whom their breaches call."""

    rules: Sequence[Rule]
    own: frozenset[str]
    policy: Policy
    summons: Summons
    config_hash: str
    exercise_id: str = ""

    async def judge(
        self, connection: AsyncConnection, mentions: Sequence[MentionFact], at: datetime
    ) -> int:
        """Evaluate what these live mentions touch; how many alerts were put in the outbox."""
        if not mentions:
            return 0
        windows = await self._windows(connection, mentions, at)
        breaches = evaluate(self.rules, Facts(mentions=mentions, windows=windows), own=self.own)
        if not breaches:
            return 0
        current = await incidents.unfinished(connection, exercise_id=self.exercise_id)
        subjects = {breach.subject for breach in breaches}
        paged = await incidents.last_pages(connection, subjects, exercise_id=self.exercise_id)
        alerts = 0
        for verdict in judge(breaches, current, paged, policy=self.policy, at=at):
            incident = current.get(verdict.subject) or await self._open(connection, verdict, at)
            await self._join(connection, incident, verdict, mentions, at)
            if verdict.alert is not None:
                alerts += await self.summons.call(connection, incident, verdict, at)
        return alerts

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

    async def _open(self, connection: AsyncConnection, verdict: Verdict, at: datetime) -> Incident:
        number = await incidents.open_new(
            connection, verdict, at=at, config_hash=self.config_hash, exercise=self.exercise_id
        )
        if number is None:
            # Another daemon opened it while we read: its row is there once its lock is gone.
            current = await incidents.unfinished(connection, exercise_id=self.exercise_id)
            return current[verdict.subject]
        await incidents.add_event(
            connection,
            number,
            at=at,
            kind="opened",
            level=verdict.level.value,
            rules=sorted({b.rule for b in verdict.breaches}),
        )
        for breach in verdict.breaches:
            rule = self._rule(breach)
            if isinstance(rule, CountRule | NegativeShareRule):
                joined = await facts_store.window_mentions(
                    connection,
                    rule,
                    verdict.subject,
                    until=breach.at,
                    limit=JOINING,
                    exercise_id=self.exercise_id,
                )
                await incidents.add_mentions(connection, number, joined)
        found = await incidents.get(connection, number)
        if found is None:
            raise LookupError(f"incident {number} vanished within its own transaction")
        return found

    def _rule(self, breach: Breach) -> Rule:
        return next(rule for rule in self.rules if rule.id == breach.rule)

    async def _join(
        self,
        connection: AsyncConnection,
        incident: Incident,
        verdict: Verdict,
        mentions: Sequence[MentionFact],
        at: datetime,
    ) -> None:
        """The breaches' figures join the incident, with the mentions that they are about."""
        new = [evidence_of(breach, self._rule(breach).kind) for breach in verdict.breaches]
        evidence = merge_evidence(incident.evidence, new)
        known = {item["rule"] for item in incident.evidence}
        fresh = sorted({item["rule"] for item in new} - known)
        if incident.evidence and fresh:
            await incidents.add_event(connection, incident.id, at=at, kind="breached", rules=fresh)
        if verdict.level.rank > incident.level.rank:
            await incidents.add_event(
                connection, incident.id, at=at, kind="raised", level=verdict.level.value
            )
        await incidents.join(connection, incident, verdict, evidence)
        within = self._within(verdict, mentions)
        await incidents.add_mentions(connection, incident.id, within | verdict.mentions)

    def _within(self, verdict: Verdict, mentions: Sequence[MentionFact]) -> set[int]:
        """This page's mentions of the subject that stand in a window that was breached."""
        windows = [
            (breach.at - rule.window, breach.at)
            for breach in verdict.breaches
            if isinstance(rule := self._rule(breach), CountRule | NegativeShareRule)
        ]
        return {
            m.id
            for m in mentions
            if verdict.subject in m.subjects
            and any(since < m.occurred_at <= until for since, until in windows)
        }
