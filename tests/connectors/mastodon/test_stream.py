"""The multiplexed WebSocket: what comes live, what came while it was away, what is gone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import timedelta

import pytest

from connectors.connector import Cursors, Page, Unauthorized, Unavailable, Watched
from connectors.mastodon import MastodonConnector
from connectors.mastodon.stream import Live
from tests.connectors.mastodon.driving import WATCHED, Make, Now, drain, ids, mentions
from tests.networks.mastodon import TOKEN, Mastodon, iso

TAG = ("hashtag", "chuvalmont")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Live, "flush_after", 0.02)
    monkeypatch.setattr(Live, "cursor_every", 0.05)


class Listening:
    """A stream that is read in the background, its cursors kept as a listener keeps them."""

    def __init__(self, connector: MastodonConnector, cursors: Cursors) -> None:
        self.pages: list[Page] = []
        self.cursors = cursors
        self._connector = connector
        self._task = asyncio.ensure_future(self._read())

    async def _read(self) -> None:
        async with aclosing(self._connector.stream(self.cursors)) as pages:
            async for page in pages:
                self.pages.append(page)
                if page.cursor is not None:
                    self.cursors[page.feed] = page.cursor

    async def until(self, count: int) -> list[str]:
        """The ids given so far, once there are `count` of them."""
        async with asyncio.timeout(20):
            while len(ids(self.pages)) < count and not self._task.done():
                await asyncio.sleep(0.005)
        return ids(self.pages)

    async def end(self) -> None:
        await asyncio.wait_for(self._task, 20)

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


async def subscribed(network: Mastodon, count: int) -> None:
    async with asyncio.timeout(20):
        while len(network.subscriptions) < count:
            await asyncio.sleep(0.005)
    await asyncio.sleep(0.03)  # the catch-up between subscription and live


@pytest.fixture
async def listening(network: Mastodon, make: Make) -> AsyncIterator[Listening]:
    network.publish(3)
    connector = make(access_token=TOKEN, search=False)
    listening = Listening(connector, {})
    await subscribed(network, 2)
    yield listening
    await listening.stop()


async def test_what_was_missed_comes_first_then_what_is_said_now(
    network: Mastodon, listening: Listening
) -> None:
    assert network.subscriptions == [
        {"type": "subscribe", "stream": "user:notification"},
        {"type": "subscribe", "stream": "hashtag", "tag": "chuvalmont"},
    ]
    post = network.post()
    await network.push("update", post, *TAG)
    assert await listening.until(4) == [*ids(listening.pages)[:3], post["uri"]]


async def test_a_hundred_posts_do_not_wait(
    network: Mastodon, listening: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Live, "flush_after", 60)
    for _ in range(100):
        await network.push("update", network.post(), *TAG)
    assert len(await listening.until(103)) == 103


async def test_after_a_cut_nothing_is_missing_and_nothing_is_repeated(
    network: Mastodon, make: Make, listening: Listening
) -> None:
    await network.push("update", network.post(), *TAG)
    given = list(await listening.until(4))
    for socket in network.sockets:
        await socket.close()
    with pytest.raises(Unavailable):
        await listening.end()
    network.publish(60)
    given += ids(await drain(make(access_token=TOKEN, search=False), listening.cursors))
    assert sorted(given) == sorted(post["uri"] for post in network.posts)


async def test_a_deleted_post_is_told_by_its_uri(network: Mastodon, listening: Listening) -> None:
    seen, unseen = network.post(), network.post()
    await network.push("update", seen, *TAG)
    await listening.until(4)
    await network.push("update", unseen, *TAG)
    await network.push("delete", unseen["id"], *TAG)  # before it was ever given
    await network.push("delete", seen["id"], *TAG)
    await network.push("delete", "31337", *TAG)
    last = network.post()
    await network.push("update", last, *TAG)
    assert (await listening.until(5))[3:] == [seen["uri"], last["uri"]]
    deleted = [d.external_id for page in listening.pages for d in page.deletions]
    assert deleted == [seen["uri"]]


async def test_edits_and_notifications_come_too_and_private_words_do_not(
    network: Mastodon, listening: Listening, now: Now
) -> None:
    edited = dict(network.posts[0], content="<p>corrigé</p>", edited_at=iso(now.at))
    await network.push("status.update", edited, *TAG)
    await network.push("notification", network.notify(network.post()), "user:notification")
    private = network.notify(network.post(visibility="direct"))
    await network.push("notification", private, "user:notification")
    await network.push("conversation", private, "direct")
    await network.push("filters_changed", "undefined", "user")
    await network.push("update", network.post(), *TAG)
    await listening.until(6)
    assert "corrigé" in [m.text for m in mentions(listening.pages)]
    assert private["status"]["uri"] not in ids(listening.pages)


async def test_an_unreadable_frame_is_set_aside(network: Mastodon, listening: Listening) -> None:
    await network.sockets[0].send_str("{pas du json")
    await network.push("update", "pas un statut", *TAG)
    await network.push("update", network.post(), *TAG)
    await listening.until(4)
    errors = [reject.error for page in listening.pages for reject in page.rejects]
    assert sorted(errors) == ["a frame that is not JSON", "an unreadable update event"]


async def test_the_cursor_moves_even_when_nothing_matches(network: Mastodon, make: Make) -> None:
    watched = Watched(keep=lambda text: "Valmont" in text)
    cursors: Cursors = {}
    listening = Listening(
        make(watched, access_token=TOKEN, public="all", search=False, notifications=False), cursors
    )
    await subscribed(network, 1)
    other = network.post(content="<p>Rien à voir</p>")
    await network.push("update", other, "public")
    (feed,) = cursors
    async with asyncio.timeout(20):
        while other["id"] not in str(cursors[feed]):
            await asyncio.sleep(0.005)
    assert ids(listening.pages) == []
    await listening.stop()


async def test_a_silent_stream_says_that_all_is_read(
    network: Mastodon, listening: Listening, now: Now
) -> None:
    await listening.until(3)
    before = len(listening.pages)
    now.at += timedelta(minutes=2)
    async with asyncio.timeout(20):
        while len(listening.pages) < before + 2:
            await asyncio.sleep(0.005)
    assert all(page.complete for page in listening.pages[before:])


async def test_a_refused_token_is_unauthorized(network: Mastodon, make: Make) -> None:
    stream = make(WATCHED, access_token="mauvais", notifications=False, search=False).stream({})
    with pytest.raises(Unauthorized):
        async for _page in stream:
            pass
