"""Catches up with mentions that were stored while no scorer was there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from classifiers.client import ScorerError
from listener.storage import mentions as store
from listener.storage.dialect import lock_subjects
from listener.storage.tables import mentions
from listener.workflows.gather import Item, known_sample
from listener.workflows.process import Processor
from listener.workflows.write import known_fact, write_verdicts

BATCH = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Rescorer:
    processor: Processor

    async def rescore(self, at: datetime) -> int:
        """Score what has no score yet, oldest first; how many got one."""
        done = 0
        while batch := await self._batch(at):
            done += batch
        return done

    async def _batch(self, at: datetime) -> int:
        processor = self.processor
        async with processor.database.read() as connection:
            ids = [
                row[0]
                for row in await connection.execute(
                    select(mentions.c.id)
                    .where(
                        mentions.c.scored_at.is_(None),
                        mentions.c.text.is_not(None),
                        mentions.c.exercise_id == processor.exercise_id,
                    )
                    .order_by(mentions.c.received_at)
                    .limit(BATCH)
                )
            ]
            known = await store.by_id(connection, ids) if ids else {}
        items = [Item(known=item, sample=known_sample(item, (), None)) for item in known.values()]
        if not items:
            return 0
        try:
            scores, _ = await processor.scorer.score_or_bisect([item.sample for item in items])
        except ScorerError:
            return 0
        for item, found in zip(items, scores, strict=True):
            item.scores = found or []  # poison is marked as looked at, or it would come for ever
        async with processor.database.write() as connection:
            allowed = await processor.gatherer.tombstones.still_allowed(connection, items)
            pairs = [(item, item.known) for item in allowed if item.known is not None]
            await lock_subjects(connection, {s for _, k in pairs for s in k.subjects})
            await write_verdicts(connection, pairs, at)
            facts = [fact for item, k in pairs if (fact := known_fact(item, k)) is not None]
            await processor.judgement.judge(connection, facts, at)
        return len(items)
