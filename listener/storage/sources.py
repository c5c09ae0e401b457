"""Sources and their feeds: leases, cursors, health, gaps, and what could not be read."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Row, bindparam, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.connector import Cursor, Cursors, Gap, Reject
from connectors.mention import AudienceSnapshot
from connectors.reading import instant
from listener.storage.columns import countable, storable
from listener.storage.dialect import insert, insert_into
from listener.storage.seal import Sealer
from listener.storage.tables import audiences, feeds, gaps, quarantine, sources

QUARANTINE = b"quarantine"
MAX_PAYLOAD = 64 * 1024  # enough to see what is wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    cursor: Cursor
    live_since: datetime | None


async def ensure(connection: AsyncConnection, source_id: str) -> None:
    await connection.execute(
        insert(connection, sources).values(id=source_id).on_conflict_do_nothing()
    )


async def acquire(
    connection: AsyncConnection, source_id: str, *, owner: str, at: datetime, lease: timedelta
) -> bool:
    """Take or prolong a source's lease; False where somebody else holds it."""
    await ensure(connection, source_id)
    free = or_(
        sources.c.lease_until.is_(None),
        sources.c.lease_until <= at,
        sources.c.lease_owner == owner,
    )
    result = await connection.execute(
        update(sources)
        .where(sources.c.id == source_id, free)
        .values(lease_owner=owner, lease_until=at + lease)
    )
    return result.rowcount == 1


async def release(connection: AsyncConnection, source_id: str, *, owner: str) -> None:
    await connection.execute(
        update(sources)
        .where(sources.c.id == source_id, sources.c.lease_owner == owner)
        .values(lease_owner=None, lease_until=None)
    )


async def get(connection: AsyncConnection, source_id: str) -> Row[Any] | None:
    return (
        await connection.execute(select(sources).where(sources.c.id == source_id))
    ).one_or_none()


async def all_states(connection: AsyncConnection) -> list[Row[Any]]:
    return list(await connection.execute(select(sources).order_by(sources.c.id)))


async def set_state(connection: AsyncConnection, source_id: str, **values: Any) -> None:
    await ensure(connection, source_id)
    await connection.execute(update(sources).where(sources.c.id == source_id).values(**values))


@lru_cache
def _counting(dialect: str) -> Any:
    statement = insert_into(dialect, sources)
    names = ("received", "dropped")
    more = {name: sources.c[name] + statement.excluded[name] for name in names}
    return statement.on_conflict_do_update(index_elements=["id"], set_=more)


async def count(
    connection: AsyncConnection, source_id: str, *, received: int, dropped: int
) -> None:
    """Add to what a source brought and to what concerned nobody."""
    await connection.execute(
        _counting(connection.dialect.name),
        {"id": source_id, "received": received, "dropped": dropped},
    )


async def cursors(connection: AsyncConnection, source_id: str) -> Cursors:
    rows = await connection.execute(
        select(feeds.c.feed, feeds.c.cursor).where(feeds.c.source_id == source_id)
    )
    return {row.feed: row.cursor for row in rows}


_FEED_STATE = select(feeds.c.cursor, feeds.c.live_since).where(
    feeds.c.source_id == bindparam("source_id"), feeds.c.feed == bindparam("feed")
)


async def feed_state(connection: AsyncConnection, source_id: str, feed: str) -> FeedState | None:
    row = (
        await connection.execute(_FEED_STATE, {"source_id": source_id, "feed": feed})
    ).one_or_none()
    return FeedState(cursor=row.cursor, live_since=row.live_since) if row else None


@lru_cache
def _moving(dialect: str) -> Any:
    statement = insert_into(dialect, feeds)
    moved = {name: statement.excluded[name] for name in ("cursor", "live_since", "updated_at")}
    return statement.on_conflict_do_update(index_elements=["source_id", "feed"], set_=moved)


async def move_cursor(
    connection: AsyncConnection,
    source_id: str,
    feed: str,
    cursor: Cursor,
    *,
    at: datetime,
    live_since: datetime | None,
) -> None:
    values = {"cursor": cursor, "live_since": live_since, "updated_at": at}
    await connection.execute(
        _moving(connection.dialect.name), {"source_id": source_id, "feed": feed, **values}
    )


async def unfinished_walks(connection: AsyncConnection) -> dict[str, datetime]:
    """By source, where the oldest walk back through a list began that is not at its end."""
    upper = feeds.c.cursor[("walk", "upper")].as_string()
    found: dict[str, datetime] = {}
    for source, begun in await connection.execute(select(feeds.c.source_id, upper)):
        since = instant(begun)
        if since is not None:
            found[source] = min(since, found.get(source, since))
    return found


