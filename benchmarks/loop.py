"""How long the event loop is held while 10,000 mentions go through everything."""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from collections.abc import Sequence

from benchmarks import house
from benchmarks.measure import Measure, tell
from benchmarks.process import polled
from classifiers.client import ScorerClient
from connectors.connector import Page
from listener.storage.database import Database

MENTIONS = 10_000
QUICK = 2_000
BEAT = 0.005  # s between two looks at the clock
LONGEST = 100.0  # ms


def run(*, quick: bool) -> list[Measure]:
    pages = house.pages(QUICK if quick else MENTIONS)
    with house.migrated("sqlite") as url:
        lags, held = asyncio.run(_measure(Database(url), pages))
    lags.sort()
    return [
        Measure(name="longest delay", value=lags[-1], unit="ms", at_most=LONGEST),
        Measure(name="delay, 99 in 100 below", value=lags[len(lags) * 99 // 100], unit="ms"),
        Measure(name="delay, median", value=lags[len(lags) // 2], unit="ms"),
        Measure(name="longest this process ran at a stretch", value=held, unit="ms CPU"),
    ]


async def _measure(database: Database, pages: Sequence[Page]) -> tuple[list[float], float]:
    scorer = ScorerClient()
    await scorer.start()
    try:
        processor = house.build(database, scorer)
        await house.settle(processor)
        await polled(processor, pages[:2])
        lags: list[tuple[float, float]] = []
        gc.collect()
        gc.freeze()  # as the daemon does once it stands
        watch = asyncio.create_task(_watch(lags))
        await polled(processor, pages[2:])
        watch.cancel()
    finally:
        await scorer.stop()
        await database.close()
    return [lag for lag, _ in lags], max(cpu for _, cpu in lags)


async def _watch(lags: list[tuple[float, float]]) -> None:
    """How late each beat came, in ms, and how much of that this thread was computing.

    The first counts what other processes took from this one, the second only what it did itself.
    """
    while True:
        begun, cpu = time.perf_counter(), time.thread_time()
        await asyncio.sleep(BEAT)
        late = time.perf_counter() - begun - BEAT
        lags.append((late * 1000, (time.thread_time() - cpu) * 1000))


if __name__ == "__main__":
    tell(run(quick="--quick" in sys.argv))
