"""Ends an incident: its stories are free again, and what it amounted to is kept."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from listener.domain.incident import Incident, State
from listener.storage import belonging, incidents, timeline, views
from listener.workflows.update import Updates


async def close_incident(
    connection: AsyncConnection,
    incident: Incident,
    updates: Updates,
    *,
    at: datetime,
    state: State,
    how: str,
    by: str | None = None,
    reason: str | None = None,
    merged_into: int | None = None,
) -> bool:
    """Close an unfinished incident; False where somebody else did.

    Its figures at this moment are what the matter is measured against should it come back.
    """
    closing = {**await views.weight(connection, incident.id), "level": incident.level.value}
    done = await incidents.close(
        connection,
        incident,
        at=at,
        state=state,
        closed_by=by,
        close_reason=reason,
        closing=closing,
        merged_into=merged_into,
    )
    if not done:
        return False
    await belonging.settle_stories(connection, incident.id, is_open=False)
    kind = "merged" if merged_into else state.value
    data = {"by": by, "how": how, "reason": reason, "into": merged_into}
    said = {name: value for name, value in data.items() if value is not None}
    event = await timeline.add(connection, incident.id, at=at, kind=kind, **said)
    await updates.changed(connection, incident, event, at)
    return True
