"""What a poll of Instagram reads: comments and replies, hashtags within their budget, tags, refusals."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from connectors.budget import BudgetSpent
from connectors.connector import Malformed, RateLimited, Unauthorized, Unavailable, Watched
from connectors.graph import Denied
from connectors.mention import Kind
from tests.connectors.contract import Bench, ids
from tests.connectors.instagram.support import made, mentions, source
from tests.networks.instagram import START, TOKEN, USER_ID, iso
from tests.networks.standin import Fault

HOUR = timedelta(hours=1)
TAGGED = Watched(hashtags=("#CHUValmont", "urgences 🚑"))


async def test_comments_and_replies_know_their_place() -> None:
    async with source(comments=True) as ready:
        network = ready.network
        post = network.post()
        comment = network.comment(post["id"])
        reply = network.reply(post["id"], comment["id"], text="Nous aussi, à la maternité")
        first, second = mentions(await ready.drain())
        assert (first.kind, first.parent_id, first.root_id) == (
            Kind.COMMENT,
            post["id"],
            post["id"],
        )
        assert first.url == post["permalink"]
        assert (first.author.handle, first.author.external_id) == ("claire.de.valmont", "901")
        assert first.accounts == ("chu_valmont",)
        assert (second.external_id, second.kind) == (reply["id"], Kind.REPLY)
        assert (second.parent_id, second.root_id) == (comment["id"], post["id"])


async def test_a_new_reply_under_an_old_comment_is_found_among_many() -> None:
    async with source(comments=True) as ready:
        network = ready.network
        post = network.post()
        old = network.comment(post["id"])
        others = [network.comment(post["id"]) for _ in range(120)]
        network.reply(post["id"], others[-60]["id"])  # an old reply on the second page ends nothing
        assert len(ids(await ready.drain())) == 122
        ready.means.clock.at += 6 * HOUR
        network.reply(post["id"], others[-2]["id"], timestamp=iso(ready.means.clock.at))
        await ready.drain()
        ready.means.clock.at += 3 * HOUR
        reply = network.reply(post["id"], old["id"], timestamp=iso(ready.means.clock.at))
        assert ids(await ready.drain()) == [reply["id"]]
        assert ids(await ready.drain()) == []


async def test_a_thread_of_more_replies_than_a_page_is_read_to_its_end() -> None:
    async with source(comments=True) as ready:
        post = ready.network.post()
        comment = ready.network.comment(post["id"])
        replies = [ready.network.reply(post["id"], comment["id"])["id"] for _ in range(130)]
        assert sorted(ids(await ready.drain())) == sorted([comment["id"], *replies])
        assert ids(await ready.drain()) == []


async def test_comments_are_asked_for_where_the_count_changed_and_every_six_hours() -> None:
    async with source(comments=True) as ready:
        network = ready.network
        quiet, lively = network.post(comments_count=0), network.post(comments_count=0)
        network.comment(quiet["id"])
        network.comment(lively["id"])
        await ready.drain()
        network.comment(lively["id"])
        network.requests.clear()
        await ready.drain()
        assert not network.calls(f"{quiet['id']}/comments")
        assert network.calls(f"{lively['id']}/comments")
        ready.means.clock.at += 6 * HOUR
        # One came and one went: the count is what it was.
        late = network.comment(quiet["id"], timestamp=iso(ready.means.clock.at))
        network.media.items[0]["comments_count"] = 1
        assert ids(await ready.drain()) == [late["id"]]


async def test_a_busy_media_is_gone_through_for_replies_once_an_hour() -> None:
    async with source(comments=True) as ready:
        network = ready.network
        post = network.post(comments_count=5_000)
        old = network.comment(post["id"])
        await ready.drain()
        reply = network.reply(post["id"], old["id"])
        assert ids(await ready.drain()) == []
        ready.means.clock.at += HOUR
        assert ids(await ready.drain()) == [reply["id"]]


async def test_a_media_older_than_what_is_followed_is_left_alone() -> None:
    async with source(comments=True, follow="10d") as ready:
        old = ready.network.post(timestamp=iso(START - timedelta(days=11)))
        ready.network.comment(old["id"])
        assert ids(await ready.drain()) == []
        assert ready.cursors["comments"]["posts"] == {}


async def test_the_id_of_a_hashtag_is_asked_for_once() -> None:
    async with source(TAGGED) as ready:
        ready.network.publish(2)
        await ready.drain()
        ready.network.publish(1)
        assert len(ids(await ready.drain())) == 1
        assert len(ready.network.calls("ig_hashtag_search")) == 1
        assert {r.query["q"] for r in ready.network.calls("ig_hashtag_search")} == {"chuvalmont"}


async def test_no_more_hashtags_are_asked_for_than_the_network_allows_in_seven_days() -> None:
    tags = tuple(f"valmont{number:02}" for number in range(32))
    async with source(hashtags=tags) as ready:
        for tag in tags:
            ready.network.under(tag)
        assert len(ids(await ready.drain())) == 30
        assert await ready.means.ledger.used(made(ready).budgets()[0]) == 0  # units, not hashtags
        assert len(ready.network.searched) == 30
        # Another connector, a restart later: the same thirty, and no refusal from the network.
        assert ids(await ready.drain()) == []
        assert len(ready.network.searched) == 30
        ready.means.clock.at += timedelta(days=7, hours=8)
        for tag in tags[-2:]:
            ready.network.under(tag, timestamp=iso(ready.means.clock.at))
        assert len(ids(await ready.drain())) == 2


async def test_a_spent_budget_is_raised_where_nothing_else_was_read() -> None:
    async with source(hashtags=("valmont",), hashtag_limit=1) as ready:
        await ready.means.ledger.first_time(made(ready).budgets()[0], ["autre"])
        with pytest.raises(BudgetSpent) as spent:
            await ready.drain()
        assert spent.value.retry_after is not None and spent.value.retry_after > HOUR
        assert not ready.network.requests


async def test_a_hashtag_that_nobody_has_used_is_no_failure() -> None:
    async with source(hashtags=("jamaisvu",)) as ready:
        assert ids(await ready.drain()) == []
        found = ready.network.under("jamaisvu")
        assert ids(await ready.drain()) == [found["id"]]


async def test_a_cursor_that_keeps_its_value_and_yet_advances_is_followed() -> None:
    async with source(TAGGED) as ready:
        ready.network.steady = True
        new = ready.network.publish(230)
        assert sorted(ids(await ready.drain())) == sorted(new)
        assert ids(await ready.drain()) == []


async def test_a_media_that_a_hashtag_lists_late_is_given_all_the_same() -> None:
    async with source(TAGGED) as ready:
        network = ready.network
        network.publish(60)
        await ready.drain()
        late = network.under("chuvalmont", timestamp=iso(START - 5 * HOUR))
        edge = network.hashtags["chuvalmont"]
        edge.items.insert(0, edge.items.pop())
        edge.dates.sort()
        edge.places = {item["id"]: place for place, item in enumerate(edge.items)}
        assert ids(await ready.drain()) == [late["id"]]


async def test_a_media_under_two_hashtags_is_given_once() -> None:
    async with source(hashtags=("valmont", "urgences")) as ready:
        shared = ready.network.under("valmont")
        ready.network.hashtags["urgences"] = ready.network.hashtags["valmont"]
        assert ids(await ready.drain()) == [shared["id"]]


async def test_a_list_that_is_denied_is_told_once_and_stops_no_other() -> None:
    async with source(TAGGED, tags=True, media=True) as ready:
        ready.network.denied["tags"] = (10, 0)
        new = ready.network.publish(3)
        built = made(ready)
        pages = [page async for page in built.poll({})]
        assert sorted(ids(pages)) == sorted(new)
        gaps = [(page.feed, gap.reason) for page in pages for gap in page.gaps]
        assert [feed for feed, _ in gaps] == ["tags"]
        assert not [gap async for page in built.poll({}) for gap in page.gaps]


async def test_a_refusal_of_everything_is_raised() -> None:
    async with source(tags=True) as ready:
        ready.network.denied["tags"] = (200, 0)
        with pytest.raises(Denied):
            await ready.drain()
    async with source(tags=True, access_token="mort") as ready:
        with pytest.raises(Unauthorized, match="listener login"):
            await ready.drain()
    async with source(tags=True, access_token=None) as ready:
        with pytest.raises(Unauthorized, match="listener login"):
            await ready.drain()
        assert not ready.network.requests


@pytest.mark.parametrize(
    ("code", "named"),
    [(4, RateLimited), (17, RateLimited), (32, RateLimited), (613, RateLimited),
     (80002, RateLimited), (1, Unavailable), (2, Unavailable), (190, Unauthorized),
     (10, Denied), (200, Denied), (9004, Malformed)],
)  # fmt: skip
async def test_errors_are_named_by_their_code(code: int, named: type[Exception]) -> None:
    async with source(tags=True) as ready:
        ready.network.denied["tags"] = (code, 0)
        with pytest.raises(named) as raised:
            await ready.drain()
        assert TOKEN not in str(raised.value)


async def test_a_hashtag_that_the_network_deems_sensitive_stops_no_other() -> None:
    """It answers with a generic error, whatever the next poll."""
    async with source(hashtags=("valmont",), tags=True) as ready:
        ready.network.denied["ig_hashtag_search"] = (100, 0)
        ready.network.publishes = "tags"
        new = ready.network.publish(2)
        pages = await ready.drain()
        assert sorted(ids(pages)) == sorted(new)
        assert [page.feed for page in pages if page.gaps] == ["hashtag:valmont"]


async def test_what_the_network_cannot_serve_now_is_raised_after_the_rest_was_read() -> None:
    async with source(hashtags=("valmont",), tags=True) as ready:
        ready.network.under("valmont")
        ready.network.denied["tags"] = (2, 0)
        given: list[str] = []
        with pytest.raises(Unavailable):
            async for page in ready.poll():
                given += ids([page])
        assert len(given) == 1


async def test_a_wait_that_the_network_asks_for_ends_the_round() -> None:
    async with source(hashtags=("valmont",), tags=True) as ready:
        wait = {"X-Business-Use-Case-Usage": _usage(minutes=7)}
        body = b'{"error":{"code":80002,"message":"too many"}}'
        ready.network.faults.append(Fault(status=400, headers=wait, body=body))
        with pytest.raises(RateLimited) as asked:
            await ready.drain()
        assert asked.value.retry_after == timedelta(minutes=7)
        assert len(ready.network.requests) == 1


def _usage(*, minutes: int) -> str:
    usage = {"type": "instagram", "call_count": 100, "estimated_time_to_regain_access": minutes}
    return json.dumps({USER_ID: [usage]})


async def test_no_secret_stands_in_what_is_kept_or_shown() -> None:
    async with source(TAGGED, comments=True, tags=True, app_secret="chut", app_id="7") as ready:
        ready.network.publish(120)
        ready.network.denied["tags"] = (10, 0)
        pages = await _polled_with_any_proof(ready)
        shown = repr(pages) + json.dumps(ready.cursors) + repr(made(ready)._settings)
        assert TOKEN not in shown and "chut" not in shown
        assert all(TOKEN not in str(request.url) for request in ready.network.requests)


async def _polled_with_any_proof(ready: Bench) -> list[Any]:
    pages: list[Any] = []
    ready.network._refusal = lambda _request: None
    async for page in ready.poll():
        pages.append(page)
    return pages
