"""Reading feeds: nothing lost between two polls, nothing repeated, nothing believed blindly."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from aiohttp import web

from connectors.connector import Closed, Cursors, Malformed, Page, RateLimited, Unavailable, Watched
from connectors.http import HttpClient, NetworkPolicy
from connectors.mention import Kind
from connectors.rss import RssConnector, RssSettings
from tests.networks.rss import START, FeedServer
from tests.networks.standin import Fault

NOW = START + timedelta(days=1)


async def no_wait(_seconds: float) -> None:
    return


@pytest.fixture
async def http():
    policy = NetworkPolicy(allowed_hosts=("127.0.0.1",))
    async with HttpClient(policy, clock=lambda: NOW, sleep=no_wait) as client:
        yield client


def connector(http: HttpClient, *urls: str, at: datetime = NOW, **settings: object) -> RssConnector:
    return RssConnector(
        RssSettings(urls=urls, **settings), http=http, watched=Watched(), clock=lambda: at
    )


async def read(source: RssConnector, cursors: Cursors) -> list[Page]:
    """One poll; the cursors move as the pages are committed, through JSON as in a database."""
    pages = []
    async for page in source.poll(dict(cursors)):
        pages.append(page)
        if page.cursor is not None:
            cursors[page.feed] = orjson.loads(orjson.dumps(page.cursor))
    return pages


def ids(pages: list[Page]) -> list[str]:
    return [mention.external_id for page in pages for mention in page.mentions]


@pytest.mark.parametrize("count", [1, 350])
async def test_everything_published_between_two_polls_is_yielded_once(http, count):
    async with FeedServer().serving() as server:
        source, cursors = connector(http, server.url), {}
        server.publish(5)
        await read(source, cursors)
        new = server.publish(count)
        pages = await read(source, cursors)
        assert sorted(ids(pages)) == sorted(new)
        assert max(len(page.mentions) for page in pages) <= 100
        assert pages[-1].complete and not any(page.gaps for page in pages)


@pytest.mark.parametrize("count", [1, 350])
async def test_a_feed_that_pages_is_walked_back_to_what_was_known(http, count):
    async with FeedServer(window=100, paged=True).serving() as server:
        source, cursors = connector(http, server.url), {}
        server.publish(30)
        await read(source, cursors)
        new = server.publish(count)
        pages = await read(source, cursors)
        assert sorted(ids(pages)) == sorted(new)
        assert not any(page.gaps for page in pages)


async def test_a_quota_in_the_middle_of_the_walk_loses_and_repeats_nothing(http):
    async with FeedServer(window=20, paged=True).serving() as server:
        source, cursors = connector(http, server.url), {}
        server.publish(30)
        await read(source, cursors)
        new = server.publish(350)
        found: list[str] = []
        for _attempt in range(20):
            server.quota = 3
            try:
                async for page in source.poll(dict(cursors)):
                    found += ids([page])
                    cursors[page.feed] = page.cursor or cursors[page.feed]
                break
            except RateLimited:
                new += server.publish(7)
        server.quota = None
        found += ids(await read(source, cursors))
        assert sorted(found) == sorted(new)


async def test_a_crash_after_any_page_loses_nothing(http):
    async with FeedServer(window=50, paged=True).serving() as server:
        source, cursors = connector(http, server.url), {}
        server.publish(1)
        await read(source, cursors)
        new, found = server.publish(330), []
        for _restart in range(12):
            async for page in source.poll(dict(cursors)):
                found += ids([page])
                cursors[page.feed] = page.cursor or cursors[page.feed]
                if page.mentions:
                    break
        assert sorted(found) == sorted(new)


async def test_the_first_poll_reads_the_look_back_only(http):
    async with FeedServer().serving() as server:
        server.publish(100)
        source = connector(http, server.url, at=START + timedelta(days=7, seconds=90))
        assert len(ids(await read(source, {}))) == 10


async def test_a_login_is_sent_to_the_feed(http):
    async with FeedServer().serving() as server:
        login = {"user": "veille", "password": "secret-à-soi"}
        await read(connector(http, server.url, **login), {})
        (request,) = server.requests
        sent = request.headers["Authorization"].removeprefix("Basic ")
        assert base64.b64decode(sent).decode() == "veille:secret-à-soi"


async def test_an_unchanged_feed_costs_a_304_and_says_that_it_was_read(http):
    async with FeedServer().serving() as server:
        source, cursors = connector(http, server.url), {}
        server.publish(3)
        await read(source, cursors)
        pages = await read(source, cursors)
        assert [(page.complete, page.mentions, page.cursor) for page in pages] == [(True, (), None)]


async def test_a_gap_is_told_when_every_entry_of_the_window_is_new(http):
    async with FeedServer(window=20).serving() as server:
        source, cursors = connector(http, server.url, at=START + timedelta(seconds=20)), {}
        server.publish(20)
        await read(source, cursors)
        server.publish(60)
        pages = await read(connector(http, server.url, at=NOW), cursors)
        (gap,) = pages[-1].gaps
        assert gap.since == START + timedelta(seconds=20)
        assert gap.until == START + timedelta(seconds=60)


async def test_an_edited_entry_comes_again_and_a_new_count_comes_alone(http):
    async with FeedServer().serving() as server:
        source, cursors = connector(http, server.url), {}
        server.publish(3)
        await read(source, cursors)
        server.entries[1]["title"] = "Corrigé"
        server.entries[2]["comments"] = "41"
        pages = await read(source, cursors)
        assert ids(pages) == ["https://blog.example/?p=1"]
        counts = {e.key.external_id: e.replies for page in pages for e in page.engagements}
        assert counts["https://blog.example/?p=2"] == 41
        assert "https://blog.example/?p=0" not in counts


async def test_a_guid_that_moves_to_https_is_the_same_entry(http):
    async with FeedServer().serving() as server:
        source, cursors = connector(http, server.url), {}
        server.publish(3)
        await read(source, cursors)
        for entry in server.entries:
            entry["guid"] = entry["guid"].replace("http://", "https://")
        assert ids(await read(source, cursors)) == []


async def test_an_empty_feed_is_calm_not_broken(http):
    async with FeedServer().serving() as server:
        pages = await read(connector(http, server.url), {})
        assert ids(pages) == [] and pages[-1].complete


async def test_a_page_of_html_says_what_came_instead_of_a_feed(http):
    async with FeedServer().serving() as server:
        server.faults.append(Fault(status=200, body=b"<!doctype html><html><body>Login</body>"))
        with pytest.raises(Malformed, match="HTML page, not a feed"):
            await read(connector(http, server.url), {})


async def test_a_feed_that_is_gone_is_never_asked_again(http):
    async with FeedServer().serving() as server:
        source, cursors = connector(http, server.url), {}
        server.publish(1)
        await read(source, cursors)
        server.faults.append(Fault(status=410))
        with pytest.raises(Closed):
            async for page in source.poll(cursors):
                cursors[page.feed] = page.cursor
        asked = len(server.requests)
        with pytest.raises(Closed):
            await read(source, cursors)
        assert len(server.requests) == asked


async def test_one_dead_feed_leaves_its_neighbours_read(http):
    async with FeedServer().serving() as server:
        server.publish(2)
        source = connector(http, f"{server.base_url}/gone/", server.url)
        found: list[str] = []
        with pytest.raises(Unavailable, match="1 of 2 feeds"):
            async for page in source.poll({}):
                found += ids([page])
        assert len(found) == 2


async def test_a_permanent_redirect_is_believed_after_three_sightings(http):
    async with FeedServer().serving() as server:
        server.publish(1)
        old = f"{server.base_url}/old/"
        source, cursors = connector(http, old), {}

        async def moved(_request: web.Request) -> web.StreamResponse:
            return web.Response(status=301, headers={"Location": server.url})

        for _poll in range(3):
            server.faults.append(Fault(handler=moved))
            server.publish(1)
            await read(source, cursors)
        server.publish(1)
        assert len(ids(await read(source, cursors))) == 1
        assert server.requests[-1].path == "/feed/"
        assert len([r for r in server.requests if r.path == "/old/"]) == 3


async def test_server_trouble_is_unavailable_and_a_cut_body_is_never_half_a_feed(http):
    async def cut(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "5000"})
        await response.prepare(request)
        await response.write(b"<rss><channel><item><title>Le CH")
        assert request.transport is not None
        request.transport.abort()
        return response

    async with FeedServer().serving() as server:
        for fault in (Fault(status=500), Fault(handler=cut)):
            server.faults.extend([fault] * 12)
            with pytest.raises(Unavailable):
                await read(connector(http, server.url), {})
            server.faults.clear()


async def test_several_feeds_keep_a_cursor_each_and_hosts_are_told(http):
    async with FeedServer().serving() as server:
        server.publish(2)
        source = connector(http, server.url, f"{server.url}?cat=2")
        pages = await read(source, {})
        assert len({page.feed for page in pages}) == 2
        assert not any("cat=2" in page.feed for page in pages)
        assert source.hosts() == (server.base_url.removeprefix("http://"),)


def test_a_source_without_an_address_or_with_an_unknown_key_is_refused():
    with pytest.raises(ValueError, match="url"):
        RssSettings()
    with pytest.raises(ValueError, match="interval"):
        RssSettings(url="https://blog.example/feed/", interval=5)


async def test_a_damaged_cursor_starts_afresh(http):
    async with FeedServer().serving() as server:
        server.publish(3)
        source, cursors = connector(http, server.url), {}
        await read(source, cursors)
        (feed,) = cursors
        for damaged in ({"v": 99}, {"v": 1, "seen": 3}, {"v": 1, "seen": {}, "walk": {"x": 1}}):
            assert len(ids(await read(source, {feed: damaged}))) == 3


async def test_the_kind_may_be_told(http):
    async with FeedServer().serving() as server:
        server.publish(1)
        pages = await read(connector(http, server.url, kind="review"), {})
        assert pages[0].mentions[0].kind is Kind.REVIEW
        assert pages[0].mentions[0].language == "fr"
        assert pages[0].mentions[0].published_at == datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
