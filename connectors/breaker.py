"""A circuit breaker a host, kept over restarts: what keeps failing is left alone for a while."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from connectors.connector import Clock, Malformed, Unavailable

THRESHOLD = 5
"""Requests in a row, each retried, that must fail before the circuit opens."""
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(minutes=10)

_log = structlog.get_logger(__name__)
_random = secrets.SystemRandom()


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerState:
    """Closed while `open_until` is None, open before it, half-open (one probe at a time) after."""

    failures: int = 0  # in a row
    open_until: datetime | None = None

    def is_open(self, at: datetime) -> bool:
        # A stored instant further off than any pause tells of a clock that was set back.
        return self.open_until is not None and at < self.open_until <= at + 2 * LONGEST_PAUSE

    def failed(self, at: datetime, *, jitter: float = 0.0) -> BreakerState:
        """One more failure; `jitter` (0 to 1) lengthens the pause by up to half."""
        failures = self.failures + 1
        if failures < THRESHOLD:
            return BreakerState(failures=failures)
        doublings = min(failures - THRESHOLD, 10)
        pause = min(FIRST_PAUSE * 2**doublings, LONGEST_PAUSE) * (1 + jitter / 2)
        return BreakerState(failures=failures, open_until=at + pause)


class BreakerStore(Protocol):
    """Where open circuits outlive the process."""

    async def load(self) -> Mapping[str, BreakerState]: ...

    async def save(self, host: str, state: BreakerState) -> None: ...


class Breakers:
    """Every host's circuit."""

    def __init__(self, store: BreakerStore | None, *, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._states: dict[str, BreakerState] = {}
        self._probing: set[str] = set()

    async def load(self) -> None:
        if self._store is not None:
            self._states = dict(await self._store.load())

    @asynccontextmanager
    async def watching(self, host: str) -> AsyncIterator[bool]:
        """Unavailable at once on an open circuit; else notes how the body ends.

        Yields whether this is the one probe of a half-open circuit. Unavailable counts as a
        failure, an answer (even a malformed one) as a success, anything else as neither.
        """
        probing = self._admit(host)
        try:
            yield probing
        except Unavailable:
            await self._failed(host)
            raise
        except Malformed:
            await self._answered(host)
            raise
        else:
            await self._answered(host)
        finally:
            if probing:
                self._probing.discard(host)

    def _admit(self, host: str) -> bool:
        state = self._states.get(host)
        if state is None or state.open_until is None:
            return False
        if state.is_open(self._clock()) or host in self._probing:
            raise Unavailable(f"{host}: left alone after {state.failures} failures in a row")
        self._probing.add(host)
        return True

    async def _failed(self, host: str) -> None:
        before = self._states.get(host, BreakerState())
        after = before.failed(self._clock(), jitter=_random.random())
        self._states[host] = after
        if after.open_until is None:
            return
        if before.open_until is None:
            _log.warning("http.circuit_opened", host=host, until=after.open_until.isoformat())
        await self._save(host, after)

    async def _answered(self, host: str) -> None:
        before = self._states.pop(host, None)
        if before is not None and before.open_until is not None:
            _log.info("http.circuit_closed", host=host)
            await self._save(host, BreakerState())

    async def _save(self, host: str, state: BreakerState) -> None:
        if self._store is None:
            return
        try:
            await self._store.save(host, state)
        except (
            Exception
        ) as error:  # whatever the store is made of: a lost note must not lose an answer
            _log.warning("http.circuit_not_saved", host=host, error=type(error).__name__)
