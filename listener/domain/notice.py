"""What the listener says about itself: a source that fails, a gap, a hole in the rota."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from listener.domain.rule import Level


class NoticeKind(StrEnum):
    SOURCE_FAILING = "source_failing"
    SOURCE_REFUSED = "source_refused"  # its credentials were refused: somebody must act
    SOURCE_RECOVERED = "source_recovered"
    GAP = "gap"  # what a network could no longer give
    ACCESS_ENDING = "access_ending"  # `since` is when
    ROTA_HOLE = "rota_hole"
    CALENDAR_AWAY = "calendar_away"  # of a rota: `since` is when it was last read
    CHANNEL_FAILING = "channel_failing"
    MAILBOX_FAILING = "mailbox_failing"  # that replies to alerts come to
    SCORER_FAILING = "scorer_failing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One operational message. `name` is the source's, rota's or channel's id; `cause` is safe to
    show (an error's name, never a URL's query or a text).
    """

    kind: NoticeKind
    level: Level
    hospital: str
    name: str
    at: datetime  # when it is rendered
    timezone: str
    since: datetime | None = None
    until: datetime | None = None
    cause: str = ""
