"""What whoever comes on call takes over from whoever goes off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from listener.domain.incident import State
from listener.domain.rule import Level


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenIncident:
    """One incident that goes on, in figures."""

    number: int
    subject: str  # the watch's first name
    level: Level
    state: State
    opened_at: datetime
    mentions: int
    last_at: datetime  # of its latest breach
    by: str | None = None  # the name of who takes care of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """One side of a hand-over. Names are people's, `rota` an id; no text is in it."""

    hospital: str
    timezone: str
    rota: str
    at: datetime  # when it is rendered
    comes: bool  # its reader comes on call; else goes off
    other: str  # who goes off, or who comes on
    since: datetime  # when the shift begins
    until: datetime  # and ends
    hole: bool = False  # nobody is in the rota: the reader is its fallback
    open: Sequence[OpenIncident] = ()
