"""A crisis of 10,000 mentions in an hour: whether the second reading keeps up, and who waits longest.

The hour is simulated, the work is real: each page is scored and written at its instant, then the deep
classifiers have what the daemon would give them of the time until the next page.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.engine import URL

from benchmarks import house
from benchmarks.measure import Measure, tell
from classifiers.client import ScorerClient
from connectors.connector import Page
from listener.app.build import build_deep_scorer
from listener.app.jobs import DEEPEN_EVERY
from listener.config.models import Config
from listener.storage import deep
from listener.storage.database import Database
from listener.workflows.deepen import Deepener
from listener.workflows.process import Processor
from listener.workflows.scoring import Scorer

AN_HOUR = 10_000.0  # mentions
MENTIONS = 10_000
QUICK = 2_000
CONFIG = Config(hospital={"name": "CHU de Valmont"}, watch=house.watches(0))


@dataclass(slots=True)
class Crisis:
    """What the hour took: seconds of work, and the longest wait for a second reading."""

    fast: float = 0.0
    deep: float = 0.0
    longest: timedelta = field(default_factory=timedelta)
    left: int = 0  # in the queue at the end


def run(*, quick: bool) -> list[Measure]:
    return measure(build_deep_scorer(CONFIG), count=QUICK if quick else MENTIONS)


def measure(scorer: ScorerClient, *, count: int) -> list[Measure]:
    with house.migrated("sqlite") as url:
        return asyncio.run(_opened(url, scorer, count))


async def _opened(url: URL, scorer: ScorerClient, count: int) -> list[Measure]:
    fast, database = ScorerClient(), Database(url)
    try:
        await fast.start()
        await scorer.start()  # a daemon's is there before the crisis
        return await _measure(database, fast, scorer, count)
    finally:
        await fast.stop()
        await scorer.stop()
        await database.close()


async def _measure(database: Database, fast: Scorer, scorer: Scorer, count: int) -> list[Measure]:
    processor = house.build(database, fast, deep=True)
    deepener = Deepener(processor=processor, scorer=scorer, owner="bench")
    pages = house.pages(count, per_minute=AN_HOUR / 60)
    await house.settle(processor)
    crisis = await _live_through(processor, deepener, pages)
    if deepener.away or not deepener.rescored:
        raise RuntimeError("the deep classifiers read nothing")
    budget = CONFIG.scoring.deep_budget / DEEPEN_EVERY
    per_mention = crisis.deep / count
    return [
        Measure(name="mentions", value=float(count), unit=f"at {AN_HOUR:,.0f} an hour"),
        Measure(name="read again", value=deepener.rescored / count, unit="of all"),
        Measure(name="fast pass, all of them", value=crisis.fast, unit="s"),
        Measure(name="second reading", value=deepener.rescored / crisis.deep, unit="texts/s"),
        Measure(name="longest wait for it", value=crisis.longest.total_seconds(), unit="s"),
        Measure(name="waiting at the end", value=float(crisis.left), unit="mentions"),
        Measure(name="dropped", value=float(deepener.shed), unit="mentions", at_most=0.0),
        Measure(
            name="it would keep up with",
            value=3600 * budget / per_mention,
            unit="mentions an hour",
            at_least=AN_HOUR,
        ),
    ]


async def _live_through(processor: Processor, deepener: Deepener, pages: Sequence[Page]) -> Crisis:
    crisis = Crisis()
    instants = [_last(page) for page in pages]
    share = CONFIG.scoring.deep_budget / DEEPEN_EVERY
    for page, at, after in zip(pages, instants, [*instants[1:], house.NIGHT], strict=True):
        begun = time.perf_counter()
        await processor.process(page, house.ORIGIN, at)
        crisis.fast += (took := time.perf_counter() - begun)
        pause = max(after - at, timedelta(milliseconds=1))
        begun = time.perf_counter()
        await deepener.deepen(at, max(pause * share - timedelta(seconds=took), timedelta()))
        crisis.deep += (took := time.perf_counter() - begun)
        async with processor.database.read() as connection:
            queue = await deep.waiting(connection)
        crisis.left = queue.count
        waited = timedelta(seconds=took) if queue.oldest is None else after - queue.oldest
        crisis.longest = max(crisis.longest, waited)
    return crisis


def _last(page: Page) -> datetime:
    return max(m.published_at for m in page.mentions if m.published_at is not None)


if __name__ == "__main__":
    tell(run(quick="--quick" in sys.argv))
