"""Mentions and what hangs on them: links and subjects."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Row, Select, bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from listener.storage.dialect import chunks, each_of, insert_into, insert_new
from listener.storage.tables import mention_links, mention_subjects, mentions


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is already stored of a mention that comes again."""

    id: int
    network: str
    ref: str
    source_id: str
    text_hash: str
    live: bool
    occurred_at: datetime
    severity: float | None
    sentiment: str | None
    weight: float
    followers: int | None
    rating: float | None
    kind: str
    erased: bool
    text: str | None
    title: str | None
    language: str | None
    themes: int | None = None
    restricted: bool = False
    about: float | None = None
    tier: str | None = None
    stands: bool = True
    scored_at: datetime | None = None
    author_ref: str | None = None
    author_id_ref: str | None = None
    story_id: int | None = None
    speaker: str | None = None
    subjects: frozenset[str] = frozenset()

    @property
    def judged(self) -> bool:
        """Whether rules may look at it: it came live, and no watched account published it."""
        return self.live and self.speaker is None


_KNOWN = select(mentions).where(
    mentions.c.exercise_id == bindparam("exercise_id"),
    mentions.c.ref.in_(each_of("refs")),
)


def _parts(keys: Collection[tuple[str, str]]) -> Iterator[Sequence[str]]:
    """Refs alone, which the index begins with: a network is part of what its refs are made from.

    Asked in pairs, PostgreSQL would try every pair of two lists, in ten times as long.
    """
    return chunks(sorted({ref for _, ref in keys}))


async def known(
    connection: AsyncConnection, keys: Collection[tuple[str, str]], *, exercise_id: str = ""
) -> dict[tuple[str, str], Known]:
    """The stored mentions among `keys`, each (network, ref)."""
    found: dict[tuple[str, str], Known] = {}
    for refs in _parts(keys):
        bound = {"exercise_id": exercise_id, "refs": refs}
        rows = await connection.execute(_KNOWN, bound)
        found.update(((row.network, row.ref), _known(row)) for row in rows)
    if not found:
        return {}
    subjects = await subjects_of(connection, [k.id for k in found.values()])
    return {
        key: replace(item, subjects=subjects.get(item.id, frozenset()))
        for key, item in found.items()
    }


def _known(row: Row[Any]) -> Known:
    return Known(
        id=row.id,
        network=row.network,
        ref=row.ref,
        source_id=row.source_id,
        text_hash=row.text_hash,
        live=row.live,
        occurred_at=row.occurred_at,
        severity=row.severity,
        sentiment=row.sentiment,
        weight=row.weight,
        followers=row.followers,
        rating=row.rating,
        kind=row.kind,
        erased=row.text is None,
        text=row.text,
        title=row.title,
        language=row.declared_language,
        themes=row.themes,
        restricted=row.restricted,
        about=row.about,
        tier=row.tier,
        stands=row.stands,
        scored_at=row.scored_at,
        author_ref=row.author_ref,
        author_id_ref=row.author_id_ref,
        story_id=row.story_id,
        speaker=row.speaker,
    )


def _held(query: Select[Any]) -> Select[Any]:
    """In one order, lest two wait for each other; what refers to them may be written meanwhile."""
    return query.order_by(mentions.c.id).with_for_update(key_share=True)


_BY_ID = select(mentions).where(mentions.c.id.in_(each_of("ids")))
_HELD_BY_ID = _held(_BY_ID)


async def by_id(
    connection: AsyncConnection, ids: Collection[int], *, held: bool = False
) -> dict[int, Known]:
    """The stored mentions of these ids, by id; `held` as `hold` does."""
    found: dict[int, Known] = {}
    for part in chunks(sorted(ids)):
        rows = await connection.execute(_HELD_BY_ID if held else _BY_ID, {"ids": part})
        found.update((row.id, _known(row)) for row in rows)
    subjects = await subjects_of(connection, found)
    return {n: replace(item, subjects=subjects.get(n, frozenset())) for n, item in found.items()}


async def hold(
    connection: AsyncConnection, ids: Collection[int]
) -> dict[int, tuple[str, datetime | None]]:
    """Keep these mentions from being changed until the transaction ends: text_hash, scored_at."""
    found: dict[int, tuple[str, datetime | None]] = {}
    for part in chunks(sorted(ids)):
        query = select(mentions.c.id, mentions.c.text_hash, mentions.c.scored_at)
        rows = await connection.execute(_held(query.where(mentions.c.id.in_(part))))
        found.update((row.id, (row.text_hash, row.scored_at)) for row in rows)
    return found


