"""The one polite, guarded way out: every request of every connector goes through HttpClient."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

import aiohttp
from aiohttp.abc import AbstractResolver

from connectors.breaker import Breakers, BreakerState, BreakerStore
from connectors.connector import Clock, RateLimited, Refused, Unavailable
from connectors.exchange import PERMANENT, REDIRECTS, Query, Request
from connectors.guard import Guard, host_key
from connectors.limits import PATIENCE, Gates, Limits, Sleep
from connectors.policy import NetworkPolicy
from connectors.response import NotFound, Response, Validators
from connectors.transport import Transport

__all__ = [
    "BreakerState",
    "BreakerStore",
    "HttpClient",
    "Limits",
    "NetworkPolicy",
    "NotFound",
    "Query",
    "Response",
    "Validators",
    "utc_now",
]

_FIRST_BACKOFF = 0.5  # seconds
_LONGEST_BACKOFF = 8.0
_random = secrets.SystemRandom()


def utc_now() -> datetime:
    return datetime.now(UTC)


class HttpClient:
    """One session for all; use as `async with HttpClient(policy) as http`.

    Raises RateLimited (429, 503 with Retry-After, a spent quota), Unavailable (time-outs, cuts,
    5xx after retries, open circuit), Refused (our guard or our proxy) and Malformed (over the body
    cap, wrongly compressed, not HTTP). Any other status is the caller's to judge.
    """

    def __init__(
        self,
        policy: NetworkPolicy | None = None,
        *,
        clock: Clock = utc_now,
        breakers: BreakerStore | None = None,
        sleep: Sleep = asyncio.sleep,
        resolver: AbstractResolver | None = None,
    ) -> None:
        policy = policy or NetworkPolicy()
        self._sleep = sleep
        self._guard = Guard(policy)
        self._gates = Gates(clock=clock, sleep=sleep)
        self._breakers = Breakers(breakers, clock=clock)
        self._transport = Transport(policy, self._guard, clock=clock, resolver=resolver)

    async def __aenter__(self) -> Self:
        await self._breakers.load()
        self._transport.open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._transport.close()

    def limit(self, host: str, limits: Limits) -> None:
        """Set a network's politeness, for `host` (every port) or `host:port`."""
        self._gates.limit(host, limits)

    async def get(
        self,
        url: str,
        *,
        params: Query | None = None,
        headers: Mapping[str, str] | None = None,
        validators: Validators | None = None,
        max_body: int | None = None,
        encoded: bool = False,
    ) -> Response:
        """`encoded`: the URL is sent as it stands; otherwise what need not be escaped is unescaped."""
        asked = {**(headers or {}), **(validators.headers() if validators else {})}
        request = Request.build("GET", url, params=params, headers=asked, encoded=encoded)
        return await self._follow(request, max_body)

    async def post(
        self,
        url: str,
        *,
        params: Query | None = None,
        json: Any = None,
        data: Mapping[str, str] | bytes | None = None,
        headers: Mapping[str, str] | None = None,
        max_body: int | None = None,
    ) -> Response:
        """Sent once: a POST that may have arrived is not repeated."""
        request = Request.build("POST", url, params=params, headers=headers, json=json, data=data)
        return await self._follow(request, max_body)

    async def put(
        self,
        url: str,
        *,
        data: bytes,
        headers: Mapping[str, str] | None = None,
        encoded: bool = False,
    ) -> Response:
        """Sent once, as a POST is. `encoded`: as for `get`; signed addresses want it."""
        request = Request.build("PUT", url, headers=headers, data=data, encoded=encoded)
        return await self._follow(request, None)

    def connect(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        heartbeat: float = 30.0,
        max_message: int = 1024 * 1024,
    ) -> AbstractAsyncContextManager[aiohttp.ClientWebSocketResponse]:
        """A WebSocket; pings every `heartbeat` seconds, and no message over `max_message` bytes."""
        request = Request.build("GET", url, headers=headers)
        return self._connected(request, heartbeat=heartbeat, max_message=max_message)

    def lines(
        self,
        url: str,
        *,
        params: Query | None = None,
        headers: Mapping[str, str] | None = None,
        idle: float = 30.0,
        max_line: int = 1024 * 1024,
    ) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """A GET whose answer never ends (chunked JSON lines, server-sent events), line by line.

        Unavailable where nothing comes for `idle` seconds, or the stream ends; redirects are refused.
        """
        request = Request.build("GET", url, params=params, headers=headers)
        return self._streamed(request, idle=idle, max_line=max_line)

    async def _follow(self, request: Request, max_body: int | None) -> Response:
        most = self._gates.of(host_key(request.url)).limits.max_redirects
        moved_to: str | None = None
        moving = True  # only an unbroken run of permanent redirects says where to ask next time
        for _hop in range(most + 1):
            response = await self._patiently(request, max_body)
            location = response.headers.get("Location")
            if response.status not in REDIRECTS or not location:
                return replace(response, redirected_permanently_to=moved_to)
            request = request.redirected(response.status, location)
            moving = moving and response.status in PERMANENT
            moved_to = str(request.url) if moving else moved_to
        raise Refused(f"{host_key(request.url)}: more than {most} redirects")

    async def _patiently(self, request: Request, max_body: int | None) -> Response:
        self._guard.check(request.url)
        try:
            return await self._persistently(request, max_body)
        except RateLimited as asked:
            if asked.retry_after is None or asked.retry_after > PATIENCE:
                raise
        return await self._persistently(request, max_body)  # the gate makes it wait

    async def _persistently(self, request: Request, max_body: int | None) -> Response:
        key = host_key(request.url)
        gate = self._gates.of(key)
        async with self._breakers.watching(key) as probing:
            once = probing or request.method != "GET"
            for attempt in range(1, 1 if once else gate.limits.attempts):
                try:
                    return await self._transport.exchange(request, gate, max_body)
                except Unavailable:
                    await self._sleep(_backoff(attempt))
            return await self._transport.exchange(request, gate, max_body)

    @asynccontextmanager
    async def _streamed(
        self, request: Request, *, idle: float, max_line: int
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        self._guard.check(request.url)
        key = host_key(request.url)
        async with AsyncExitStack() as stack:
            # As for a WebSocket: the circuit concerns the opening only.
            async with self._breakers.watching(key):
                lines = await stack.enter_async_context(
                    self._transport.open_lines(
                        request, self._gates.of(key), idle=idle, max_line=max_line
                    )
                )
            yield lines

    @asynccontextmanager
    async def _connected(
        self, request: Request, *, heartbeat: float, max_message: int
    ) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        self._guard.check(request.url)
        key = host_key(request.url)
        # The slot and the circuit concern the opening only: a stream then lasts for days.
        async with self._breakers.watching(key):
            socket = await self._transport.shake_hands(
                request, self._gates.of(key), heartbeat=heartbeat, max_message=max_message
            )
        try:
            yield socket
        finally:
            await socket.close()


def _backoff(attempt: int) -> float:
    """Exponential with full jitter, in seconds (AWS Architecture Blog, 2015)."""
    return _random.uniform(0, min(_LONGEST_BACKOFF, _FIRST_BACKOFF * 2 ** (attempt - 1)))
