"""Politeness towards one host: its rate, its concurrency, and the pauses that it asked for."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from connectors.connector import Clock, RateLimited

PATIENCE = timedelta(seconds=5)
"""A pause up to this long is waited out here; a longer one is the caller's to schedule."""

Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one network stands, and what we take from it. Times in seconds, sizes in bytes."""

    rate: float = 5.0  # requests a second
    burst: int = 10
    concurrency: int = 2
    total: float = 60.0  # one request, body included
    idle: float = 20.0  # between two bytes
    max_body: int = 5 * 1024 * 1024  # also once decompressed
    max_redirects: int = 5
    attempts: int = 3  # for a GET that failed in a way that may pass
    per_path: bool = False  # the network counts each endpoint apart: one spent stops no other

    def __post_init__(self) -> None:
        if self.rate <= 0 or self.burst < 1 or self.concurrency < 1 or self.attempts < 1:
            raise ValueError(f"limits must let something through, got {self!r}")


class TokenBucket:
    """Generic cell rate algorithm (ITU-T I.371): a token bucket kept as one instant."""

    def __init__(self, rate: float, burst: int) -> None:
        self._interval = 1 / rate
        self._tolerance = (burst - 1) / rate
        self._theoretical = float("-inf")  # when the bucket would be full again, in seconds

    def reserve(self, now: float) -> float:
        """Take one token; how many seconds to wait until it may be used."""
        start = max(self._theoretical, now)
        self._theoretical = start + self._interval
        return max(0.0, start - self._tolerance - now)


class Gate:
    """One host's door: opens for one request at a time out of `concurrency`, at `rate`."""

    def __init__(self, host: str, limits: Limits, *, clock: Clock, sleep: Sleep) -> None:
        self._host = host
        self._clock = clock
        self._sleep = sleep
        self._paused: dict[str, datetime] = {}
        self.set(limits)

    def set(self, limits: Limits) -> None:
        self.limits = limits
        self._bucket = TokenBucket(limits.rate, limits.burst)
        self._slots = asyncio.Semaphore(limits.concurrency)

    def pause(self, path: str, wait: timedelta) -> None:
        """Nobody asks again before `wait` is over; the longest pause asked for holds."""
        at = self._clock()
        self._paused = {key: until for key, until in self._paused.items() if until > at}
        key = self._scope(path)
        self._paused[key] = max(at + wait, self._paused.get(key, at))

    @asynccontextmanager
    async def passing(self, path: str) -> AsyncIterator[None]:
        """Wait for our turn; RateLimited when the host asked for a pause longer than PATIENCE."""
        async with self._slots:
            if (pause := self._pause_left(path)) > timedelta():
                await self._sleep(pause.total_seconds())
            if (delay := self._bucket.reserve(time.monotonic())) > 0:
                await self._sleep(delay)
            yield

    def _pause_left(self, path: str) -> timedelta:
        until = self._paused.get(self._scope(path))
        left = until - self._clock() if until is not None else timedelta()
        if left > PATIENCE:
            raise RateLimited(f"{self._host}: asked us to wait", retry_after=left)
        return left

    def _scope(self, path: str) -> str:
        return path if self.limits.per_path else ""


class Gates:
    """Every host's gate; a limit set for a bare name holds on each of its ports."""

    def __init__(self, *, clock: Clock, sleep: Sleep) -> None:
        self._clock = clock
        self._sleep = sleep
        self._limits: dict[str, Limits] = {}
        self._gates: dict[str, Gate] = {}

    def limit(self, host: str, limits: Limits) -> None:
        host = host.lower()
        self._limits[host] = limits
        for key, gate in self._gates.items():
            if key == host or key.rpartition(":")[0] == host:
                gate.set(limits)

    def of(self, key: str) -> Gate:
        """The gate of `host` or `host:port`."""
        gate = self._gates.get(key)
        if gate is None:
            name = key.rpartition(":")[0]
            limits = self._limits.get(key) or self._limits.get(name) or Limits()
            gate = Gate(key, limits, clock=self._clock, sleep=self._sleep)
            self._gates[key] = gate
        return gate
