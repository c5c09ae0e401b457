"""Stories, on both engines: one thing told by many is one, whoever brings it and in what order."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from classifiers.client import ScorerUnavailable
from classifiers.stories import Proposal
from connectors.mention import Kind, Mention
from listener.storage import erasure, stories
from listener.storage.database import Database
from listener.storage.figures import Filters, listing
from listener.storage.story_statements import STANDS
from listener.storage.tables import mentions
from listener.storage.tables import stories as table
from listener.workflows.draft import Origin
from listener.workflows.merge import Merger
from tests.listener.house import NIGHT, ORIGIN, count, house, mention, page, rows

LONG = (
    "Ma mère a attendu {n} heures sur un brancard aux urgences du CHU de Valmont, sans que "
    "personne ne vienne lui donner à boire, honte à la direction"
)
OTHER = (
    "Le nouveau parking du CHU de Valmont ouvre lundi matin avec trois cents places gratuites "
    "pour les visiteurs et les familles des patients hospitalisés"
)
ARTICLE = "https://presse.example/2026/03/brancard-au-chu-12345.html"


async def told(database: Database) -> list[tuple[str, int]]:
    """Each mention's text and the story that stands for it today."""
    query = select(mentions.c.text, STANDS).join(table, table.c.id == mentions.c.story_id)
    async with database.read() as connection:
        return [(text, story) for text, story in await connection.execute(query)]


async def partition(database: Database) -> set[frozenset[str]]:
    groups: dict[int, set[str]] = defaultdict(set)
    for text, story in await told(database):
        groups[story].add(text)
    return {frozenset(group) for group in groups.values()}


def copies(number: int) -> list[Mention]:
    """Five that belong together by their words, a link or a conversation, and two that do not."""
    first = 10 * number
    return [
        mention(first, LONG.format(n=9)),
        mention(first + 1, "RT @lea: " + LONG.format(n=12) + " 😡 #CHU", links=(ARTICLE,)),
        mention(first + 2, "CHU : à lire", links=(ARTICLE + "?utm_source=x",)),
        mention(first + 3, "CHU, pareil", parent_id=mention(first + 2).external_id),
        mention(first + 4, "Au CHU aussi", network="bluesky", links=(ARTICLE,)),
        mention(first + 5, OTHER),
        mention(first + 6, "merci au CHU"),
        mention(first + 7, "Merci au CHU !"),
    ]


async def test_copies_links_and_answers_are_one_story_and_thanks_are_none(database) -> None:
    await house(database).process(page(*copies(1)), ORIGIN, NIGHT)
    found = await partition(database)
    assert sorted(map(len, found)) == [1, 1, 1, 5]
    assert await count(database, "mentions", story_id=None) == 0


@pytest.mark.parametrize("seed", range(5))
async def test_the_stories_are_the_same_in_any_order_and_any_pages(database, seed: int) -> None:
    await house(database).process(page(*copies(1)), ORIGIN, NIGHT)
    expected = await partition(database)
    async with database.write() as connection:
        for name in ("mentions", "story_keys", "stories"):
            await connection.execute(table.metadata.tables[name].delete())
    shuffled, rng = copies(1), random.Random(seed)
    rng.shuffle(shuffled)
    while shuffled:
        size = rng.randint(1, 3)
        # A new process each time: nothing is held in memory.
        await house(database).process(page(*shuffled[:size]), ORIGIN, NIGHT)
        del shuffled[:size]
    assert await partition(database) == expected


async def test_a_page_repeated_changes_no_story(database) -> None:
    brought = page(*copies(1))
    await house(database).process(brought, ORIGIN, NIGHT)
    before = [await rows(database, name) for name in ("stories", "story_keys")]
    await house(database).process(brought, ORIGIN, NIGHT)
    assert [await rows(database, name) for name in ("stories", "story_keys")] == before


async def test_two_daemons_that_hear_of_one_thing_at_once_tell_one_story(database) -> None:
    first, second = house(database), house(database)
    for turn in range(4):
        one, other = copies(2 * turn)[:3], copies(2 * turn + 1)[:3]
        # The second reads the keys in the other order.
        await asyncio.gather(
            first.process(page(*one), ORIGIN, NIGHT),
            second.process(page(*reversed(other)), Origin(source_id="two"), NIGHT),
        )
    assert len({story for _, story in await told(database)}) == 1


