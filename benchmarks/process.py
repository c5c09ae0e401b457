"""Mentions a second through match, score, store and rules, on each engine."""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import timedelta

from benchmarks import house
from benchmarks.measure import Measure, tell
from classifiers.client import ScorerClient
from connectors.connector import Cursors, Page
from listener.storage.database import Database
from listener.workflows.collect import Source
from listener.workflows.process import Processor
from listener.workflows.scoring import Scorer
from tests.listener.house import collector_of

TARGET = {"sqlite": 2_500.0, "postgresql": 1_250.0}
MENTIONS = 10_000
QUICK = 2_000

Way = Callable[[Processor, Sequence[Page]], Awaitable[None]]


class Shelf:
    """A connector whose pages are there already: what is measured is never its network."""

    name = "shelf"

    def __init__(self, pages: Sequence[Page]) -> None:
        self.pages = pages

    async def poll(self, cursors: Cursors) -> AsyncIterator[Page]:
        for page in self.pages:
            yield page


def run(*, quick: bool) -> list[Measure]:
    pages = house.pages(QUICK if quick else MENTIONS)
    recorded = house.Recorded()
    alone = asyncio.run(_learn(recorded, pages))
    measures = [Measure(name="scoring alone, in its process", value=alone, unit="mentions/s")]
    for engine in house.engines():
        measures += _engine(engine, pages, recorded, alone)
    return measures


async def _learn(recorded: house.Recorded, pages: Sequence[Page]) -> float:
    """Mentions a second through the scorer's process and nothing else."""
    scorer = ScorerClient()
    await scorer.start()
    try:
        samples = [[house.sample_of(m) for m in page.mentions] for page in pages]
        begun = time.perf_counter()
        for pair in zip(samples[::2], samples[1::2], strict=False):
            await asyncio.gather(*(recorded.learn(scorer, page) for page in pair))
        return sum(map(len, samples)) / (time.perf_counter() - begun)
    finally:
        await scorer.stop()


def _engine(
    engine: str, pages: Sequence[Page], recorded: house.Recorded, alone: float
) -> list[Measure]:
    one, _ = _timed(engine, pages, _one_by_one)
    together, cpu = _timed(engine, pages, polled)
    stored, stored_cpu = _timed(engine, pages, _one_by_one, recorded)
    rate = "mentions/s"
    return [
        Measure(name=f"{engine}, page after page", value=one, unit=rate),
        Measure(
            name=f"{engine}, as a poll reads them",
            value=together,
            unit=rate,
            at_least=TARGET[engine],
        ),
        Measure(name=f"{engine}, share of scoring alone", value=together / alone, unit="ratio"),
        Measure(name=f"{engine}, loop's process", value=cpu, unit="µs CPU/mention"),
        Measure(name=f"{engine}, scores known", value=stored, unit=rate),
        Measure(
            name=f"{engine}, scores known, loop's process", value=stored_cpu, unit="µs CPU/mention"
        ),
    ]


def _timed(
    engine: str, pages: Sequence[Page], way: Way, scorer: Scorer | None = None
) -> tuple[float, float]:
    """Mentions a second, and microseconds of this process's CPU a mention."""
    with house.migrated(engine) as url:

        async def run() -> tuple[float, float]:
            database, own = Database(url), ScorerClient()
            try:
                processor = house.build(database, scorer or own)
                await house.settle(processor)
                await way(processor, pages[:1])
                gc.collect()
                gc.freeze()  # as the daemon does once it stands
                return await _clocked(way, processor, pages[1:])
            finally:
                await own.stop()
                await database.close()

        return asyncio.run(run())


async def _clocked(way: Way, processor: Processor, pages: Sequence[Page]) -> tuple[float, float]:
    count = sum(len(page.mentions) for page in pages)
    begun, cpu = time.perf_counter(), time.process_time()
    await way(processor, pages)
    cpu = time.process_time() - cpu
    return count / (time.perf_counter() - begun), cpu / count * 1e6


async def _one_by_one(processor: Processor, pages: Sequence[Page]) -> None:
    for page in pages:
        await processor.process(page, house.ORIGIN, house.NIGHT)


async def polled(processor: Processor, pages: Sequence[Page]) -> None:
    shelf = Shelf(pages)
    collector = collector_of(processor, lambda: house.NIGHT)
    source = Source(id=house.ORIGIN.source_id, connector=shelf, every=timedelta(minutes=5))  # type: ignore[arg-type]
    poll = await collector.poll(source)
    if poll.error or poll.skipped:
        raise RuntimeError(f"the poll did not run: {poll.error or poll.skipped}")


if __name__ == "__main__":
    tell(run(quick="--quick" in sys.argv))
