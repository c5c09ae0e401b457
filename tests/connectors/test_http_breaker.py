"""The circuit breaker: what keeps failing is left alone, over restarts too, then probed by one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs
from yarl import URL

from connectors.breaker import FIRST_PAUSE, LONGEST_PAUSE, THRESHOLD
from connectors.connector import Malformed, RateLimited, Unavailable
from connectors.http import BreakerState, HttpClient
from tests.connectors.http_site import NOON, Notes, Site, Ticking, client
from tests.networks.standin import Fault


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with Site().serving() as served:
        served.answers("/x", b"well")
        yield served


def key(site: Site) -> str:
    return URL(site.base_url).authority


async def fail(http: HttpClient, site: Site, times: int = THRESHOLD) -> None:
    for _ in range(times):
        site.faults.append(Fault(status=500))
        with pytest.raises(Unavailable, match="status 500"):
            await http.post(f"{site.base_url}/x")


async def test_a_host_that_keeps_failing_is_left_alone(site: Site) -> None:
    async with client(clock=Ticking()) as http:
        await fail(http, site)
        asked = len(site.requests)
        with pytest.raises(Unavailable, match=f"left alone after {THRESHOLD} failures"):
            await http.get(f"{site.base_url}/x")
        assert len(site.requests) == asked


async def test_one_success_forgets_the_failures_before_it(site: Site) -> None:
    async with client(clock=Ticking()) as http:
        for _ in range(3):
            await fail(http, site, THRESHOLD - 1)
            await http.get(f"{site.base_url}/x")


async def test_an_open_circuit_outlives_the_process_and_closes_with_one_answer(site: Site) -> None:
    clock, notes = Ticking(), Notes()
    async with client(clock=clock, breakers=notes) as http:
        await fail(http, site)
    assert notes.states[key(site)].open_until > NOON
    asked = len(site.requests)
    async with client(clock=clock, breakers=notes) as http:
        with pytest.raises(Unavailable, match="left alone"):
            await http.get(f"{site.base_url}/x")
        assert len(site.requests) == asked
        clock.at += 2 * FIRST_PAUSE
        assert (await http.get(f"{site.base_url}/x")).body == b"well"
    assert notes.states[key(site)] == BreakerState()


async def test_a_half_open_circuit_lets_one_probe_through(site: Site) -> None:
    clock = Ticking()
    answer = asyncio.Event()

    async def page(_request: web.Request) -> web.Response:
        await answer.wait()
        return web.Response(body=b"well")

    async with client(clock=clock) as http:
        await fail(http, site)
        clock.at += 2 * FIRST_PAUSE
        site.pages["/x"] = page
        probe = asyncio.create_task(http.get(f"{site.base_url}/x"))
        await asyncio.sleep(0.02)
        with pytest.raises(Unavailable, match="left alone"):
            await http.get(f"{site.base_url}/x")
        answer.set()
        assert (await probe).body == b"well"
        assert (await http.get(f"{site.base_url}/x")).body == b"well"


async def test_a_probe_that_fails_is_not_retried_and_doubles_the_pause(site: Site) -> None:
    clock, notes = Ticking(), Notes()
    async with client(clock=clock, breakers=notes) as http:
        await fail(http, site)
        clock.at += 2 * FIRST_PAUSE
        asked = len(site.requests)
        site.faults.append(Fault(status=500))
        with pytest.raises(Unavailable, match="status 500"):
            await http.get(f"{site.base_url}/x")
        assert len(site.requests) == asked + 1
        assert notes.states[key(site)].open_until - clock.at >= 2 * FIRST_PAUSE


async def test_a_probe_that_is_cancelled_leaves_room_for_the_next(site: Site) -> None:
    clock = Ticking()
    released = asyncio.Event()

    async def page(_request: web.Request) -> web.Response:
        await released.wait()
        return web.Response()

    async with client(clock=clock) as http:
        await fail(http, site)
        clock.at += 2 * FIRST_PAUSE
        site.pages["/slow"] = page
        probe = asyncio.create_task(http.get(f"{site.base_url}/slow"))
        await asyncio.sleep(0.02)
        probe.cancel()
        await asyncio.gather(probe, return_exceptions=True)
        assert (await http.get(f"{site.base_url}/x")).body == b"well"
    released.set()


async def test_quotas_and_odd_answers_are_no_failures(site: Site) -> None:
    async with client(clock=Ticking()) as http:
        for _ in range(THRESHOLD + 1):
            site.faults.append(Fault(status=429))
            with pytest.raises(RateLimited):
                await http.get(f"{site.base_url}/x")
            site.faults.append(Fault(status=200, headers={"Content-Encoding": "zstd"}))
            with pytest.raises(Malformed):
                await http.get(f"{site.base_url}/x")
        assert (await http.get(f"{site.base_url}/x")).body == b"well"


async def test_opening_and_closing_are_logged_once_each(site: Site) -> None:
    clock = Ticking()
    with capture_logs() as logs:
        async with client(clock=clock) as http:
            await fail(http, site)
            for _ in range(3):
                clock.at += LONGEST_PAUSE * 1.5
                await fail(http, site, 1)
            clock.at += LONGEST_PAUSE * 1.5
            await http.get(f"{site.base_url}/x")
            await http.get(f"{site.base_url}/x")
    assert [line["event"] for line in logs] == ["http.circuit_opened", "http.circuit_closed"]


async def test_a_store_that_fails_loses_no_answer(site: Site) -> None:
    class Full(Notes):
        async def save(self, host: str, state: BreakerState) -> None:
            raise OSError("disk full")

    clock = Ticking()
    async with client(clock=clock, breakers=Full()) as http:
        await fail(http, site)
        clock.at += 2 * FIRST_PAUSE
        assert (await http.get(f"{site.base_url}/x")).body == b"well"


async def test_a_stream_that_cannot_be_opened_counts(site: Site) -> None:
    async with client(clock=Ticking()) as http:
        for _ in range(THRESHOLD):
            site.faults.append(Fault(status=502))
            with pytest.raises(Unavailable):
                async with http.connect(f"{site.base_url}/x"):
                    pass
        with pytest.raises(Unavailable, match="left alone"):
            await http.get(f"{site.base_url}/x")


@given(failures=st.integers(0, 10_000), jitter=st.floats(0, 1))
def test_a_pause_is_never_longer_than_a_quarter_of_an_hour(failures: int, jitter: float) -> None:
    state = BreakerState(failures=failures).failed(NOON, jitter=jitter)
    if state.open_until is not None:
        assert FIRST_PAUSE <= state.open_until - NOON <= timedelta(minutes=15)
        assert state.is_open(NOON)
        assert not state.is_open(state.open_until)


def test_a_clock_set_back_does_not_keep_a_circuit_open() -> None:
    state = BreakerState(failures=9, open_until=NOON)
    assert not state.is_open(NOON - timedelta(days=30))
