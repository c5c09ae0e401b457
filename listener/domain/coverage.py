"""Where the watcher is blind, and since when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Blindness(StrEnum):
    SOURCE_SILENT = "source_silent"  # nothing for longer than its rhythm explains
    SOURCE_FAILING = "source_failing"
    SOURCE_REFUSED = "source_refused"  # its credentials
    BUDGET_SPENT = "budget_spent"
    SOURCE_BEHIND = "source_behind"  # it reads, but not as fast as people write
    SCORER_AWAY = "scorer_away"
    DATABASE_SLOW = "database_slow"
    SCHEDULER_LATE = "scheduler_late"
    CHANNEL_FAILING = "channel_failing"
    CHANNEL_UNPROVEN = "channel_unproven"  # its weekly test was not delivered


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageFact:
    """One thing that is wrong with the watch itself. `name` is a source's or channel's id."""

    kind: Blindness
    name: str
    since: datetime
    detail: str = ""  # safe to show: an error's name, a figure
