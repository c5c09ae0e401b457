"""Holes in the rota, told while somebody can still fill them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from listener.domain.notice import NoticeKind
from listener.domain.oncall import Hole, Rota
from listener.storage.database import Database
from listener.workflows.supervise import Supervisor

log = logging.getLogger(__name__)

AHEAD = timedelta(days=7)
Told = set[tuple[str, datetime]]
"""Holes that this process has logged, by rota and beginning."""


def holes_ahead(rotas: Sequence[Rota], at: datetime) -> list[Hole]:
    """Holes of the next week. One that lasts already began, at the earliest, with this month:
    so that a restart tells nothing twice, and a new month tells it again.
    """
    month = at.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    found = [hole for rota in rotas for hole in rota.holes(month, at + AHEAD)]
    return [hole for hole in found if hole.until > at]


async def tell_holes(
    rotas: Sequence[Rota],
    *,
    database: Database,
    supervisor: Supervisor,
    at: datetime,
    told: Told | None = None,
) -> None:
    """Put a notice of each hole to the team in the outbox, once a hole, and log what is not `told`."""
    for hole in holes_ahead(rotas, at):
        if told is None or (hole.rota, hole.since) not in told:
            log.warning(
                "rota.hole rota=%s since=%s until=%s",
                hole.rota,
                hole.since.isoformat(),
                hole.until.isoformat(),
            )
        if told is not None:
            told.add((hole.rota, hole.since))
        async with database.write() as connection:
            await supervisor.notice(
                connection,
                NoticeKind.ROTA_HOLE,
                hole.rota,
                since=hole.since,
                until=hole.until,
                at=at,
            )
