"""Whose phone rang, when and for what."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from listener.domain.incident import UNFINISHED
from listener.domain.paging import Ring, Wanted
from listener.storage.tables import incidents, pages


async def rung(
    connection: AsyncConnection,
    people: Collection[str],
    *,
    since: datetime,
    at: datetime,
    exercise_id: str = "",
) -> dict[str, list[datetime]]:
    """When each phone rang after `since`, up to `at`: a clock that was set back hides no crisis."""
    query = select(pages.c.person, pages.c.at).where(
        pages.c.exercise_id == exercise_id,
        pages.c.person.in_(sorted(people)),
        pages.c.at > since,
        pages.c.at <= at,
        pages.c.folded.is_(False),
    )
    found: dict[str, list[datetime]] = {}
    for row in await connection.execute(query):
        found.setdefault(row.person, []).append(row.at)
    return found


async def waiting(
    connection: AsyncConnection, people: Collection[str], *, exercise_id: str = ""
) -> dict[str, list[int]]:
    """Unfinished incidents each person was not rung about yet, for want of room."""
    last = (
        select(pages.c.person, func.max(pages.c.id).label("id"))
        .where(pages.c.exercise_id == exercise_id, pages.c.folded.is_(False))
        .group_by(pages.c.person)
        .subquery()
    )
    query = (
        select(pages.c.person, pages.c.incident_id)
        .join(incidents, incidents.c.id == pages.c.incident_id)
        .outerjoin(last, last.c.person == pages.c.person)
        .where(
            pages.c.exercise_id == exercise_id,
            pages.c.person.in_(sorted(people)),
            pages.c.folded.is_(True),
            pages.c.id > func.coalesce(last.c.id, 0),
            incidents.c.state.in_([state.value for state in UNFINISHED]),
        )
        .distinct()
        .order_by(pages.c.incident_id)
    )
    found: dict[str, list[int]] = {}
    for row in await connection.execute(query):
        found.setdefault(row.person, []).append(row.incident_id)
    return found


async def add(
    connection: AsyncConnection,
    rings: Sequence[Ring],
    folded: Sequence[Wanted],
    *,
    steps: dict[int, int],
    at: datetime,
    exercise_id: str = "",
) -> None:
    """Write down what rang and what was folded; `steps` gives each incident's step."""
    # What is folded comes before the ring that tells it: it waits for none after.
    written: list[tuple[Ring | Wanted, bool]] = [(item, True) for item in folded]
    written += [(item, False) for item in rings]
    rows = [
        {
            "exercise_id": exercise_id,
            "at": at,
            "person": item.person,
            "incident_id": item.incident,
            "step": steps[item.incident],
            "exempt": item.exempt,
            "folded": is_folded,
        }
        for item, is_folded in written
    ]
    if rows:
        await connection.execute(insert(pages), rows)
