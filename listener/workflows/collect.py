"""Polls a source: takes its lease, processes its pages, and keeps its health by the error's name."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from connectors.connector import (
    Clock,
    Connector,
    ConnectorError,
    Cursors,
    Gap,
    Page,
    Refreshing,
    Streaming,
)
from listener.storage import sources
from listener.storage.database import Database
from listener.workflows.ahead import Ahead, named, read_ahead
from listener.workflows.draft import Origin
from listener.workflows.process import Outcome, Processor
from listener.workflows.standing import Standing
from listener.workflows.supervise import Supervisor

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)
RENEW_AFTER = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One configured source, its connector built."""

    id: str
    connector: Connector
    every: timedelta
    about: tuple[str, ...] = ()
    weight: float = 1.0
    stream: bool = False
    fingerprint: str = ""  # of its configuration: a stop holds until this changes

    @property
    def closed_on(self) -> date | None:
        """The day its network ended: it is never polled, and its silence is no outage."""
        closed: date | None = getattr(self.connector, "closed_on", None)
        return closed

    @property
    def origin(self) -> Origin:
        return Origin(
            source_id=self.id,
            network=str(getattr(self.connector, "name", "")),
            about=self.about,
            weight=self.weight,
            backfill=bool(getattr(self.connector, "backfill", False)),
            refreshes=isinstance(self.connector, Refreshing),
            verify_every=getattr(self.connector, "verify_every", None),
        )


@dataclass(slots=True, kw_only=True)
class Poll:
    """What one pass over a source brought."""

    source: str
    skipped: str | None = None  # busy · stopped · waiting · closed
    error: str | None = None
    pages: int = 0
    outcome: Outcome = field(default_factory=Outcome)

    def add(self, outcome: Outcome) -> None:
        self.pages += 1
        self.outcome = self.outcome + outcome


@dataclass(slots=True, kw_only=True)
class Collector:
    """Polls and follows sources; `on_page` is told of each page that was committed."""

    database: Database
    processor: Processor
    supervisor: Supervisor
    standing: Standing
    owner: str
    clock: Clock
    on_page: Callable[[Source, Outcome], None] = lambda _source, _outcome: None
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    in_hand: set[asyncio.Task[Any] | None] = field(default_factory=set)  # tasks within a page

    async def poll(self, source: Source, *, force: bool = False) -> Poll:
        """Read one source up to now. Errors are kept as its health, never raised."""
        result = Poll(source=source.id)
        lane = source.id
        if source.closed_on is not None:
            result.skipped = "closed"
            return result
        result.skipped = await self._begin(source, lane, force=force)
        if result.skipped:
            return result
        try:
            pages = source.connector.poll(await self._cursors(source))
            await self._walk(source, lane, pages, result)
        except ConnectorError as error:
            result.error = str(error)
            await self.standing.failed(source.id, lane, source.fingerprint, error)
        else:
            if not self.stopping.is_set():
                await self.standing.succeeded(lane, source.fingerprint)
        finally:
            await self._release(lane)
        return result

    async def follow(self, source: Source) -> None:
        """Follow a stream until it ends, is cancelled, or the listener stops.

        It has a lane of its own, lease and health, beside the polls of the same source: they are
        the safety net that must hold while the stream is cut.
        """
        connector, lane = source.connector, stream_lane(source)
        if not isinstance(connector, Streaming) or await self._begin(source, lane, force=False):
            return
        try:
            pages = connector.stream(await self._cursors(source))
            await self._walk(source, lane, pages, Poll(source=source.id), live=True)
        except ConnectorError as error:
            await self.standing.failed(source.id, lane, source.fingerprint, error)
        finally:
            await self._release(lane)

    async def _release(self, lane: str) -> None:
        async with self.database.write() as connection:
            await sources.release(connection, lane, owner=self.owner)

    async def refresh(self, source: Source, pages: Any) -> Poll:
        """Process pages of figures that were read again; the source's health is not theirs to say."""
        result = Poll(source=source.id)
        try:
            async for page in pages:
                result.add(await self._process(source, page))
        except ConnectorError as error:
            result.error = str(error)
            log.info("refresh.failed source=%s error=%s", source.id, type(error).__name__)
        return result

    async def take(self, source: Source, page: Page) -> Outcome:
        """Process a page that the network brought to us: it is as live as a stream's."""
        return await self._process(source, page, live=True)

    async def _begin(self, source: Source, lane: str, *, force: bool) -> str | None:
        """Take the lease; why not, where it cannot or should not be taken."""
        at = self.clock()
        async with self.database.write() as connection:
            await sources.ensure(connection, lane)
            state = await sources.get(connection, lane)
            # Another configuration: what was wrong with the last one may be mended.
            same = state is not None and state.fingerprint == source.fingerprint
            if state is not None and same and not force:
                if state.stopped:
                    return "stopped"
                if state.next_at is not None and state.next_at > at:
                    return "waiting"
            free = await sources.acquire(connection, lane, owner=self.owner, at=at, lease=LEASE)
            if not free:
                return "busy"
            await sources.set_state(connection, lane, last_attempt_at=at, stopped=None)
        return None

    async def _cursors(self, source: Source) -> Cursors:
        async with self.database.read() as connection:
            return await sources.cursors(connection, source.id)

    async def _walk(
        self, source: Source, lane: str, pages: Any, result: Poll, *, live: bool = False
    ) -> None:
        """Process page after page; a stop is heeded between two pages, never within one."""
        renewed = self.clock()
        begin = partial(self._begin_page, source)
        async with aclosing(read_ahead(named(pages, source.id), begin)) as begun:
            async for ahead in begun:
                result.add(await self._process(source, ahead.page, live=live, ahead=ahead))
                now = self.clock()
                if now - renewed > RENEW_AFTER:
                    renewed = now
                    await self._renew(source, lane, now, live=live)
                if self.stopping.is_set():
                    return

    def _begin_page(self, source: Source, page: Page) -> Ahead:
        return self.processor.begin(page, source.origin, self.clock())

    async def _renew(self, source: Source, lane: str, now: datetime, *, live: bool) -> None:
        async with self.database.write() as connection:
            await sources.acquire(connection, lane, owner=self.owner, at=now, lease=LEASE)
        if live:
            await self.standing.succeeded(
                lane, source.fingerprint
            )  # a stream never ends well: that it runs is success

    async def _process(
        self, source: Source, page: Page, *, live: bool = False, ahead: Ahead | None = None
    ) -> Outcome:
        task = asyncio.current_task()
        self.in_hand.add(task)
        try:
            outcome = await self.processor.process(
                page, source.origin, self.clock(), live=live, ahead=ahead
            )
        finally:
            self.in_hand.discard(task)
        if page.gaps:
            await self._tell_gaps(source, page.gaps)
        self.on_page(source, outcome)
        return outcome

    async def _tell_gaps(self, source: Source, gaps: Sequence[Gap]) -> None:
        for gap in gaps:
            log.warning(
                "source.gap source=%s since=%s until=%s reason=%s",
                source.id,
                gap.since and gap.since.isoformat(),
                gap.until.isoformat(),
                gap.reason,
            )
        async with self.database.write() as connection:
            await self.supervisor.lost(connection, source.id, gaps, self.clock())


def stream_lane(source: Source) -> str:
    """The name under which a source's stream is leased and its health kept; ids hold no slash."""
    return f"{source.id}/stream"
