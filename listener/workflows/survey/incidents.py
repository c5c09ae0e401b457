"""The incidents of a period and the calls they made."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from listener.domain.action import NO_ALARM
from listener.domain.calendar import WorkCalendar
from listener.domain.digest import Call, IncidentLine
from listener.domain.incident import State
from listener.domain.rule import BLIND, Level
from listener.storage import review
from listener.storage.review import Size
from listener.workflows.survey.scope import Scope


async def incidents(
    connection: AsyncConnection,
    scope: Scope,
    calendar: WorkCalendar,
    *,
    about: Collection[str] | None = None,
) -> Sequence[IncidentLine]:
    """Each once: what one that became part of another called, the other called.

    Those of the subjects `about`, or whatever they are about.
    """
    since, until, drill = scope.period.since, scope.period.until, scope.exercise_id
    alerts = await review.alerts_between(connection, since, until, exercise_id=drill)
    stands = await review.standing(connection, alerts)
    calls: dict[int, list[Call]] = {}
    for number, entries in alerts.items():
        called = [_call(entry, calendar) for entry in entries if entry.data.get("called")]
        calls.setdefault(stands[number], []).extend(called)
    rows = await review.incidents_between(
        connection, since, until, also=calls.keys(), exercise_id=drill
    )
    sizes = await review.sizes(connection, [row.id for row in rows])
    return [
        _line(scope, row, sizes.get(row.id, Size()), calls.get(row.id, ()))
        for row in rows
        if about is None or row.subject in about
    ]


def _line(scope: Scope, row: Row[Any], size: Size, calls: Sequence[Call]) -> IncidentLine:
    dismissed = row.state == State.DISMISSED
    return IncidentLine(
        number=row.id,
        subject=scope.viewer.subject(row.subject),
        level=Level(row.level),
        state=State(row.state),
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        mentions=size.mentions,
        calls=sorted(calls, key=lambda call: call.at),
        first_at=size.first_at,
        acknowledged_at=row.acknowledged_at,
        false_alarm=dismissed and row.close_reason not in NO_ALARM,
        blind=row.subject == BLIND,
        reasons=scope.viewer.reasons(row.evidence),
    )


def _call(alert: Row[Any], calendar: WorkCalendar) -> Call:
    return Call(
        at=alert.at,
        level=Level(alert.data["level"]),
        at_night=not calendar.is_working(alert.at),
        observed=alert.kind != "alerted",
    )
