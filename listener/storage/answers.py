"""Complaints and personal cases, and when the hospital first answered each in public."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from sqlalchemy import ColumnElement, Subquery, and_, func, not_, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from classifiers.themes import pack
from listener.domain.digest.grievance import CASES, FEW_STARS, GRIEVANCES, UNANSWERABLE
from listener.storage.figures import Filters
from listener.storage.tables import mentions


class Asked(Enum):
    """What waits for an answer: listener.domain.digest.grievance says which mentions do."""

    COMPLAINTS = "complaints"
    CASES = "cases"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """How many asked, how long each answered one waited, and the unanswered that wait longest."""

    asked: int
    delays: Sequence[timedelta]
    oldest: Sequence[int]  # ids of mentions


async def answered(
    connection: AsyncConnection,
    filters: Filters,
    asked: Asked,
    *,
    by: Sequence[str],
    at: datetime,
    oldest: int,
) -> Answered:
    """What asks among the mentions, answered or not until `at` by one of the watches `by`.

    An answer stands directly below what it answers, and is never earlier: a network's clock may be.
    """
    wanted = [*filters.conditions(), _complains() if asked is Asked.COMPLAINTS else _tells_a_case()]
    replied = _first_replies(by, filters.exercise_id, at)
    same = tuple_(mentions.c.ref, mentions.c.network)
    total = select(func.count()).select_from(mentions).where(*wanted)
    pairs = (
        select(mentions.c.occurred_at, replied.c.at)
        .join(replied, same == tuple_(replied.c.ref, replied.c.network))
        .where(*wanted)
    )
    waiting = (
        select(mentions.c.id)
        .where(*wanted, same.not_in(select(replied.c.ref, replied.c.network)))
        .order_by(mentions.c.occurred_at, mentions.c.id)
        .limit(oldest)
    )
    delays = [max(reply - said, timedelta(0)) for said, reply in await connection.execute(pairs)]
    return Answered(
        asked=int((await connection.execute(total)).scalar_one()),
        delays=sorted(delays),
        oldest=[row.id for row in await connection.execute(waiting)],
    )


def _first_replies(by: Sequence[str], exercise_id: str, at: datetime) -> Subquery:
    """What these watches have answered, and when first. Where no parent is told, the root is it."""
    ref = func.coalesce(mentions.c.parent_ref, mentions.c.root_ref)
    return (
        select(ref.label("ref"), mentions.c.network, func.min(mentions.c.occurred_at).label("at"))
        .where(
            mentions.c.speaker.in_(by),
            mentions.c.exercise_id == exercise_id,
            mentions.c.occurred_at <= at,
            ref.is_not(None),
        )
        .group_by(ref, mentions.c.network)
        .subquery()
    )


def _bears(themes: Sequence[str]) -> ColumnElement[bool]:
    return func.coalesce(mentions.c.themes, 0).bitwise_and(pack(themes)) != 0


def _complains() -> ColumnElement[bool]:
    negative = func.coalesce(mentions.c.sentiment, "") == "negative"
    kind = mentions.c.kind
    poor = and_(kind == "review", func.coalesce(mentions.c.rating, FEW_STARS + 1) <= FEW_STARS)
    return or_(poor, and_(negative, kind.not_in(UNANSWERABLE), _bears(GRIEVANCES)))


def _tells_a_case() -> ColumnElement[bool]:
    unhappy = func.coalesce(mentions.c.sentiment, "") != "positive"
    return and_(_bears(CASES), unhappy, mentions.c.kind.not_in(UNANSWERABLE), not_(_complains()))