async def test_two_daemons_with_the_same_page_agree(database) -> None:
    brought = page(*copies(1))
    await asyncio.gather(*(house(database).process(brought, ORIGIN, NIGHT) for _ in range(3)))
    assert sorted(map(len, await partition(database))) == [1, 1, 1, 5]


async def test_pages_that_merge_the_same_stories_at_once_never_wait_in_a_ring(database) -> None:
    processor = house(database)
    roots = [mention(n, f"CHU {n}") for n in range(40)]
    await processor.process(page(*roots), ORIGIN, NIGHT)
    pairs = [(a, b) for a in range(40) for b in range(a + 1, 40) if (a + b) % 7 == 0]
    random.Random(3).shuffle(pairs)

    def joining(number: int, pair: tuple[int, int]) -> Mention:
        one, other = (roots[n].external_id for n in pair)
        return mention(100 + number, f"CHU et {number}", parent_id=one, quoted_id=other)

    joined = [joining(number, pair) for number, pair in enumerate(pairs)]
    await asyncio.gather(
        *(
            house(database).process(page(*joined[start::4]), Origin(source_id=f"s{start}"), NIGHT)
            for start in range(4)
        )
    )
    graph: dict[int, int] = {n: n for n in range(40)}

    def root(n: int) -> int:
        return n if graph[n] == n else root(graph[n])

    for one, other in pairs:
        graph[root(one)] = root(other)
    assert len(await partition(database)) == len({root(n) for n in range(40)})


async def test_the_oldest_story_stands_for_the_merged_in_one_step(database) -> None:
    processor = house(database)
    for number in range(6):
        await processor.process(page(mention(number, f"CHU {number}")), ORIGIN, NIGHT)
    for number in range(5, 0, -1):
        one, other = (mention(n).external_id for n in (number, number - 1))
        joining = mention(10 + number, f"CHU puis {number}", parent_id=one, quoted_id=other)
        await processor.process(page(joining), ORIGIN, NIGHT)
    found = await rows(database, "stories")
    oldest = min(row.id for row in found)
    assert {row.merged_into for row in found if row.id != oldest} == {oldest}


async def test_a_link_that_nobody_used_for_a_week_opens_a_new_story(database) -> None:
    processor = house(database)
    late = NIGHT + stories.WINDOW + timedelta(hours=1)
    for number, at in ((1, NIGHT), (2, NIGHT + timedelta(days=5)), (3, late)):
        said = mention(number, f"CHU {number}", links=(ARTICLE,), published_at=at)
        await processor.process(page(said), ORIGIN, at)
    assert await partition(database) == {frozenset({"CHU 1", "CHU 2", "CHU 3"})}
    after = late + stories.WINDOW + timedelta(hours=1)
    said = mention(4, "CHU 4", links=(ARTICLE,), published_at=after)
    await processor.process(page(said), ORIGIN, after)
    assert frozenset({"CHU 4"}) in await partition(database)


async def test_an_exercise_joins_no_real_story(database) -> None:
    await house(database).process(page(mention(1, LONG.format(n=9))), ORIGIN, NIGHT)
    real = house(database)
    drill = type(real)(
        database=database,
        scorer=real.scorer,
        watcher=real.gatherer.watcher,
        judgement=real.judgement,
        pseudonyms=real.pseudonyms,
        sealer=real.sealer,
        retention=timedelta(days=30),
        quarantine=timedelta(days=30),
        exercise_id="exercice-1",
    )
    await drill.process(page(mention(2, LONG.format(n=8))), ORIGIN, NIGHT)
    found = await rows(database, "stories")
    assert [row.exercise_id for row in found] == ["", "exercice-1"]
    assert len(await partition(database)) == 2


async def test_reviews_of_one_place_are_no_story(database) -> None:
    place = "https://maps.example/place/12345"
    said = [
        mention(n, f"CHU {word}", kind=Kind.REVIEW, url=place)
        for n, word in enumerate(("bien", "mal", "moyen"))
    ]
    await house(database).process(page(*said), ORIGIN, NIGHT)
    assert len(await partition(database)) == 3


