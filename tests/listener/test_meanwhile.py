"""What others did while a page was being scored or waited its turn: nothing erased comes back."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from classifiers.classifier import Reason
from connectors.mention import Deletion, alive
from listener.storage import deep as queue
from listener.storage import erasure, mentions
from listener.workflows.judgement import Judgement
from tests.listener.forgetting import HANDLE, contents, home, left, post
from tests.listener.house import NIGHT, ORIGIN, WordScorer, count, figures, house, live, page, rows
from tests.listener.house import mention as said_by
from tests.listener.meeting import PATIENCE, held_up, on_postgresql
from tests.listener.tiers import Says, deep, said, tiers

LATER = NIGHT + timedelta(minutes=5)
POST = said_by(1, "CHU de Valmont honte")
NAMED = replace(POST, text="CHU de Valmont honte, le patient Paul M.")
GONE = Deletion(network=POST.network, external_id=POST.external_id, seen_at=LATER)


@on_postgresql
async def test_what_a_network_deleted_does_not_come_back_with_an_edit(database) -> None:
    processor = house(database)
    await live(processor)
    await processor.process(page(POST), ORIGIN, NIGHT)
    async with held_up(processor, page(NAMED), LATER):
        await house(database).process(page(deletions=[GONE]), ORIGIN, LATER)
    (row,) = await rows(database, "mentions")
    assert (row.text, row.deleted_at) == (None, LATER)
    assert await count(database, "mention_links") == 0


@on_postgresql
async def test_a_text_whose_time_is_over_does_not_come_back_with_an_edit(database) -> None:
    processor, late = house(database), NIGHT + timedelta(days=31)
    await live(processor)
    await processor.process(page(POST), ORIGIN, NIGHT)
    edit = held_up(processor, page(NAMED), late)
    async with edit, database.write() as connection:
        assert await erasure.expire_texts(connection, at=late) == 1
    (row,) = await rows(database, "mentions")
    assert row.text is None


@on_postgresql
async def test_what_explanations_quoted_does_not_come_back_with_figures(database) -> None:
    quoting = Reason(code="words", share=1.0, detail="Paul M.")
    scores = [replace(s, reasons=(quoting,)) for s in said("negative", severity=40.0)]
    processor = house(database, scorer=Says(otherwise=scores))
    await live(processor)
    await processor.process(page(POST), ORIGIN, NIGHT)
    moved = page(engagements=[figures(POST, LATER, reactions=8)])
    async with held_up(processor, moved, LATER):
        await house(database).process(page(deletions=[GONE]), ORIGIN, LATER)
    assert not [row.reasons for row in await rows(database, "scores") if row.reasons]


async def test_what_is_deleted_before_it_is_stored_is_not_stored(database) -> None:
    class Slow(WordScorer):
        async def score_or_bisect(self, samples: Any) -> Any:
            await processor.process(page(deletions=[GONE]), ORIGIN, LATER)
            return await super().score_or_bisect(samples)

    processor = house(database, scorer=Slow())
    await processor.process(page(POST, said_by(2, "CHU de Valmont")), ORIGIN, NIGHT)
    (row,) = await rows(database, "mentions")
    assert row.text == "CHU de Valmont"


async def test_what_was_read_more_deeply_meanwhile_stands(database) -> None:
    fast = Says(otherwise=said("negative", 0.5, severity=40.0))
    slow = Says(otherwise=deep("negative", severity=45.0, flags={"patient_privacy": 0.9}))
    processor, deepener = tiers(database, fast, slow)
    await live(processor)
    await processor.process(page(POST), ORIGIN, NIGHT)
    begun, go = asyncio.Event(), asyncio.Event()

    async def deep_thinks() -> None:
        begun.set()
        await go.wait()

    async def fast_thinks() -> None:
        fast.meanwhile = None
        go.set()
        await reading

    slow.meanwhile, fast.meanwhile = deep_thinks, fast_thinks
    reading = asyncio.create_task(deepener.deepen(LATER, timedelta(seconds=0.001)))
    await begun.wait()
    moved = page(engagements=[figures(POST, LATER, reactions=7)])
    await processor.process(moved, ORIGIN, LATER)
    (row,) = await rows(database, "mentions")
    assert (row.tier, row.restricted) == ("deep", True)


async def test_what_was_said_of_the_text_before_does_not_stand_on_an_edit(database) -> None:
    private = said("negative", severity=40.0, flags={"patient_privacy": 0.9})
    fast = Says({"Paul": private}, otherwise=said("neutral"))
    processor = house(database, scorer=fast)
    await live(processor)
    await processor.process(page(POST), ORIGIN, NIGHT)

    async def edit() -> None:
        fast.meanwhile = None
        await processor.process(page(NAMED), ORIGIN, LATER)

    fast.meanwhile = edit
    moved = page(engagements=[figures(POST, LATER, reactions=7)])
    await processor.process(moved, ORIGIN, LATER)
    (row,) = await rows(database, "mentions")
    assert (row.text, row.sentiment, row.restricted) == (NAMED.text, "negative", True)
    assert await count(database, "snapshots") == 1


async def test_an_edit_that_overtakes_its_first_version_is_kept_and_judged(database) -> None:
    class Slow(WordScorer):
        async def score_or_bisect(self, samples: Any) -> Any:
            await house(database).process(page(POST), ORIGIN, NIGHT)
            return await super().score_or_bisect(samples)

    await live(house(database))
    grave = replace(POST, text="CHU de Valmont gravité 95", edited_at=NIGHT)
    await house(database, scorer=Slow()).process(page(grave), ORIGIN, NIGHT)
    (row,) = await rows(database, "mentions")
    assert row.text == grave.text
    assert await count(database, "incidents") == 1


async def test_what_two_lanes_read_at_once_is_scored_once(database) -> None:
    class Slow(WordScorer):
        async def score_or_bisect(self, samples: Any) -> Any:
            await house(database).process(page(POST), ORIGIN, NIGHT)
            return await super().score_or_bisect(samples)

    await live(house(database))
    await house(database, scorer=Slow()).process(page(POST), ORIGIN, LATER)
    assert await count(database, "mentions") == 1
    assert {row.scored_at for row in await rows(database, "scores")} == {NIGHT}


async def test_a_row_whose_time_is_over_meanwhile_is_left_gone(database) -> None:
    class Slow(WordScorer):
        async def score_or_bisect(self, samples: Any) -> Any:
            async with database.write() as connection:
                for table in ("scores", "mention_links", "mention_subjects", "mentions"):
                    await connection.exec_driver_sql(f"DELETE FROM {table}")
            return await super().score_or_bisect(samples)

    await live(house(database))
    await house(database).process(page(POST), ORIGIN, NIGHT)
    moved = page(engagements=[figures(POST, LATER, reactions=7)])
    await house(database, scorer=Slow()).process(moved, ORIGIN, LATER)
    assert await count(database, "mentions") == 0


@on_postgresql
async def test_signs_of_life_in_two_orders_do_not_wait_for_each_other(database) -> None:
    one, other = house(database), house(database)
    await live(one)
    posts = [said_by(n, "CHU de Valmont") for n in range(1, 201)]
    await one.process(page(*posts), ORIGIN, NIGHT)
    for n in range(6):
        at = LATER + timedelta(seconds=n)
        signs = [alive(p.key, at) for p in posts]
        moved = [figures(p, at, reactions=n) for p in posts[::-1]]
        await asyncio.gather(
            one.process(page(engagements=signs), ORIGIN, at),
            other.process(page(engagements=signs[::-1]), ORIGIN, at),
            other.process(page(engagements=moved), ORIGIN, at),
        )


@on_postgresql
async def test_whoever_was_forgotten_before_a_restore_does_not_come_back_by_another_daemon(
    database, tmp_path, monkeypatch
) -> None:
    async with home(database, tmp_path) as made:
        restore = made.app.graveyard.restore
        made.app.graveyard.add({("author", made.app.pseudonyms.author("mastodon", HANDLE))})
        judged = Judgement.judge
        restoring: list[asyncio.Task[int]] = []

        async def judge(self: Judgement, *args: Any) -> int:
            """The other daemon's page is written, and not committed yet."""
            restoring.append(asyncio.create_task(restore(database, NIGHT)))
            await asyncio.wait(restoring, timeout=0.3)
            return await judged(self, *args)

        monkeypatch.setattr(Judgement, "judge", judge)
        await made.hear(post())
        await restoring[0]
        assert left(await contents(made)) == []


