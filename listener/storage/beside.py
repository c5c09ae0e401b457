"""What rules ask of the database beside counts: ratings, where a story has spread, streams' mentions."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from classifiers.themes import pack
from connectors.mention import Kind
from listener.domain.burst import NEGATIVE
from listener.domain.rule import BurstRule, RatingFact, RatingRule, SpreadFact, SpreadRule
from listener.storage import stories as store
from listener.storage.story_statements import STANDS
from listener.storage.tables import mention_subjects as seen
from listener.storage.tables import mentions, stories

LATE = timedelta(hours=6)  # before it was received, as far as a stream counts what occurred


async def rating_fact(
    connection: AsyncConnection,
    rule: RatingRule,
    subject: str,
    *,
    at: datetime,
    exercise_id: str = "",
) -> RatingFact:
    """Mean stars within the rule's window that ends at `at`, and within the baseline before it.

    What was read as an archive is part of the baseline only.
    """
    query = _stars(rule, subject, at, exercise_id)
    mean, count, past, past_count = (await connection.execute(query)).one()
    return RatingFact(
        rule=rule.id,
        subject=subject,
        until=at,
        mean=None if mean is None else float(mean),
        count=int(count),
        before=None if past is None else float(past),
        before_count=int(past_count),
    )


def _stars(rule: RatingRule, subject: str, at: datetime, exercise_id: str) -> Select[Any]:
    begins = at - rule.window
    now = and_(seen.c.occurred_at > begins, seen.c.live.is_(True))
    before = seen.c.occurred_at <= begins
    stars = mentions.c.rating
    return (
        select(
            func.avg(case((now, stars))),
            func.count(case((now, stars))),
            func.avg(case((before, stars))),
            func.count(case((before, stars))),
        )
        .join(mentions, mentions.c.id == seen.c.mention_id)
        .where(
            seen.c.exercise_id == exercise_id,
            seen.c.subject == subject,
            seen.c.live.in_((True, False)),  # the index is by it, before time
            seen.c.occurred_at > begins - rule.baseline,
            seen.c.occurred_at <= at,
            stars.is_not(None),
            *_on(rule.networks),
        )
    )


async def spread_facts(
    connection: AsyncConnection,
    rule: SpreadRule,
    told: Collection[tuple[str, int]],
    *,
    at: datetime,
    exercise_id: str = "",
) -> list[SpreadFact]:
    """Where each (subject, story) has been told within the rule's window that ends at `at`."""
    if not told:
        return []
    stands = await store.standing(connection, {story for _, story in told})
    query = _spreading(
        rule, {subject for subject, _ in told}, set(stands.values()), at, exercise_id
    )
    by_story: dict[tuple[str, int], list[Any]] = {}
    for row in await connection.execute(query):
        by_story.setdefault((row[0], row[1]), []).append(row)
    return [
        _spread(rule, subject, story, by_story[subject, stands[story]], at)
        for subject, story in sorted(told)
        if (subject, stands.get(story, story)) in by_story
    ]


def _spreading(
    rule: SpreadRule,
    subjects: Collection[str],
    standing: Collection[int],
    at: datetime,
    exercise_id: str,
) -> Select[Any]:
    """By subject, story that stands and network: how many mentions, since when, of which kind."""
    article = mentions.c.kind == Kind.ARTICLE.value
    return (
        select(
            seen.c.subject,
            STANDS.label("stands"),
            seen.c.network,
            func.count(),
            func.min(seen.c.occurred_at),
            func.min(case((article, seen.c.occurred_at))),
            func.min(case((~article, seen.c.occurred_at))),
        )
        .select_from(mentions)
        .join(stories, stories.c.id == mentions.c.story_id)
        .join(seen, seen.c.mention_id == mentions.c.id)
        .where(
            mentions.c.story_id.in_(_members(standing)),
            seen.c.subject.in_(subjects),
            seen.c.exercise_id == exercise_id,
            seen.c.live.is_(True),
            seen.c.occurred_at > at - rule.window,
            seen.c.occurred_at <= at,
            *_on(rule.networks),
        )
        .group_by(seen.c.subject, STANDS, seen.c.network)
    )


def _members(standing: Collection[int]) -> Any:
    merged = or_(stories.c.id.in_(standing), stories.c.merged_into.in_(standing))
    return select(stories.c.id).where(merged)


def _spread(
    rule: SpreadRule, subject: str, story: int, rows: Sequence[Any], at: datetime
) -> SpreadFact:
    """Named by the story that the mention has: what stands for it is of no concern to the rule."""
    ordered = sorted(rows, key=lambda row: row[4])
    articles = [row[5] for row in rows if row[5] is not None]
    posts = [row[6] for row in rows if row[6] is not None]
    return SpreadFact(
        rule=rule.id,
        subject=subject,
        story=story,
        until=at,
        networks=[row[2] for row in ordered],
        count=sum(row[3] for row in rows),
        first_at=ordered[0][4],
        social_at=min(posts, default=None),
        press_at=min(articles, default=None),
    )


async def stream_mentions(
    connection: AsyncConnection,
    rule: BurstRule,
    subject: str,
    *,
    since: datetime,
    until: datetime,
    limit: int,
    exercise_id: str = "",
) -> list[int]:
    """Ids of a stream's latest mentions: streams count by when they were received."""
    query = (
        select(seen.c.mention_id)
        .join(mentions, mentions.c.id == seen.c.mention_id)
        .where(
            seen.c.exercise_id == exercise_id,
            seen.c.subject == subject,
            seen.c.live.is_(True),
            seen.c.occurred_at > since - LATE,
            seen.c.occurred_at <= until,
            mentions.c.received_at > since,
            mentions.c.received_at <= until,
        )
    )
    if rule.theme is not None:
        bit = literal(pack([rule.theme]))
        query = query.where(mentions.c.themes.op("&")(bit) != 0)
    elif rule.stream == NEGATIVE:
        query = query.where(seen.c.sentiment == NEGATIVE)
    rows = await connection.execute(query.order_by(seen.c.occurred_at.desc()).limit(limit))
    return [row[0] for row in rows]


async def rated_mentions(
    connection: AsyncConnection,
    rule: RatingRule,
    subject: str,
    *,
    until: datetime,
    limit: int,
    exercise_id: str = "",
) -> list[int]:
    """Ids of the latest reviews within the rule's window."""
    rows = await connection.execute(
        select(seen.c.mention_id)
        .join(mentions, mentions.c.id == seen.c.mention_id)
        .where(
            seen.c.exercise_id == exercise_id,
            seen.c.subject == subject,
            seen.c.live.is_(True),
            seen.c.occurred_at > until - rule.window,
            seen.c.occurred_at <= until,
            mentions.c.rating.is_not(None),
            *_on(rule.networks),
        )
        .order_by(seen.c.occurred_at.desc())
        .limit(limit)
    )
    return [row[0] for row in rows]


def _on(networks: Collection[str]) -> list[ColumnElement[bool]]:
    return [seen.c.network.in_(networks)] if networks else []
