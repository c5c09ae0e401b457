"""Posts a second, by connector: recorded answers of its stand-in parsed, mapped and yielded."""

from __future__ import annotations

import asyncio
import sys
import time
from typing import Any, cast

from benchmarks.measure import Measure, tell
from benchmarks.replayed import Recorder, Replay
from connectors.budget import MemoryLedger
from connectors.http import HttpClient, NetworkPolicy
from tests.connectors.case import Case, Means, Now
from tests.connectors.cases import CASES

POSTS = 3_000
QUICK = 500
ROUNDS = 3
JSON_TARGET = 10_000.0  # posts/s
FEED_TARGET = 1_500.0  # entries/s
MARKUP = frozenset(
    {"forum", "reddit-atom", "rss", "rss-paged", "slideshare", "slideshare-account", "telegram"}
)
"""Whose answers are XML or HTML, parsed in a thread."""


def run(*, quick: bool) -> list[Measure]:
    count = QUICK if quick else POSTS
    return [asyncio.run(_measure(case, count)) for case in CASES if case.over_http]


async def _measure(case: Case, count: int) -> Measure:
    answers, sizes = await _recorded(case, count)
    rounds = [await _timed(case, answers, sizes) for _ in range(ROUNDS)]
    best = max(rate for rate, _bytes in rounds)
    size = rounds[0][1]
    name = f"{case.name} ({size:,.0f} B a post)".replace(",", "\u202f")
    target = FEED_TARGET if case.name in MARKUP else JSON_TARGET
    return Measure(name=name, value=best, unit="posts/s a core", at_least=target)


async def _recorded(case: Case, count: int) -> tuple[Any, Any]:
    """Each answer of a first poll of `count` posts, and the stand-in that gave them."""

    async def no_wait(_seconds: float) -> None:
        return None

    now = Now(case.at)
    async with case.network().serving() as network:
        if hasattr(network, "now"):
            network.now = now
        network.publish(count)
        policy = NetworkPolicy(allowed_hosts=("127.0.0.1",))
        async with HttpClient(policy, clock=now, sleep=no_wait) as http:
            recorder = Recorder(http)
            means = Means(cast(HttpClient, recorder), now, MemoryLedger(now))
            async for _page in case.connector(network, means).poll({}):
                pass
        return recorder.answers, network


async def _timed(case: Case, answers: Any, network: Any) -> tuple[float, float]:
    """(posts a second, bytes a post)."""
    now = Now(case.at)
    replay = Replay(answers)
    means = Means(cast(HttpClient, replay), now, MemoryLedger(now))
    connector = case.connector(network, means)
    given = 0
    begun = time.perf_counter()
    async for page in connector.poll({}):
        given += len(page.mentions)
    seconds = time.perf_counter() - begun
    if not given:
        raise RuntimeError(f"{case.name} yielded nothing")
    return given / seconds, replay.bytes / given


if __name__ == "__main__":
    tell(run(quick="--quick" in sys.argv))
