"""What people said of mentions: appended, the latest one a mention and name counts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, and_, delete, exists, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from listener.domain.labelling import Candidate, Word
from listener.storage.dialect import chunks
from listener.storage.tables import labels, mentions, scores

_COUNTS = and_(
    labels.c.mention_id == mentions.c.id,
    labels.c.text_hash == mentions.c.text_hash,
    labels.c.reviewed,
)


@dataclass(frozen=True, slots=True)
class Readable:
    """A text that a person may say something of."""

    text_hash: str
    language: str | None  # as it was found


@dataclass(frozen=True, slots=True, kw_only=True)
class Taught:
    """A text with what people say of it: what classifiers learn from."""

    id: int
    text_hash: str
    text: str
    language: str | None  # as it was found, else as it was declared
    word: Word


async def add(
    connection: AsyncConnection,
    said: Mapping[int, tuple[str, Word]],
    *,
    by: str,
    at: datetime,
    origin: str,
    reviewed: bool = True,
) -> None:
    """Append what somebody said, by mention: the hash of the text that was read, and the word."""
    rows = [
        {
            "mention_id": number,
            "name": name,
            "value": value,
            "text_hash": text_hash,
            "by": by,
            "at": at,
            "origin": origin,
            "reviewed": reviewed,
        }
        for number, (text_hash, word) in said.items()
        for name, value in word.items()
    ]
    if rows:
        await connection.execute(insert(labels), rows)


async def withdraw(connection: AsyncConnection, ids: Collection[int]) -> None:
    """Take back what a dismissed alert said of these mentions, where nobody has looked at it yet."""
    for part in chunks(sorted(ids)):
        await connection.execute(
            delete(labels).where(
                labels.c.mention_id.in_(part),
                labels.c.origin == "dismissal",
                labels.c.reviewed.is_(False),
            )
        )


async def current(connection: AsyncConnection, ids: Collection[int]) -> dict[int, dict[str, str]]:
    """What people say of these mentions as they stand: nothing that was said of an older text."""
    found: dict[int, dict[str, str]] = {}
    for part in chunks(ids):
        query = select(labels.c.mention_id, labels.c.name, labels.c.value).join(mentions, _COUNTS)
        query = query.where(labels.c.mention_id.in_(part)).order_by(labels.c.id)
        for number, name, value in await connection.execute(query):
            found.setdefault(number, {})[name] = value
    return found


async def labelled(connection: AsyncConnection, ids: Collection[int]) -> int:
    """How many of these mentions somebody labelled."""
    found = 0
    for part in chunks(ids):
        query = select(func.count(labels.c.mention_id.distinct()))
        found += int(
            (await connection.execute(query.where(labels.c.mention_id.in_(part)))).scalar_one()
        )
    return found


async def readable(
    connection: AsyncConnection, ids: Collection[int], *, exercise_id: str = ""
) -> dict[int, Readable]:
    """Those whose text stands, held until the transaction ends; what is played is left out."""
    found: dict[int, Readable] = {}
    for part in chunks(sorted(ids)):
        query = select(mentions.c.id, mentions.c.text_hash, mentions.c.language).where(
            mentions.c.id.in_(part),
            mentions.c.text.is_not(None),
            mentions.c.exercise_id == exercise_id,
        )
        query = query.order_by(mentions.c.id).with_for_update(key_share=True)
        rows = await connection.execute(query)
        found.update((row.id, Readable(row.text_hash, row.language)) for row in rows)
    return found


async def taught(connection: AsyncConnection, *, since: datetime | None = None) -> list[Taught]:
    """Every text that somebody labelled (since an instant), in the order of the mentions."""
    columns = ("id", "text_hash", "title", "text", "language", "declared_language")
    query = (
        select(*(mentions.c[name] for name in columns), labels.c.name, labels.c.value)
        .join(labels, _COUNTS)
        .where(mentions.c.text.is_not(None), mentions.c.exercise_id == "")
        .order_by(mentions.c.id, labels.c.id)
    )
    if since is not None:
        query = query.where(labels.c.at >= since)
    rows = list(await connection.execute(query))
    words: dict[int, dict[str, str]] = {}
    for row in rows:
        words.setdefault(row.id, {})[row.name] = row.value
    texts = {row.id: row for row in rows}
    return [
        Taught(
            id=number,
            text_hash=row.text_hash,
            text=f"{row.title}\n{row.text}" if row.title else row.text,
            language=row.language or row.declared_language,
            word=words[number],
        )
        for number, row in texts.items()
    ]


async def unlabelled(connection: AsyncConnection, *, limit: int) -> list[Candidate]:
    """The newest mentions whose text nobody has labelled, as classifiers see them."""
    nobody = ~exists().where(_COUNTS)
    columns = ("id", "network", "occurred_at", "story_id", "text_hash")
    query = (
        select(*(mentions.c[name] for name in columns))
        .where(
            mentions.c.exercise_id == "",
            mentions.c.text.is_not(None),
            mentions.c.text != "",
            mentions.c.scored_at.is_not(None),
            nobody,
        )
        .order_by(mentions.c.occurred_at.desc(), mentions.c.id.desc())
        .limit(limit)
    )
    rows = list(await connection.execute(query))
    said = await _said(connection, [row.id for row in rows])
    return [
        Candidate(
            id=row.id,
            network=row.network,
            occurred_at=row.occurred_at,
            story=row.story_id,
            text_hash=row.text_hash,
            sentiment=said.get(row.id, {}).get("sentiment", {}),
            labels=_labels(said.get(row.id, {})),
        )
        for row in rows
    ]


async def texts(connection: AsyncConnection, ids: Collection[int]) -> dict[int, Row[Any]]:
    """The mentions themselves, by id, for a person to read."""
    found: dict[int, Row[Any]] = {}
    for part in chunks(ids):
        rows = await connection.execute(select(mentions).where(mentions.c.id.in_(part)))
        found.update((row.id, row) for row in rows)
    return found


def _labels(said: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    return {**said.get("themes", {}), **said.get("flags", {})}


async def _said(
    connection: AsyncConnection, ids: Iterable[int]
) -> dict[int, dict[str, Mapping[str, float]]]:
    """The newest probabilities of each classifier, by mention."""
    found: dict[int, dict[str, Mapping[str, float]]] = {}
    for part in chunks(ids):
        for row in await connection.execute(_probabilities(part)):
            found.setdefault(row.mention_id, {})[row.classifier] = row.probabilities
    return found


def _probabilities(ids: Collection[int]) -> Select[tuple[int, str, Mapping[str, float]]]:
    columns = scores.c.mention_id, scores.c.classifier, scores.c.probabilities
    of_texts = scores.c.classifier.in_(("sentiment", "themes", "flags"))
    query = select(*columns).where(scores.c.mention_id.in_(ids), of_texts)
    return query.order_by(scores.c.scored_at)
