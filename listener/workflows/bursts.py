"""Counts what comes in, interval by interval, and tells where more is said than usual."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import pairwise

from sqlalchemy.ext.asyncio import AsyncConnection

from listener.domain.burst import INTERVAL, BurstFact, anchor, intervals_due
from listener.storage import sources, tallies
from listener.storage.database import Database
from listener.storage.tallies import Interval, Tally
from listener.workflows.burst_fold import CATCHING_UP, BurstFold, Key

log = logging.getLogger(__name__)

AT_ONCE = 250  # tallies read at a time: the event loop waits for no more of them
KEPT = timedelta(days=100)
REMINDED = timedelta(days=1)  # an older alarm that nobody judged is history


@dataclass(slots=True, kw_only=True)
class BurstWatch:
    """Bursts in the live mentions of one exercise, by when they were received.

    `watched` are the (subject, stream) that rules ask about; every stream is counted, so that a
    rule of tomorrow knows what is usual. `sources` are the ids of those that should answer; none:
    somebody else says that the watch is on. `late`: what had occurred so long before it came is
    no news.

    Call `advance` at least every five minutes: intervals that two calls leave between them were
    not watched. At the first call, and when a week ends, the detectors are made anew from the
    tallies, in a thread, which takes some seconds a stream: a call waits for that for `patience`
    seconds (None: until they stand), and they are told of what went by meanwhile.
    """

    database: Database
    watched: Collection[Key]
    zone: tzinfo = UTC
    sources: Collection[str] = ()
    late: timedelta = timedelta(hours=6)
    patience: float | None = None
    exercise_id: str = ""
    _fold: BurstFold | None = field(default=None, init=False)
    _making: asyncio.Task[BurstFold] | None = field(default=None, init=False)
    _one: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    async def advance(self, at: datetime) -> list[BurstFact]:
        """Every alarm that nobody has judged yet, and what is ongoing where an interval closed.

        An alarm is given again until `settle` is committed, also after a restart: it follows from
        the tallies, and these say whether they were judged.
        """
        async with self._one:
            await self._count(at)
            before = self._fold.until if self._fold else None
            fold = await self._caught_up(at)
            if fold is None or fold.until is None:
                return []
            fold.alarms = await self._unjudged(fold.alarms, fold.until)
            news = fold.facts if fold.until != before else []
            return [*fold.alarms, *(f for f in news if f.ongoing and not f.alarm)]

    async def settle(self, connection: AsyncConnection, facts: Collection[BurstFact]) -> None:
        """These were judged: call it in the transaction that does."""
        for until in {fact.until for fact in facts}:
            await tallies.mark_judged(
                connection, until, since=until - REMINDED, exercise_id=self.exercise_id
            )

    async def look(self, at: datetime) -> list[BurstFact]:
        """Every watched stream as it stood at an instant, for who asks why not.

        Streams that never had a mention are left out.
        """
        return (await self._made(anchor(at), until=at)).facts

    async def expire(self, at: datetime) -> None:
        async with self.database.write() as connection:
            await tallies.expire(connection, before=at - KEPT)

    async def _count(self, at: datetime) -> None:
        async with self.database.read() as connection:
            recent = await tallies.latest(connection, CATCHING_UP + 1, exercise_id=self.exercise_id)
        due = intervals_due(recent[0].until if recent else None, at)
        if not due:
            return
        # One at a time is usual; several, or the first, and nobody was here.
        watched = bool(recent) and len(due) == 1
        if not watched:
            log.info("bursts.unwatched intervals=%d until=%s", len(due), due[-1].isoformat())
        async with self.database.write() as connection:
            works = await self._working(connection)
            failing = {name for name, working in works.items() if not working}
            covered = watched and (not works or any(works.values()))
            counted = [
                await self._tally(connection, until, covered, failing, recent) for until in due
            ]
            await tallies.add(connection, counted, exercise_id=self.exercise_id)

    async def _tally(
        self,
        connection: AsyncConnection,
        until: datetime,
        covered: bool,
        failing: Collection[str],
        recent: Collection[Tally],
    ) -> Tally:
        interval = Interval(
            since=until - INTERVAL,
            until=until,
            late=self.late,
            recovering=sorted(_recovering(recent)),
            exercise_id=self.exercise_id,
        )
        return Tally(
            until=until,
            covered=covered,
            counts=await tallies.count(connection, interval),
            received=await tallies.received(connection, interval),
            failing=tuple(sorted(failing)),
        )

    async def _working(self, connection: AsyncConnection) -> dict[str, bool]:
        """Of the sources that were ever asked, whether a lane works."""
        works: dict[str, bool] = {}
        for row in await sources.all_states(connection):
            name = row.id.partition("/")[0]
            if name in self.sources:
                well = row.failures == 0 and row.stopped is None
                works[name] = works.get(name, False) or well
        return works

    async def _caught_up(self, at: datetime) -> BurstFold | None:
        """The detectors, once they have taken what they have not; None: they do not stand yet."""
        begin = anchor(at)
        if self._fold is None or self._fold.begin != begin:
            self._fold = await self._waited_for(begin) or self._fold
        if self._fold is not None:
            await self._take(self._fold)
        return self._fold

    async def _waited_for(self, begin: datetime) -> BurstFold | None:
        if self._making is None:
            self._making = asyncio.create_task(self._made(begin))
            # Where nobody comes back for it, its error is nobody's either.
            self._making.add_done_callback(lambda task: task.cancelled() or task.exception())
        await asyncio.wait([self._making], timeout=self.patience)
        if not self._making.done():
            return None
        made, self._making = self._making, None
        return made.result()

    async def _made(self, begin: datetime, until: datetime | None = None) -> BurstFold:
        fold = BurstFold(self.watched, self.zone, begin)
        await self._take(fold, until)
        return fold

    async def _take(self, fold: BurstFold, until: datetime | None = None) -> None:
        since = fold.until or fold.begin
        while True:
            async with self.database.read() as connection:
                some = await tallies.after(
                    connection, since, until=until, limit=AT_ONCE, exercise_id=self.exercise_id
                )
            if not some:
                return
            since = some[-1].until
            # A few streams over ten weeks are half a minute's work, which is not the event loop's.
            await asyncio.to_thread(fold.take_all, some)

    async def _unjudged(self, alarms: list[BurstFact], until: datetime) -> list[BurstFact]:
        if not alarms:
            return alarms
        since = until - REMINDED
        async with self.database.read() as connection:
            left = await tallies.unjudged(connection, since, exercise_id=self.exercise_id)
        return [alarm for alarm in alarms if alarm.until in left]


def _recovering(recent: Collection[Tally]) -> set[str]:
    """Sources that failed for longer than an interval and may be back: recent is newest first."""
    return {
        source
        for later, earlier in pairwise(recent)
        for source in set(later.failing) & set(earlier.failing)
    }
