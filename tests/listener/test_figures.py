"""The figures people are told, recomputed by other means on both engines."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta

import pytest

from listener.storage import figures, furthest
from listener.storage.figures import Filters, Mark
from tests.listener.weeks import W47, insert, said, within

WEEK = Filters(since=W47.since, until=W47.until)


async def read(database, filters: Filters, **options):
    async with database.read() as connection:
        return [item async for item in figures.listing(connection, filters, **options)]


async def counted(database, filters: Filters) -> int:
    async with database.read() as connection:
        return await figures.count(connection, filters)


@pytest.fixture
async def crowd(database):
    """Two hundred mentions over three weeks, of every sort; what was stored, by id."""
    rng = random.Random(47)
    stored = {}
    for _ in range(200):
        values = {
            "at": within(W47, rng.uniform(-10, 11)),
            "network": rng.choice(["mastodon", "bluesky", "rss"]),
            "sentiment": rng.choice(["negative", "neutral", "positive", None]),
            "subjects": rng.choice([("chu",), ("urgences",), ("chu", "urgences"), ("bremont",)]),
            "kind": rng.choice(["post", "reply"]),
            "live": rng.random() < 0.5,
            "text": rng.choice([None, "Le CHU de Valmont"]),
            "exercise_id": rng.choice(["", "", "", "drill-1"]),
        }
        stored[await said(database, **values)] = values
    return stored


FILTERS = [
    (Filters(), lambda m: True),
    (WEEK, lambda m: W47.since <= m["at"] < W47.until),
    (Filters(subjects=("chu", "urgences")), lambda m: {"chu", "urgences"} & {*m["subjects"]}),
    (Filters(networks=("rss",)), lambda m: m["network"] == "rss"),
    (Filters(sources=("bluesky",)), lambda m: m["network"] == "bluesky"),
    (Filters(kinds=("reply",)), lambda m: m["kind"] == "reply"),
    (Filters(sentiments=("negative",)), lambda m: m["sentiment"] == "negative"),
    (
        Filters(sentiments=("positive", "unscored")),
        lambda m: m["sentiment"] in ("positive", None),
    ),
    (Filters(live=True), lambda m: m["live"]),
    (Filters(live=False, erased=True), lambda m: not m["live"] and m["text"] is None),
    (Filters(erased=False), lambda m: m["text"] is not None),
]


async def test_counts_tallies_and_listings_agree_with_what_was_stored(database, crowd):
    for filters, wanted in FILTERS:
        expected = {
            number: m for number, m in crowd.items() if m["exercise_id"] == "" and wanted(m)
        }
        async with database.read() as connection:
            assert await figures.count(connection, filters) == len(expected)
            tally = await figures.tally(connection, filters)
            earliest = await figures.earliest(connection, filters)
        assert tally == Counter(
            (m["network"], m["sentiment"] or "unscored") for m in expected.values()
        )
        assert earliest == min(m["at"] for m in expected.values())
        listed = await read(database, filters)
        assert {item.row.id for item in listed} == expected.keys()
        assert all(item.subjects == {*expected[item.row.id]["subjects"]} for item in listed)


async def test_a_drill_is_counted_only_where_it_is_asked_for(database, crowd):
    drilled = sum(1 for m in crowd.values() if m["exercise_id"])
    assert await counted(database, Filters(exercise_id="drill-1")) == drilled > 0
    assert await counted(database, Filters()) == len(crowd) - drilled


async def test_a_mention_counts_from_the_first_instant_of_its_week_to_the_last(database):
    await said(database, W47.since)
    await said(database, W47.until - timedelta(microseconds=1))
    await said(database, W47.until)
    await said(database, W47.since - timedelta(microseconds=1))
    assert await counted(database, WEEK) == 2


async def test_a_listing_goes_on_where_it_stopped_also_among_equal_instants(database, monkeypatch):
    monkeypatch.setattr(figures, "BATCH", 3)
    ids = [await said(database, within(W47, n // 4)) for n in range(10)]
    for newest_first, order in ((False, ids), (True, ids[::-1])):
        whole = [i.row.id for i in await read(database, WEEK, newest_first=newest_first)]
        assert sorted(whole) == ids
        instants = [
            i.row.occurred_at for i in await read(database, WEEK, newest_first=newest_first)
        ]
        assert instants == sorted(instants, reverse=newest_first)
        assert whole == order
        first = await read(database, WEEK, newest_first=newest_first, limit=4)
        mark = Mark(occurred_at=first[-1].row.occurred_at, id=first[-1].row.id)
        rest = await read(database, WEEK, newest_first=newest_first, after=mark)
        assert [i.row.id for i in [*first, *rest]] == whole


async def test_a_listing_brings_the_latest_figures_and_the_sealed_link(database):
    number = await said(database, within(W47, 1), reactions=3)
    later = within(W47, 2)
    await insert(database, "snapshots", mention_id=number, taken_at=later, reactions=7)
    (item,) = await read(database, WEEK)
    assert item.figures is not None and item.figures.reactions == 7
    assert item.row.sealed


async def test_notable_posts_are_those_that_went_furthest_then_the_gravest(database):
    quiet = await said(database, within(W47, 1), network="rss", severity=20.0)
    grave = await said(database, within(W47, 2), network="rss", severity=90.0)
    seen = await said(database, within(W47, 1), reactions=500, severity=1.0)
    await said(database, within(W47, 1), reactions=400, text=None)
    await said(database, within(W47, 1), reactions=300, kind="repost")
    await said(database, within(W47, 9), reactions=9000)
    some = await said(database, within(W47, 1), reactions=20)
    async with database.read() as connection:
        found = await furthest.notable(connection, WEEK, per_network=2)
    assert [item.row.id for item in found] == [seen, some, grave, quiet]


async def test_copies_of_one_text_are_notable_once(database):
    for n in range(3):
        await said(database, within(W47, 1), text_hash="same", reactions=n)
    async with database.read() as connection:
        (only,) = await furthest.notable(connection, WEEK, per_network=5)
    assert only.figures is not None and only.figures.reactions == 2


async def test_an_empty_database_counts_nothing(database):
    async with database.read() as connection:
        assert await figures.count(connection, Filters()) == 0
        assert await figures.tally(connection, Filters()) == {}
        assert await figures.earliest(connection, Filters()) is None
        assert await furthest.notable(connection, Filters(), per_network=3) == []
    assert await read(database, Filters()) == []
