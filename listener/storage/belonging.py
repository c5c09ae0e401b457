"""What belongs to an incident: mentions and stories, while it is unfinished and remembered after."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from listener.storage.dialect import chunks, insert_new
from listener.storage.tables import (
    incident_mentions,
    incident_stories,
    incidents,
    mentions,
    stories,
)

LATEST = 10_000  # mentions of a story that join the incident it opens: those are counted
_ROOT = func.coalesce(stories.c.merged_into, stories.c.id)
_OPEN_STORIES = (
    select(incident_stories.c.incident_id, _ROOT.label("root"))
    .join(stories, stories.c.id == incident_stories.c.story_id)
    .join(incidents, incidents.c.id == incident_stories.c.incident_id)
    .where(incident_stories.c.open.is_(True), incidents.c.exercise_id == bindparam("exercise_id"))
)


async def open_stories(
    connection: AsyncConnection, *, exercise_id: str = ""
) -> list[tuple[int, int]]:
    """(incident, story that stands) of every unfinished incident that has one."""
    rows = await connection.execute(_OPEN_STORIES, {"exercise_id": exercise_id})
    return [(row.incident_id, row.root) for row in rows]


async def add_mentions(
    connection: AsyncConnection, incident_id: int, mention_ids: Collection[int]
) -> None:
    for part in chunks(sorted(mention_ids)):
        await connection.execute(
            insert_new(connection, incident_mentions),
            [{"incident_id": incident_id, "mention_id": number} for number in part],
        )


async def add_stories(
    connection: AsyncConnection, incident_id: int, found: Collection[int], *, since: datetime
) -> set[int]:
    """Make stories the incident's, with what was said of them since; those it has now for itself.

    A story that another unfinished incident holds stays there.
    """
    if not found:
        return set()
    await connection.execute(
        insert_new(connection, incident_stories),
        [{"incident_id": incident_id, "story_id": s, "open": True} for s in sorted(found)],
    )
    query = select(incident_stories.c.story_id).where(
        incident_stories.c.incident_id == incident_id, incident_stories.c.story_id.in_(found)
    )
    held = {row.story_id for row in await connection.execute(query)}
    for story in sorted(held):
        rows = await connection.execute(_of_story([story], since).limit(LATEST))
        await add_mentions(connection, incident_id, [row.id for row in rows])
    return held


def _of_story(wanted: Collection[int], since: datetime) -> Select[Any]:
    merged = select(stories.c.id).where(stories.c.merged_into.in_(wanted))
    return (
        select(mentions.c.id)
        .where(
            mentions.c.story_id.in_(wanted) | mentions.c.story_id.in_(merged),
            mentions.c.occurred_at >= since,
            mentions.c.live.is_(True),
        )
        .order_by(mentions.c.id.desc())
    )


async def settle_stories(connection: AsyncConnection, incident_id: int, *, is_open: bool) -> None:
    """The incident holds its stories no more, or again those that nobody else holds."""
    mine = incident_stories.c.incident_id == incident_id
    wanted = update(incident_stories).where(mine).values(open=is_open)
    if is_open:
        others = incident_stories.alias()
        taken = select(others.c.story_id).where(others.c.open.is_(True))
        wanted = wanted.where(incident_stories.c.story_id.not_in(taken))
    await connection.execute(wanted)


async def held(
    connection: AsyncConnection, incident_ids: Collection[int], mention_ids: Collection[int]
) -> dict[int, set[int]]:
    """Which of these mentions each of these incidents holds."""
    found: dict[int, set[int]] = {}
    if not incident_ids:
        return found
    for part in chunks(sorted(mention_ids)):
        query = select(incident_mentions).where(
            incident_mentions.c.mention_id.in_(part),
            incident_mentions.c.incident_id.in_(list(incident_ids)),
        )
        for row in await connection.execute(query):
            found.setdefault(row.incident_id, set()).add(row.mention_id)
    return found


async def of_mentions(connection: AsyncConnection, mention_ids: Collection[int]) -> set[int]:
    """The incidents, open or closed, that hold any of these mentions."""
    found: set[int] = set()
    for part in chunks(mention_ids):
        rows = await connection.execute(
            select(incident_mentions.c.incident_id)
            .where(incident_mentions.c.mention_id.in_(part))
            .distinct()
        )
        found.update(row.incident_id for row in rows)
    return found


async def mentions_of(connection: AsyncConnection, incident_id: int) -> set[int]:
    query = select(incident_mentions.c.mention_id).where(
        incident_mentions.c.incident_id == incident_id
    )
    return {row.mention_id for row in await connection.execute(query)}


async def stories_of(connection: AsyncConnection, mention_ids: Iterable[int]) -> Counter[int]:
    """How many of these mentions each story has, by the story that stands for theirs."""
    found: Counter[int] = Counter()
    for part in chunks(sorted(mention_ids)):
        query = (
            select(_ROOT.label("root"), func.count().label("times"))
            .select_from(mentions.join(stories, stories.c.id == mentions.c.story_id))
            .where(mentions.c.id.in_(part))
            .group_by(_ROOT)
        )
        found.update({row.root: row.times for row in await connection.execute(query)})
    return found


async def said_of(connection: AsyncConnection, found: Collection[int], *, since: datetime) -> int:
    """How many live mentions these stories have since an instant."""
    if not found:
        return 0
    query = select(func.count()).select_from(_of_story(found, since).order_by(None).subquery())
    return int((await connection.execute(query)).scalar_one())


async def remembered(
    connection: AsyncConnection, found: Collection[int], *, since: datetime, exercise_id: str
) -> set[int]:
    """Incidents closed since an instant that held one of these stories, and were not merged away."""
    if not found:
        return set()
    query = (
        select(incident_stories.c.incident_id)
        .join(incidents, incidents.c.id == incident_stories.c.incident_id)
        .join(stories, stories.c.id == incident_stories.c.story_id)
        .where(
            incidents.c.exercise_id == exercise_id,
            incidents.c.closed_at >= since,
            incidents.c.merged_into.is_(None),
            _ROOT.in_(list(found)),
        )
    )
    return {row.incident_id for row in await connection.execute(query)}


async def move(connection: AsyncConnection, source: int, target: int) -> None:
    """Everything of one incident becomes another's as well; its open stories go over."""
    await add_mentions(connection, target, await mentions_of(connection, source))
    query = select(incident_stories.c.story_id).where(incident_stories.c.incident_id == source)
    theirs = [row.story_id for row in await connection.execute(query)]
    await settle_stories(connection, source, is_open=False)
    if theirs:
        await connection.execute(
            insert_new(connection, incident_stories),
            [{"incident_id": target, "story_id": story, "open": True} for story in theirs],
        )


async def overlaps(connection: AsyncConnection, incident_id: int) -> tuple[int, dict[int, int]]:
    """How many mentions an incident has, and how many of them each other unfinished one has too."""
    mine, theirs = incident_mentions, incident_mentions.alias()
    total = select(func.count()).where(mine.c.incident_id == incident_id)
    shared = (
        select(theirs.c.incident_id, func.count().label("times"))
        .join(mine, mine.c.mention_id == theirs.c.mention_id)
        .join(incidents, incidents.c.id == theirs.c.incident_id)
        .where(
            mine.c.incident_id == incident_id,
            theirs.c.incident_id != incident_id,
            incidents.c.open_key.is_not(None),
        )
        .group_by(theirs.c.incident_id)
    )
    found = {row.incident_id: row.times for row in await connection.execute(shared)}
    return int((await connection.execute(total)).scalar_one()), found
