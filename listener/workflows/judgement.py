"""Breaches → incidents and what must be sent, inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from listener.domain import matter as matters
from listener.domain.burst import BurstFact
from listener.domain.coverage import CoverageFact
from listener.domain.evidence import evidence_of, merge_evidence
from listener.domain.incident import (
    AlertKind,
    Incident,
    Past,
    Policy,
    State,
    Verdict,
    comes_back,
    judge,
)
from listener.domain.matter import Case, Opening
from listener.domain.rule import Breach, Level, MentionFact
from listener.storage import belonging, incidents, timeline
from listener.workflows.summon import Summons
from listener.workflows.update import Updates
from listener.workflows.weigh import Weigher


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The rules in force, and whom their breaches call."""

    weigher: Weigher
    policy: Policy
    summons: Summons
    updates: Updates
    config_hash: str
    narrow: frozenset[str] = field(default_factory=frozenset)  # subjects that are part of another
    exercise_id: str = ""

    async def judge(
        self, connection: AsyncConnection, mentions: Sequence[MentionFact], at: datetime
    ) -> int:
        """Evaluate what these live mentions touch; how many alerts were put in the outbox."""
        if not mentions:
            return 0
        breaches = await self.weigher.breaches(connection, mentions, at)
        return await self._settle(connection, mentions, breaches, at)

    async def look(
        self,
        connection: AsyncConnection,
        at: datetime,
        *,
        bursts: Sequence[BurstFact] = (),
        coverage: Sequence[CoverageFact] = (),
    ) -> int:
        """Evaluate what breaches with no mention arriving; how many alerts were put in the outbox."""
        breaches = await self.weigher.due(connection, at, bursts=bursts, coverage=coverage)
        return await self._settle(connection, (), breaches, at) if breaches else 0

    async def _settle(
        self,
        connection: AsyncConnection,
        mentions: Sequence[MentionFact],
        breaches: Sequence[Breach],
        at: datetime,
    ) -> int:
        openings = await self._openings(connection)
        told = {story for opening in openings for story in opening.stories}
        if not breaches and not any(mention.story in told for mention in mentions):
            return 0
        await incidents.alone(connection)
        openings = await self._openings(connection)
        grown = await self._gather(connection, openings, mentions)
        wanted = {number for breach in breaches for number in breach.mentions}
        open_ids = [opening.incident.id for opening in openings]
        held = await belonging.held(connection, open_ids, wanted) if wanted else {}
        alerts = 0
        for case in matters.cases_of(breaches, openings, held, narrow=self.narrow):
            muted_by = _mutes(case, openings)
            alerts += await self._handle(connection, case, muted_by, at)
            if case.incident is not None:
                grown.discard(case.incident.id)
        for number in grown:
            await self.updates.grown(connection, number, at)
        return alerts

    async def _openings(self, connection: AsyncConnection) -> list[Opening]:
        current = await incidents.unfinished(connection, exercise_id=self.exercise_id)
        if not current:
            return []
        held: dict[int, set[int]] = {}
        for number, story in await belonging.open_stories(connection, exercise_id=self.exercise_id):
            held.setdefault(number, set()).add(story)
        return [Opening(incident=i, stories=frozenset(held.get(i.id, ()))) for i in current]

    async def _gather(
        self,
        connection: AsyncConnection,
        openings: Sequence[Opening],
        mentions: Sequence[MentionFact],
    ) -> set[int]:
        """Later mentions of a story join its incident, breach or none; the incidents that grew."""
        grown = set()
        for opening in openings:
            joined = {m.id for m in mentions if m.story in opening.stories}
            if joined:
                await belonging.add_mentions(connection, opening.incident.id, joined)
                grown.add(opening.incident.id)
        return grown

    async def _handle(
        self, connection: AsyncConnection, case: Case, muted_by: int | None, at: datetime
    ) -> int:
        incident, before = await self._standing(connection, case, at)
        if incident is None and before is not None:
            mentions = await self._said(connection, before, case)
            if not comes_back(before, case.breaches, mentions=mentions, policy=self.policy, at=at):
                await belonging.add_mentions(connection, before.id, case.mentions)
                return 0
        known = incident or before
        past = Past(
            alerted=await self._alerted(connection, known, case.matter),
            muted_by=muted_by,
            grave=known.grave if known else frozenset(),
        )
        verdict = judge(case.breaches, incident, past, policy=self.policy, at=at)
        verdict = replace(
            verdict, matter=case.matter, alert=_again(verdict.alert, incident, before)
        )
        if incident is None:
            incident = await self._take_up(connection, before, verdict, at)
        await self._join(connection, incident, case, verdict, at)
        if verdict.alert is None:
            await self.updates.grown(connection, incident.id, at)
            return 0
        held = await incidents.get(connection, incident.id)
        return await self.summons.call(connection, held or incident, verdict, at)

    async def _standing(
        self, connection: AsyncConnection, case: Case, at: datetime
    ) -> tuple[Incident | None, Incident | None]:
        """The matter's unfinished incident, held; or else the one that was closed not long ago."""
        if case.incident is not None:
            held = await incidents.hold(connection, case.incident.id)
            if held is not None and held.unfinished:
                return held, None
        # Another case of the same breaches may have taken the story up a moment ago.
        for number, story in await belonging.open_stories(connection, exercise_id=self.exercise_id):
            if story in case.stories:
                return await incidents.hold(connection, number), None
        return None, await self._closed(connection, case, at)

    async def _alerted(
        self, connection: AsyncConnection, known: Incident | None, matter: str
    ) -> tuple[datetime, Level] | None:
        if known is not None and known.paged_at:
            # Rung, or folded and on its way with the next ring.
            return max(known.paged_at, known.alerted_at or known.paged_at), known.level
        if known is not None and known.alerted_at and known.alerted_level:
            return known.alerted_at, known.alerted_level
        return await incidents.last_alert(connection, matter, exercise_id=self.exercise_id)

    async def _closed(
        self, connection: AsyncConnection, case: Case, at: datetime
    ) -> Incident | None:
        """The incident of the same stories that was closed not long ago, the last one first."""
        said = await belonging.stories_of(connection, case.mentions)
        if not case.is_sum:
            stories = case.stories
        else:
            # Another crisis of the same size is not the return of the last one.
            most = said.most_common(1)
            stories = {s for s, n in most if 2 * n > len(case.mentions)}
        since = at - self.policy.remember
        found = await belonging.remembered(
            connection, stories, since=since, exercise_id=self.exercise_id
        )
        closed = [i for i in await incidents.by_ids(connection, found) if not i.unfinished]
        return closed[0] if closed else None

    async def _said(self, connection: AsyncConnection, closed: Incident, case: Case) -> int:
        """How many mentions the matter has by now, those since its closing included."""
        since = closed.opened_at - self.policy.remember
        said = await belonging.said_of(connection, case.stories, since=since)
        return max(said, len(case.mentions))

    async def _take_up(
        self, connection: AsyncConnection, closed: Incident | None, verdict: Verdict, at: datetime
    ) -> Incident:
        """Open the matter's incident, or the closed one again."""
        if closed is not None:
            level_now, quiet = verdict.level, verdict.quiet_until
            if await incidents.reopen(connection, closed, level=level_now, quiet_until=quiet):
                await belonging.settle_stories(connection, closed.id, is_open=True)
                await timeline.add(connection, closed.id, at=at, kind="reopened", how="grown")
                found = await incidents.get(connection, closed.id)
                return found or closed
        number = await incidents.open_new(
            connection, verdict, at=at, config_hash=self.config_hash, exercise=self.exercise_id
        )
        if number is not None:
            rules = sorted({b.rule for b in verdict.breaches})
            level = verdict.level.value
            await timeline.add(connection, number, at=at, kind="opened", level=level, rules=rules)
        # Where another daemon opened it while we read, its row is there once its lock is gone.
        found = await incidents.of_matter(connection, verdict.matter, exercise_id=self.exercise_id)
        if found is None:
            raise LookupError(f"the incident of {verdict.matter} vanished within its transaction")
        return found

    async def _join(
        self,
        connection: AsyncConnection,
        incident: Incident,
        case: Case,
        verdict: Verdict,
        at: datetime,
    ) -> None:
        """The breaches' figures join the incident, with the mentions that they are about."""
        new = [evidence_of(breach) for breach in verdict.breaches]
        evidence = merge_evidence(incident.evidence, new)
        known = {item["rule"] for item in incident.evidence}
        fresh = sorted({item["rule"] for item in new} - known)
        events = sorted({b.event for b in verdict.breaches if b.event})
        if incident.evidence and fresh:
            await timeline.add(connection, incident.id, at=at, kind="breached", rules=fresh)
        if events and fresh:
            await timeline.add(connection, incident.id, at=at, kind="known_event", events=events)
        if verdict.level.rank > incident.level.rank:
            level = verdict.level.value
            await timeline.add(connection, incident.id, at=at, kind="raised", level=level)
        await incidents.join(connection, incident, verdict, evidence)
        if _must_be_answered_again(incident, verdict):
            await incidents.change(
                connection,
                incident.id,
                state=State.OPEN,
                acknowledged_at=None,
                acknowledged_by=None,
                step=0,
                step_at=None,
                paged_at=None,
            )
        since = at - self.policy.remember
        await belonging.add_stories(connection, incident.id, case.stories, since=since)
        await belonging.add_mentions(connection, incident.id, verdict.mentions - case.held)


def _again(
    alert: AlertKind | None, incident: Incident | None, before: Incident | None
) -> AlertKind | None:
    returns = incident is None and before is not None and alert is AlertKind.OPENED
    return AlertKind.REOPENED if returns else alert


def _must_be_answered_again(incident: Incident, verdict: Verdict) -> bool:
    """Whoever took a warning in hand has not yet taken the crisis that it became."""
    return verdict.alert is not None and incident.state is State.ACKNOWLEDGED


def _mutes(case: Case, openings: Collection[Opening]) -> int | None:
    """The critical incident of the same subject whose warnings stay unsaid, if this is another."""
    own = case.incident.id if case.incident else None
    return next(
        (
            opening.incident.id
            for opening in openings
            if opening.incident.level is Level.CRITICAL
            and opening.incident.subject == case.subject
            and opening.incident.id != own
        ),
        None,
    )
