"""Watches the watcher: gathers what is known of sources, channels, database and ourselves."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from listener.domain.blindness import (
    OwnSigns,
    SourceSigns,
    blind_source,
    blind_watcher,
    slow_database,
)
from listener.domain.burst import anchor
from listener.domain.coverage import Blindness, CoverageFact
from listener.domain.rhythm import Rhythm
from listener.storage import channels, inbox, sources, tallies
from listener.storage.database import Database
from listener.storage.inbox import Waiting
from listener.storage.tallies import Arrivals
from listener.workflows.collect import Source

EVERY = timedelta(minutes=1)
AT_ONCE = 500  # tallies read at a time

Signs = Callable[[datetime], OwnSigns]
Also = Callable[[datetime], Awaitable[Sequence[CoverageFact]]]


def nothing_known(at: datetime) -> OwnSigns:
    return OwnSigns(up_since=at - timedelta(days=1))


@dataclass(slots=True, kw_only=True)
class BlindSpots:
    """`signs` tells of the process, `also` of what others know (channels that were not proven)."""

    database: Database
    sources: Mapping[str, Source]
    zone: tzinfo
    signs: Signs = nothing_known
    also: Sequence[Also] = ()
    exercise_id: str = ""
    _looked_at: datetime | None = field(default=None, init=False)
    _facts: list[CoverageFact] = field(default_factory=list, init=False)
    _rhythms: dict[str, Rhythm] = field(default_factory=dict, init=False)
    _heard: datetime | None = field(default=None, init=False)  # the last tally that they took
    _latencies: deque[timedelta] = field(default_factory=lambda: deque(maxlen=2), init=False)
    _slow_since: datetime | None = field(default=None, init=False)

    async def facts(self, at: datetime) -> Sequence[CoverageFact]:
        """All that is wrong now; looked at once a minute, and as it was meanwhile."""
        if self._looked_at is not None and timedelta() <= at - self._looked_at < EVERY:
            return self._facts
        await self._listen(at)
        found = list(blind_watcher(self.signs(at), at))
        if (slow := await self._database(at)) is not None:
            found.append(slow)
        async with self.database.read() as connection:
            found += await self._sources(connection, at)
            found += await self._channels(connection, at)
        for also in self.also:
            found += await also(at)
        self._looked_at, self._facts = at, found
        return found

    async def _database(self, at: datetime) -> CoverageFact | None:
        begun = time.monotonic()
        async with self.database.write() as connection:
            await sources.touch(connection)
        self._latencies.append(timedelta(seconds=time.monotonic() - begun))
        fact = slow_database(tuple(self._latencies), self._slow_since or at)
        self._slow_since = fact.since if fact else None
        return fact

    async def _channels(self, connection: AsyncConnection, at: datetime) -> list[CoverageFact]:
        return [
            CoverageFact(kind=Blindness.CHANNEL_FAILING, name=one.channel, since=one.since)
            for one in await channels.stuck(connection, at, exercise_id=self.exercise_id)
        ]

    async def _sources(self, connection: AsyncConnection, at: datetime) -> list[CoverageFact]:
        lanes: dict[str, list[Row[Any]]] = {}
        for row in await sources.all_states(connection):
            lanes.setdefault(row.id.partition("/")[0], []).append(row)
        waiting = await inbox.waiting(connection)
        walks = await sources.unfinished_walks(connection)
        up_since = self.signs(at).up_since
        found = []
        for source in self.sources.values():
            if source.closed_on is not None or not (rows := lanes.get(source.id)):
                continue
            since = _oldest(waiting.get(source.id), walks.get(source.id))
            signs = self._signs(source, rows, since)
            if (fact := blind_source(signs, at, up_since=up_since)) is not None:
                found.append(fact)
        return found

    def _signs(
        self, source: Source, rows: Sequence[Row[Any]], unread_since: datetime | None
    ) -> SourceSigns:
        row = min(rows, key=lambda row: (row.stopped is not None, row.failures))
        return SourceSigns(
            name=source.id,
            every=source.every,
            failures=row.failures,
            failing_since=row.failing_since,
            stopped=row.stopped,
            error=(row.last_error or "").partition(":")[0],
            next_at=row.next_at,
            success_at=max((r.last_success_at for r in rows if r.last_success_at), default=None),
            unread_since=unread_since,
            # What is imported brings what it brings, when somebody puts it there.
            rhythm=None if source.origin.backfill else self._rhythms.get(source.id),
        )

    async def _listen(self, at: datetime) -> None:
        """Let the rhythms take the tallies that they have not."""
        since = self._heard or anchor(at)
        while True:
            async with self.database.read() as connection:
                some = await tallies.arrivals(
                    connection, since, limit=AT_ONCE, exercise_id=self.exercise_id
                )
            if not some:
                return
            await asyncio.to_thread(self._take, some)
            since = self._heard = some[-1].until

    def _take(self, some: Sequence[Arrivals]) -> None:
        for tally in some:
            until = tally.until.astimezone(self.zone)
            for source in self.sources:
                brought = source in tally.received
                if brought or (tally.covered and source not in tally.failing):
                    self._rhythms.setdefault(source, Rhythm()).take(until, brought=brought)


def _oldest(waiting: Waiting | None, walk: datetime | None) -> datetime | None:
    known = (waiting.oldest if waiting else None, walk)
    return min((since for since in known if since is not None), default=None)
