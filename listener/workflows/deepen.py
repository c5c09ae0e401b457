"""Reads again, more deeply, what could alert and what is uncertain, as far as there is time."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from classifiers.client import ScorerError
from listener.domain.timing import GROWING
from listener.storage import deep, mentions, snapshots
from listener.workflows.draft import reading_of
from listener.workflows.gather import MAX_READINGS, Item
from listener.workflows.process import Processor
from listener.workflows.rescore import settle
from listener.workflows.scoring import Scored, Scorer, Verdicts

log = logging.getLogger(__name__)

BATCH = 32  # texts: the better part of a second, so that a stop or a page waits no longer
LEASE = timedelta(minutes=5)
AGAIN = timedelta(minutes=10)  # until deep classifiers that did not start are tried again
TOO_OLD = timedelta(hours=24)  # after which nobody waits for a second opinion
ROOM = 20_000  # mentions in the queue
FAST_PAUSE = 0.02  # s between looks whether the fast classifiers have done with a page
_TICK = timedelta(microseconds=1)


@dataclass(slots=True, kw_only=True)
class Deepener:
    """The deep classifiers over the queue that `domain.triage` orders. Counts are since its start.

    Where they cannot be had, the fast scores stand and nothing else changes.
    """

    processor: Processor
    scorer: Scorer
    owner: str
    clock: Callable[[], float] = time.monotonic
    stopping: Callable[[], bool] = lambda: False
    rescored: int = field(default=0, init=False)
    shed: int = field(default=0, init=False)
    rate: float = field(default=0.0, init=False)  # texts a second, the last batch
    _away_since: datetime | None = field(default=None, init=False)
    _shedding: bool = field(default=False, init=False)

    @property
    def away(self) -> bool:
        """Whether the deep classifiers did not start when they were last needed."""
        return self._away_since is not None

    async def deepen(self, at: datetime, budget: timedelta) -> int:
        """Work through the queue for as long as `budget`; how many alerts that brought."""
        await self._shed(at)
        if self._away_since is not None and at - self._away_since < AGAIN:
            return 0
        alerts, until = 0, self.clock() + budget.total_seconds()
        while self.clock() < until and not self.stopping():
            if self.processor.scoring:  # every mention has its fast scores first
                await asyncio.sleep(FAST_PAUSE)
                continue
            items = await self._claim(at)
            if not items or not await self._score(items, at):
                break
            alerts += await self._settle(items, at)
        return alerts

    async def _claim(self, at: datetime) -> list[Item]:
        processor = self.processor
        async with processor.database.write() as connection:
            ids = await deep.claim(
                connection,
                owner=self.owner,
                at=at,
                lease=LEASE,
                limit=BATCH,
                exercise_id=processor.exercise_id,
            )
            if not ids:
                return []
            known = await mentions.by_id(connection, ids)
            history = await snapshots.readings(connection, ids)
            await processor.gatherer.refresh_baseline(connection, at)
        items = [Item(known=known[number]) for number in ids]
        for number, item in zip(ids, items, strict=True):
            self._complete(item, history.get(number, ())[-MAX_READINGS:])
        return items

    def _complete(self, item: Item, history: Sequence[Any]) -> None:
        assert item.known is not None
        readings = [reading_of(row, item.known.occurred_at) for row in history]
        item.sample = self.processor.gatherer.sample(item, readings, item.known.weight)
        if len(history) > 1:
            item.read_at = history[-1].taken_at

    async def _score(self, items: Sequence[Item], at: datetime) -> bool:
        """Give each item the deep scores, None to what they fail on; False where they are away."""
        begun = self.clock()
        try:
            scores, _ = await self.scorer.score_or_bisect([item.sample for item in items])
        except ScorerError as error:
            await self._put_back(items)
            self._is_away(error, at)
            return False
        if self._away_since is not None:
            log.info("deep.recovered")
        self._away_since = None
        self.rate = len(items) / max(self.clock() - begun, 1e-6)
        for item, found in zip(items, scores, strict=True):
            item.scores = _deep_alone(found)
            growth = Verdicts.of(item.scores).growth
            if growth is None or growth < GROWING:
                item.read_at = None
        return True

    async def _settle(self, items: Sequence[Item], at: datetime) -> int:
        scored = [item for item in items if item.scores is not None]
        alerts = await settle(self.processor, scored, _after(items, at)) if scored else 0
        self.rescored += len(scored)
        failed = [item.known.id for item in items if item.scores is None and item.known]
        if failed:
            async with self.processor.database.write() as connection:
                await deep.give_up(connection, failed, owner=self.owner)
        return alerts

    async def _put_back(self, items: Sequence[Item]) -> None:
        ids = [item.known.id for item in items if item.known is not None]
        async with self.processor.database.write() as connection:
            await deep.put_back(connection, ids, owner=self.owner)

    def _is_away(self, error: ScorerError, at: datetime) -> None:
        if self._away_since is None:
            # The client's words: which model is missing, never a text.
            log.warning("deep.away the fast scores stand: detail=%s", error)
        self._away_since = at

    async def _shed(self, at: datetime) -> None:
        """Keep the queue within what can still be read in time."""
        database, exercise_id = self.processor.database, self.processor.exercise_id
        async with database.read() as connection:
            queue = await deep.waiting(connection, exercise_id=exercise_id)
        before = at - TOO_OLD
        if queue.oldest is None or (queue.count <= ROOM and queue.oldest >= before):
            self._shedding = False
            return
        async with database.write() as connection:
            dropped = await deep.shed(connection, before=before, room=ROOM, exercise_id=exercise_id)
        self.shed += dropped
        if not self._shedding and not self.away:
            log.warning("deep.shedding waiting=%d dropped=%d", queue.count, dropped)
        self._shedding = True


def _deep_alone(scores: Scored) -> Scored:
    """What does not say of itself that it is deep would put the mention into the queue again."""
    return scores if Verdicts.of(scores).tier == "deep" else None


def _after(items: Sequence[Item], at: datetime) -> datetime:
    """An instant after the fast scores: a score is known by its instant, and the latest is current."""
    scored = [i.known.scored_at for i in items if i.known and i.known.scored_at]
    return max([at, *(instant + _TICK for instant in scored)])
