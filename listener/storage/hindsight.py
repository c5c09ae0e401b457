"""What was known at an instant of the past: for whoever asks why nothing was said then."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from listener.storage.tables import incidents, mention_subjects, mentions, scores

MOST = 5000  # mentions looked at: the latest


async def received(
    connection: AsyncConnection,
    subject: str,
    *,
    since: datetime,
    at: datetime,
    exercise_id: str = "",
) -> list[Row[Any]]:
    """Live mentions of a subject that occurred since an instant and stood here at another.

    Oldest first. Their verdicts are today's: `verdicts.as_of` knows those of then.
    """
    rows = await connection.execute(
        select(mentions)
        .join(mention_subjects, mention_subjects.c.mention_id == mentions.c.id)
        .where(
            mention_subjects.c.exercise_id == exercise_id,
            mention_subjects.c.subject == subject,
            mention_subjects.c.live.is_(True),
            mention_subjects.c.occurred_at > since,
            mention_subjects.c.occurred_at <= at,
            mentions.c.received_at <= at,
        )
        .order_by(mention_subjects.c.occurred_at.desc())
        .limit(MOST)
    )
    return list(rows)[::-1]


async def read_again(
    connection: AsyncConnection,
    subject: str,
    *,
    since: datetime,
    at: datetime,
    exercise_id: str = "",
) -> list[Row[Any]]:
    """Live mentions of a subject, however old, whose figures were read between two instants."""
    measured = select(scores.c.mention_id).where(
        scores.c.classifier == "virality", scores.c.scored_at > since, scores.c.scored_at <= at
    )
    rows = await connection.execute(
        select(mentions)
        .join(mention_subjects, mention_subjects.c.mention_id == mentions.c.id)
        .where(
            mentions.c.id.in_(measured),
            mention_subjects.c.exercise_id == exercise_id,
            mention_subjects.c.subject == subject,
            mention_subjects.c.live.is_(True),
        )
        .order_by(mentions.c.occurred_at)
        .limit(MOST)
    )
    return list(rows)


async def last_breaches(
    connection: AsyncConnection,
    rules: Collection[str],
    subject: str,
    *,
    at: datetime,
    since: datetime,
    exercise_id: str = "",
) -> dict[str, tuple[datetime, str]]:
    """When each rule last breached for a subject, and at what level, as incidents keep it.

    An incident keeps the gravest breach of a rule: one of lesser figures in between is not known.
    """
    rows = await connection.execute(
        select(incidents.c.evidence).where(
            incidents.c.exercise_id == exercise_id,
            incidents.c.subject == subject,
            incidents.c.opened_at <= at,
            incidents.c.last_breach_at >= since,
        )
    )
    found: dict[str, tuple[datetime, str]] = {}
    for row in rows:
        for item in row.evidence:
            when = datetime.fromisoformat(item["at"])
            known = item["rule"] in rules and since <= when <= at
            if known and when > found.get(item["rule"], (since, ""))[0]:
                found[item["rule"]] = (when, item["level"])
    return found
