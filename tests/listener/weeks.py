"""Invented weeks of stored mentions, incidents and gaps, for the tests of figures and digests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from listener.domain.digest import Period, week
from listener.storage.database import Database
from listener.storage.seal import Sealer
from listener.storage.tables import metadata
from listener.workflows.draft import LINK

PARIS = ZoneInfo("Europe/Paris")
W47 = week("2026-W47", PARIS)
MONDAY = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)  # 8:00 in Paris, the hour of W47's digest
SEALER = Sealer(b"e" * 32)
_numbers = count(1)


async def insert(database: Database, table: str, **values: Any) -> Any:
    async with database.write() as connection:
        result = await connection.execute(metadata.tables[table].insert().values(**values))
        return result.inserted_primary_key[0]


async def said(
    database: Database,
    at: datetime,
    text: str | None = "Le CHU de Valmont, bien.",
    *,
    subjects: tuple[str, ...] = ("chu",),
    sentiment: str | None = "neutral",
    network: str = "mastodon",
    live: bool = True,
    exercise_id: str = "",
    reactions: int | None = None,
    **values: Any,
) -> int:
    """Store one mention that occurred at an instant; gives its id."""
    number = next(_numbers)
    common = {
        "exercise_id": exercise_id,
        "occurred_at": at,
        "live": live,
        "network": network,
        "sentiment": sentiment,
    }
    row = {
        "ref": f"{number:032x}",
        "source_id": network,
        "kind": "post",
        "text": text,
        "text_hash": f"{number:032x}",
        "received_at": at + timedelta(minutes=1),
        **common,
        **values,
    }
    mention_id = await insert(database, "mentions", **row)
    for subject in subjects:
        await insert(database, "mention_subjects", mention_id=mention_id, subject=subject, **common)
    sealed = SEALER.seal({"url": f"https://{network}.example/{number}", "external_id": "1"}, LINK)
    await insert(
        database,
        "mention_links",
        mention_id=mention_id,
        sealed=sealed,
        expires_at=at + timedelta(days=395),
    )
    if reactions is not None:
        await insert(database, "snapshots", mention_id=mention_id, taken_at=at, reactions=reactions)
    return mention_id


async def happened(
    database: Database,
    opened_at: datetime,
    *,
    calls: tuple[datetime, ...] = (),
    kind: str = "alerted",
    called: tuple[str, ...] = ("lea",),
    state: str = "resolved",
    exercise_id: str = "",
) -> int:
    """Store one critical incident about the hospital, with the calls it made."""
    number = await insert(
        database,
        "incidents",
        exercise_id=exercise_id,
        subject="chu",
        level="critical",
        state=state,
        opened_at=opened_at,
        last_breach_at=opened_at,
        closed_at=opened_at + timedelta(hours=13) if state == "resolved" else None,
        config_hash="0" * 16,
        evidence=[],
    )
    for at in calls:
        data = {"alert": "opened", "level": "critical", "called": list(called)}
        await insert(database, "incident_events", incident_id=number, at=at, kind=kind, data=data)
    return number


def within(period: Period, days: float, hours: float = 0) -> datetime:
    """An instant so long after the week's beginning."""
    return period.since + timedelta(days=days, hours=hours)
