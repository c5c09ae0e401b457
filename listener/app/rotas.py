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

AHEAD = timedelta(days=30)


def holes_ahead(rotas: Sequence[Rota], at: datetime) -> list[Hole]:
    """Holes of the next month. One that lasts already began, at the earliest, with this month:
    so that a restart tells nothing twice, and a new month tells it again.
    """
    month = at.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    found = [hole for rota in rotas for hole in rota.holes(month, at + AHEAD)]
    return [hole for hole in found if hole.until > at]


async def tell_holes(
    rotas: Sequence[Rota], *, database: Database, supervisor: Supervisor, at: datetime
) -> None:
    """Log each hole and put a notice to the team in the outbox, once a hole."""
    for hole in holes_ahead(rotas, at):
        log.warning(
            "rota.hole rota=%s since=%s until=%s",
            hole.rota,
            hole.since.isoformat(),
            hole.until.isoformat(),
        )
        async with database.write() as connection:
            await supervisor.notice(
                connection,
                NoticeKind.ROTA_HOLE,
                hole.rota,
                since=hole.since,
                until=hole.until,
                at=at,
            )
