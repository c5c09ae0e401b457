"""What rules remember of subjects between two looks, kept with the transaction that looked."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Row, Select, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from listener.domain.rule import RuleState, StateKey
from listener.storage.dialect import each_of, insert_into
from listener.storage.tables import rule_states as states

LOOKED_AT = "looked_at"  # among the figures: the table has no column of it
AT_ONCE = 200  # states that one look brings up to date: the rest at the next

_READ = select(states).where(
    states.c.exercise_id == bindparam("exercise_id"),
    states.c.rule.in_(each_of("rules")),
    states.c.subject.in_(each_of("subjects")),
)


async def read(
    connection: AsyncConnection,
    rules: Collection[str],
    subjects: Collection[str],
    *,
    exercise_id: str = "",
) -> dict[StateKey, RuleState]:
    """What these rules remember of these subjects; their subjects are locked by the caller."""
    if not rules or not subjects:
        return {}
    bound = {"exercise_id": exercise_id, "rules": sorted(rules), "subjects": sorted(subjects)}
    rows = await connection.execute(_READ, bound)
    return {(row.rule, row.subject): _state(row) for row in rows}


def _due(at: datetime, exercise_id: str) -> Select[Any]:
    return (
        select(states)
        .where(states.c.exercise_id == exercise_id, states.c.due_at <= at)
        .order_by(states.c.due_at)
        .limit(AT_ONCE)
    )


async def due(connection: AsyncConnection, at: datetime, *, exercise_id: str = "") -> set[StateKey]:
    """Whose time to look again has come, the longest overdue of many.

    Only a hint to whom to lock: read them again once their subjects are.
    """
    rows = await connection.execute(_due(at, exercise_id))
    return {(row.rule, row.subject) for row in rows}


async def write(
    connection: AsyncConnection, changed: Mapping[StateKey, RuleState], *, exercise_id: str = ""
) -> None:
    """Keep the states; one that rests is kept too, where there was a row: it says so."""
    if changed:
        rows = [_row(key, state, exercise_id) for key, state in sorted(changed.items())]
        await connection.execute(_upsert(connection.dialect.name), rows)


@lru_cache
def _upsert(dialect: str) -> Any:
    statement = insert_into(dialect, states)
    names = ("since", "breached_at", "due_at", "figures")
    return statement.on_conflict_do_update(
        index_elements=["exercise_id", "rule", "subject"],
        set_={name: statement.excluded[name] for name in names},
    )


def _row(key: StateKey, state: RuleState, exercise_id: str) -> dict[str, Any]:
    looked = {LOOKED_AT: state.looked_at.isoformat()} if state.looked_at else {}
    return {
        "exercise_id": exercise_id,
        "rule": key[0],
        "subject": key[1],
        "since": state.since,
        "breached_at": state.breached_at,
        "due_at": state.due_at,
        "figures": {**state.figures, **looked},
    }


def _state(row: Row[Any]) -> RuleState:
    figures = dict(row.figures)
    looked = figures.pop(LOOKED_AT, None)
    return RuleState(
        since=row.since,
        breached_at=row.breached_at,
        due_at=row.due_at,
        looked_at=datetime.fromisoformat(looked) if looked else None,
        figures=figures,
    )


async def forget(
    connection: AsyncConnection, kept: Sequence[str], *, exercise_id: str = ""
) -> None:
    """Drop what rules remember that are no longer configured, so that nothing of them falls due."""
    await connection.execute(
        states.delete().where(states.c.exercise_id == exercise_id, states.c.rule.not_in(list(kept)))
    )
