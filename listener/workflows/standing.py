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
            stopped = LASTING.get(
                type(error)
            )  # what a subclass says may pass: no credit, one scope
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


_ADVICE = {
    "Unauthorized": "its access is refused: {renew}, then check with `listener check-config --online`",
    "Denied": "its access lacks a permission: see docs/networks.md for the scopes, then {renew}",
    "Closed": "the feed or account is gone for good: take the source out of the configuration",
    "Refused": "our own guard or the proxy says no: see [network] and `listener hosts`",
    "Malformed": "it answers what cannot be read: look at `listener quarantine`; a newer version of "
    "the listener may know the new form",
    "BadField": "its version no longer knows a field: set a newer `version`",
    "Deprecated": "the network has retired this: see docs/networks.md for another way",
    "RateLimited": "the network asked us to wait: nothing to do, unless it lasts for days",
    "BudgetSpent": "its budget is spent until the next day or month: raise it, or wait",
    "Unavailable": "it does not answer: it is asked again; if it lasts, check `listener hosts` "
    "against the firewall",
    "NoCredits": "the network wants to be paid first: add credits there, or raise its spending limit",
    "NotFound": "nothing is at this address or under this id: check the source's settings",
}


def advice_on(last_error: str | None, *, logs_in: bool) -> str | None:
    """What an operator can do about the error that a source's state holds ("Name: detail")."""
    if not last_error:
        return None
    renew = "run `listener login`" if logs_in else "renew its key in the configuration"
    kinds = _kinds(last_error.partition(":")[0])
    known = (_ADVICE[kind] for kind in kinds if kind in _ADVICE)
    return next(known, "see the log").format(renew=renew)


def _kinds(name: str, kind: type[ConnectorError] = ConnectorError) -> list[str]:
    """An error's name, and those of the broader errors that it is one of; empty if it is none."""
    if kind.__name__ == name:
        return [broader.__name__ for broader in kind.__mro__]
    return next((found for sub in kind.__subclasses__() if (found := _kinds(name, sub))), [])
