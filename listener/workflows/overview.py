"""How each configured source stands: what it brings, misses and spends, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.budget import Budget, Metered
from connectors.connector import Clock, ConnectorError, PartlyBlind, Unseen
from connectors.oauth import LoggingIn
from connectors.tokens import Expiring
from listener.config.models import SourceSettings
from listener.storage import inbox, sources, spending
from listener.storage.database import Database
from listener.storage.inbox import Waiting
from listener.workflows.collect import Source, stream_lane
from listener.workflows.standing import advice_on

GAPS_SINCE = timedelta(days=7)
LATE_AFTER = 3  # intervals without a success


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetLeft:
    """In whole units: dollars, calls."""

    name: str
    unit: str
    used: float
    limit: float
    resets_at: datetime

    @property
    def left(self) -> float:
        return max(0.0, self.limit - self.used)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceView:
    """One source, or its stream ("id/stream"); instants in UTC, `lag` since its last success."""

    source: str
    network: str
    state: str  # ok · late · new · waiting · failing · stopped · disabled · closed 2019-04-02
    last_success: datetime | None = None
    lag: timedelta | None = None
    next_poll: datetime | None = None
    received: int = 0
    gaps: int = 0  # of the last seven days
    last_gap: str | None = None
    budgets: Sequence[BudgetLeft] = ()
    inbox: Waiting | None = None
    access_ends: datetime | None = None
    unseen: Sequence[Unseen] = ()
    error: str | None = None
    advice: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    database: Database
    clock: Clock

    async def read(
        self, configured: Sequence[SourceSettings], built: dict[str, Source]
    ) -> list[SourceView]:
        """One row a configured source, in the file's order, and one for each stream."""
        views: list[SourceView] = []
        at = self.clock()
        async with self.database.read() as connection:
            states = {row.id: row for row in await sources.all_states(connection)}
            lost = await sources.gaps_between(connection, at - GAPS_SINCE, at)
            waiting = await inbox.waiting(connection)
            for settings in configured:
                source = built.get(settings.id)
                if source is None:
                    views.append(
                        SourceView(source=settings.id, network=settings.connector, state="disabled")
                    )
                    continue
                gaps = [row for row in lost if row.source_id == source.id]
                view = _view(source, source.id, states.get(source.id), at)
                views.append(
                    replace(
                        view,
                        gaps=len(gaps),
                        last_gap=gaps[-1].reason if gaps else None,
                        budgets=await _budgets(connection, source, at),
                        inbox=waiting.get(source.id),
                        access_ends=await _known_end(source),
                        unseen=unseen(source),
                    )
                )
                if source.stream:
                    lane = stream_lane(source)
                    views.append(_view(source, lane, states.get(lane), at))
        return views


async def access_ends(source: Source) -> datetime | None:
    connector = source.connector
    return await connector.access_ends_at() if isinstance(connector, Expiring) else None


async def _known_end(source: Source) -> datetime | None:
    try:
        return await access_ends(source)
    except ConnectorError:  # a network that does not say when is no reason to show nothing at all
        return None


def unseen(source: Source) -> tuple[Unseen, ...]:
    connector = source.connector
    return tuple(connector.unseen()) if isinstance(connector, PartlyBlind) else ()


async def _budgets(
    connection: AsyncConnection, source: Source, at: datetime
) -> tuple[BudgetLeft, ...]:
    connector = source.connector
    if not isinstance(connector, Metered):
        return ()
    return tuple(
        [
            await _left(connection, budget, source.id, at)
            for budget in connector.budgets()
            if budget.limit is not None
        ]
    )


async def _left(
    connection: AsyncConnection, budget: Budget, source_id: str, at: datetime
) -> BudgetLeft:
    owned = budget if budget.account else replace(budget, account=source_id)
    used = await spending.used(connection, owned, at)
    return BudgetLeft(
        name=budget.name,
        unit=budget.unit,
        used=used / budget.scale,
        limit=(budget.limit or 0) / budget.scale,
        resets_at=budget.resets_at(at, await spending.oldest(connection, owned, at)),
    )


def _view(source: Source, lane: str, row: Any, at: datetime) -> SourceView:
    network = source.origin.network
    if source.closed_on is not None:
        return SourceView(source=lane, network=network, state=f"closed {source.closed_on}")
    if row is None:
        return SourceView(source=lane, network=network, state="new", next_poll=at)
    last = row.last_success_at
    error = row.last_error
    return SourceView(
        source=lane,
        network=network,
        state=_state(source, row, at),
        last_success=last,
        lag=max(timedelta(), at - last) if last else None,
        next_poll=None if row.stopped else _next(source, row, at),
        received=row.received,
        error=error,
        advice=advice_on(error, logs_in=isinstance(source.connector, LoggingIn)),
    )


def _state(source: Source, row: Any, at: datetime) -> str:
    if row.stopped:
        return "stopped"
    if row.failures:
        return "failing"
    if row.next_at is not None and row.next_at > at:
        return "waiting"
    if row.last_success_at is None:
        return "new"
    if at - row.last_success_at > LATE_AFTER * source.every:
        return "late"
    return "ok"


def _next(source: Source, row: Any, at: datetime) -> datetime:
    """As the daemon plans it, give or take its jitter; a due one is now."""
    planned = row.last_attempt_at + source.every if row.last_attempt_at else at
    return max(planned, row.next_at or planned, at)
