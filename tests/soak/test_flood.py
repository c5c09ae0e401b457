"""Ten thousand mentions between two polls: each stored once, told once, and memory stays flat."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import psutil
import pytest

from classifiers.client import ScorerClient
from connectors.connector import Cursors, Page, RateLimited
from connectors.mention import Mention
from listener.workflows.collect import Source
from tests.listener.house import (
    NIGHT,
    WordScorer,
    collector_of,
    count,
    figures,
    house,
    mention,
    rows,
)

pytestmark = [pytest.mark.soak, pytest.mark.timeout(900)]

FLOOD = 10_000
PAGE = 100
MB = 2**20
GROWTH = 24 * MB  # of the process, over the last three quarters of the flood


@dataclass
class Crowd:
    """Says its mentions in pages from its cursor on; `quota` pages a poll, then 429."""

    total: int = PAGE
    quota: int | None = None
    given: Counter[int] = field(default_factory=Counter)
    name = "crowd"

    def hosts(self) -> tuple[str, ...]:
        return ()

    async def poll(self, cursors: Cursors) -> AsyncIterator[Page]:
        start = int(cursors.get("", {}).get("mark", 0))
        for walked, first in enumerate(range(start, self.total, PAGE)):
            if walked == self.quota:
                raise RateLimited("quota", retry_after=timedelta(0))
            last = min(first + PAGE, self.total)
            said = [_said(number) for number in range(first, last)]
            self.given.update(range(first, last))
            yield Page(
                mentions=said,
                engagements=[figures(m, NIGHT, reactions=3) for m in said[::2]],
                cursor={"v": 1, "mark": last},
                complete=last == self.total,
            )


def _said(number: int) -> Mention:
    mood = ("honte", "merci", "rien à dire")[number % 3]
    text = f"Passage {number} au CHU de Valmont, {mood}. " + "Bref. " * (number % 40)
    return mention(number, text, published_at=NIGHT - timedelta(seconds=number % 3000))


def _collector(database: Any, scorer: Any, on_page: Any = lambda _source, _outcome: None) -> Any:
    return collector_of(house(database, scorer=scorer), lambda: NIGHT, on_page=on_page)


def _source(crowd: Crowd) -> Source:
    return Source(id="crowd", connector=crowd, every=timedelta(minutes=5))


async def _everything_stands_once(database: Any) -> None:
    stored = await rows(database, "mentions")
    assert len(stored) == FLOOD
    assert len({row.ref for row in stored}) == FLOOD
    assert all(row.scored_at is not None for row in stored)
    assert await count(database, "snapshots") == FLOOD // 2
    assert await count(database, "mention_links") == FLOOD
    (feed,) = await rows(database, "feeds")
    assert feed.cursor == {"v": 1, "mark": FLOOD}


async def test_a_flood_between_two_polls_is_stored_once_and_told_once(database) -> None:
    crowd, sizes = Crowd(), []
    process = psutil.Process()

    def weigh(_source: Any, _outcome: Any) -> None:
        gc.collect()
        sizes.append(process.memory_info().rss)

    scorer = ScorerClient()
    try:
        collector = _collector(database, scorer, weigh)
        await collector.poll(_source(crowd))
        crowd.total = FLOOD
        result = await collector.poll(_source(crowd))
    finally:
        await scorer.stop()
    assert (result.error, result.outcome.stored) == (None, FLOOD - PAGE)
    assert set(crowd.given.values()) == {1}
    await _everything_stands_once(database)
    (incident,) = await rows(database, "incidents")
    assert await count(database, "incident_mentions") <= FLOOD
    told = Counter((row.channel, row.payload["alert"]) for row in await rows(database, "outbox"))
    assert set(told.values()) == {1}, (incident.level, told)
    assert sizes[-1] - sizes[len(sizes) // 4] < GROWTH


async def test_a_quota_in_the_middle_of_a_flood_loses_and_repeats_nothing(database) -> None:
    crowd = Crowd()
    collector = _collector(database, WordScorer())
    await collector.poll(_source(crowd))
    crowd.total, crowd.quota = FLOOD, 30
    polls = 0
    while (await collector.poll(_source(crowd), force=True)).error:
        polls += 1
        assert polls < 10
    assert polls == 3
    assert set(crowd.given.values()) == {1}
    await _everything_stands_once(database)
