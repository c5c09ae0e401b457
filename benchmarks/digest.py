"""What a digest costs from the database to the e-mail: a week of 50,000 mentions, and a quiet one after it."""

from __future__ import annotations

import asyncio
import multiprocessing
import random
import resource
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import URL, make_url

from benchmarks import house
from benchmarks.measure import Measure, tell
from benchmarks.stories import invented
from classifiers.themes import THEMES, pack
from listener.domain.alert import Recipient
from listener.domain.calendar import CalendarSettings, WorkCalendar
from listener.domain.digest import Period, week
from listener.domain.watch import Watch
from listener.notifiers.digest.charts import Painter
from listener.notifiers.render import render_digest
from listener.storage.database import Database
from listener.storage.seal import Sealer
from listener.storage.tables import metadata
from listener.workflows.draft import LINK
from listener.workflows.survey import Surveyor
from listener.workflows.view import Viewer

LOUD, USUAL = 50_000, 20_000
STORY = 5  # mentions: 10,000 stories in the loud week
QUICK = 10  # times less
QUIET = 40
WEEKS_BEFORE = 8
WEEK_LONG = timedelta(weeks=1)
NETWORKS = ("mastodon", "bluesky", "facebook", "x", "instagram", "google_reviews", "rss", "youtube")
KINDS = ("post", "post", "post", "comment", "reply", "repost", "quote", "review", "article")
SENTIMENTS = ("negative", "neutral", "neutral", "positive", None)
PART = 2_000  # rows written at a time
KB = 1024
MB = 2**20
SEALER = Sealer(house.KEY)
WATCHES = (
    Watch(id="chu", names=("CHU de Valmont",), accounts=("chu_valmont",)),
    *(
        Watch(id=f"service-{n}", kind="service", of="chu", names=(f"Service {n}",))
        for n in range(12)
    ),
    *(Watch(id=f"peer-{n}", kind="peer", names=(f"CH {n}",)) for n in range(3)),
)
WEEK = week("2026-W47", house.PARIS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filling:
    """How much is said in a week."""

    period: Period
    mentions: int
    stories: int


def run(*, quick: bool) -> list[Measure]:
    measures: list[Measure] = []
    for engine in house.engines():
        with house.migrated(engine) as url:
            _apart(url, [QUIET] * (WEEKS_BEFORE + 1))
            measures += asyncio.run(_quiet(engine, url))
        with house.migrated(engine) as url:
            divided = QUICK if quick else 1
            usual, loud = USUAL // divided, LOUD // divided
            _apart(url, [*[usual] * WEEKS_BEFORE, loud, QUIET])
            measures += asyncio.run(_loud(engine, url))
    return measures


def _apart(url: URL, mentions: Sequence[int]) -> None:
    """Filled by another process: what that takes is no memory of a digest's."""
    plain = url.render_as_string(hide_password=False)
    filling = multiprocessing.get_context("spawn").Process(target=_fill, args=(plain, mentions))
    filling.start()
    filling.join()
    if filling.exitcode:
        raise RuntimeError("the database was not filled")


def _fill(url: str, mentions: Sequence[int]) -> None:
    """So many a week from eight weeks before WEEK on, a fifth as many stories."""
    period, weeks = WEEK, []
    for _ in range(WEEKS_BEFORE):
        period = period.previous()
    for number in mentions:
        weeks.append(Filling(period=period, mentions=number, stories=-(-number // STORY)))
        period = period.next()
    asyncio.run(_write(url, weeks))


async def _write(url: str, weeks: Sequence[Filling]) -> None:
    database = Database(make_url(url))
    rng, number = random.Random(47), 0
    try:
        await _insert(database, "stories", list(_stories(max(w.stories for w in weeks))))
        for filling in weeks:
            instants = sorted(rng.random() for _ in range(filling.mentions))
            for first in range(0, filling.mentions, PART):
                rows = [
                    _mention(rng, number + n, filling, filling.period.since + part * WEEK_LONG)
                    for n, part in enumerate(instants[first : first + PART])
                ]
                number += len(rows)
                await _add(database, rng, rows)
        if not database.is_sqlite:
            async with database.write() as connection:
                await connection.execute(text("ANALYZE"))  # as autovacuum does within a minute
    finally:
        await database.close()


async def _add(database: Database, rng: random.Random, rows: Sequence[dict[str, Any]]) -> None:
    sealed = SEALER.seal({"url": "https://reseau.example/1", "external_id": "1"}, LINK)
    await _insert(database, "mentions", rows)
    await _insert(database, "mention_subjects", [s for row in rows for s in _subjects(rng, row)])
    snapshots = [taken for row in rows if row["id"] % 3 == 0 for taken in _snapshots(rng, row)]
    await _insert(database, "snapshots", snapshots)
    links = [
        {"mention_id": row["id"], "sealed": sealed, "expires_at": row["occurred_at"]}
        for row in rows
    ]
    await _insert(database, "mention_links", links)


async def _insert(database: Database, table: str, rows: Sequence[dict[str, Any]]) -> None:
    for first in range(0, len(rows), PART):
        async with database.write() as connection:
            statement = metadata.tables[table].insert()
            await connection.execute(statement, rows[first : first + PART])


def _stories(count: int) -> Iterator[dict[str, Any]]:
    """One in twenty has become part of another."""
    opened = {"opened_at": WEEK.since, "last_at": WEEK.since}
    for number in range(1, count + 1):
        merged = number - 1 if number % 20 == 0 else None
        yield {"id": number, "merged_into": merged, **opened}


def _mention(rng: random.Random, number: int, filling: Filling, at: datetime) -> dict[str, Any]:
    kind, network = rng.choice(KINDS), rng.choice(NETWORKS)
    official = rng.random() < 0.01
    return {
        "id": number + 1,
        "network": network,
        "ref": f"{number:032x}",
        "source_id": network,
        "kind": kind,
        "live": True,
        "speaker": "chu" if official else None,
        "text": invented(rng, words=24),
        "text_hash": f"{number if rng.random() < 0.8 else number % 97:032x}",
        "occurred_at": at,
        "received_at": at + timedelta(minutes=2),
        "parent_ref": f"{max(0, number - 7):032x}" if official or kind == "reply" else None,
        "rating": rng.randint(1, 5) if kind == "review" else None,
        "sentiment": rng.choice(SENTIMENTS),
        "severity": rng.random() * 100,
        "themes": pack(rng.sample(THEMES, rng.choice((0, 1, 1, 2)))),
        "restricted": rng.random() < 0.02,
        # A few stories hold much of what is said, most of them one post.
        "story_id": 1 + int(rng.random() ** 3 * filling.stories),
    }


def _subjects(rng: random.Random, row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    named = {"chu"} if rng.random() < 0.95 else {f"peer-{rng.randrange(3)}"}
    if rng.random() < 0.4:
        named |= {"chu", f"service-{rng.randrange(12)}"}
    said = {name: row[name] for name in ("occurred_at", "live", "network", "sentiment")}
    for subject in sorted(named):
        yield {"mention_id": row["id"], "subject": subject, **said}


def _snapshots(rng: random.Random, row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for taken in range(3):
        yield {
            "mention_id": row["id"],
            "taken_at": row["occurred_at"] + timedelta(hours=taken),
            "views": rng.randrange(5_000) if row["network"] == "youtube" else None,
            "reactions": rng.randrange(200) * (taken + 1),
            "replies": rng.randrange(20),
            "shares": rng.randrange(10),
        }


async def _quiet(engine: str, url: URL) -> list[Measure]:
    database = Database(url)
    try:
        taken, _ = await _timed(database, WEEK)
    finally:
        await database.close()
    return [Measure(name=f"{engine}, a week of {QUIET}", value=taken, unit="s", at_most=2.0)]


async def _loud(engine: str, url: URL) -> list[Measure]:
    database = Database(url)
    try:
        after, _ = await _timed(database, WEEK.next())
        loud, loud_cpu = await _timed(database, WEEK)
    finally:
        await database.close()
    # Of the ended processes the largest: the one that drew, or the one that filled the database.
    sizes = [
        resource.getrusage(who).ru_maxrss
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    ]
    peak = sum(sizes) * KB
    return [
        Measure(name=f"{engine}, a week of {LOUD:,}", value=loud, unit="s", at_most=10.0),
        Measure(name=f"{engine}, reading it", value=loud_cpu, unit="CPU s"),
        Measure(name=f"{engine}, {QUIET} in the week after", value=after, unit="s"),
        Measure(name=f"{engine}, at most", value=peak / MB, unit="MB (RSS)", at_most=400.0),
    ]


async def _timed(database: Database, period: Period) -> tuple[float, float]:
    """Seconds from nothing to the e-mail with its charts, and CPU seconds of reading alone.

    The CPU is this process's: SQLite's is in it, a server's and the drawing process's are not.
    """
    painter = Painter()
    begun = time.perf_counter()
    await painter.warm()
    cpu = time.process_time()
    async with database.read(snapshot=True) as connection:
        digest = await surveyor().digest(connection, period, period.until + timedelta(hours=7))
    cpu = time.process_time() - cpu
    drawn = await painter.paint(digest, language="fr")
    recipient = Recipient(person=None, name="", address="direction@chu-valmont.example")
    mail = render_digest(
        digest, channel="email", recipient=recipient, key="k", excerpt="masked", drawn=drawn
    )
    taken = time.perf_counter() - begun
    await painter.close()
    if len(mail.attachments) != 2:
        raise RuntimeError("the e-mail has no charts")
    return taken, cpu


def surveyor() -> Surveyor:
    viewer = Viewer(
        hospital="CHU de Valmont",
        timezone="Europe/Paris",
        watches={watch.id: watch for watch in WATCHES},
        rules={},
        people={},
        sealer=SEALER,
    )
    return Surveyor(
        viewer=viewer,
        calendar=WorkCalendar(CalendarSettings(), house.PARIS),
        subjects=[watch.id for watch in WATCHES if watch.kind != "peer"],
        peers=[watch.id for watch in WATCHES if watch.kind == "peer"],
        sources=NETWORKS,
    )


if __name__ == "__main__":
    tell(run(quick="--quick" in sys.argv))
