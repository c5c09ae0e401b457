"""What bursts cost: the detectors made anew at a start, one interval, and the loop meanwhile."""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from benchmarks import house
from benchmarks.measure import Measure, tell
from classifiers.themes import THEMES
from listener.domain.burst import INTERVAL, NEGATIVE, TOTAL, anchor, theme_stream
from listener.storage import tallies
from listener.storage.database import Database
from listener.storage.tables import mention_subjects, mentions
from listener.storage.tallies import Interval, Tally
from listener.workflows.bursts import BurstWatch

SUBJECTS = ("chu", "urgences", "maternite")
STREAMS = (TOTAL, NEGATIVE, *(theme_stream(theme) for theme in THEMES[:8]))  # 30 in all
AT = datetime(2026, 3, 8, 23, 0, tzinfo=UTC)  # nearly eleven weeks after the anchor
QUICK = timedelta(weeks=2)
BEAT = 0.005  # s between two looks at the clock
HELD = 100_000  # mentions in the table of which one interval is counted


def run(*, quick: bool) -> list[Measure]:
    since = AT - QUICK if quick else anchor(AT)
    found = []
    for engine in house.engines():
        with house.migrated(engine) as url:
            measures = asyncio.run(_measure(Database(url), since, HELD // (10 if quick else 1)))
        found += [_of(engine, measure) for measure in measures]
    return found


def _of(engine: str, measure: Measure) -> Measure:
    return Measure(name=f"{measure.name}, {engine}", value=measure.value, unit=measure.unit)


async def _measure(database: Database, since: datetime, held: int) -> list[Measure]:
    await _remember(database, since)
    watched = [(subject, stream) for subject in SUBJECTS for stream in STREAMS]
    one = BurstWatch(database=database, watched=watched[:1])
    thirty = BurstWatch(database=database, watched=watched)
    lags: list[float] = []
    watching = asyncio.create_task(_watch(lags))
    few, _ = await _timed(one, AT)
    took, cpu = await _timed(thirty, AT)
    watching.cancel()
    again, _ = await _timed(thirty, AT + INTERVAL + timedelta(seconds=35))
    counted = await _counted(database, held)
    await database.close()
    lags.sort()
    return [
        Measure(name="detectors made anew, 1 stream", value=few, unit="s"),
        Measure(name="detectors made anew, 30 streams", value=took, unit="s"),
        Measure(name="the same", value=cpu, unit="s CPU"),
        Measure(name="the loop meanwhile, longest delay", value=lags[-1] * 1e3, unit="ms"),
        Measure(name="the same, 99 in 100", value=lags[len(lags) * 99 // 100] * 1e3, unit="ms"),
        Measure(name="one interval, 30 streams", value=again * 1e3, unit="ms"),
        Measure(name=f"count of one interval among {held}", value=counted * 1e3, unit="ms"),
    ]


async def _timed(watch: BurstWatch, at: datetime) -> tuple[float, float]:
    begun, cpu = time.perf_counter(), time.process_time()
    await watch.advance(at)
    return time.perf_counter() - begun, time.process_time() - cpu


async def _watch(lags: list[float]) -> None:
    while True:
        due = time.perf_counter() + BEAT
        await asyncio.sleep(BEAT)
        lags.append(time.perf_counter() - due)


async def _remember(database: Database, since: datetime) -> None:
    dice = random.Random(1)
    known: list[Tally] = []
    at = since
    while (at := at + INTERVAL) <= AT - INTERVAL:
        known.append(Tally(until=at, covered=True, counts=_counts(dice), judged=True))
    for start in range(0, len(known), 2_000):
        async with database.write() as connection:
            await tallies.add(connection, known[start : start + 2_000])


def _counts(dice: random.Random) -> dict[str, dict[str, int]]:
    """A busy hospital: most streams of each subject hold something."""
    return {
        subject: {stream: dice.randrange(1, 9) for stream in STREAMS if dice.random() < 0.7}
        for subject in SUBJECTS
    }


async def _counted(database: Database, held: int) -> float:
    """How long counting the last interval of a thousand takes."""
    rows = [_mention(number, held) for number in range(held)]
    async with database.write() as connection:
        for start in range(0, held, 1_000):
            await connection.execute(mentions.insert(), rows[start : start + 1_000])
        concerns = [_concern(row) for row in rows]
        for start in range(0, held, 1_000):
            await connection.execute(mention_subjects.insert(), concerns[start : start + 1_000])
    interval = Interval(since=AT - INTERVAL, until=AT, late=timedelta(hours=6))
    taken: Sequence[float] = []
    async with database.read() as connection:
        for _ in range(5):
            begun = time.perf_counter()
            assert await tallies.count(connection, interval)
            await tallies.received(connection, interval)
            taken = [*taken, time.perf_counter() - begun]
    return min(taken)


def _mention(number: int, held: int) -> dict[str, object]:
    at = AT - (held - number) * INTERVAL / 100  # a hundred an interval
    return {
        "id": number + 1,
        "network": "mastodon",
        "ref": f"{number:032x}",
        "source_id": "mastodon",
        "kind": "post",
        "live": True,
        "text_hash": "x",
        "occurred_at": at,
        "received_at": at,
        "scored_at": at,
        "sentiment": "negative" if number % 3 == 0 else "neutral",
        "themes": number % 5,
    }


def _concern(row: dict[str, object]) -> dict[str, object]:
    return {
        "mention_id": row["id"],
        "subject": "chu",
        "occurred_at": row["occurred_at"],
        "live": True,
        "network": "mastodon",
        "sentiment": row["sentiment"],
    }


if __name__ == "__main__":
    tell(run(quick="--quick" in sys.argv))
