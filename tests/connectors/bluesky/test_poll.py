"""The Bluesky connector's polls, against a stand-in of an account's server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from aiohttp import web

from connectors.connector import (
    ConnectorError,
    Cursors,
    Malformed,
    RateLimited,
    Unauthorized,
    Unavailable,
    Watched,
)
from tests.connectors.bluesky.support import NOON, Make, Now, drain, ids
from tests.networks.bluesky import Bluesky, iso, post_view
from tests.networks.standin import Fault


@pytest.mark.parametrize("count", [350, 10_000])
async def test_all_that_came_between_two_polls_is_given_once(
    make: Make, network: Bluesky, count: int
) -> None:
    cursors: Cursors = {}
    before = network.publish(5)
    assert sorted(ids(await drain(make(), cursors))) == before
    new = network.publish(count)
    pages = await drain(make(), cursors)
    assert sorted(ids(pages)) == new
    assert [page.complete for page in pages] == [False] * (len(pages) - 1) + [True]
    assert ids(await drain(make(), cursors)) == []


async def test_a_quota_in_the_middle_of_the_walk_loses_and_repeats_nothing(
    make: Make, network: Bluesky, now: Now
) -> None:
    cursors: Cursors = {}
    first = network.publish(1000)
    given: list[str] = []
    network.quota = 4
    with pytest.raises(RateLimited) as asked:
        async for page in make().poll(cursors):
            given += ids([page])
            cursors[page.feed] = page.cursor
    assert asked.value.retry_after is not None
    assert 0 < len(given) < 1000
    later = network.publish(30)
    network.quota = None
    now.at += timedelta(minutes=10)
    given += ids(await drain(make(), cursors))
    assert sorted(given) == sorted(first + later)


async def test_new_posts_that_push_the_pages_down_during_a_walk_are_not_lost(
    make: Make, network: Bluesky
) -> None:
    cursors: Cursors = {}
    published = network.publish(300)
    given: list[str] = []
    async for page in make().poll(cursors):
        given += ids([page])
        cursors[page.feed] = page.cursor
        published += network.publish(10)
    given += ids(await drain(make(), cursors))
    given += ids(await drain(make(), cursors))
    assert sorted(given) == sorted(published)


async def test_a_search_that_can_only_be_paged_so_deep_goes_on_by_date(
    make: Make, network: Bluesky
) -> None:
    network.max_hits = 200
    published = network.publish(950)
    assert sorted(ids(await drain(make(), {}))) == published


async def test_a_page_token_that_the_server_forgot_is_replaced_by_a_date(
    make: Make, network: Bluesky
) -> None:
    published = network.publish(500)
    cursors: Cursors = {}
    pages = make().poll(cursors)
    given = ids([page := await anext(pages)])
    await pages.aclose()
    page.cursor["walk"]["token"] = "forgotten"
    given += ids(await drain(make(), {page.feed: page.cursor}))
    assert sorted(given) == published


async def test_the_first_poll_reads_the_look_back_only(make: Make, network: Bluesky) -> None:
    network.posts = [post_view(0, NOON - timedelta(days=9)), post_view(1, NOON - timedelta(days=6))]
    assert ids(await drain(make(), {})) == [network.posts[1]["uri"]]


async def test_a_post_that_is_indexed_late_is_still_found(make: Make, network: Bluesky) -> None:
    cursors: Cursors = {}
    network.posts = [post_view(2, NOON - timedelta(minutes=5))]
    await drain(make(), cursors)
    network.posts.insert(0, late := post_view(1, NOON - timedelta(minutes=8)))
    assert ids(await drain(make(), cursors)) == [late["uri"]]


async def test_each_term_hashtag_account_and_domain_is_a_feed_of_its_own(
    make: Make, network: Bluesky
) -> None:
    watched = Watched(
        terms=("CHU de Valmont", "Valmont"),
        hashtags=("#chuvalmont",),
        accounts=("@chu.valmont.example", "chu_valmont", "@chu@mastodon.example"),
    )
    network.publish(3)
    pages = await drain(make(watched, domains=("chu-valmont.example",)), {})
    asked = [dict(request.query) for request in network.calls("searchPosts")]
    keys = ("q", "tag", "mentions", "domain")
    assert [{key: query[key] for key in keys if key in query} for query in asked] == [
        {"q": '"CHU de Valmont"'},
        {"q": "Valmont"},
        {"q": "*", "tag": "chuvalmont"},
        {"q": "*", "mentions": "chu.valmont.example"},
        {"q": "*", "domain": "chu-valmont.example"},
    ]
    assert len({page.feed for page in pages}) == 5
    assert len(ids(pages)) == 3, "a post that stands in several feeds is given once a poll"


async def test_a_feed_that_the_network_rejects_holds_up_no_other(
    make: Make, network: Bluesky
) -> None:
    published = network.publish(3)
    network.faults.extend([None, Fault(status=400, body=b'{"error":"BadQueryString"}')])
    cursors: Cursors = {}
    with pytest.raises(Malformed, match="BadQueryString"):
        await drain(make(Watched(terms=("a", "b"))), cursors)
    assert "term:b" in cursors
    assert "term:a" not in cursors
    assert sorted(ids(await drain(make(Watched(terms=("a", "b"))), cursors))) == published


@pytest.mark.parametrize("knows_reasons", [True, False])
async def test_notifications_bring_mentions_replies_and_quotes_only(
    make: Make, network: Bluesky, knows_reasons: bool
) -> None:
    network.knows_reasons = knows_reasons
    reply = {"parent": {"uri": "at://did:plc:chu/app.bsky.feed.post/3kown"}, "root": None}
    network.notifications = [
        {**post_view(1, NOON, reply=reply), "reason": "reply", "isRead": False},
        {**post_view(2, NOON, **{"$type": "app.bsky.feed.like"}), "reason": "like"},
    ]
    for view in network.notifications:
        for figure in ("likeCount", "repostCount", "quoteCount", "replyCount"):
            del view[figure]
    watched = Watched(accounts=("chu.valmont.example",))
    page = (await drain(make(watched, notifications=True), {}))[0]
    (mention,) = page.mentions
    assert mention.parent_id == "at://did:plc:chu/app.bsky.feed.post/3kown"
    assert mention.accounts == ("chu.valmont.example",), "a reply addresses whom it answers"
    assert page.engagements == []


async def test_followers_are_asked_once_an_author_and_never_hold_up_a_post(
    make: Make, network: Bluesky
) -> None:
    network.publish(120)
    pages = await drain(make(followers=True), {})
    assert {m.author.followers for page in pages for m in page.mentions} == {1234}
    assert len(network.calls("getProfiles")) == 1
    network.faults.extend([None, None, Fault(status=400)])
    (first, *_) = await drain(make(followers=True), {})
    assert {mention.author.followers for mention in first.mentions} == {None}


def _cut(body: bytes) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handler(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Length": str(len(body) + 100)})
        await answer.prepare(request)
        await answer.write(body)
        request.transport.close()
        return answer

    return handler


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault(status=200, body=b"<html>log in</html>"), Malformed),
        (Fault(status=403, body=b"<html>forbidden</html>"), Unauthorized),
        (Fault(status=200, body=b'{"posts": null}'), Malformed),
        (Fault(status=200, body=b"[]"), Malformed),
        (Fault(status=502, body=b'{"error":"UpstreamFailure"}'), Unavailable),
        (Fault(handler=_cut(b'{"posts": [')), Unavailable),
    ],
)
async def test_a_bad_answer_is_named_and_the_next_poll_loses_nothing(
    make: Make, network: Bluesky, fault: Fault, expected: type[ConnectorError]
) -> None:
    published = network.publish(3)
    connector = make()
    network.faults.extend([None, *[fault] * 8])
    cursors: Cursors = {}
    with pytest.raises(expected):
        await drain(connector, cursors)
    network.faults.clear()
    assert sorted(ids(await drain(connector, cursors))) == published


async def test_one_bad_post_is_put_aside_and_the_page_goes_on(make: Make, network: Bluesky) -> None:
    good = post_view(1, NOON)
    network.posts = [{"uri": None, "indexedAt": iso(NOON)}, {"indexedAt": iso(NOON)}, good]
    (page,) = await drain(make(), {})
    assert ids([page]) == [good["uri"]]
    assert len(page.rejects) == 2
