"""What rules ask of the database: counts of live mentions in a window, read inside the transaction."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from listener.domain.rule import CountRule, WindowFact, WindowRule, densest, reaches
from listener.storage.tables import mention_subjects as seen

MAX_SLIDE = 50_000  # instants looked at one by one: more than any hospital's worst hour


async def window_fact(
    connection: AsyncConnection,
    rule: WindowRule,
    subject: str,
    *,
    touched: datetime,
    at: datetime,
    exercise_id: str = "",
) -> WindowFact | None:
    """The rule's window ending at `at`, or else the latest earlier one that breaches.

    `touched` is when the oldest mention of the page occurred: every window that holds a mention
    of the page ends between it and `at`. None where no such window breaches.
    """
    where = _scope(rule, subject, exercise_id)
    total, scored, negative, first = await _count(connection, where, at - rule.window, at)
    if reaches(rule, total=total, scored=scored, negative=negative):
        return _fact(rule, subject, at, (total, scored, negative), first)
    # Nothing older than the current window came in with the page: there is no other window to see.
    if touched >= at:
        return None
    return await _slide(connection, rule, subject, where, touched, at)


def _scope(rule: WindowRule, subject: str, exercise_id: str) -> list[ColumnElement[bool]]:
    where = [
        seen.c.exercise_id == exercise_id,
        seen.c.subject == subject,
        seen.c.live.is_(True),
    ]
    if rule.networks:
        where.append(seen.c.network.in_(rule.networks))
    if isinstance(rule, CountRule) and rule.sentiment is not None:
        where.append(seen.c.sentiment == rule.sentiment)
    return where


async def _count(
    connection: AsyncConnection,
    where: Collection[ColumnElement[bool]],
    since: datetime,
    until: datetime,
) -> tuple[int, int, int, datetime | None]:
    row = (
        await connection.execute(
            select(
                func.count(),
                func.count(seen.c.sentiment),
                func.coalesce(func.sum(case((seen.c.sentiment == "negative", 1), else_=0)), 0),
                func.min(seen.c.occurred_at),
            ).where(*where, seen.c.occurred_at > since, seen.c.occurred_at <= until)
        )
    ).one()
    return int(row[0]), int(row[1]), int(row[2]), row[3]


async def _slide(
    connection: AsyncConnection,
    rule: WindowRule,
    subject: str,
    where: Collection[ColumnElement[bool]],
    touched: datetime,
    until: datetime,
) -> WindowFact | None:
    since = touched - rule.window
    needed = rule.at_least if isinstance(rule, CountRule) else rule.minimum
    total, scored, _, _ = await _count(connection, where, since, until)
    if (total if isinstance(rule, CountRule) else scored) < needed:
        return None
    rows = await connection.execute(
        select(seen.c.occurred_at, seen.c.sentiment)
        .where(*where, seen.c.occurred_at > since, seen.c.occurred_at <= until)
        .order_by(seen.c.occurred_at.desc())
        .limit(MAX_SLIDE)
    )
    instants: list[tuple[datetime, bool | None]] = [
        (occurred_at, None if sentiment is None else sentiment == "negative")
        for occurred_at, sentiment in rows
    ]
    found = densest(instants[::-1], rule, not_before=touched)
    if found is None:
        return None
    end, *counts = found
    first = next(when for when, _ in reversed(instants) if when > end - rule.window)
    return _fact(rule, subject, end, (counts[0], counts[1], counts[2]), first)


def _fact(
    rule: WindowRule,
    subject: str,
    until: datetime,
    counts: tuple[int, int, int],
    first: datetime | None,
) -> WindowFact:
    total, scored, negative = counts
    values: dict[str, Any] = {"total": total, "scored": scored, "negative": negative}
    return WindowFact(rule=rule.id, subject=subject, until=until, first_at=first, **values)


async def window_mentions(
    connection: AsyncConnection,
    rule: WindowRule,
    subject: str,
    *,
    until: datetime,
    limit: int,
    exercise_id: str = "",
) -> list[int]:
    """Ids of the window's latest mentions: what a breach of a count is about."""
    rows = await connection.execute(
        select(seen.c.mention_id)
        .where(
            *_scope(rule, subject, exercise_id),
            seen.c.occurred_at > until - rule.window,
            seen.c.occurred_at <= until,
        )
        .order_by(seen.c.occurred_at.desc())
        .limit(limit)
    )
    return [row[0] for row in rows]
