"""The filtered stream: one connection, paid for in advance block by block.

https://docs.x.com/x-api/stream/stream-filtered-posts. CRLF keeps it alive every 20 seconds at most.
Waits as https://docs.x.com/x-api/fundamentals/handling-disconnections has them: after a cut once more
at once; then 250 ms more each time up to 16 s where the network fails, 5 s doubling to 320 s where X
does, 60 s doubling after 429. Whoever follows the stream waits; what was missed, polls bring.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson

from connectors.budget import BudgetSpent
from connectors.connector import (
    Clock,
    ConnectorError,
    Malformed,
    Page,
    RateLimited,
    Reject,
    Unavailable,
)
from connectors.http import HttpClient
from connectors.reading import mappings, string
from connectors.walk import Found
from connectors.x.api import FLOOR, Api, named, problem_type, told_by
from connectors.x.feeds import fields
from connectors.x.meter import Meter, Reservation
from connectors.x.reader import Reader, found_of, ids_of
from connectors.x.rules import Rules
from connectors.x.settings import XSettings

log = logging.getLogger(__name__)
FEED = "stream"
_FLUSH_AFTER = 0.5  # s
_CURSOR_EVERY = 5.0  # s
_FULL = 100
_STEADY = timedelta(seconds=20)  # a connection that lasted so long was a good one


class StreamDown(Unavailable):
    """The stream cannot be had for now; `retry_after` is how long X wants us to wait."""

    def __init__(self, message: str, *, retry_after: timedelta) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class TooManyConnections(RateLimited):
    """The app's one connection is taken: by another listener, or by ours that X has not let go of."""


class Backoff:
    """How long to wait after so many failures of one kind in a row."""

    def __init__(self) -> None:
        self._failures = {"network": 0, "http": 0, "limit": 0}

    def clear(self) -> None:
        self._failures = dict.fromkeys(self._failures, 0)

    def network(self) -> timedelta:
        return min(timedelta(milliseconds=250) * self._count("network"), timedelta(seconds=16))

    def http(self) -> timedelta:
        return min(
            timedelta(seconds=5 * 2 ** min(self._count("http") - 1, 6)), timedelta(seconds=320)
        )

    def limit(self, asked: timedelta | None) -> timedelta:
        doubled: int = 2 ** min(self._count("limit") - 1, 6)
        return max(FLOOR * doubled, asked or FLOOR)

    def _count(self, kind: str) -> int:
        self._failures[kind] += 1
        return min(self._failures[kind], 70)


class Live:
    """Follows the stream until it is cancelled, cannot be had, or the money ends."""

    def __init__(
        self,
        http: HttpClient,
        api: Api,
        rules: Rules,
        reader: Reader,
        meter: Meter,
        settings: XSettings,
        clock: Clock,
    ) -> None:
        self._http = http
        self._api = api
        self._rules = rules
        self._reader = reader
        self._meter = meter
        self._settings = settings
        self._clock = clock
        self._backoff = Backoff()

    async def pages(self) -> AsyncGenerator[Page, None]:
        while True:
            began = self._clock()
            try:
                async with aclosing(self._connection()) as pages:
                    async for page in pages:
                        yield page
            except (RateLimited, Unavailable, Malformed) as error:
                if not self._is_worth_another(error, began):
                    raise self._named(error) from None
                self._backoff.clear()

    def _is_worth_another(self, error: ConnectorError, began: datetime) -> bool:
        """A connection that lasted is opened again at once; a failure after that waits."""
        return isinstance(error, Unavailable) and self._clock() - began >= _STEADY

    def _named(self, error: ConnectorError) -> ConnectorError:
        if isinstance(error, BudgetSpent):
            return error
        if isinstance(error, TooManyConnections):
            return TooManyConnections(str(error), retry_after=self._backoff.limit(None))
        if isinstance(error, RateLimited):
            return RateLimited(str(error), retry_after=self._backoff.limit(error.retry_after))
        if isinstance(error, Malformed):
            status = 402 if "status 402" in str(error) else 400
            return named(status, told_by(error.payload), error.payload)
        answered = "status" in str(error)
        wait = self._backoff.http() if answered else self._backoff.network()
        return StreamDown(str(error), retry_after=wait)

    async def _connection(self) -> AsyncGenerator[Page, None]:
        block: Reservation | None = await self._block()
        batch = Batch()
        try:
            await self._rules.sync()
            async with self._http.lines(
                self._api.url("tweets/search/stream"),
                params=self._params(),
                headers=await self._api.headers(),
                idle=self._settings.stream_idle.total_seconds(),
            ) as lines:
                flushes = _flushes(lines, batch, lambda: block.count if block else 1)
                async with aclosing(flushes):
                    async for _ in flushes:
                        assert block is not None
                        if batch.is_empty and self._meter.lasts(block):
                            yield self._page([], [])
                            continue
                        page, settled = await self._read(batch), block
                        block = None
                        await self._meter.settle(settled, batch.paid())
                        batch.clear()
                        yield page
                        block = await self._block()
        finally:
            if block is not None:
                # What came and was not given is paid all the same: a poll brings it for nothing.
                await self._meter.settle(block, batch.paid())

    def _params(self) -> dict[str, str]:
        """No expansion: authors are asked for by id, those not known alone."""
        backfill = self._settings.backfill_minutes
        asked = {"backfill_minutes": str(backfill)} if backfill else {}
        return {**fields(self._settings.fields), **asked}

    async def _block(self) -> Reservation:
        """Money for the next posts, counted before they come; BudgetSpent closes the connection."""
        meter, many = self._meter, self._settings.stream_reserve
        return await meter.reserve(FEED, meter.posts, many, meter.searches)

    async def _read(self, batch: Batch) -> Page:
        ours = [line for line in batch.lines if self._rules.matches(line)]
        posts, rejects = await self._reader.read([line.get("data") for line in ours], {})
        return self._page([found_of(post) for post in posts], [*batch.rejects, *rejects])

    def _page(self, found: Sequence[Found], rejects: Sequence[Reject]) -> Page:
        return Page(
            feed=FEED,
            mentions=[mention for item in found for mention in item.mentions],
            engagements=[figures for item in found for figures in item.engagements],
            rejects=rejects,
            cursor={"v": 1, "heard_at": self._clock().isoformat()},
            complete=True,
        )