@on_postgresql
async def test_a_story_whose_last_two_texts_go_at_once_keeps_no_keys(database) -> None:
    processor = house(database)
    await live(processor)
    words = "CHU de Valmont honte, onze heures d'attente sur un brancard dans le couloir"
    await processor.process(page(said_by(1, words), said_by(2, words)), ORIGIN, NIGHT)
    assert await count(database, "story_keys") > 0

    async def erase() -> None:
        async with database.write() as connection:
            await erasure.erase_mentions(connection, [2], at=LATER)

    async with database.write() as connection:
        await erasure.erase_mentions(connection, [1], at=LATER)
        erasing = asyncio.create_task(erase())
        await asyncio.wait([erasing], timeout=0.3)
    await erasing
    assert await count(database, "story_keys") == 0


@on_postgresql
async def test_dropping_what_waits_too_long_waits_for_no_page(database) -> None:
    processor, _ = tiers(database, Says(otherwise=said("negative", 0.5, severity=40.0)), Says())
    await live(processor)
    await processor.process(page(POST), ORIGIN, NIGHT)
    async with database.write() as writing:
        await mentions.hold(writing, [1])
        async with asyncio.timeout(PATIENCE), database.write() as connection:
            assert await queue.shed(connection, before=LATER, room=9) == 0
    async with database.write() as connection:
        assert await queue.shed(connection, before=LATER, room=9) == 1


@pytest.mark.parametrize("held", [True, False])
async def test_mentions_are_known_by_number(database, held) -> None:
    processor = house(database)
    await live(processor)
    await processor.process(page(POST), ORIGIN, NIGHT)
    async with database.write() as connection:
        found = await mentions.by_id(connection, {1, 77}, held=held)
    assert {number: known.text for number, known in found.items()} == {1: POST.text}
