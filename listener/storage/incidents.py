"""Incidents as rows: opened once a matter, changed under their lock."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from listener.domain.incident import UNFINISHED, Incident, State, Verdict
from listener.domain.rule import Level
from listener.storage.dialect import chunks, insert
from listener.storage.tables import incidents

_ALONE = text("SELECT pg_advisory_xact_lock(:number, 0)")
_INCIDENTS = 0x696E6364  # one number for all: little of what is said touches an incident
_NUMBERS = frozenset(Incident.__slots__) - {"level", "state", "alerted_level", "closing"}


def open_key(matter: str, exercise_id: str) -> str:
    """At most one unfinished incident a matter: held by a unique index, not by a look before."""
    return f"{exercise_id}/{matter}"


def _incident(row: Row[Any]) -> Incident:
    return Incident(
        **{name: getattr(row, name) for name in _NUMBERS},
        level=Level(row.level),
        state=State(row.state),
        alerted_level=Level(row.alerted_level) if row.alerted_level else None,
        closing=row.closing or {},
    )


_UNFINISHED = select(incidents).where(
    incidents.c.exercise_id == bindparam("exercise_id"), incidents.c.open_key.is_not(None)
)


async def unfinished(connection: AsyncConnection, *, exercise_id: str = "") -> list[Incident]:
    """Every open or acknowledged incident, the oldest first."""
    rows = await connection.execute(_UNFINISHED.order_by(incidents.c.id), _named(exercise_id))
    return [_incident(row) for row in rows]


def _named(exercise_id: str) -> dict[str, str]:
    return {"exercise_id": exercise_id}


async def alone(connection: AsyncConnection) -> None:
    """Nobody else opens, moves, merges or rings about incidents until the transaction ends.

    Taken before any of them is read: two daemons then neither open one matter twice, nor count
    the rings of one phone apart, nor wait for each other's incidents in a ring. SQLite's writer
    is alone anyway.
    """
    if connection.dialect.name != "sqlite":
        await connection.execute(_ALONE, {"number": _INCIDENTS})


async def get(connection: AsyncConnection, incident_id: int) -> Incident | None:
    row = (
        await connection.execute(select(incidents).where(incidents.c.id == incident_id))
    ).one_or_none()
    return _incident(row) if row else None


async def hold(connection: AsyncConnection, incident_id: int) -> Incident | None:
    """The incident as it is now, nobody else's until the transaction ends."""
    query = select(incidents).where(incidents.c.id == incident_id).with_for_update()
    row = (await connection.execute(query)).one_or_none()
    return _incident(row) if row else None


async def survivor(
    connection: AsyncConnection, incident_id: int, *, held: bool = True
) -> Incident | None:
    """The incident, or the one that it has become part of in the end."""
    read = hold if held else get
    found = await read(connection, incident_id)
    while found is not None and found.merged_into is not None:
        found = await read(connection, found.merged_into)
    return found


async def of_matter(
    connection: AsyncConnection, matter: str, *, exercise_id: str = ""
) -> Incident | None:
    """The unfinished incident of a matter."""
    query = select(incidents).where(incidents.c.open_key == open_key(matter, exercise_id))
    row = (await connection.execute(query)).one_or_none()
    return _incident(row) if row else None


async def by_ids(connection: AsyncConnection, ids: Collection[int]) -> list[Incident]:
    """These incidents, the one that was closed last first."""
    found: list[Incident] = []
    for part in chunks(sorted(ids)):
        query = select(incidents).where(incidents.c.id.in_(part))
        found += [_incident(row) for row in await connection.execute(query)]
    return sorted(found, key=lambda i: i.closed_at or i.opened_at, reverse=True)


async def last_alert(
    connection: AsyncConnection, matter: str, *, exercise_id: str = ""
) -> tuple[datetime, Level] | None:
    """When a matter last called somebody and at what level, through closed incidents too."""
    rows = await connection.execute(
        select(incidents.c.alerted_at, incidents.c.alerted_level)
        .where(
            incidents.c.exercise_id == exercise_id,
            incidents.c.matter == matter,
            incidents.c.alerted_at.is_not(None),
        )
        .order_by(incidents.c.alerted_at.desc())
        .limit(1)
    )
    row = rows.one_or_none()
    return (row.alerted_at, Level(row.alerted_level)) if row and row.alerted_level else None


async def open_new(
    connection: AsyncConnection, verdict: Verdict, *, at: datetime, config_hash: str, exercise: str
) -> int | None:
    """Open an incident; None where another writer has just opened the matter's."""
    statement = (
        insert(connection, incidents)
        .values(
            exercise_id=exercise,
            subject=verdict.subject,
            matter=verdict.matter,
            open_key=open_key(verdict.matter, exercise),
            level=verdict.level.value,
            state=State.OPEN.value,
            opened_at=at,
            last_breach_at=verdict.last_breach_at,
            snoozed_until=verdict.quiet_until,
            config_hash=config_hash,
            evidence=[],
        )
        .on_conflict_do_nothing(index_elements=["open_key"])
        .returning(incidents.c.id)
    )
    found: int | None = (await connection.execute(statement)).scalar_one_or_none()
    return found


async def change(connection: AsyncConnection, incident_id: int, **values: Any) -> None:
    """Write some of an incident's columns, by name; enumerations as their values."""
    plain = {k: v.value if isinstance(v, State | Level) else v for k, v in values.items()}
    await connection.execute(update(incidents).where(incidents.c.id == incident_id).values(**plain))


async def close(
    connection: AsyncConnection, incident: Incident, *, at: datetime, state: State, **values: Any
) -> bool:
    """End an unfinished incident; False where somebody else did."""
    result = await connection.execute(
        update(incidents)
        .where(incidents.c.id == incident.id, incidents.c.state.in_([s.value for s in UNFINISHED]))
        .values(state=state.value, closed_at=at, open_key=None, snoozed_until=None, **values)
    )
    return result.rowcount == 1


async def reopen(
    connection: AsyncConnection,
    incident: Incident,
    *,
    level: Level,
    quiet_until: datetime | None = None,
) -> bool:
    """Take a closed incident up again at a level; False where its matter has another meanwhile."""
    key = open_key(incident.matter, incident.exercise_id)
    taken = select(incidents.c.id).where(incidents.c.open_key == key)
    if (await connection.execute(taken)).first() is not None:
        return False
    await change(
        connection,
        incident.id,
        state=State.OPEN,
        level=level,
        open_key=key,
        closed_at=None,
        closed_by=None,
        close_reason=None,
        acknowledged_at=None,
        acknowledged_by=None,
        snoozed_until=quiet_until,
        step=0,
        step_at=None,
        paged_at=None,
    )
    return True


async def join(
    connection: AsyncConnection,
    incident: Incident,
    verdict: Verdict,
    evidence: Sequence[Mapping[str, Any]],
) -> None:
    """Write what new breaches change: evidence, the last breach, the level when it rises."""
    rises = verdict.level.rank > incident.level.rank
    await connection.execute(
        update(incidents)
        .where(incidents.c.id == incident.id)
        .values(
            evidence=list(evidence),
            last_breach_at=max(incident.last_breach_at, verdict.last_breach_at),
            level=(verdict.level if rises else incident.level).value,
        )
    )
