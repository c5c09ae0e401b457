"""Two incidents that prove to be one: what the older of them becomes."""

from __future__ import annotations

from typing import Any

from listener.domain.evidence import merge_evidence
from listener.domain.incident import Incident, State


def united(older: Incident, younger: Incident) -> dict[str, Any]:
    """The older incident's columns once it stands for both.

    It stays in somebody's hand only where that person took a matter as grave as both together,
    life and safety included.
    """
    level = max(older.level, younger.level, key=lambda level: level.rank)
    grave = [i for i in (older, younger) if i.level is level]
    exempt = any(i.exempt for i in (older, younger))
    taken = [i for i in grave if i.state is State.ACKNOWLEDGED and i.exempt is exempt]
    later = max((older, younger), key=lambda i: (i.step, i.paged_at is not None))
    pages = [i.paged_at for i in (older, younger) if i.paged_at is not None]
    alerts = [i.alerted_at for i in (older, younger) if i.alerted_at is not None]
    levels = [i.alerted_level for i in (older, younger) if i.alerted_level is not None]
    values: dict[str, Any] = {
        "level": level,
        "state": State.ACKNOWLEDGED if taken else State.OPEN,
        "acknowledged_at": taken[0].acknowledged_at if taken else None,
        "acknowledged_by": taken[0].acknowledged_by if taken else None,
        "evidence": merge_evidence(older.evidence, younger.evidence),
        "last_breach_at": max(older.last_breach_at, younger.last_breach_at),
        "step": later.step,
        "step_at": later.step_at,
        "paged_at": max(pages, default=None),
        "alerted_at": max(alerts, default=None),
        "alerted_level": max(levels, key=lambda level: level.rank, default=None),
    }
    # What somebody put to sleep is woken by what is as grave, and by nothing less.
    snoozes = [i.snoozed_until for i in grave]
    values["snoozed_until"] = None if None in snoozes else min(s for s in snoozes if s)
    return values
