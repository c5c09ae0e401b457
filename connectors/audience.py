"""How many follow the watched accounts: read once a day at most, which the feed's cursor remembers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from connectors.connector import Cursor, Page
from connectors.dates import parse_date
from connectors.mention import AudienceSnapshot

VERSION = 1
EVERY = timedelta(days=1)


def is_due(cursor: Cursor | None, at: datetime) -> bool:
    """True too where the cursor is damaged, or from a clock that ran ahead."""
    taken = cursor.get("taken_at") if cursor and cursor.get("v") == VERSION else None
    before = parse_date(taken) if isinstance(taken, str) else None
    return before is None or not timedelta(0) <= at - before < EVERY


def audience_page(feed: str, snapshots: Sequence[AudienceSnapshot], at: datetime) -> Page:
    cursor = {"v": VERSION, "taken_at": at.isoformat()}
    return Page(feed=feed, audiences=snapshots, cursor=cursor, complete=True)