@dataclass(slots=True)
class Batch:
    """What came and is not given yet: also what other users of the app's stream asked for."""

    lines: list[dict[str, Any]] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)

    def take(self, line: bytes) -> None:
        """A line of the stream; the errors that X tells within it are raised."""
        if not line.strip():
            return
        try:
            told = orjson.loads(line)
        except orjson.JSONDecodeError:
            self.rejects.append(Reject(error="a line that is not JSON", payload=line))
            return
        if not isinstance(told, dict):
            self.rejects.append(Reject(error="a line that is no object", payload=line))
        elif "data" in told:
            self.lines.append(told)
        else:
            _raise_told(told)

    @property
    def is_empty(self) -> bool:
        return not self.lines and not self.rejects

    def paid(self) -> list[str]:
        return ids_of([line.get("data") for line in self.lines])

    def clear(self) -> None:
        self.lines.clear()
        self.rejects.clear()


async def _flushes(
    lines: AsyncIterator[bytes], batch: Batch, room: Callable[[], int]
) -> AsyncGenerator[None, None]:
    """When what came is to be given: full, half a second after its first post, or every few seconds."""
    loop = asyncio.get_running_loop()
    pending: asyncio.Future[bytes] | None = None
    deadline = loop.time() + _CURSOR_EVERY
    try:
        while True:
            pending = pending or asyncio.ensure_future(anext(lines))
            await asyncio.wait({pending}, timeout=max(0.0, deadline - loop.time()))
            if pending.done():
                was_empty, line, pending = not batch.lines, pending.result(), None
                batch.take(line)
                if batch.lines and was_empty:
                    deadline = min(deadline, loop.time() + _FLUSH_AFTER)
                if len(batch.lines) < min(_FULL, room()) and loop.time() < deadline:
                    continue
            yield
            deadline = loop.time() + _CURSOR_EVERY
    except ConnectorError:
        if batch.lines:
            yield
        raise
    finally:
        if pending is not None:
            pending.cancel()
            await asyncio.wait({pending})


def _raise_told(told: dict[str, Any]) -> None:
    """https://docs.x.com/x-api/fundamentals/handling-disconnections#common-disconnection-errors"""
    for problem in (told, *mappings(told.get("errors"))):
        kind, title = problem_type(problem), string(problem.get("title")) or ""
        if problem.get("connection_issue") == "TooManyConnections":
            raise TooManyConnections("X: the app's one connection is taken")
        if kind in ("credits", "credits-depleted", "usage-capped"):
            raise named(402, problem)
        if kind.endswith("disconnect") or title.endswith("disconnect") or "disconnected" in kind:
            raise Unavailable("X cut the stream (operational-disconnect)")
        if kind == "streaming-connection":
            raise Unavailable("X cut the stream (streaming-connection)")
    log.info(
        "x.stream_told", extra={"kinds": [problem_type(e) for e in mappings(told.get("errors"))]}
    )
