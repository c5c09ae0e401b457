"""How a source stands: kept after every poll by the error's name, told when it changes."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.budget import BudgetSpent
from connectors.connector import (
    Clock,
    Closed,
    ConnectorError,
    Malformed,
    RateLimited,
    Reject,
    Unauthorized,
)
from listener.storage import sources
from listener.storage.database import Database
from listener.storage.seal import Sealer
from listener.workflows.supervise import Supervisor

log = logging.getLogger(__name__)

BACKOFF_START = timedelta(seconds=30)
BACKOFF_MAX = timedelta(hours=1)
QUOTA_PAUSE = timedelta(minutes=15)  # where the network does not say how long to wait
LASTING = {Unauthorized: "unauthorized", Closed: "closed"}


@dataclass(slots=True, kw_only=True)
class Standing:
    """`lane` is what is leased and has a health of its own: a source's polls, or its stream."""

    database: Database
    supervisor: Supervisor
    clock: Clock
    sealer: Sealer
    quarantine: timedelta
    jitter: Callable[[], float] = random.random

    async def succeeded(self, lane: str, fingerprint: str) -> None:
        at = self.clock()
        async with self.database.write() as connection:
            before = await sources.get(connection, lane)
            await sources.set_state(
                connection,
                lane,
                last_success_at=at,
                failures=0,
                failing_since=None,
                last_error=None,
                next_at=None,
                fingerprint=fingerprint,
            )
            if before is not None and before.failures:
                log.info("source.recovered source=%s after=%d", lane, before.failures)
                await self.supervisor.recovered(connection, lane, before, at)

    async def failed(
        self, source_id: str, lane: str, fingerprint: str, error: ConnectorError
    ) -> None:
        if isinstance(error, BudgetSpent):
            await self._waits(lane, fingerprint, error)
            return
        at = self.clock()
        async with self.database.write() as connection:
            before = await sources.get(connection, lane)
            failures = (before.failures if before else 0) + 1
            since = before.failing_since if before and before.failing_since else at
            stopped = _lasting(error)
            if failures == 1 or stopped:
                log.warning(
                    "source.failing source=%s error=%s detail=%s",
                    lane,
                    type(error).__name__,
                    error,
                )
            if isinstance(error, Malformed):
                await self._quarantined(connection, source_id, error, at)
            await sources.set_state(
                connection,
                lane,
                failures=failures,
                failing_since=since,
                last_error=f"{type(error).__name__}: {error}"[:500],
                next_at=at + self._pause(error, failures),
                stopped=stopped,
                fingerprint=fingerprint,
            )
            await self.supervisor.failing(connection, lane, error, failures, since, at)

    async def _waits(self, lane: str, fingerprint: str, error: BudgetSpent) -> None:
        """Our own budget is no outage: the source waits for its next day, as was decided."""
        log.info("source.waits source=%s detail=%s", lane, error)
        until = self.clock() + (error.retry_after or QUOTA_PAUSE)
        async with self.database.write() as connection:
            await sources.set_state(
                connection,
                lane,
                last_error=f"BudgetSpent: {error}"[:500],
                next_at=until,
                fingerprint=fingerprint,
            )

    async def set_aside(self, source_id: str, error: Malformed) -> None:
        """Quarantine a whole answer that could not be read."""
        async with self.database.write() as connection:
            await self._quarantined(connection, source_id, error, self.clock())

    async def _quarantined(
        self, connection: AsyncConnection, source_id: str, error: Malformed, at: datetime
    ) -> None:
        await sources.add_rejects(
            connection,
            source_id,
            "",
            [Reject(error=str(error), payload=error.payload)],
            sealer=self.sealer,
            refs={},
            at=at,
            keep=self.quarantine,
        )

    def _pause(self, error: ConnectorError, failures: int) -> timedelta:
        if isinstance(error, RateLimited):
            return error.retry_after or QUOTA_PAUSE
        pause = min(BACKOFF_START * 2 ** min(failures - 1, 10), BACKOFF_MAX)
        spread: timedelta = pause * (0.5 + self.jitter() / 2)
        return spread


def _lasting(error: ConnectorError) -> str | None:
    """Why a source is not asked again until its configuration changes; None where it is."""
    return next((why for kind, why in LASTING.items() if isinstance(error, kind)), None)