async def test_keys_go_with_the_last_text_of_their_story(database) -> None:
    await house(database).process(page(*copies(1)[:2], copies(1)[5]), ORIGIN, NIGHT)
    one, two, other = [row.id for row in await rows(database, "mentions")]
    await _erase(database, [one], NIGHT)
    before = await count(database, "story_keys")
    await _erase(database, [two], NIGHT)
    left = await rows(database, "story_keys")
    assert 0 < len(left) < before
    (story,) = {row.story_id for row in left}
    assert [row.id for row in await rows(database, "mentions") if row.story_id == story] == [other]


async def test_keys_expire_where_no_page_comes_any_more(database) -> None:
    await house(database).process(page(*copies(1)), ORIGIN, NIGHT)
    async with database.write() as connection:
        await stories.expire(connection, at=NIGHT + stories.WINDOW)
    assert await count(database, "story_keys") > 0
    async with database.write() as connection:
        await stories.expire(connection, at=NIGHT + stories.WINDOW + timedelta(hours=1))
    assert await count(database, "story_keys") == 0


async def _erase(database: Database, ids: list[int], at: datetime) -> Any:
    async with database.write() as connection:
        await erasure.erase_mentions(connection, ids, at=at)


class Oracle:
    """Deep classifiers that propose what they are told to, or are away."""

    def __init__(self) -> None:
        self.proposals: list[Proposal] = []
        self.asked: list[Any] = []
        self.away = False

    async def score_or_bisect(self, samples: Any) -> Any:
        raise NotImplementedError

    async def propose(self, representatives: Any) -> list[Proposal]:
        if self.away:
            raise ScorerUnavailable("no encoder")
        self.asked.append(list(representatives))
        return self.proposals


async def test_without_an_encoder_stories_stay_as_their_keys_have_them(database) -> None:
    await house(database).process(page(mention(1, "CHU et son brancard")), ORIGIN, NIGHT)
    oracle = Oracle()
    oracle.away = True
    assert await Merger(database=database, proposer=oracle).unite(NIGHT) == 0


async def test_what_an_encoder_proposes_is_merged_once(database) -> None:
    said = [mention(n, f"CHU {n} et son brancard", published_at=NIGHT) for n in range(3)]
    await house(database).process(page(*said), ORIGIN, NIGHT)
    oracle = Oracle()
    merger = Merger(database=database, proposer=oracle)
    shown = await merger.representatives(NIGHT)
    assert [one.text for one in shown] == [one.text for one in said]
    assert {one.subjects for one in shown} == {frozenset({"chu"})}
    first, second, third = [one.story for one in shown]
    proposals = [
        Proposal(older=second, newer=third, similarity=0.7),
        Proposal(older=first, newer=third, similarity=0.6),
        Proposal(older=first, newer=10**9, similarity=0.6),
    ]
    oracle.proposals = proposals
    assert await merger.unite(NIGHT) == 2
    assert await merger.unite(NIGHT) == 0
    assert oracle.asked[0] == list(shown)
    assert {story for _, story in await told(database)} == {first}
    assert [one.story for one in await merger.representatives(NIGHT)] == [first]
    assert await merger.representatives(NIGHT + timedelta(days=2)) == []


async def test_mentions_are_listed_by_the_story_that_stands_or_stood_for_them(database) -> None:
    said = [mention(n, f"CHU {n}") for n in range(3)]
    processor = house(database)
    await processor.process(page(*said), ORIGIN, NIGHT)
    first, second, _ = [story for _, story in await told(database)]
    joining = mention(9, "CHU", parent_id=said[0].external_id, quoted_id=said[1].external_id)
    await processor.process(page(joining), ORIGIN, NIGHT)
    for story in (first, second):
        async with database.read() as connection:
            found = [item.row async for item in listing(connection, Filters(story=story))]
        assert {row.text for row in found} == {"CHU 0", "CHU 1", "CHU"}
        assert {row.story for row in found} == {first}
