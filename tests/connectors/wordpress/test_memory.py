"""What the cursor of a WordPress collection remembers, and how little room it takes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.wordpress.given import Given
from tests.connectors.wordpress.support import NOW, Listener
from tests.networks.wordpress import START, WordpressServer

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LARGEST_CURSOR = 40_000  # bytes


@settings(deadline=None)
@given(st.sets(st.tuples(st.integers(1, 60), st.integers(0, 4))))
def test_what_was_given_is_known_after_a_restart(items):
    kept = Given()
    for number, day in items:
        kept.add(number, NOON + timedelta(days=day))
    again = Given.load(orjson.loads(orjson.dumps(kept.dump())))
    assert again.dump() == kept.dump()
    for number in range(1, 61):
        for day in range(5):
            assert again.has(number, NOON + timedelta(days=day)) == ((number, day) in items)
    recent = sorted({number for number, day in items if day >= 2})
    assert again.missing(NOON + timedelta(days=2), found=()) == recent
    again.forget_before(NOON + timedelta(days=2))
    assert again.missing(NOON, found=()) == recent
    assert again.missing(NOON, found=set(recent)) == []


async def test_the_cursor_stays_small_whatever_a_walk_brings(http):
    async with WordpressServer().serving() as server:
        listener = Listener(http, server, posts=False)
        server.publish(5)
        await listener.read()
        server.publish(5_000)
        await listener.read()
        sizes = [len(orjson.dumps(page.cursor)) for page in listener.pages if page.cursor]
        assert max(sizes) < LARGEST_CURSOR
        listener.at += timedelta(hours=2)  # three days are looked through for late approvals
        assert await listener.read() == []


async def test_more_posts_than_are_remembered_by_their_words_come_once(http):
    async with WordpressServer().serving() as server:
        listener = Listener(http, server, comments=False)
        server.write("Avant", START)
        await listener.read()
        new = [server.write(f"N° {n}", START + timedelta(seconds=n)) for n in range(1, 1_501)]
        assert await listener.read() == new
        sizes = [len(orjson.dumps(page.cursor)) for page in listener.pages if page.cursor]
        assert max(sizes) < LARGEST_CURSOR
        listener.at += timedelta(hours=2)
        assert await listener.read() == []
        server.posts[3]["content"]["rendered"] = "<p>Rectificatif</p>"
        server.posts[3]["modified_gmt"] = listener.at.strftime("%Y-%m-%dT%H:%M:%S")
        assert await listener.read() == [new[2]]


async def test_old_posts_that_are_edited_in_bulk_come_once(http):
    async with WordpressServer().serving() as server:
        listener = Listener(http, server, comments=False, look_back="30d")
        listener.at = NOW
        for n in range(700):
            server.write(f"N° {n}", START - timedelta(days=20, seconds=n))
        server.write("Récent", START)
        await listener.read()
        listener.at += timedelta(hours=3)
        for post in server.posts[:700]:
            post["content"]["rendered"] = "<p>Nouvelle adresse</p>"
            post["modified_gmt"] = listener.at.strftime("%Y-%m-%dT%H:%M:%S")
        listener.at += timedelta(minutes=30)
        assert len(await listener.read()) == 700
        listener.at += timedelta(minutes=30)
        assert await listener.read() == []
        listener.at += timedelta(hours=2)
        assert await listener.read() == []
