"""What the daemon does over and over: polls, streams, ticks, refreshes and deliveries."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from listener.app.application import Application
from listener.app.slack_socket import SlackSocket
from listener.app.upkeep import Upkeep
from listener.app.vitals import Vitals
from listener.storage.database import explain
from listener.workflows.collect import Source
from listener.workflows.deepen import Deepener
from listener.workflows.merge import Merger

log = logging.getLogger(__name__)

TICK_EVERY = timedelta(seconds=10)
REFRESH_EVERY = timedelta(seconds=60)
EXPIRY_EVERY = timedelta(hours=6)
MERGE_EVERY = timedelta(minutes=10)  # stories that are one in other words wait so long at most
DEEPEN_EVERY = timedelta(seconds=5)  # of which the deep classifiers have their budget
AGAIN = timedelta(seconds=60)  # at most, for a job that the database failed
DELIVER_EVERY = 2.0  # s
RECEIVE_EVERY = 30.0  # s
DELIVERIES = 4  # at once: a mail server that hangs must not hold back what Slack would take
JITTER = 0.1  # of a poll's interval, so that ten sources do not knock together for ever
STAGGER = 0.5  # s between the first polls
FOLLOW_AGAIN = (1.0, 300.0)  # s before a stream that ended is followed again: first, at most
STEADY = 60.0  # s after which a stream's end is no longer held against it
CANCELLED_WITHIN = 1.0  # s for what was cancelled to put its things away

OUT_OF_ORDER = ("53", "58")  # PostgreSQL's classes of errors: no room or memory, its system fails
ROLLED_BACK = "40"  # another transaction was in the way: the same work may well succeed soon

Work = Callable[[], Awaitable[object]]


class Jobs:
    """One application's work, from `start` to `stop`. No job's failure ends another."""

    def __init__(
        self, app: Application, vitals: Vitals, *, wake: asyncio.Event, called: asyncio.Event
    ) -> None:
        self._app = app
        self._vitals = vitals
        self._wake = wake
        self._called = called
        self._sources = [source for source in app.sources.values() if source.closed_on is None]
        self._scheduler = AsyncIOScheduler(
            timezone=UTC,
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        self._running: dict[asyncio.Task[Any], str] = {}
        self._lasting: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self._scheduler.start()
        self._every(TICK_EVERY, "tick", self._tick, delay=1.0)
        self._every(EXPIRY_EVERY, "expiry", self._tell_expiries, delay=10.0)
        self._every(REFRESH_EVERY, "refresh", self._refresh, delay=5.0)
        for job in Upkeep(app=self._app, vitals=self._vitals, wake=self._wake).jobs():
            self._every(job.every, job.name, job.work, delay=job.delay)
        if self._app.deepener is not None:
            self._every(DEEPEN_EVERY, "deepen", partial(self._deepen, self._app.deepener))
        if self._app.merger is not None:
            self._every(MERGE_EVERY, "merge", partial(self._merge, self._app.merger))
        for place, source in enumerate(self._sources):
            delay = place * min(STAGGER, 5.0 / len(self._sources))
            poll = partial(self._poll, source)
            self._every(source.every, f"poll:{source.id}", poll, delay=delay, jitter=JITTER)
            if source.stream:
                self._lasting.append(asyncio.create_task(self._follow(source)))
        if (door := self._app.slack_door) is not None and door.settings.app_token is not None:
            self._lasting.append(asyncio.create_task(SlackSocket(door).run()))
        self._lasting.append(asyncio.create_task(self._deliver()))
        self._lasting.append(asyncio.create_task(self._receive()))

    async def stop(self, within: float) -> None:
        """Let each page in hand and each delivery end, at most `within` seconds; then cancel."""
        if not self._scheduler.running:
            return
        self._app.collector.stopping.set()
        # Not shut down yet: that would cancel what runs, pages in hand included.
        self._scheduler.pause()
        for task in self._lasting:
            task.cancel()
        for task, name in self._running.items():
            # What waits for a network would wait for nothing: its next page is read again later.
            if _reads(name) and task not in self._app.collector.in_hand:
                task.cancel()
        await self._ended(within)
        left = list(self._running.values())
        if left:
            log.warning("daemon.cut_short jobs=%s", ",".join(left))
        for task in self._running:
            task.cancel()
        await self._ended(CANCELLED_WITHIN)
        self._scheduler.shutdown(wait=False)

    async def _ended(self, within: float) -> None:
        tasks = [*self._running, *self._lasting]
        if tasks:
            await asyncio.wait(tasks, timeout=within)

    def _every(
        self, every: timedelta, name: str, work: Work, *, delay: float = 0.0, jitter: float = 0.0
    ) -> None:
        seconds = every.total_seconds()
        self._scheduler.add_job(
            self.guarded,
            IntervalTrigger(seconds=seconds, jitter=seconds * jitter or None),
            args=(name, work),
            id=name,
            next_run_time=datetime.now(UTC) + timedelta(seconds=delay),
        )

    async def guarded(self, name: str, work: Work) -> None:
        """Run one job once; what it raises is told once while it lasts, and raised no further."""
        task = asyncio.current_task()
        assert task is not None
        self._running[task] = name
        try:
            await work()
        except asyncio.CancelledError:
            pass  # we are stopping, and nobody waits for this task's result
        except Exception as error:
            # A fault in one job must not end the others: told below, and tried again.
            self._failed(name, error)
        else:
            self._succeeded(name)
        finally:
            self._running.pop(task, None)

    def _failed(self, name: str, error: Exception) -> None:
        self._vitals.failures[name] += 1
        if _is_away(error, self._app.database.is_sqlite):
            self._vitals.database_failed(name, explain(error, self._app.database.url))
            self._again_soon(name)
            return
        if _sqlstate(error).startswith(ROLLED_BACK):
            self._again_soon(name)
        kind = type(error).__name__
        if self._vitals.failing.get(name) == kind:
            return
        self._vitals.failing[name] = kind
        log.error("job.failed job=%s", name, exc_info=error)

    def _succeeded(self, name: str) -> None:
        if self._vitals.failing.pop(name, ""):
            log.info("job.recovered job=%s", name)
        self._vitals.database_served(name)

    def _again_soon(self, name: str) -> None:
        """A source of once a day would leave a database that has recovered in doubt for a day."""
        job, soon = self._scheduler.get_job(name), datetime.now(UTC) + AGAIN
        if job is not None and job.next_run_time is not None and job.next_run_time > soon:
            job.modify(next_run_time=soon)

    async def _poll(self, source: Source) -> None:
        poll = await self._app.collector.poll(source)
        self._vitals.saw_poll(poll)
        if poll.pages:
            log.debug("source.polled source=%s pages=%d", source.id, poll.pages)

    async def _tick(self) -> None:
        try:
            await self._app.ticker.tick(self._app.clock())
        finally:
            # Going round is what counts here: a database that is away is told elsewhere.
            self._vitals.tick.beat()
        self._wake.set()

    async def _refresh(self) -> None:
        await self._app.refresher.refresh(self._app.sources, self._app.clock())

    async def _deepen(self, deepener: Deepener) -> None:
        if await deepener.deepen(self._app.clock(), self._app.config.scoring.deep_budget):
            self._wake.set()

    async def _merge(self, merger: Merger) -> None:
        deepener = self._app.deepener
        # Nothing is started for this alone: where nothing was read deeply, there is nothing new.
        if deepener is not None and deepener.rescored and not deepener.away:
            await merger.unite(self._app.clock())

    async def _tell_expiries(self) -> None:
        await self._app.expiries.tell(self._sources, self._app.clock())

    async def _deliver(self) -> None:
        """Start a delivery when a page brought alerts, and every few seconds for what is due."""
        while True:
            try:
                await asyncio.wait_for(self._wake.wait(), DELIVER_EVERY)
            except TimeoutError:
                if self._deliveries():
                    continue
            self._wake.clear()
            if self._deliveries() < DELIVERIES:
                task = asyncio.create_task(self.guarded("deliver", self._app.postman.deliver))
                # The loop keeps weak references only, and `guarded` takes ours once it runs.
                self._running[task] = "deliver"

    async def _receive(self) -> None:
        """Read the inbox at the start, when a network called, and every while for what was put off."""
        while True:
            self._called.clear()
            task = asyncio.create_task(self.guarded("inbox", self._read_inbox))
            self._running[task] = "inbox"
            await asyncio.wait([task])
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._called.wait(), RECEIVE_EVERY)

    async def _read_inbox(self) -> None:
        while await self._app.receiver.read(self._app.sources, self._app.clock()):
            if self._app.collector.stopping.is_set():
                return

    def _deliveries(self) -> int:
        return sum(name == "deliver" for name in self._running.values())

    async def _follow(self, source: Source) -> None:
        """Follow a stream, again and again, beside its polls."""
        first, longest = FOLLOW_AGAIN
        pause = first
        loop = asyncio.get_running_loop()
        while not self._app.collector.stopping.is_set():
            began = loop.time()
            work = partial(self._app.collector.follow, source)
            task = asyncio.create_task(self.guarded(f"stream:{source.id}", work))
            self._running[task] = f"stream:{source.id}"
            await asyncio.wait([task])
            pause = first if loop.time() - began > STEADY else min(pause * 2, longest)
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - no secret


def _reads(name: str) -> bool:
    return name.startswith(("poll:", "stream:")) or name == "refresh"


def _sqlstate(error: Exception) -> str:
    return str(getattr(getattr(error, "orig", None), "sqlstate", None) or "")


def _is_away(error: Exception, is_sqlite: bool) -> bool:
    """Whether the database is out of reach, as opposed to a fault of ours."""
    if isinstance(error, SQLAlchemyError):
        return isinstance(error, OperationalError | PoolTimeout) or bool(
            getattr(error, "connection_invalidated", False)
            or _sqlstate(error).startswith(OUT_OF_ORDER)
        )
    # The PostgreSQL driver's refused or broken connections come as they are.
    return isinstance(error, OSError) and not is_sqlite
