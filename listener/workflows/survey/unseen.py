"""What could not be seen: stretches lost, sources that are silent, items that could not be read."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.connector import Unseen
from listener.domain.digest import Coverage, GapLine, Period, SilentSource
from listener.storage import review
from listener.storage import sources as states


async def unseen(
    connection: AsyncConnection,
    period: Period,
    sources: Collection[str],
    blind: Mapping[str, Sequence[Unseen]],
) -> Coverage:
    gaps = await states.gaps_between(connection, period.since, period.until)
    known = {row.id: row for row in await states.all_states(connection)}
    silent = [_silent(source, known.get(source), period) for source in sources]
    return Coverage(
        gaps=[
            GapLine(source=row.source_id, since=row.since, until=row.until, reason=row.reason)
            for row in gaps
        ],
        sources=[found for found in silent if found is not None],
        quarantined=await review.quarantined_between(connection, period.since, period.until),
        blind=blind,
    )


def _silent(source: str, row: Row[Any] | None, period: Period) -> SilentSource | None:
    """Failing since before the period's end, as far as is known: a mended failure leaves no trace."""
    if row is None:
        return SilentSource(source=source)
    if row.stopped is None and row.failing_since is None:
        return None if row.last_success_at else SilentSource(source=source)
    if row.failing_since is not None and row.failing_since >= period.until:
        return None
    return SilentSource(source=source, since=row.failing_since, stopped=row.stopped)
