"""Base of the local contract servers: one small aiohttp application a network, with faults on demand."""

from __future__ import annotations

import copy
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Fault:
    """What the next request gets instead of its answer."""

    status: int = 500
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    handler: Handler | None = None  # for what a status cannot say: cut bodies, endless answers


class StandIn:
    """Start with `async with network.serving():`; `base_url` is known inside.

    A subclass adds its routes in `routes(app)`, enforces auth, paging and limits as the real
    service does, and offers `publish(count)` for the contract suite.
    """

    base_url: str = ""
    can: ClassVar[frozenset[str]] = frozenset()
    """Which of `page_size`, `empty_pages` and `spoil` it heeds."""

    def __init__(self) -> None:
        self.page_size: int | None = None  # smaller than the network's own, where a test wants it
        self.empty_pages = 0  # before each page with items: no items, yet a next link
        self.spoil: Callable[[Any], Any] | None = None
        self.requests: list[web.Request] = []
        self.asked_at: list[float] = []  # seconds of the monotonic clock, one a request
        self.faults: deque[Fault | None] = deque()  # None lets one request through
        self.quota: int | None = None  # requests left before 429

    def routes(self, app: web.Application) -> None:
        raise NotImplementedError

    def publish(self, count: int) -> list[str]:
        """Add `count` new items, oldest first; give back the external ids the connector must yield."""
        raise NotImplementedError

    def served(self, item: Any) -> Any:
        """An item as it goes out: spoilt, where a test wants to see what the connector makes of it."""
        return item if self.spoil is None else self.spoil(copy.deepcopy(item))

    def rate_limited(self) -> web.StreamResponse:
        """How this network says that the quota is spent."""
        return web.Response(status=429, headers={"Retry-After": "1"}, text="slow down")

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self.requests.append(request)
        self.asked_at.append(time.monotonic())
        if self.faults and (fault := self.faults.popleft()) is not None:
            if fault.handler is not None:
                return await fault.handler(request)
            return web.Response(status=fault.status, headers=fault.headers, body=fault.body)
        if self.quota is not None:
            if self.quota <= 0:
                return self.rate_limited()
            self.quota -= 1
        return await handler(request)

    @asynccontextmanager
    async def serving(self, port: int = 0) -> AsyncIterator[Self]:
        app = web.Application(middlewares=[self._guard])
        self.routes(app)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        self.base_url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield self
        finally:
            await runner.cleanup()
