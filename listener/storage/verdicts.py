"""What the classifiers said: every score, and the verdicts that mentions repeat of the newest."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from math import isfinite
from typing import Any

from sqlalchemy import (
    Column,
    Row,
    Select,
    and_,
    bindparam,
    exists,
    func,
    literal,
    select,
    union,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from classifiers.classifier import Reason, Score
from listener.domain.triage import DEEP
from listener.storage.dialect import chunks, insert_new
from listener.storage.tables import mention_subjects, mentions, scores

VERDICTS = (
    "sentiment", "severity", "language", "themes", "restricted", "about", "tier", "deep_priority",
)  # fmt: skip
EXPLAINED = ("sentiment", "virality", "severity")

_CURRENT = (
    update(mentions)
    .where(mentions.c.id == bindparam("b_id"))
    .values({name: bindparam(f"b_{name}") for name in ("scored_at", *VERDICTS)})
    .values(lease_owner=None, lease_until=None)
)


async def add_scores(
    connection: AsyncConnection, scored: Iterable[tuple[int, Sequence[Score]]], at: datetime
) -> None:
    """Append what the classifiers said: one row a classifier."""
    rows = [
        {
            "mention_id": mention_id,
            "classifier": score.classifier,
            "scored_at": at,
            "version": score.version,
            "value": score.value,
            "probabilities": {name: round(p, 4) for name, p in score.probabilities.items()},
            "figures": {name: round(x, 4) for name, x in score.figures.items() if isfinite(x)},
            "reasons": [[r.code, round(r.share, 3), r.detail] for r in score.reasons],
        }
        for mention_id, listed in scored
        for score in listed
    ]
    if rows:
        await connection.execute(insert_new(connection, scores), rows)


async def set_current(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Point known mentions at their newest verdicts; rows of b_id, b_scored_at, b_sentiment, …

    Whoever was reading one of them deeply read what is no longer the latest.
    """
    if not rows:
        return
    await connection.execute(_CURRENT, rows)
    await connection.execute(
        update(mention_subjects)
        .where(mention_subjects.c.mention_id == bindparam("b_id"))
        .values(sentiment=bindparam("b_sentiment")),
        [{"b_id": row["b_id"], "b_sentiment": row["b_sentiment"]} for row in rows],
    )


async def fast_severities(connection: AsyncConnection, ids: Collection[int]) -> dict[int, float]:
    """What the fast classifiers last gave each of these mentions."""
    beside = scores.alias("beside")
    # A severity is a sum, the same for both: the sentiment that it was summed from tells who spoke.
    deep = exists().where(
        beside.c.mention_id == scores.c.mention_id,
        beside.c.scored_at == scores.c.scored_at,
        beside.c.classifier == "sentiment",
        beside.c.version.contains(DEEP, autoescape=True),
    )
    found: dict[int, float] = {}
    for part in chunks(ids):
        rows = await connection.execute(
            select(scores.c.mention_id, scores.c.value)
            .where(
                scores.c.mention_id.in_(part),
                scores.c.classifier == "severity",
                scores.c.value.is_not(None),
                ~deep,
            )
            .order_by(scores.c.scored_at)
        )
        found.update((row.mention_id, row.value) for row in rows)
    return found


async def latest_flags(
    connection: AsyncConnection, ids: Collection[int]
) -> dict[int, Mapping[str, float]]:
    """The newest probabilities of each mention's flags."""
    return await _newest(connection, ids, "flags", scores.c.probabilities)


async def latest_forecasts(
    connection: AsyncConnection, ids: Collection[int]
) -> dict[int, Mapping[str, float]]:
    """The figures of each mention's newest virality score."""
    return await _newest(connection, ids, "virality", scores.c.figures)


async def _newest(
    connection: AsyncConnection, ids: Collection[int], classifier: str, said: Column[Any]
) -> dict[int, Mapping[str, float]]:
    """One column of each mention's newest score by a classifier."""
    found: dict[int, Mapping[str, float]] = {}
    for part in chunks(ids):
        rows = await connection.execute(
            select(scores.c.mention_id, said)
            .where(scores.c.mention_id.in_(part), scores.c.classifier == classifier)
            .order_by(scores.c.scored_at)
        )
        found.update((row[0], row[1]) for row in rows)
    return found


async def latest(connection: AsyncConnection, ids: Collection[int]) -> dict[int, list[Score]]:
    """The newest score of each classifier, by mention."""
    found: dict[int, dict[str, Score]] = {}
    for part in chunks(ids):
        query = select(scores).where(scores.c.mention_id.in_(part)).order_by(scores.c.scored_at)
        for row in await connection.execute(query):
            found.setdefault(row.mention_id, {})[row.classifier] = _score(row)
    return {number: list(by_name.values()) for number, by_name in found.items()}


async def as_of(
    connection: AsyncConnection, ids: Collection[int], at: datetime
) -> dict[int, list[Score]]:
    """The score of each classifier that was the newest at an instant, by mention."""
    found: dict[int, dict[str, Score]] = {}
    for part in chunks(ids):
        query = select(scores).where(scores.c.mention_id.in_(part), scores.c.scored_at <= at)
        for row in await connection.execute(query.order_by(scores.c.scored_at)):
            found.setdefault(row.mention_id, {})[row.classifier] = _score(row)
    return {number: list(by_name.values()) for number, by_name in found.items()}


async def explained(connection: AsyncConnection, ids: Collection[int]) -> dict[int, list[Score]]:
    """What tells why each mention was scored so: its newest scores of EXPLAINED, oldest first.

    Among them the severity of when its text was last read: figures move severities alone.
    """
    found: dict[int, list[Score]] = {}
    for part in chunks(ids):
        for row in await connection.execute(_explained(part)):
            found.setdefault(row.mention_id, []).append(_score(row))
    return found


def _explained(ids: Collection[int]) -> Select[Any]:
    number, classifier = scores.c.mention_id, scores.c.classifier
    # Instants first, of the key alone: a post that is read often has a hundred rows.
    newest = (
        select(number, classifier, func.max(scores.c.scored_at).label("at"))
        .where(number.in_(ids), classifier.in_(EXPLAINED))
        .group_by(number, classifier)
        .cte()
    )
    read = select(newest.c.mention_id, literal("severity").label("classifier"), newest.c.at)
    wanted = union(select(newest), read.where(newest.c.classifier == "sentiment")).subquery()
    key = and_(
        number == wanted.c.mention_id,
        classifier == wanted.c.classifier,
        scores.c.scored_at == wanted.c.at,
    )
    return select(scores).join(wanted, key).order_by(scores.c.scored_at)


def _score(row: Row[Any]) -> Score:
    return Score(
        classifier=row.classifier,
        version=row.version,
        value=row.value,
        probabilities=row.probabilities,
        figures=row.figures,
        reasons=tuple(Reason(code=c, share=s, detail=d) for c, s, d in row.reasons),
    )
