"""A walk's next page is read and scored while the one before it is written; nothing else changes."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from classifiers.classifier import Score
from classifiers.client import ScorerUnavailable
from classifiers.severity import weighed
from connectors.connector import Page, Unavailable
from connectors.mention import Kind
from listener.workflows.collect import Collector, Poll, Source
from tests.listener.house import (
    NIGHT,
    WordScorer,
    collector_of,
    count,
    figures,
    house,
    mention,
    rows,
    score,
)


@dataclass
class Shelf:
    """A connector whose pages are there already; `end` is raised after the last."""

    pages: list[Page]
    end: Exception | None = None
    given: list[Page] = field(default_factory=list)
    closed: bool = False
    name = "shelf"

    async def poll(self, cursors: Any) -> Any:
        try:
            for page in self.pages:
                await asyncio.sleep(0)
                self.given.append(page)
                yield page
            if self.end is not None:
                raise self.end
        finally:
            self.closed = True


def collector(database: Any, **values: Any) -> Collector:
    processor = house(database, scorer=values.pop("scorer", None))
    return collector_of(processor, lambda: NIGHT, **values)


def source(shelf: Shelf) -> Source:
    return Source(id="shelf", connector=shelf, every=timedelta(minutes=5))


def numbered(*pages: list[Any], **values: Any) -> list[Page]:
    """Pages of mentions with the cursor that stands for each."""
    return [
        Page(mentions=said, cursor={"v": 1, "page": number}, **values)
        for number, said in enumerate(pages)
    ]


async def poll(database: Any, pages: list[Page], **values: Any) -> Poll:
    return await collector(database, **values).poll(source(Shelf(pages)))


async def cursor(database: Any) -> Any:
    (feed,) = await rows(database, "feeds")
    return feed.cursor


@dataclass
class Doubtful(WordScorer):
    """Not sure, by the words alone, that a hospital is spoken of."""

    async def score_or_bisect(self, samples: Any) -> Any:
        self.asked += samples
        flags = Score(classifier="flags", version="w1", probabilities={"about_hospital": 0.4})
        return [weighed([*score(s), flags], s) for s in samples], []


async def test_every_text_is_scored_once(database) -> None:
    scorer = WordScorer()
    pages = numbered(*([mention(10 * p + n) for n in range(10)] for p in range(5)))
    result = await poll(database, pages, scorer=scorer)
    assert (result.pages, result.outcome.stored) == (5, 50)
    assert len(scorer.asked) == 50
    assert await count(database, "mentions", sentiment="negative") == 50


async def test_an_answer_to_a_post_of_the_page_before_concerns_what_the_post_does(database) -> None:
    post = mention(1)
    answer = mention(2, "Neuf heures d'attente", kind=Kind.REPLY, parent_id=post.external_id)
    result = await poll(database, numbered([post], [answer]))
    assert result.outcome.stored == 2
    assert await count(database, "mentions", sentiment=None) == 0


async def test_an_answer_that_names_us_is_scored_once_and_weighs_what_its_place_says(
    database,
) -> None:
    post = mention(1)
    answer = mention(2, "Le CHU, une honte", kind=Kind.REPLY, parent_id=post.external_id)
    scorer = Doubtful()
    await poll(database, numbered([post], [answer], [mention(3, answer.text)]), scorer=scorer)
    assert len(scorer.asked) == 3
    _, standing, loose = await rows(database, "mentions")
    assert (standing.stands, loose.stands) == (True, False)
    assert standing.severity > 2 * loose.severity > 0


async def test_figures_of_a_post_of_the_page_before_are_kept(database) -> None:
    post = mention(1)
    moved = Page(engagements=[figures(post, NIGHT, reactions=900)], cursor={"v": 1, "page": 1})
    await poll(database, [*numbered([post]), moved])
    assert await count(database, "snapshots", reactions=900) == 1


async def test_an_edit_in_the_page_after_is_scored_again(database) -> None:
    result = await poll(
        database, numbered([mention(1, "CHU merci")], [mention(1, "CHU honte", edited_at=NIGHT)])
    )
    assert (result.outcome.stored, result.outcome.edited) == (1, 1)
    (stored,) = await rows(database, "mentions")
    assert (stored.text, stored.sentiment) == ("CHU honte", "negative")


async def test_pages_before_an_error_are_kept_and_the_error_is_told(database) -> None:
    shelf = Shelf(numbered([mention(1)], [mention(2)]), end=Unavailable("cut"))
    result = await collector(database).poll(source(shelf))
    assert (result.pages, result.error) == (2, "cut")
    assert await count(database, "mentions") == 2
    assert await cursor(database) == {"v": 1, "page": 1}


async def test_a_page_that_was_read_ahead_of_a_stop_comes_again(database) -> None:
    shelf = Shelf(numbered(*([mention(n)] for n in range(5))))
    stopped = collector(database, on_page=lambda _source, _outcome: stopped.stopping.set())
    result = await stopped.poll(source(shelf))
    assert result.pages == 1
    assert shelf.closed
    assert len(shelf.given) <= 2
    assert await cursor(database) == {"v": 1, "page": 0}


async def test_one_page_at_most_waits_for_its_turn(database) -> None:
    shelf = Shelf(numbered(*([mention(n)] for n in range(6))))
    waiting: list[int] = []
    watched = collector(database)
    watched.on_page = lambda _source, _outcome: waiting.append(len(shelf.given))
    await watched.poll(source(shelf))
    assert all(given <= done + 2 for done, given in enumerate(waiting))


async def test_a_page_that_cannot_be_written_leaves_no_later_cursor(database, monkeypatch) -> None:
    broken = collector(database)
    write, written = broken.processor._write, 0

    async def write_once(*args: Any) -> Any:
        nonlocal written
        written += 1
        if written == 2:
            raise OSError("disk full")
        return await write(*args)

    monkeypatch.setattr(broken.processor, "_write", write_once)
    with pytest.raises(OSError, match="disk full"):
        await broken.poll(source(Shelf(numbered(*([mention(n)] for n in range(4))))))
    assert await cursor(database) == {"v": 1, "page": 0}
    assert await count(database, "mentions") == 1


@dataclass
class Away(WordScorer):
    """Gone after the first page."""

    calls: int = 0

    async def score_or_bisect(self, samples: Any) -> Any:
        self.calls += 1
        if self.calls > 1:
            raise ScorerUnavailable("the scorer is away")
        return await super().score_or_bisect(samples)


async def test_a_scorer_that_goes_away_leaves_mentions_unscored_and_loses_none(database) -> None:
    pages = numbered(*([mention(n)] for n in range(4)))
    result = await poll(database, pages, scorer=Away())
    assert (result.outcome.stored, result.outcome.unscored) == (4, 3)
    assert await cursor(database) == {"v": 1, "page": 3}


async def test_poison_that_was_met_ahead_is_quarantined(database) -> None:
    pages = numbered([mention(1)], [mention(2, "CHU poison"), mention(3)])
    result = await poll(database, pages, scorer=WordScorer(poison="poison"))
    assert (result.outcome.stored, result.outcome.rejected) == (3, 1)
    assert await count(database, "quarantine") == 1
