"""What a story costs: keys and decision in memory, and within a page's transaction."""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from benchmarks import house
from benchmarks.measure import Measure, tell
from benchmarks.process import polled
from classifiers.client import ScorerClient
from classifiers.stories import Clues, StoryIndex, StoryKeys
from connectors.connector import Page
from listener.storage import stories
from listener.storage.database import Database
from listener.workflows.gather import Gathered, Item

RECENT = 100_000
QUICK = 10_000
MENTIONS = 3_000
ROUNDS = 2
SYLLABLES = (
    "ba",
    "co",
    "di",
    "fe",
    "gru",
    "lan",
    "mi",
    "nor",
    "pe",
    "qui",
    "ros",
    "ta",
    "ul",
    "ver",
)


class Untold:
    """No stories: what the rest costs."""

    def mark(self, items: Iterable[Item]) -> None:
        pass

    async def assign(self, connection: AsyncConnection, work: Gathered) -> None:
        pass


def run(*, quick: bool) -> list[Measure]:
    recent = QUICK if quick else RECENT
    measures = [_in_memory(recent)]
    for engine in house.engines():
        measures += _within_pages(engine, recent, rounds=1 if quick else ROUNDS)
    return measures


def invented(rng: random.Random, words: int = 14) -> str:
    """A text of words that no other text has in this order; one in ten repeats another."""
    seed = rng.randrange(1_000_000) if rng.random() < 0.9 else rng.randrange(1_000)
    own = random.Random(seed)
    return " ".join("".join(own.choices(SYLLABLES, k=own.randint(1, 4))) for _ in range(words))


def _in_memory(recent: int) -> Measure:
    keys, index, rng = StoryKeys(secret=house.KEY), StoryIndex(), random.Random(1)
    for number in range(recent):
        index.add(keys.of(_clues(rng, number)), float(number))
    asked = [_clues(rng, number) for number in range(recent, recent + 5_000)]
    begun = time.process_time()
    for number, clues in enumerate(asked):
        index.add(keys.of(clues), float(recent + number))
    spent = (time.process_time() - begun) / len(asked)
    name = f"in memory, {recent:,} recent ones"
    return Measure(name=name, value=spent * 1000, unit="ms/mention", at_most=0.1)


def _clues(rng: random.Random, number: int) -> Clues:
    link = f"https://presse.example/{rng.randrange(50_000)}-article.html"
    return Clues(text=invented(rng), ref=f"m{number}", refs=(f"m{number - 40}",), links=(link,))


def _within_pages(engine: str, recent: int, *, rounds: int) -> list[Measure]:
    """The better of some rounds each, in turn: other work on the machine slows single ones."""
    pages = varied(house.pages(MENTIONS))
    told, untold = [], []
    for _ in range(rounds):
        untold.append(_timed(engine, pages, 0))
        told.append(_timed(engine, pages, recent))
    speed = max(s for s, _ in told) / max(s for s, _ in untold)
    cpu = min(c for _, c in told) - min(c for _, c in untold)
    return [
        Measure(
            name=f"{engine}, pages as fast as without", value=speed, unit="ratio", at_least=0.9
        ),
        Measure(name=f"{engine}, loop's process", value=cpu, unit="µs CPU/mention more"),
    ]


def varied(pages: Sequence[Page]) -> list[Page]:
    """The same pages with texts that are no copies of each other, as most are."""
    rng = random.Random(2)
    return [
        replace(
            page,
            mentions=[replace(m, text=f"{m.text} {invented(rng, words=6)}") for m in page.mentions],
        )
        for page in pages
    ]


def _timed(engine: str, pages: Sequence[Page], recent: int) -> tuple[float, float]:
    """Mentions a second as a poll reads them, µs of this process's CPU each; no stories for 0."""
    with house.migrated(engine) as url:

        async def run() -> tuple[float, float]:
            database, scorer = Database(url), ScorerClient()
            try:
                processor = house.build(database, scorer)
                await house.settle(processor)
                if recent:
                    await _fill(database, recent)
                else:
                    processor.storyteller = Untold()  # type: ignore[assignment]
                await polled(processor, pages[:1])
                begun, cpu = time.perf_counter(), time.process_time()
                await polled(processor, pages[1:])
                count = sum(len(page.mentions) for page in pages[1:])
                spent, cpu = time.perf_counter() - begun, time.process_time() - cpu
                return count / spent, cpu / count * 1e6
            finally:
                await scorer.stop()
                await database.close()

        return asyncio.run(run())


async def _fill(database: Database, recent: int) -> None:
    """Let so many mentions have been given their stories an hour ago."""
    keys, rng = StoryKeys(secret=house.KEY), random.Random(3)
    for first in range(0, recent, 1_000):
        brought = [keys.of(_clues(rng, number)) for number in range(first, first + 1_000)]
        async with database.write() as connection:
            await stories.assign(connection, brought, at=house.NIGHT - timedelta(hours=1))


if __name__ == "__main__":
    tell(run(quick="--quick" in sys.argv))
