"""What is done when nobody says anything: refreshes, missing scores, calm incidents, errands, expiry."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from connectors.connector import Page
from connectors.mention import Deletion, Engagement, MentionKey
from listener.app.owner import owner_name, release_leases_of_the_dead
from listener.storage import due, inbox, sources
from listener.workflows.collect import Source
from listener.workflows.draft import Origin
from listener.workflows.refresh import Refresher
from listener.workflows.rescore import Rescorer
from listener.workflows.tick import Ticker
from tests.listener.house import (
    NIGHT,
    ORIGIN,
    POLICY,
    WordScorer,
    collector_of,
    count,
    figures,
    house,
    live,
    mention,
    page,
    rows,
)
from tests.listener.tiers import Says, said


def ticker(database: Any, owner: str = "one", **values: Any) -> Ticker:
    processor = values.pop("processor", None) or house(database)
    rescorer = Rescorer(processor=processor)
    updates = processor.judgement.updates
    return Ticker(
        database=database,
        policy=POLICY,
        owner=owner,
        rescorer=rescorer,
        updates=updates,
        **values,
    )


@dataclass
class Counts:
    """A network that answers with the same counts for whatever it is asked."""

    asked: list[MentionKey] = field(default_factory=list)
    gone: bool = False
    at: Any = NIGHT
    verify_every: timedelta | None = None
    reactions: int | None = 500
    silent: bool = False

    def hosts(self) -> tuple[str, ...]:
        return ()

    async def poll(self, cursors: Any) -> AsyncIterator[Page]:
        return
        yield Page()

    async def refresh(self, keys: Collection[MentionKey]) -> AsyncIterator[Page]:
        self.asked += keys
        if self.silent:
            return
        if self.gone:
            yield Page(
                deletions=[
                    Deletion(network=k.network, external_id=k.external_id, seen_at=self.at)
                    for k in keys
                ]
            )
            return
        yield Page(
            engagements=[
                Engagement(key=key, taken_at=self.at, reactions=self.reactions) for key in keys
            ]
        )


def refresher(database: Any, network: Counts) -> tuple[Refresher, dict[str, Source]]:
    processor = house(database)
    collector = collector_of(processor, lambda: network.at)
    source = Source(id="mastodon", connector=network, every=timedelta(minutes=5))
    made = Refresher(database=database, sealer=processor.sealer, collector=collector)
    return made, {"mastodon": source}


async def test_a_young_mention_is_read_again_and_an_old_one_is_left_alone(database) -> None:
    processor = house(database)
    await live(processor, NIGHT - timedelta(days=20))
    old = mention(2, published_at=NIGHT - timedelta(days=9))
    await processor.process(page(mention(1), old), ORIGIN, NIGHT)
    network = Counts(at=NIGHT + timedelta(minutes=11))
    made, known = refresher(database, network)
    await made.refresh(known, network.at)
    assert [key.external_id for key in network.asked] == [mention(1).external_id]
    assert await count(database, "snapshots") == 1


async def test_a_network_that_wants_deletions_followed_is_asked_for_as_long_as_a_text_stands(
    database,
) -> None:
    processor = house(database)
    await live(processor, NIGHT - timedelta(days=20))
    origin = replace(ORIGIN, verify_every=timedelta(days=1))
    old = mention(2, published_at=NIGHT - timedelta(days=9))
    await processor.process(page(old), origin, NIGHT)
    network = Counts(at=NIGHT)
    network.verify_every = timedelta(days=1)
    made, known = refresher(database, network)
    for day in (1, 2, 3):
        network.asked.clear()
        network.at = NIGHT + timedelta(days=day, minutes=1)
        await made.refresh(known, network.at)
        assert [key.external_id for key in network.asked] == [old.external_id]


async def test_a_sign_of_life_without_figures_puts_a_mention_off_and_stores_nothing(
    database,
) -> None:
    scorer = WordScorer()
    processor = house(database, scorer=scorer)
    await live(processor, NIGHT - timedelta(days=20))
    origin = replace(ORIGIN, verify_every=timedelta(days=1))
    old = mention(2, published_at=NIGHT - timedelta(days=9))
    await processor.process(page(old), origin, NIGHT)
    scored = await count(database, "scores")
    network = Counts(at=NIGHT + timedelta(days=1, minutes=1), reactions=None)
    network.verify_every = timedelta(days=1)
    made, known = refresher(database, network)
    await made.refresh(known, network.at)
    (stored,) = await rows(database, "mentions")
    assert stored.refresh_at == network.at + timedelta(days=1)
    assert await count(database, "snapshots") == 0
    assert await count(database, "scores") == scored


async def test_a_sign_of_life_ends_the_refreshes_of_what_has_had_its_time(database) -> None:
    processor = house(database)
    await live(processor, NIGHT - timedelta(days=20))
    post = mention(2, published_at=NIGHT - timedelta(days=6, hours=23))
    await processor.process(page(post), ORIGIN, NIGHT)
    network = Counts(at=NIGHT + timedelta(days=1), reactions=None)
    made, known = refresher(database, network)
    await made.refresh(known, network.at)
    (stored,) = await rows(database, "mentions")
    assert len(network.asked) == 1
    assert stored.refresh_at is None


@pytest.mark.parametrize(
    ("age", "verify_every", "again"),
    [
        (timedelta(days=2), None, timedelta(minutes=30)),
        (timedelta(days=2), timedelta(days=1), timedelta(minutes=30)),
        (timedelta(days=8), None, None),
        (timedelta(days=8), timedelta(days=1), timedelta(days=1)),
    ],
)
async def test_what_is_asked_for_in_vain_is_asked_for_again_soon_only_while_it_is_young(
    database, age: timedelta, verify_every: timedelta | None, again: timedelta | None
) -> None:
    processor = house(database)
    await live(processor, NIGHT - timedelta(days=20))
    post = mention(1, published_at=NIGHT - timedelta(days=1))
    await processor.process(page(post), ORIGIN, NIGHT)
    network = Counts(at=NIGHT - timedelta(days=1) + age, silent=True, verify_every=verify_every)
    made, known = refresher(database, network)
    await made.refresh(known, network.at)
    (stored,) = await rows(database, "mentions")
    assert len(network.asked) == 1
    assert stored.refresh_at == (network.at + again if again else None)


async def test_what_a_source_brought_that_is_switched_off_waits_for_it(database) -> None:
    processor = house(database)
    await live(processor, NIGHT - timedelta(days=20))
    await processor.process(page(mention(1)), ORIGIN, NIGHT)
    made, _known = refresher(database, Counts(at=NIGHT))
    await made.refresh({}, NIGHT + timedelta(days=9))
    (stored,) = await rows(database, "mentions")
    assert stored.refresh_at == NIGHT + timedelta(days=10)


async def test_growth_found_by_a_refresh_pages(database) -> None:
    processor = house(database)
    await live(processor)
    post = mention(1, "CHU honte gravité 40")
    first = figures(post, NIGHT, reactions=2)
    await processor.process(page(post, engagements=[first]), ORIGIN, NIGHT)
    network = Counts(at=NIGHT + timedelta(minutes=15))
    made, known = refresher(database, network)
    await made.refresh(known, network.at)
    assert await count(database, "outbox") == 2


async def test_what_a_refresh_finds_gone_is_erased(database) -> None:
    await house(database).process(page(mention(1)), ORIGIN, NIGHT)
    (stored,) = await rows(database, "mentions")
    network = Counts(gone=True, at=NIGHT + timedelta(minutes=15))
    made, known = refresher(database, network)
    await made.refresh(known, network.at)
    (stored,) = await rows(database, "mentions")
    assert stored.text is None
    assert stored.refresh_at is None


async def test_two_daemons_never_ask_for_the_same_figures(database) -> None:
    await house(database).process(page(mention(1)), ORIGIN, NIGHT)
    network = Counts(at=NIGHT + timedelta(minutes=15))
    pairs = [refresher(database, network) for _ in range(2)]
    await asyncio.gather(*(made.refresh(known, network.at) for made, known in pairs))
    assert len(network.asked) == 1


async def test_mentions_stored_without_a_scorer_are_caught_up_and_may_page(database) -> None:
    scorer = WordScorer(away=True)
    processor = house(database, scorer=scorer)
    await live(processor)
    await processor.process(page(mention(1, "CHU honte gravité 90")), ORIGIN, NIGHT)
    await ticker(database, processor=processor).tick(NIGHT)
    assert await count(database, "incidents") == 0
    scorer.away = False
    await ticker(database, processor=processor).tick(NIGHT + timedelta(minutes=5))
    (stored,) = await rows(database, "mentions")
    assert (stored.sentiment, stored.severity) == ("negative", 90)
    assert await count(database, "outbox") == 2


async def test_an_edit_made_while_the_scorer_is_away_is_scored_later(database) -> None:
    scorer = WordScorer()
    processor = house(database, scorer=scorer)
    await live(processor)
    await processor.process(page(mention(1, "CHU merci")), ORIGIN, NIGHT)
    scorer.away = True
    await processor.process(page(mention(1, "CHU honte gravité 90")), ORIGIN, NIGHT)
    scorer.away = False
    await ticker(database, processor=processor).tick(NIGHT + timedelta(minutes=5))
    (stored,) = await rows(database, "mentions")
    assert (stored.sentiment, stored.severity) == ("negative", 90)
    assert await count(database, "outbox") == 2


async def test_a_text_nobody_can_score_is_tried_once(database) -> None:
    scorer = WordScorer(away=True)
    processor = house(database, scorer=scorer)
    await processor.process(page(mention(1, "CHU poison")), ORIGIN, NIGHT)
    scorer.away, scorer.poison = False, "poison"
    for _ in range(3):
        await ticker(database, processor=processor).tick(NIGHT)
    assert len(scorer.asked) == 1


async def test_a_calm_incident_is_closed_and_a_new_breach_opens_another(database) -> None:
    processor = house(database)
    await live(processor)
    await processor.process(page(mention(1, "CHU honte gravité 90")), ORIGIN, NIGHT)
    await ticker(database).tick(NIGHT + timedelta(hours=11))
    assert await count(database, "incidents", state="open") == 1
    later = NIGHT + timedelta(hours=13)
    await ticker(database).tick(later)
    assert await count(database, "incidents", state="resolved") == 1
    again = mention(2, "CHU honte gravité 90", published_at=later)
    await processor.process(page(again), ORIGIN, later)
    assert sorted(row.state for row in await rows(database, "incidents")) == ["open", "resolved"]


@pytest.mark.parametrize("late", [timedelta(0), timedelta(days=3)])
async def test_an_errand_is_run_once_also_when_the_hour_was_missed(database, late) -> None:
    done: list[str] = []

    async def run(errand: due.Errand, at: Any) -> None:
        await asyncio.sleep(0)
        done.append(errand.key)

    async with database.write() as connection:
        for _ in range(2):
            await due.plan(connection, key="digest:2026-W11", kind="digest", due_at=NIGHT)
    await ticker(database, handlers={"digest": run}).tick(NIGHT - timedelta(seconds=1))
    assert done == []
    pair = [ticker(database, owner, handlers={"digest": run}) for owner in ("one", "two")]
    await asyncio.gather(*(each.tick(NIGHT + late) for each in pair))
    await pair[0].tick(NIGHT + late + timedelta(hours=1))
    assert done == ["digest:2026-W11"]


async def test_texts_and_links_expire_together_and_the_figures_stay(database) -> None:
    said = mention(1)
    brought = page(said, engagements=[figures(said, NIGHT, reactions=7)])
    await house(database).process(brought, Origin(source_id="mastodon"), NIGHT)
    await ticker(database).tick(NIGHT + timedelta(days=29))
    assert await count(database, "mention_links") == 1
    await ticker(database).tick(NIGHT + timedelta(days=31))
    (stored,) = await rows(database, "mentions")
    assert (stored.text, stored.sentiment) == (None, "negative")
    assert await count(database, "mention_links") == 0
    assert await count(database, "snapshots") == 1


async def test_what_may_reveal_a_patient_is_erased_sooner(database) -> None:
    revealing = said(flags={"patient_privacy": 0.8})
    processor = house(database, scorer=Says({"Jeanne": revealing}))
    posts = mention(1, "CHU de Valmont : ma voisine Jeanne y est"), mention(2, "CHU de Valmont")
    await processor.process(page(*posts), Origin(source_id="mastodon"), NIGHT)
    kept = timedelta(days=10)
    await ticker(database, restricted_retention=kept).tick(NIGHT + timedelta(days=9))
    assert all(row.text for row in await rows(database, "mentions"))
    await ticker(database, restricted_retention=kept).tick(NIGHT + timedelta(days=11))
    texts = [row.text for row in sorted(await rows(database, "mentions"), key=lambda r: r.id)]
    assert texts == [None, "CHU de Valmont"]
    assert await count(database, "mention_links") == 1


async def test_the_leases_of_a_killed_process_are_given_back_at_once(database) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    place = owner_name().rsplit(":", 2)[0]
    held = {f"{place}:{dead.pid}:aa": True, f"{place}:{os.getpid()}:bb": False, "far:1:cc": False}
    async with database.write() as connection:
        for number, owner in enumerate(held):
            await sources.acquire(
                connection, f"s{number}", owner=owner, at=NIGHT, lease=timedelta(minutes=5)
            )
            await inbox.keep(connection, f"s{number}", "0", b"", at=NIGHT)
            await inbox.claim(
                connection,
                sources=[f"s{number}"],
                abandoned=NIGHT,
                owner=owner,
                at=NIGHT,
                lease=timedelta(minutes=5),
            )
    await release_leases_of_the_dead(database)
    for table in ("sources", "inbox"):
        kept = {row.lease_owner for row in await rows(database, table)}
        assert kept == {None, *(owner for owner, gone in held.items() if not gone)}
