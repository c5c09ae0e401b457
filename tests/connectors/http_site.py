"""A web site whose pages each test writes, and servers that lie below HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
from aiohttp import web

from connectors.http import BreakerState, HttpClient, Limits, NetworkPolicy
from tests.networks.standin import Handler, StandIn

LOCAL = NetworkPolicy(allowed_hosts=("127.0.0.1",))
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
FREELY = Limits(rate=1e6, burst=1000)


class Site(StandIn):
    """`site.pages["/path"] = handler`; anything else is 404."""

    def __init__(self) -> None:
        super().__init__()
        self.pages: dict[str, Handler] = {}

    def routes(self, app: web.Application) -> None:
        app.router.add_route("*", "/{path:.*}", self._page)

    async def _page(self, request: web.Request) -> web.StreamResponse:
        page = self.pages.get(request.path)
        return await page(request) if page else web.Response(status=404)

    def answers(
        self,
        path: str,
        body: bytes = b"{}",
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        async def page(_request: web.Request) -> web.Response:
            return web.Response(status=status, body=body, headers=headers)

        self.pages[path] = page

    @property
    def asked(self) -> list[str]:
        return [request.path for request in self.requests]


class Naps:
    """A sleep that takes no time, and remembers; the clock it may be tied to moves on."""

    def __init__(self, clock: Ticking | None = None) -> None:
        self.taken: list[float] = []
        self._clock = clock

    async def __call__(self, seconds: float) -> None:
        self.taken.append(seconds)
        if self._clock is not None:
            self._clock.at += timedelta(seconds=seconds)
        await asyncio.sleep(0)


class Ticking:
    def __init__(self, at: datetime = NOON) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


class Notes:
    """A BreakerStore in memory."""

    def __init__(self) -> None:
        self.states: dict[str, BreakerState] = {}

    async def load(self) -> Mapping[str, BreakerState]:
        return dict(self.states)

    async def save(self, host: str, state: BreakerState) -> None:
        self.states[host] = state


class Names(aiohttp.abc.AbstractResolver):
    """A DNS that says what the test wants, one answer after the other."""

    def __init__(self, **answers: list[str]) -> None:
        self.answers = {name.replace("_", "."): list(found) for name, found in answers.items()}
        self.asked: list[str] = []

    async def resolve(self, host: str, port: int = 0, family: Any = 0) -> list[Any]:
        self.asked.append(host)
        found = self.answers[host]
        address = found.pop(0) if len(found) > 1 else found[0]
        return [
            {
                "hostname": host,
                "host": address,
                "port": port,
                "family": 10 if ":" in address else 2,
                "proto": 6,
                "flags": 0,
            }
        ]

    async def close(self) -> None: ...


def client(policy: NetworkPolicy = LOCAL, **options: Any) -> HttpClient:
    """A client that naps instead of sleeping and hurries on 127.0.0.1."""
    options.setdefault("sleep", Naps())
    http = HttpClient(policy, **options)
    http.limit("127.0.0.1", FREELY)
    return http


Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def talking(talk: Talk) -> AsyncIterator[str]:
    """A raw server: reads the request's head, then `talk` says what it likes."""
    tasks: set[asyncio.Task[Any]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            with suppress(OSError, EOFError, asyncio.CancelledError):
                while await reader.readuntil(b"\r\n\r\n"):
                    await talk(reader, writer)
        finally:
            tasks.discard(task)
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
