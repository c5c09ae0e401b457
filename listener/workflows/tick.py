"""Does what is due at an instant, whether or not a mention arrives."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from listener.domain.incident import Policy, State, is_calm
from listener.storage import due, erasure, incidents, sources, stories
from listener.storage.database import Database
from listener.storage.due import Errand
from listener.workflows.closing import close_incident
from listener.workflows.rescore import Rescorer
from listener.workflows.update import Updates

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=10)
EXPIRY_EVERY = timedelta(hours=1)

Handler = Callable[[Errand, datetime], Awaitable[None]]
Planner = Callable[[datetime], Awaitable[None]]
Round = Callable[[datetime], Awaitable[object]]


@dataclass(slots=True, kw_only=True)
class Ticker:
    """`rounds` are done first, each time and whatever becomes of the others; `planners` write the
    errands that are to come, `handlers` do them, by kind; `expirers` put away, once an hour, what
    has had its time outside the database.
    """

    database: Database
    policy: Policy
    owner: str
    rescorer: Rescorer
    updates: Updates
    rounds: Sequence[Round] = ()
    planners: Sequence[Planner] = ()
    handlers: Mapping[str, Handler] = field(default_factory=dict)
    expirers: Sequence[Planner] = ()
    restricted_retention: timedelta | None = None  # of what may reveal a patient; None: as the rest
    exercise_id: str = ""
    _expired_at: datetime | None = None

    async def tick(self, at: datetime) -> None:
        """Everything that is due: who must be rung, calm incidents, errands, expiry, scores."""
        for go_round in self.rounds:
            try:
                await go_round(at)
            except Exception:  # a fault in one must not keep phones from ringing
                log.exception("tick.round_failed round=%s", getattr(go_round, "__name__", "?"))
        await self._resolve(at)
        for plan in self.planners:
            await plan(at)
        await self._run_errands(at)
        await self.rescorer.rescore(at)
        await self._expire(at)

    async def _resolve(self, at: datetime) -> None:
        async with self.database.read() as connection:
            current = await incidents.unfinished(connection, exercise_id=self.exercise_id)
        for incident in current:
            if not is_calm(incident, policy=self.policy, at=at):
                continue
            async with self.database.write() as connection:
                await incidents.alone(connection)
                # Read again: a breach may have come between the look and the lock.
                held = await incidents.hold(connection, incident.id)
                if held is not None and is_calm(held, policy=self.policy, at=at):
                    await close_incident(
                        connection, held, self.updates, at=at, state=State.RESOLVED, how="calm"
                    )

    async def _run_errands(self, at: datetime) -> None:
        async with self.database.write() as connection:
            errands = await due.claim(connection, owner=self.owner, at=at, lease=LEASE)
        for errand in errands:
            handler = self.handlers.get(errand.kind)
            if handler is None:
                log.error("tick.unknown_errand kind=%s", errand.kind)
                continue
            try:
                await handler(errand, at)
            except Exception:  # one bad errand must not stop the others; its lease brings it back
                log.exception("tick.errand_failed kind=%s", errand.kind)
                continue
            async with self.database.write() as connection:
                await due.done(connection, errand.key, at=at)

    async def _expire(self, at: datetime) -> None:
        if self._expired_at is not None and at - self._expired_at < EXPIRY_EVERY:
            return
        self._expired_at = at
        async with self.database.write() as connection:
            kept = self.restricted_retention
            before = at - kept if kept is not None else None
            texts = await erasure.expire_texts(connection, at=at, restricted_before=before)
            items = await sources.expire_quarantine(connection, at=at)
            await stories.expire(connection, at=at)
        for expire in self.expirers:
            await expire(at)
        if texts or items:
            log.info("privacy.expired texts=%d quarantined=%d", texts, items)
