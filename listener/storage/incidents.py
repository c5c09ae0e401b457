"""Incidents, the mentions that joined them, and their append-only timeline."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from listener.domain.incident import UNFINISHED, Incident, State, Verdict
from listener.domain.rule import Breach, Level
from listener.storage.dialect import chunks, insert, insert_new
from listener.storage.tables import incident_events, incident_mentions, incidents


def open_key(subject: str, exercise_id: str) -> str:
    """At most one unfinished incident a subject: held by a unique index, not by a look before."""
    return f"{exercise_id}/{subject}"


def _incident(row: Row[Any]) -> Incident:
    return Incident(
        id=row.id,
        subject=row.subject,
        level=Level(row.level),
        state=State(row.state),
        opened_at=row.opened_at,
        last_breach_at=row.last_breach_at,
        alerted_at=row.alerted_at,
        alerted_level=Level(row.alerted_level) if row.alerted_level else None,
        evidence=row.evidence,
        exercise_id=row.exercise_id,
    )


_UNFINISHED = select(incidents).where(
    incidents.c.exercise_id == bindparam("exercise_id"), incidents.c.open_key.is_not(None)
)


async def unfinished(connection: AsyncConnection, *, exercise_id: str = "") -> dict[str, Incident]:
    """The open or acknowledged incident of each subject."""
    rows = await connection.execute(_UNFINISHED, {"exercise_id": exercise_id})
    return {row.subject: _incident(row) for row in rows}


async def get(connection: AsyncConnection, incident_id: int) -> Incident | None:
    row = (
        await connection.execute(select(incidents).where(incidents.c.id == incident_id))
    ).one_or_none()
    return _incident(row) if row else None


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


async def last_pages(
    connection: AsyncConnection, subjects: Collection[str], *, exercise_id: str = ""
) -> dict[str, tuple[datetime, Level]]:
    """When each subject last called somebody and at what level, through closed incidents too."""
    if not subjects:
        return {}
    latest = (
        select(incidents.c.subject, func.max(incidents.c.alerted_at).label("alerted_at"))
        .where(incidents.c.exercise_id == exercise_id, incidents.c.subject.in_(subjects))
        .group_by(incidents.c.subject)
        .subquery()
    )
    rows = await connection.execute(
        select(incidents.c.subject, incidents.c.alerted_at, incidents.c.alerted_level).join(
            latest,
            (incidents.c.subject == latest.c.subject)
            & (incidents.c.alerted_at == latest.c.alerted_at),
        )
    )
    return {subject: (when, Level(level)) for subject, when, level in rows if level}


async def open_new(
    connection: AsyncConnection, verdict: Verdict, *, at: datetime, config_hash: str, exercise: str
) -> int | None:
    """Open an incident; None where another writer has just opened the subject's."""
    statement = (
        insert(connection, incidents)
        .values(
            exercise_id=exercise,
            subject=verdict.subject,
            open_key=open_key(verdict.subject, exercise),
            level=verdict.level.value,
            state=State.OPEN.value,
            opened_at=at,
            last_breach_at=verdict.last_breach_at,
            config_hash=config_hash,
            evidence=[],
        )
        .on_conflict_do_nothing(index_elements=["open_key"])
        .returning(incidents.c.id)
    )
    found: int | None = (await connection.execute(statement)).scalar_one_or_none()
    return found


def evidence_of(breach: Breach, kind: str) -> dict[str, Any]:
    """A breach as it is kept: figures and keys, never a text."""
    return {
        "rule": breach.rule,
        "kind": kind,
        "level": breach.level.value,
        "at": breach.at.isoformat(),
        "since": breach.since.isoformat() if breach.since else None,
        "seen": dict(breach.seen),
        "expected": dict(breach.expected),
    }


def merge_evidence(
    old: Sequence[Mapping[str, Any]], new: Iterable[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """One breach a rule: the gravest figures it has seen, the latest of equals."""
    by_rule = {item["rule"]: item for item in old}
    for item in new:
        before = by_rule.get(item["rule"])
        if before is None or _gravity(item) >= _gravity(before):
            by_rule[item["rule"]] = item
    return list(by_rule.values())


def _gravity(item: Mapping[str, Any]) -> float:
    """What a rule's breaches are compared by: its own figure; found terms are all alike."""
    figure = {"severity": "severity", "count": "count", "negative_share": "share"}.get(item["kind"])
    return float(item["seen"].get(figure, 0)) if figure else 0.0


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


async def mark_alerted(
    connection: AsyncConnection, incident_id: int, *, at: datetime, level: Level
) -> None:
    await connection.execute(
        update(incidents)
        .where(incidents.c.id == incident_id)
        .values(alerted_at=at, alerted_level=level.value)
    )


async def add_mentions(
    connection: AsyncConnection, incident_id: int, mention_ids: Collection[int]
) -> None:
    for part in chunks(sorted(mention_ids)):
        await connection.execute(
            insert_new(connection, incident_mentions),
            [{"incident_id": incident_id, "mention_id": number} for number in part],
        )


async def add_event(
    connection: AsyncConnection, incident_id: int, *, at: datetime, kind: str, **data: Any
) -> None:
    """Append to the timeline: keys and figures only, texts stay erasable."""
    await connection.execute(
        insert(connection, incident_events).values(
            incident_id=incident_id, at=at, kind=kind, data=data
        )
    )


async def close(
    connection: AsyncConnection, incident_id: int, *, at: datetime, state: State
) -> bool:
    """End an unfinished incident; False where somebody else did."""
    result = await connection.execute(
        update(incidents)
        .where(incidents.c.id == incident_id, incidents.c.state.in_([s.value for s in UNFINISHED]))
        .values(state=state.value, closed_at=at, open_key=None)
    )
    return result.rowcount == 1
