"""Nothing is lost or repeated between two polls, whatever happens on the way."""

from __future__ import annotations

from datetime import timedelta

import pytest
from aiohttp import web

from connectors.connector import (
    ConnectorError,
    Cursors,
    Malformed,
    RateLimited,
)
from tests.connectors.mastodon.driving import NOON, Make, Now, drain, ids, mentions
from tests.networks.mastodon import Mastodon, snowflake, status
from tests.networks.standin import Fault


@pytest.mark.parametrize("opaque", [False, True])
@pytest.mark.parametrize("count", [350, 1_000])
async def test_all_that_came_between_two_polls_is_given_once(
    network: Mastodon, make: Make, count: int, opaque: bool
) -> None:
    network.opaque = opaque
    cursors: Cursors = {}
    before = network.publish(5)
    assert sorted(ids(await drain(make(), cursors))) == sorted(before)
    new = network.publish(count)
    pages = await drain(make(), cursors)
    assert sorted(ids(pages)) == sorted(new)
    assert [page.complete for page in pages] == [False] * (len(pages) - 1) + [True]
    assert ids(await drain(make(), cursors)) == []


@pytest.mark.parametrize("opaque", [False, True])
async def test_a_quota_in_the_middle_of_the_walk_loses_and_repeats_nothing(
    network: Mastodon, make: Make, now: Now, opaque: bool
) -> None:
    network.opaque = opaque
    cursors: Cursors = {}
    given = ids(await drain(make(), cursors))
    published = network.publish(10)
    given += ids(await drain(make(), cursors))
    published += network.publish(600)
    for _ in range(4):
        network.quota = 4
        with pytest.raises(RateLimited) as asked:
            async for page in make().poll(cursors):
                given += [mention.external_id for mention in page.mentions]
                cursors[page.feed] = page.cursor or {}
                published += network.publish(1)  # the world does not wait
        assert asked.value.retry_after is not None
        assert asked.value.retry_after <= timedelta(minutes=4)
        network.quota = None
        now.at += timedelta(minutes=5)
    given += ids(await drain(make(), cursors))
    assert sorted(given) == sorted(published)


async def test_the_first_poll_reads_the_look_back_only(network: Mastodon, make: Make) -> None:
    network.publish(200)
    cursors: Cursors = {}
    pages = await drain(make(look_back="4h"), cursors)
    assert len(mentions(pages)) == 200
    pages = await drain(make(look_back="239m"), {})  # the posts begin at eight, it is noon
    assert len(mentions(pages)) == 140
    assert pages[-1].complete


async def test_a_post_filed_behind_the_last_one_read_is_still_found(
    network: Mastodon, make: Make, now: Now
) -> None:
    now.at = NOON - timedelta(hours=3, minutes=55)
    cursors: Cursors = {}
    network.publish(300)
    await drain(make(), cursors)
    at = NOON - timedelta(hours=4) + timedelta(seconds=280, milliseconds=500)
    network.posts.append(status(snowflake(at), at, uri="https://ailleurs.example/1"))
    assert ids(await drain(make(), cursors)) == ["https://ailleurs.example/1"]
    assert ids(await drain(make(), cursors)) == []


@pytest.mark.parametrize("opaque", [False, True])
async def test_the_mark_may_be_deleted_meanwhile(
    network: Mastodon, make: Make, opaque: bool
) -> None:
    network.opaque = opaque
    cursors: Cursors = {}
    network.publish(300)
    await drain(make(), cursors)
    mark = cursors[f"{network.base_url.removeprefix('http://')}/tag/chuvalmont"]["mark"]
    network.posts = [post for post in network.posts if post["id"] != mark]
    new = network.publish(60)
    assert sorted(ids(await drain(make(), cursors))) == sorted(new)


async def test_a_server_that_ignores_every_bound_ends_in_a_gap_not_in_a_loop(
    network: Mastodon, make: Make
) -> None:
    network.fixed, network.describes_itself = True, False
    network.publish(100)
    cursors: Cursors = {}
    pages = await drain(make(), cursors)
    assert len(set(ids(pages))) == len(ids(pages)) == 40
    assert [gap.reason.endswith("does not page back") for gap in pages[-1].gaps] == [True]
    network.publish(3)
    assert len(ids(await drain(make(), cursors))) == 3


async def test_html_instead_of_json_is_malformed_and_keeps_the_cursor(
    network: Mastodon, make: Make
) -> None:
    cursors: Cursors = {}
    connector = make()
    await drain(connector, cursors)
    new = network.publish(2)
    network.faults.append(Fault(status=200, body=b"<html>Connexion</html>"))
    with pytest.raises(Malformed) as refused:
        await drain(connector, cursors)
    assert refused.value.payload.startswith(b"<html>")
    assert sorted(ids(await drain(connector, cursors))) == sorted(new)


async def test_cut_bodies_and_server_errors_do_not_move_the_cursor(
    network: Mastodon, make: Make
) -> None:
    async def cut(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b'[{"id":')
        assert request.transport is not None
        request.transport.close()
        return response

    cursors: Cursors = {}
    connector = make()
    await drain(connector, cursors)
    new = network.publish(50)
    for fault in (Fault(handler=cut), Fault(status=502)):
        network.faults.extend([None, *[fault] * 6])
        with pytest.raises(ConnectorError):
            await drain(connector, {})
        network.faults.clear()
    assert sorted(ids(await drain(make(), cursors))) == sorted(new)
