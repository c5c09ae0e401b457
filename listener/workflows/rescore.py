"""Catches up with mentions that were stored while no scorer was there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from classifiers.client import ScorerError
from listener.storage import mentions as store
from listener.storage.dialect import lock_subjects
from listener.storage.mentions import Known
from listener.storage.tables import mentions
from listener.workflows.gather import Item
from listener.workflows.process import Processor
from listener.workflows.reappraise import current_marks, write_verdicts

BATCH = 100


async def settle(processor: Processor, items: Sequence[Item], at: datetime) -> int:
    """Write new scores of stored mentions and judge what they change; how many alerts followed.

    An item whose text, figures or verdicts changed since it was read is left to whoever changed it.
    """
    async with processor.database.write() as connection:
        allowed = await processor.gatherer.tombstones.still_allowed(connection, items)
        await lock_subjects(connection, {s for item in allowed for s in item.subjects})
        pairs = await _unchanged(connection, allowed)
        marks = await current_marks(connection, processor.marker, pairs)
        facts = await write_verdicts(connection, processor.marker, pairs, marks, at)
        return await processor.judgement.judge(connection, facts, at)


async def _unchanged(
    connection: AsyncConnection, items: Sequence[Item]
) -> list[tuple[Item, Known]]:
    read = {item.known.id: item.known for item in items if item.known is not None}
    now = await store.hold(connection, read)
    return [
        (item, item.known)
        for item in items
        if item.known is not None and now.get(item.known.id) == _state(item.known)
    ]


def _state(known: Known) -> tuple[str, datetime | None]:
    return known.text_hash, known.scored_at


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
        items = [Item(known=item) for item in known.values()]
        for item, stored in zip(items, known.values(), strict=True):
            item.sample = processor.gatherer.sample(item, (), stored.weight)
        if not items:
            return 0
        try:
            with processor.asking():
                scores, _ = await processor.scorer.score_or_bisect([i.sample for i in items])
        except ScorerError:
            return 0
        for item, found in zip(items, scores, strict=True):
            item.scores = found or []  # poison is marked as looked at, or it would come for ever
        await settle(processor, items, at)
        return len(items)
