"""Mentions and tallies by the thousand, written straight into the tables; a watch over them."""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from classifiers.themes import pack
from listener.domain.burst import INTERVAL, NEGATIVE, TOTAL
from listener.storage import sources, tallies
from listener.storage.database import Database
from listener.storage.tables import mention_subjects, mentions
from listener.storage.tallies import Tally
from listener.workflows.bursts import BurstWatch
from tests.classifiers.bursts.streets import rhythm

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
TICK = timedelta(seconds=35)  # after an interval's end: its mentions are committed by then
STREAMS = (("chu", TOTAL), ("chu", NEGATIVE))


def watch_of(database: Database, **values: Any) -> BurstWatch:
    return BurstWatch(**{"database": database, "watched": STREAMS, **values})


def history(
    days: int, per_day: float, *, until: datetime = MONDAY, negative: float = 0.3, seed: int = 1
) -> list[Tally]:
    """A street's usual days, as they would have been tallied before `until`."""
    dice, said = random.Random(seed), rhythm(days, per_day, seed=seed)
    first = until - (len(said) - 1) * INTERVAL
    found = []
    for step, total in enumerate(said):
        bad = sum(dice.random() < negative for _ in range(total))
        streams = {name: n for name, n in ((TOTAL, total), (NEGATIVE, bad)) if n}
        counts = {"chu": streams} if streams else {}
        found.append(Tally(until=first + step * INTERVAL, covered=True, counts=counts, judged=True))
    return found


async def remember(database: Database, known: Sequence[Tally], exercise_id: str = "") -> None:
    async with database.write() as connection:
        for start in range(0, len(known), 2_000):
            some = known[start : start + 2_000]
            await tallies.add(connection, some, exercise_id=exercise_id)


async def say(
    database: Database,
    received_at: Collection[datetime],
    *,
    sentiment: str | None = "negative",
    themes: Collection[str] = (),
    subjects: Collection[str] = ("chu",),
    source: str = "mastodon",
    live: bool = True,
    exercise_id: str = "",
    late: timedelta = timedelta(minutes=1),
) -> None:
    """One mention for each instant, scored unless `sentiment` is None."""
    rows = [
        {
            "exercise_id": exercise_id,
            "network": "mastodon",
            "ref": f"{random.getrandbits(120):030x}",
            "source_id": source,
            "kind": "post",
            "live": live,
            "text_hash": "x",
            "occurred_at": at - late,
            "received_at": at,
            "scored_at": at if sentiment else None,
            "sentiment": sentiment,
            "themes": pack(themes),
        }
        for at in received_at
    ]
    async with database.write() as connection:
        added = mentions.insert().returning(mentions.c.id, sort_by_parameter_order=True)
        ids = list((await connection.execute(added, rows)).scalars()) if rows else []
        concerns = [
            {
                "mention_id": number,
                "subject": subject,
                "exercise_id": exercise_id,
                "occurred_at": row["occurred_at"],
                "live": live,
                "network": "mastodon",
                "sentiment": sentiment,
            }
            for number, row in zip(ids, rows, strict=True)
            for subject in subjects
        ]
        if concerns:
            await connection.execute(mention_subjects.insert(), concerns)


def spread(since: datetime, length: timedelta, number: int) -> list[datetime]:
    """Instants, evenly over a stretch."""
    return [since + length * (n + 0.5) / number for n in range(number)]


async def stored(database: Database, exercise_id: str = "") -> dict[datetime, Tally]:
    async with database.read() as connection:
        known = await tallies.latest(connection, 50_000, exercise_id=exercise_id)
    return {tally.until: tally for tally in known}


async def fails(database: Database, *names: str, failures: int = 5) -> None:
    async with database.write() as connection:
        for name in names:
            await sources.set_state(connection, name, failures=failures)
