"""The filtered stream: rules, lines, cuts, waits, and money paid in advance."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web

from connectors.budget import BudgetSpent
from connectors.connector import Page, RateLimited, Unauthorized, Unavailable, Watched
from connectors.x import XConnector
from connectors.x.api import NoCredits
from connectors.x.ids import digest
from connectors.x.stream import StreamDown, TooManyConnections
from tests.connectors.x.support import Desk, Now, ids
from tests.networks.standin import Fault
from tests.networks.x import X

RULE = '("CHU de Valmont") -is:retweet'
TAG = f"listener:{digest(RULE)}"
OTHERS = {"id": "1", "tag": "autre équipe", "value": "chats"}


async def followed(connector: XConnector) -> tuple[list[Page], Exception]:
    """What the stream gave until it ended, and how it ended."""
    pages: list[Page] = []
    try:
        async for page in connector.stream({}):
            pages.append(page)
    except Exception as error:
        return pages, error
    raise AssertionError("a stream ends with an error")


async def test_posts_come_with_figures_and_a_cursor(desk: Desk, network: X) -> None:
    posts = [network.post() for _ in range(3)]
    for post in posts:
        network.say(post, TAG)
    pages, ended = await followed(desk.make())
    assert isinstance(ended, Unavailable)
    assert ids(pages) == [post["id"] for post in posts]
    assert sum(len(page.engagements) for page in pages) == 3
    assert all(page.feed == "stream" and page.cursor and page.cursor["v"] == 1 for page in pages)
    assert await desk.used() == 15


async def test_our_rules_are_made_once_and_nobody_elses_are_touched(desk: Desk, network: X) -> None:
    network.rules = [OTHERS, {"id": "2", "tag": "listener:old", "value": "ancien"}]
    await followed(desk.make())
    assert {rule["tag"]: rule["value"] for rule in network.rules} == {
        "autre équipe": "chats",
        TAG: RULE,
    }
    before = len([r for r in network.requests if r.method == "POST"])
    await followed(desk.make())
    assert len([r for r in network.requests if r.method == "POST"]) == before


async def test_another_prefix_is_another_listeners(desk: Desk, network: X) -> None:
    network.rules = [{"id": "2", "tag": "listener2:x", "value": "autre"}]
    await followed(desk.make())
    assert len(network.rules) == 2


async def test_a_rule_that_somebody_else_has_serves_us_too(desk: Desk, network: X) -> None:
    network.rules = [{"id": "1", "tag": "autre équipe", "value": RULE}]
    post = network.post()
    network.say(post, "autre équipe")
    pages, _ended = await followed(desk.make())
    assert ids(pages) == [post["id"]]


async def test_what_others_asked_for_is_paid_and_not_given(desk: Desk, network: X) -> None:
    network.say(network.post(), "autre équipe")
    pages, _ended = await followed(desk.make())
    assert ids(pages) == [] and await desk.used() == 5


async def test_rules_may_be_longer_than_searches(desk: Desk, network: X) -> None:
    terms = tuple(f"hôpital numéro {number} de Valmont" for number in range(24))
    await followed(desk.make(Watched(terms=terms)))
    assert [len(rule["value"]) <= 1024 for rule in network.rules] == [True]


async def test_keep_alives_and_odd_lines_do_no_harm(desk: Desk, network: X) -> None:
    good = network.post()
    network.lines += [b"", b"{", b"[1]", b"  "]
    network.lines.append(json.dumps({"data": None, "matching_rules": [{"tag": TAG}]}).encode())
    network.lines.append(json.dumps({"data": {"id": "x"}, "matching_rules": 7}).encode())
    network.say(good, TAG)
    pages, _ended = await followed(desk.make())
    assert ids(pages) == [good["id"]]
    assert len([reject for page in pages for reject in page.rejects]) == 3


@pytest.mark.parametrize(
    ("told", "named"),
    [
        (
            {"errors": [{"title": "operational-disconnect", "type": "x/operational-disconnect"}]},
            StreamDown,
        ),
        (
            {"title": "ConnectionException", "connection_issue": "TooManyConnections"},
            TooManyConnections,
        ),
        ({"errors": [{"type": "x/usage-capped"}]}, NoCredits),
        ({"errors": [{"type": "x/client-disconnected"}]}, StreamDown),
    ],
)
async def test_what_x_says_in_the_stream_is_named(
    desk: Desk, network: X, told: dict[str, Any], named: type[Exception]
) -> None:
    post = network.post()
    network.say(post, TAG)
    network.lines.append(json.dumps(told).encode())
    pages, ended = await followed(desk.make())
    assert ids(pages) == [post["id"]]  # what came before is given
    assert isinstance(ended, named)


async def failing(connector: XConnector, network: X, fault: Fault, times: int) -> list[float]:
    """The waits that so many failures in a row ask for, in seconds."""
    waits = []
    for _ in range(times):
        network.faults.extend([None, fault])  # the rules are read, the stream is not
        _pages, ended = await followed(connector)
        assert isinstance(ended, StreamDown | RateLimited) and ended.retry_after is not None
        waits.append(ended.retry_after.total_seconds())
    return waits


async def hung_up(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.close()
    return web.Response()


async def test_waits_grow_as_x_wants_them(desk: Desk, network: X, now: Now) -> None:
    await followed(desk.make())  # the rules stand
    broken = desk.make()
    waits = await failing(broken, network, Fault(status=429), 4)
    assert waits == [60, 120, 240, 480]
    waits = []
    for _ in range(3):
        now.later(minutes=30)  # circuits that failures open are closed again
        waits += await failing(broken, network, Fault(status=503), 1)
    assert waits == [5, 10, 20]
    now.later(minutes=30)
    assert await failing(desk.make(), network, Fault(handler=hung_up), 1) == [0.25]


async def test_refusals_of_the_stream_are_named(desk: Desk, network: X) -> None:
    await followed(desk.make())
    for status, named in ((401, Unauthorized), (403, Unauthorized), (402, NoCredits)):
        network.faults.extend([None, Fault(status=status, body=b"{}")])
        _pages, ended = await followed(desk.make())
        assert isinstance(ended, named)


async def test_a_connection_that_lasted_is_opened_again_at_once(
    desk: Desk, network: X, now: Now
) -> None:
    post = network.post()
    network.say(post, TAG)
    pages: list[Page] = []
    with pytest.raises(StreamDown):
        async for page in desk.make().stream({}):
            pages.append(page)
            if len(pages) == 1:
                now.later(seconds=30)
    assert len(network.calls("/search/stream")) == 2


async def test_without_money_nothing_is_connected(desk: Desk, network: X) -> None:
    _pages, ended = await followed(desk.make(daily_budget=0.0))
    assert isinstance(ended, BudgetSpent) and not network.requests


async def test_the_stream_ends_with_the_money(desk: Desk, network: X) -> None:
    for _ in range(40):
        network.say(network.post(), TAG)
    money = {"daily_budget": 0.1, "monthly_budget": 1.0, "search_share": 1.0, "stream_reserve": 8}
    pages, ended = await followed(desk.make(**money))
    assert isinstance(ended, BudgetSpent)
    assert len(ids(pages)) == 20 and await desk.used() == 100


async def test_what_was_paid_in_advance_is_given_back(desk: Desk, network: X) -> None:
    network.stays_open = True
    post = network.post()
    network.say(post, TAG)
    stream = desk.make().stream({})
    assert ids([await anext(stream)]) == [post["id"]]
    task = asyncio.ensure_future(anext(stream))
    while await desk.used() != 5 + 50 * 5:  # the next block, reserved while it waits
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await stream.aclose()  # type: ignore[attr-defined]
    assert await desk.used() == 5


async def test_a_silent_stream_moves_its_cursor(
    desk: Desk, network: X, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.x.stream._CURSOR_EVERY", 0.05)
    network.stays_open = True
    stream: AsyncIterator[Page] = desk.make().stream({})
    for _ in range(2):
        page = await anext(stream)
        assert not page.mentions and page.cursor is not None and page.complete
    await stream.aclose()  # type: ignore[attr-defined]


async def test_midnight_moves_what_is_paid_in_advance_to_the_new_day(
    desk: Desk, network: X, now: Now, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.x.stream._CURSOR_EVERY", 0.05)
    network.stays_open = True
    stream = desk.make().stream({})
    await anext(stream)
    now.later(days=1)
    await anext(stream)
    await anext(stream)
    assert await desk.used() == 250  # of the new day
    await stream.aclose()  # type: ignore[attr-defined]
    assert await desk.used() == 0


async def test_a_backfill_is_asked_for_where_it_is_paid_for(desk: Desk, network: X) -> None:
    await followed(desk.make())
    await followed(desk.make(backfill_minutes=5))
    asked = [call.query.get("backfill_minutes") for call in network.calls("/search/stream")]
    assert asked == [None, "5"]
    assert not any("expansions" in call.query for call in network.requests)


async def test_no_wait_exceeds_its_ceiling(desk: Desk) -> None:
    from connectors.x.stream import Backoff

    backoff = Backoff()
    assert max(backoff.network() for _ in range(200)) == timedelta(seconds=16)
    assert max(backoff.http() for _ in range(200)) == timedelta(seconds=320)
