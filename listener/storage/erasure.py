"""Erasing: what a network deleted, what has expired, and whom somebody asked to forget."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from listener.storage.dialect import chunks, insert
from listener.storage.tables import mention_links, mentions, quarantine, scores, tombstones

ERASED = {"title": None, "text": None}


async def buried(connection: AsyncConnection, refs: Collection[str]) -> frozenset[tuple[str, str]]:
    """Those among `refs` that somebody asked to forget, as (kind, ref)."""
    found: set[tuple[str, str]] = set()
    for part in chunks(refs):
        rows = await connection.execute(
            select(tombstones.c.kind, tombstones.c.ref).where(tombstones.c.ref.in_(part))
        )
        found.update((kind, ref) for kind, ref in rows)
    return frozenset(found)


async def bury(connection: AsyncConnection, kind: str, ref: str, *, at: datetime) -> None:
    """Leave a keyed tombstone that later polls, imports and restores respect."""
    await connection.execute(
        insert(connection, tombstones)
        .values(kind=kind, ref=ref, erased_at=at)
        .on_conflict_do_nothing()
    )


async def erase_mentions(connection: AsyncConnection, ids: Collection[int], *, at: datetime) -> int:
    """Erase texts, links and what explanations quote of them; the figures stay."""
    for part in chunks(ids):
        await connection.execute(
            update(mentions)
            .where(mentions.c.id.in_(part))
            .values(**ERASED, deleted_at=at, author_ref=None, author_id_ref=None, refresh_at=None)
        )
        await connection.execute(delete(mention_links).where(mention_links.c.mention_id.in_(part)))
        await connection.execute(
            update(scores).where(scores.c.mention_id.in_(part)).values(reasons=[])
        )
    return len(ids)


async def find_mentions(
    connection: AsyncConnection, by: Mapping[str, Collection[str]]
) -> list[int]:
    """Ids of mentions by any of: ref, author_ref, author_id_ref, url_ref; erased ones left out."""
    found: set[int] = set()
    for name, refs in by.items():
        for part in chunks(refs):
            query = select(mentions.c.id).where(mentions.c.deleted_at.is_(None))
            where: ColumnElement[bool]
            if name == "url_ref":
                query = query.join(mention_links, mention_links.c.mention_id == mentions.c.id)
                where = mention_links.c.url_ref.in_(part)
            else:
                where = mentions.c[name].in_(part)
            found.update(row[0] for row in await connection.execute(query.where(where)))
    return sorted(found)


async def erase_quarantine(connection: AsyncConnection, refs: Collection[str]) -> int:
    result = await connection.execute(delete(quarantine).where(quarantine.c.ref.in_(list(refs))))
    return int(result.rowcount)


async def expire_texts(connection: AsyncConnection, *, at: datetime) -> int:
    """Erase the texts whose links have reached the end of their retention."""
    ids = [
        row[0]
        for row in await connection.execute(
            select(mention_links.c.mention_id).where(mention_links.c.expires_at <= at).limit(5000)
        )
    ]
    return await erase_mentions(connection, ids, at=at) if ids else 0
