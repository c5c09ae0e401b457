"""Erasing: what a network deleted, what has expired, and whom somebody asked to forget."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from listener.storage import mentions as store
from listener.storage import stories
from listener.storage.dialect import chunks, each_of, insert
from listener.storage.tables import (
    labels,
    mention_links,
    mentions,
    quarantine,
    scores,
    tombstones,
)

# The hash goes too: whoever holds the key could confirm a guess of the text by it.
ERASED = {
    "title": None,
    "text": None,
    "text_hash": "",
    "author_ref": None,
    "author_id_ref": None,
    "followers": None,
    "refresh_at": None,
    "deep_priority": None,
    "lease_owner": None,
    "lease_until": None,
}
_BURIED = select(tombstones.c.kind, tombstones.c.ref).where(tombstones.c.ref.in_(each_of("refs")))
_ANY_BURIED = select(tombstones.c.ref).limit(1)
EXPIRING = 5000  # texts erased at a time
NOBODY = "@…"  # stands for a forgotten person in what others wrote


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A stored mention on its way to be forgotten."""

    id: int
    ref: str
    author_ref: str | None
    author_id_ref: str | None
    occurred_at: datetime
    title: str | None
    text: str | None
    url_ref: str | None
    sealed: bytes | None

    @property
    def author_refs(self) -> set[str]:
        return {ref for ref in (self.author_ref, self.author_id_ref) if ref}


async def any_buried(connection: AsyncConnection) -> bool:
    """Whether anybody was ever forgotten: where nobody was, no page needs to be compared."""
    return (await connection.execute(_ANY_BURIED)).first() is not None


async def buried(connection: AsyncConnection, refs: Collection[str]) -> frozenset[tuple[str, str]]:
    """Those among `refs` that somebody asked to forget, as (kind, ref)."""
    found: set[tuple[str, str]] = set()
    for part in chunks(refs):
        rows = await connection.execute(_BURIED, {"refs": part})
        found.update((kind, ref) for kind, ref in rows)
    return frozenset(found)


async def bury(
    connection: AsyncConnection, names: Iterable[tuple[str, str]], *, at: datetime
) -> None:
    """Leave keyed tombstones, given as (kind, ref), that later polls and imports respect."""
    for part in chunks(sorted(names)):
        await connection.execute(
            insert(connection, tombstones).on_conflict_do_nothing(),
            [{"kind": kind, "ref": ref, "erased_at": at} for kind, ref in part],
        )


async def erase_mentions(connection: AsyncConnection, ids: Collection[int], *, at: datetime) -> int:
    """Erase texts, authors, links, labels and what explanations quote; the figures stay."""
    await store.hold(connection, ids)
    for part in chunks(ids):
        await connection.execute(
            update(mentions).where(mentions.c.id.in_(part)).values(**ERASED, deleted_at=at)
        )
        await connection.execute(delete(mention_links).where(mention_links.c.mention_id.in_(part)))
        await connection.execute(
            update(scores).where(scores.c.mention_id.in_(part)).values(reasons=[])
        )
        # What is left to learn from is the text: without it a label teaches nothing.
        await connection.execute(delete(labels).where(labels.c.mention_id.in_(part)))
    await stories.forget_silenced(connection, ids)
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


async def targets(connection: AsyncConnection, ids: Collection[int]) -> list[Target]:
    """These mentions, those that are erased already left out."""
    found: list[Target] = []
    columns = [mentions.c[name] for name in Target.__slots__ if name in mentions.c]
    query = select(*columns, mention_links.c.url_ref, mention_links.c.sealed).outerjoin(
        mention_links, mention_links.c.mention_id == mentions.c.id
    )
    for part in chunks(ids):
        rows = await connection.execute(
            query.where(mentions.c.id.in_(part), mentions.c.deleted_at.is_(None))
        )
        found += [Target(**row._mapping) for row in rows]
    return found


async def shared_links(connection: AsyncConnection, erased: Sequence[Target]) -> set[str]:
    """Links of these mentions that lead to others' as well: a page's, say, for its comments."""
    ids, shared = {target.id for target in erased}, set[str]()
    for part in chunks({target.url_ref for target in erased if target.url_ref}):
        rows = await connection.execute(
            select(mention_links.c.url_ref, mention_links.c.mention_id).where(
                mention_links.c.url_ref.in_(part)
            )
        )
        shared.update(row.url_ref for row in rows if row.mention_id not in ids)
    return shared


async def unname(connection: AsyncConnection, names: Collection[str]) -> dict[int, datetime]:
    """Take pseudonyms out of others' texts; the mentions that named them, and their instants."""
    found: dict[int, datetime] = {}
    for name in names:
        named = or_(mentions.c.text.contains(name), mentions.c.title.contains(name))
        rows = await connection.execute(
            update(mentions)
            .where(named)
            .values(
                text=func.replace(mentions.c.text, name, NOBODY),
                title=func.replace(mentions.c.title, name, NOBODY),
            )
            .returning(mentions.c.id, mentions.c.occurred_at)
        )
        found.update((row.id, row.occurred_at) for row in rows)
    return found


async def quarantined(connection: AsyncConnection, refs: Collection[str]) -> set[int]:
    """Items in quarantine that were told to be these mentions."""
    found: set[int] = set()
    for part in chunks(refs):
        rows = await connection.execute(select(quarantine.c.id).where(quarantine.c.ref.in_(part)))
        found.update(row.id for row in rows)
    return found


async def erase_quarantine(connection: AsyncConnection, ids: Collection[int]) -> None:
    for part in chunks(ids):
        await connection.execute(delete(quarantine).where(quarantine.c.id.in_(part)))


async def expire_texts(
    connection: AsyncConnection, *, at: datetime, restricted_before: datetime | None = None
) -> int:
    """Erase the texts whose links have reached the end of their retention.

    Of what may reveal a patient, those that came before `restricted_before` as well.
    """
    old = select(mention_links.c.mention_id).where(mention_links.c.expires_at <= at).limit(EXPIRING)
    ids = {row[0] for row in await connection.execute(old)}
    if restricted_before is not None:
        revealing = select(mentions.c.id).where(
            mentions.c.restricted,
            mentions.c.text.is_not(None),
            mentions.c.received_at <= restricted_before,
        )
        ids.update(row[0] for row in await connection.execute(revealing.limit(EXPIRING)))
    return await erase_mentions(connection, ids, at=at) if ids else 0