async def touch(connection: AsyncConnection) -> None:
    """A write that changes nothing, to see how long one takes."""
    one = select(func.min(sources.c.id)).scalar_subquery()
    await connection.execute(
        update(sources).where(sources.c.id == one).values(received=sources.c.received)
    )


async def add_gaps(
    connection: AsyncConnection, source_id: str, feed: str, found: Sequence[Gap]
) -> None:
    for gap in found:
        await connection.execute(
            insert(connection, gaps)
            .values(
                source_id=source_id,
                feed=feed,
                since=gap.since,
                until=gap.until,
                reason=storable(gap.reason, 500),
            )
            .on_conflict_do_nothing(index_elements=["source_id", "feed", "until"])
        )


async def gaps_between(
    connection: AsyncConnection, since: datetime, until: datetime
) -> list[Row[Any]]:
    """Gaps that touch a stretch, oldest first."""
    return list(
        await connection.execute(
            select(gaps)
            .where(gaps.c.until >= since, or_(gaps.c.since.is_(None), gaps.c.since < until))
            .order_by(gaps.c.until)
        )
    )


async def add_rejects(
    connection: AsyncConnection,
    source_id: str,
    feed: str,
    rejects: Sequence[Reject],
    *,
    sealer: Sealer,
    refs: Mapping[str, str],
    at: datetime,
    keep: timedelta,
) -> None:
    """Quarantine items; one that comes again at every poll is kept once.

    `refs` gives the pseudonym of an external id, so that a forgotten mention is found here too.
    """
    for reject in rejects:
        payload = reject.payload[:MAX_PAYLOAD]
        await connection.execute(
            insert(connection, quarantine)
            .values(
                source_id=source_id,
                feed=feed,
                received_at=at,
                error=storable(reject.error, 500),
                ref=refs.get(reject.external_id or ""),
                fingerprint=hashlib.blake2b(
                    payload or reject.error.encode(), digest_size=16
                ).hexdigest(),
                sealed=sealer.seal(payload, QUARANTINE),
                expires_at=at + keep,
            )
            .on_conflict_do_nothing(index_elements=["source_id", "fingerprint"])
        )


async def quarantined(
    connection: AsyncConnection, *, source_id: str | None = None, limit: int = 100
) -> list[Row[Any]]:
    """What could not be read, newest first."""
    query = select(quarantine).order_by(quarantine.c.id.desc()).limit(limit)
    if source_id is not None:
        query = query.where(quarantine.c.source_id == source_id)
    return list(await connection.execute(query))


async def all_quarantined(connection: AsyncConnection) -> AsyncIterator[tuple[int, bytes]]:
    """Every item's number and payload, a few at a time: payloads are large."""
    last = 0
    while True:
        query = select(quarantine.c.id, quarantine.c.sealed).where(quarantine.c.id > last)
        rows = list(await connection.execute(query.order_by(quarantine.c.id).limit(50)))
        if not rows:
            return
        for number, sealed in rows:
            last = number
            yield number, sealed


async def quarantined_item(connection: AsyncConnection, number: int) -> Row[Any] | None:
    query = select(quarantine).where(quarantine.c.id == number)
    return (await connection.execute(query)).one_or_none()


async def drop_quarantined(connection: AsyncConnection, number: int) -> bool:
    """Erase one item; False where it is gone already."""
    result = await connection.execute(delete(quarantine).where(quarantine.c.id == number))
    return result.rowcount == 1


async def expire_quarantine(connection: AsyncConnection, *, at: datetime) -> int:
    result = await connection.execute(delete(quarantine).where(quarantine.c.expires_at <= at))
    return int(result.rowcount)


async def add_audiences(connection: AsyncConnection, taken: Sequence[AudienceSnapshot]) -> None:
    if taken:
        statement = insert(connection, audiences).on_conflict_do_nothing()
        await connection.execute(statement, [_audience(snapshot) for snapshot in taken])


def _audience(snapshot: AudienceSnapshot) -> dict[str, Any]:
    url = snapshot.most_viewed_url
    return {
        "network": snapshot.network,
        "account": storable(snapshot.account, 255),
        "taken_at": snapshot.taken_at,
        "followers": countable(snapshot.followers),
        "reach": countable(snapshot.reach),
        "views": countable(snapshot.views),
        "posts": countable(snapshot.posts),
        "rating": snapshot.rating,
        "ratings": countable(snapshot.ratings),
        "most_viewed_url": storable(url, 2_000) if url else None,
        "most_viewed": countable(snapshot.most_viewed),
    }
