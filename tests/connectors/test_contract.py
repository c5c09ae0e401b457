"""What every connector promises: nothing lost, nothing repeated, errors named by the next move."""

from __future__ import annotations

import copy
import json
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from connectors.connector import (
    Closed,
    ConnectorError,
    Cursors,
    Malformed,
    RateLimited,
    Unauthorized,
    Unavailable,
)
from connectors.http import NotFound
from connectors.registry import CONNECTORS
from tests.connectors.contract import CASES, Bench, bench, ids
from tests.networks.standin import Fault

HTTP_CASES = [case for case in CASES if case.over_http]
LOGIN_WALL = b"<!doctype html><html><body><h1>Connexion</h1></body></html>"


@pytest.fixture(params=CASES, ids=lambda case: case.name)
async def any_bench(request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    async with bench(request.param) as ready:
        yield ready


@pytest.fixture(params=HTTP_CASES, ids=lambda case: case.name)
async def http_bench(request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    async with bench(request.param) as ready:
        yield ready


async def cut(request: web.Request) -> web.StreamResponse:
    """Half an answer, then nothing: the connection is gone."""
    response = web.StreamResponse(headers={"Content-Length": "4096"})
    await response.prepare(request)
    await response.write(b'[{"id": "1", "content": "')
    assert request.transport is not None
    request.transport.close()
    return response


def test_every_connector_is_under_contract() -> None:
    # A network that has ended is never polled: there is nothing to read.
    read = {name for name, kind in CONNECTORS.items() if not hasattr(kind, "closed_on")}
    assert read <= {case.name.partition("-")[0] for case in CASES}


async def test_an_empty_network_is_read_in_peace(any_bench: Bench) -> None:
    assert ids(await any_bench.drain()) == []
    new = any_bench.network.publish(3)
    assert sorted(ids(await any_bench.drain())) == sorted(new)
    assert ids(await any_bench.drain()) == []


@pytest.mark.parametrize("count", [350, pytest.param(10_000, marks=pytest.mark.soak)])
async def test_all_that_came_between_two_polls_is_given_once(any_bench: Bench, count: int) -> None:
    any_bench.network.publish(5)
    await any_bench.drain()
    new = any_bench.network.publish(count)
    pages = await any_bench.drain()
    assert sorted(ids(pages)) == sorted(new)
    assert pages[-1].complete
    assert not any(page.gaps or page.rejects for page in pages)
    assert ids(await any_bench.drain()) == []


async def test_a_crash_after_any_page_repeats_and_loses_nothing(any_bench: Bench) -> None:
    """Stop after each page in turn, as often as there are pages, and go on from its cursor."""
    any_bench.network.publish(5)
    await any_bench.drain()
    new = any_bench.network.publish(any_bench.scaled(330))
    before, given = copy.deepcopy(any_bench.cursors), []
    stored: list[tuple[list[str], Cursors]] = []
    async for page in any_bench.poll():
        given += ids([page])
        after = {**any_bench.cursors, **({page.feed: page.cursor} if page.cursor else {})}
        stored.append((list(given), json.loads(json.dumps(after))))
    for first, cursors in [([], before), *stored]:
        rest = ids(await any_bench.drain(cursors))
        assert sorted(first + rest) == sorted(new)


async def test_a_first_poll_that_is_interrupted_goes_on_where_it_was(any_bench: Bench) -> None:
    new = any_bench.network.publish(any_bench.scaled(330))
    given: list[str] = []
    for _crash in range(8):
        async for page in any_bench.poll():
            given += ids([page])
            any_bench.cursors |= {page.feed: page.cursor} if page.cursor else {}
            break
    assert sorted(given + ids(await any_bench.drain())) == sorted(new)


async def test_what_is_published_during_a_walk_is_given_too(any_bench: Bench) -> None:
    published = any_bench.network.publish(120)
    given: list[str] = []
    async for page in any_bench.poll():
        given += ids([page])
        if len(published) < 300:
            published += any_bench.network.publish(30)
    any_bench.recover()
    given += ids(await any_bench.drain())
    assert sorted(given) == sorted(published)


async def test_a_quota_in_the_middle_of_the_walk_loses_and_repeats_nothing(
    http_bench: Bench,
) -> None:
    http_bench.network.publish(5)
    given = ids(await http_bench.drain())
    new = http_bench.network.publish(http_bench.scaled(1500))
    stops = 0
    for allowed in (0, 1, 2, 3, 4, 5, 6):
        http_bench.network.quota = allowed
        try:
            async for page in http_bench.poll():
                given += ids([page])
        except RateLimited as asked:
            stops += 1
            assert asked.retry_after is None or asked.retry_after.total_seconds() > 0
        http_bench.recover()
    given += ids(await http_bench.drain())
    assert stops
    assert sorted(set(given)) == sorted(given)
    assert set(new) <= set(given)


@pytest.mark.parametrize("answered", [0, 1, 2, 4])
@pytest.mark.parametrize(
    ("fault", "named"),
    [
        (Fault(status=500), Unavailable),
        (Fault(status=502, body=LOGIN_WALL), Unavailable),
        (Fault(handler=cut), Unavailable),
        (Fault(status=200, body=LOGIN_WALL, headers={"Content-Type": "text/html"}), Malformed),
        (Fault(status=200, body=b""), Malformed),
    ],
    ids=["500", "502", "cut body", "login wall", "nothing at all"],
)
async def test_a_broken_answer_moves_no_cursor(
    http_bench: Bench, fault: Fault, named: type[ConnectorError], answered: int
) -> None:
    http_bench.network.publish(5)
    given = ids(await http_bench.drain())
    published = given + http_bench.network.publish(http_bench.scaled(400))
    http_bench.network.faults.extend([None] * answered + [fault] * 60)
    try:
        async for page in http_bench.poll():
            given += ids([page])
        assert answered  # the walk may have ended before the fault
    except named:
        pass
    except ConnectorError:
        assert http_bench.case.another_way  # and that one was broken too
    http_bench.recover()
    given += ids(await http_bench.drain())
    assert http_bench.matches(given, published)


@pytest.mark.parametrize(
    ("status", "named"),
    [
        (401, (Unauthorized,)),
        (403, (Unauthorized,)),
        (404, (NotFound, Closed, Unauthorized)),
        (410, (Closed,)),
    ],
)
async def test_a_refusal_is_named_by_what_to_do_next(
    http_bench: Bench, status: int, named: tuple[type[ConnectorError], ...]
) -> None:
    published = http_bench.network.publish(5)
    given = ids(await http_bench.drain())
    opening = [None] * http_bench.case.opening
    http_bench.network.faults.extend([*opening, *[Fault(status=status)] * 60])
    with pytest.raises(named):
        await http_bench.drain()
    if status == 410:
        return  # for good: a connector may remember it
    http_bench.recover()
    published += http_bench.network.publish(2)
    given += ids(await http_bench.drain())
    assert http_bench.matches(given, published)


async def test_a_connector_names_the_hosts_that_it_needs(http_bench: Bench) -> None:
    http_bench.network.publish(1)
    await http_bench.drain()
    asked = {request.host for request in http_bench.network.requests}
    assert asked <= set(http_bench.connector().hosts())


async def test_cursors_are_json_and_versioned(any_bench: Bench) -> None:
    any_bench.network.publish(50)
    for page in await any_bench.drain():
        if page.cursor is not None:
            assert json.loads(json.dumps(page.cursor)) == page.cursor
            assert page.cursor["v"] == 1


async def test_a_cursor_that_cannot_be_read_starts_over(any_bench: Bench) -> None:
    new = any_bench.network.publish(50)
    await any_bench.drain()
    spoilt: Cursors = {feed: {"v": 999, "mark": []} for feed in any_bench.cursors}
    assert set(ids(await any_bench.drain(spoilt))) == set(new)