async def subjects_of(
    connection: AsyncConnection, ids: Collection[int]
) -> dict[int, frozenset[str]]:
    subjects: dict[int, set[str]] = {}
    for part in chunks(ids):
        rows = await connection.execute(
            select(mention_subjects.c.mention_id, mention_subjects.c.subject).where(
                mention_subjects.c.mention_id.in_(part)
            )
        )
        for mention_id, subject in rows:
            subjects.setdefault(mention_id, set()).add(subject)
    return {mention_id: frozenset(found) for mention_id, found in subjects.items()}


_SUBJECTS_OF_REFS = (
    select(mentions.c.ref, mention_subjects.c.subject)
    .join(mention_subjects, mention_subjects.c.mention_id == mentions.c.id)
    .where(
        mentions.c.exercise_id == bindparam("exercise_id"),
        mentions.c.ref.in_(each_of("refs")),
    )
)


async def subjects_of_refs(
    connection: AsyncConnection, keys: Collection[tuple[str, str]], *, exercise_id: str = ""
) -> dict[str, frozenset[str]]:
    """What the mentions of these (network, ref) concern, by ref: where a reply or a quote stands."""
    found: dict[str, set[str]] = {}
    for refs in _parts(keys):
        bound = {"exercise_id": exercise_id, "refs": refs}
        for ref, subject in await connection.execute(_SUBJECTS_OF_REFS, bound):
            found.setdefault(ref, set()).add(subject)
    return {ref: frozenset(subjects) for ref, subjects in found.items()}


@lru_cache
def _adding(dialect: str) -> Any:
    keys = ["exercise_id", "network", "ref"]
    return (
        insert_into(dialect, mentions)
        .on_conflict_do_nothing(index_elements=keys)
        .returning(mentions.c.network, mentions.c.ref, mentions.c.id)
    )


@lru_cache
def _linking(dialect: str) -> Any:
    statement = insert_into(dialect, mention_links)
    changed = {name: statement.excluded[name] for name in ("url_ref", "sealed")}
    return statement.on_conflict_do_update(index_elements=["mention_id"], set_=changed)


async def add(
    connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]
) -> dict[tuple[str, str], int]:
    """Insert mentions; gives the ids by (network, ref), none for what stood already."""
    if not rows:
        return {}
    result = await connection.execute(_adding(connection.dialect.name), rows)
    return {(network, ref): number for network, ref, number in result}


async def add_links(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        await connection.execute(_linking(connection.dialect.name), rows)


async def add_subjects(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        await connection.execute(insert_new(connection, mention_subjects), rows)


async def edit(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Give mentions a new version of their text; keys are prefixed with `b_`."""
    if rows:
        names = ("title", "text", "text_hash", "edited_at", "scored_at", "media", "rating")
        await connection.execute(
            update(mentions)
            .where(mentions.c.id == bindparam("b_id"))
            .values({name: bindparam(f"b_{name}") for name in names})
            # Nobody has read deeply what it says now.
            .values(tier=None, deep_priority=None, lease_owner=None, lease_until=None),
            rows,
        )


async def attribute(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Whose account published mentions: rows of b_id and b_speaker. From now on, no rule counts them."""
    if rows:
        await connection.execute(
            update(mentions)
            .where(mentions.c.id == bindparam("b_id"))
            .values(speaker=bindparam("b_speaker")),
            rows,
        )
        counted = update(mention_subjects).where(mention_subjects.c.mention_id == bindparam("b_id"))
        await connection.execute(counted.values(live=False), [{"b_id": r["b_id"]} for r in rows])


async def schedule(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """When the figures of mentions are read again: rows of b_id and b_refresh_at."""
    if rows:
        await connection.execute(
            update(mentions)
            .where(mentions.c.id == bindparam("b_id"))
            .values(refresh_at=bindparam("b_refresh_at")),
            rows,
        )


async def occurred(connection: AsyncConnection, ids: Collection[int]) -> dict[int, datetime]:
    """When each of these mentions occurred."""
    found: dict[int, datetime] = {}
    for part in chunks(ids):
        query = select(mentions.c.id, mentions.c.occurred_at).where(mentions.c.id.in_(part))
        found.update({row.id: row.occurred_at for row in await connection.execute(query)})
    return found
