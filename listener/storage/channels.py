"""Which channels do not deliver: read from what the outbox could not send."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from listener.storage.outbox import FAILED, PENDING, SENDING, SENT
from listener.storage.tables import outbox

LOOKED_BACK = timedelta(days=1)
ATTEMPTS = 2  # that failed: one is a network's cough


@dataclass(frozen=True, slots=True, kw_only=True)
class Stuck:
    """A channel that has sent nothing since a letter of `since` failed."""

    channel: str
    since: datetime


async def stuck(connection: AsyncConnection, at: datetime, *, exercise_id: str = "") -> list[Stuck]:
    """Channels with a letter of the last day that keeps failing, and nothing sent after it."""
    tried = and_(outbox.c.state.in_([PENDING, SENDING]), outbox.c.attempts >= ATTEMPTS)
    query = (
        select(outbox.c.channel, func.min(outbox.c.created_at))
        .where(
            outbox.c.exercise_id == exercise_id,
            outbox.c.state.in_([PENDING, SENDING, FAILED]),
            outbox.c.created_at > at - LOOKED_BACK,
            or_(tried, outbox.c.state == FAILED),
        )
        .group_by(outbox.c.channel)
    )
    failing = {row[0]: row[1] for row in await connection.execute(query)}
    if not failing:
        return []
    sent = await _last_sent(connection, list(failing))
    return [
        Stuck(channel=channel, since=since)
        for channel, since in sorted(failing.items())
        if (latest := sent.get(channel)) is None or latest < since
    ]


async def _last_sent(connection: AsyncConnection, channels: list[str]) -> dict[str, datetime]:
    query = (
        select(outbox.c.channel, func.max(outbox.c.sent_at))
        .where(outbox.c.state == SENT, outbox.c.channel.in_(channels))
        .group_by(outbox.c.channel)
    )
    return {row[0]: row[1] for row in await connection.execute(query)}
