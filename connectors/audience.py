"""How many follow the watched accounts: read once a day at most, which the feed's cursor remembers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime, timedelta

import structlog

from connectors.connector import (
    Clock,
    Closed,
    ConnectorError,
    Cursor,
    Malformed,
    Page,
    Unauthorized,
)
from connectors.dates import parse_date
from connectors.mention import AudienceSnapshot
from connectors.response import NotFound

log = structlog.get_logger(__name__)
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


async def daily_audience(
    feed: str,
    accounts: Sequence[str],
    snapshot: Callable[[str, datetime], Awaitable[AudienceSnapshot]],
    *,
    network: str,
    cursor: Cursor | None,
    clock: Clock,
) -> AsyncIterator[Page]:
    """The snapshots of these accounts, once a day: at most one page.

    One that the network does not know costs the others nothing; where it is in trouble, the next
    poll asks again.
    """
    at = clock()
    if not accounts or not is_due(cursor, at):
        return
    snapshots: list[AudienceSnapshot] = []
    denied = False
    for account in accounts:
        try:
            snapshots.append(await snapshot(account, at))
        except Unauthorized:
            denied = True
        except (NotFound, Closed, Malformed):
            log.warning("audience.account_unknown", network=network)
        except ConnectorError as error:
            log.info("audience.unknown", network=network, error=type(error).__name__)
            return
    if denied and not snapshots:
        return  # the lists say so; an empty page would look like something that was read
    yield audience_page(feed, snapshots, at)
