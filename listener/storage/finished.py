"""Posts whose figures were read to their end: what forecasts learn from."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from listener.storage.tables import mentions, snapshots


async def finished(
    connection: AsyncConnection, *, watched: timedelta, limit: int
) -> dict[int, str]:
    """The newest posts that were still read `watched` after they were made: hash of the text, by id."""
    last = func.max(snapshots.c.taken_at)
    query = (
        select(mentions.c.id, mentions.c.text_hash, mentions.c.occurred_at, last.label("last"))
        .join(snapshots, snapshots.c.mention_id == mentions.c.id)
        .where(mentions.c.exercise_id == "")
        .group_by(mentions.c.id, mentions.c.text_hash, mentions.c.occurred_at)
        .order_by(mentions.c.occurred_at.desc(), mentions.c.id.desc())
    )
    rows = await connection.execute(query)
    ended = ((row.id, row.text_hash) for row in rows if row.last - row.occurred_at >= watched)
    return dict(pair for pair, _ in zip(ended, range(limit), strict=False))
