"""Politeness: rate, concurrency, pauses that hosts ask for, and what their headers mean."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, timedelta
from email.utils import format_datetime

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from connectors.connector import RateLimited
from connectors.http import Limits
from connectors.limits import TokenBucket
from connectors.quota import LONGEST_PAUSE, exhausted_for, reset_in, retry_after
from tests.connectors.http_site import FREELY, NOON, Naps, Site, Ticking, client
from tests.networks.standin import Fault


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with Site().serving() as served:
        served.answers("/x", b"well")
        served.answers("/y", b"well")
        yield served


# The bucket


def test_a_bucket_lets_a_burst_through_and_then_one_by_one() -> None:
    bucket = TokenBucket(rate=2, burst=3)
    assert [bucket.reserve(100.0) for _ in range(5)] == [0, 0, 0, 0.5, 1.0]
    assert bucket.reserve(200.0) == 0


@given(
    rate=st.floats(0.1, 100),
    burst=st.integers(1, 20),
    steps=st.lists(st.floats(0, 5), min_size=1, max_size=60),
)
def test_a_bucket_never_passes_more_than_its_rate_and_burst(
    rate: float, burst: int, steps: list[float]
) -> None:
    bucket, now, passed = TokenBucket(rate, burst), 0.0, []
    for step in steps:
        now += step
        passed.append(now + bucket.reserve(now))
    for first, start in enumerate(passed):
        for last in range(first, len(passed)):
            allowed = burst + rate * (passed[last] - start)
            assert last - first + 1 <= allowed + 1e-6


async def test_requests_to_one_host_are_paced(site: Site) -> None:
    naps = Naps()
    async with client(sleep=naps) as http:
        http.limit("127.0.0.1", Limits(rate=1, burst=1, concurrency=1))
        for _ in range(4):
            await http.get(f"{site.base_url}/x")
    assert len(naps.taken) == 3
    assert naps.taken[-1] == pytest.approx(3, abs=0.5)


async def test_no_more_requests_at_once_than_the_network_stands(site: Site) -> None:
    running, most = 0, 0

    async def page(_request: web.Request) -> web.Response:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.01)
        running -= 1
        return web.Response()

    site.pages["/slow"] = page
    async with client() as http:
        http.limit("127.0.0.1", Limits(rate=1e6, burst=1000, concurrency=3))
        await asyncio.gather(*(http.get(f"{site.base_url}/slow") for _ in range(20)))
    assert most == 3


async def test_a_slot_is_given_back_when_a_request_is_cancelled(site: Site) -> None:
    async def page(_request: web.Request) -> web.Response:
        await released.wait()
        return web.Response()

    released = asyncio.Event()
    site.pages["/slow"] = page
    async with client() as http:
        http.limit("127.0.0.1", Limits(concurrency=1))
        asking = asyncio.create_task(http.get(f"{site.base_url}/slow"))
        await asyncio.sleep(0.02)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        assert (await http.get(f"{site.base_url}/x")).body == b"well"
    released.set()


@pytest.mark.parametrize("wrong", [{"rate": 0}, {"burst": 0}, {"concurrency": 0}, {"attempts": 0}])
def test_limits_that_let_nothing_through_cannot_be(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="let something through"):
        Limits(**wrong)


# Pauses


async def test_a_short_pause_is_waited_out(site: Site) -> None:
    clock = Ticking()
    naps = Naps(clock)
    site.faults.append(Fault(status=429, headers={"Retry-After": "2"}))
    async with client(clock=clock, sleep=naps) as http:
        assert (await http.get(f"{site.base_url}/x")).body == b"well"
    assert naps.taken == [2.0]


async def test_a_long_pause_is_the_callers_to_schedule(site: Site) -> None:
    clock = Ticking()
    site.faults.append(Fault(status=429, headers={"Retry-After": "600"}))
    async with client(clock=clock) as http:
        with pytest.raises(RateLimited) as caught:
            await http.get(f"{site.base_url}/x")
        assert caught.value.retry_after == timedelta(minutes=10)
        clock.at += timedelta(minutes=4)
        with pytest.raises(RateLimited) as caught:
            await http.get(f"{site.base_url}/y")
        assert caught.value.retry_after == timedelta(minutes=6)
        assert len(site.requests) == 1  # the second was never sent
        clock.at += timedelta(minutes=6)
        assert (await http.get(f"{site.base_url}/y")).body == b"well"


async def test_a_host_that_repeats_itself_is_believed(site: Site) -> None:
    site.faults.extend([Fault(status=429, headers={"Retry-After": "1"})] * 2)
    async with client() as http:
        with pytest.raises(RateLimited):
            await http.get(f"{site.base_url}/x")
    assert len(site.requests) == 2


async def test_503_with_a_date_is_a_pause_and_not_an_outage(site: Site) -> None:
    clock = Ticking()
    until = format_datetime(NOON + timedelta(minutes=3), usegmt=True)
    site.faults.append(Fault(status=503, headers={"Retry-After": until}))
    async with client(clock=clock) as http:
        with pytest.raises(RateLimited) as caught:
            await http.get(f"{site.base_url}/x")
    assert caught.value.retry_after == timedelta(minutes=3)


async def test_429_that_says_nothing_is_told_without_a_time(site: Site) -> None:
    site.faults.append(Fault(status=429))
    async with client() as http:
        with pytest.raises(RateLimited) as caught:
            await http.get(f"{site.base_url}/x")
        assert caught.value.retry_after is None
        assert (await http.get(f"{site.base_url}/x")).body == b"well"


async def test_the_last_request_of_a_quota_is_answered_and_the_next_not_sent(site: Site) -> None:
    clock = Ticking()
    reset = (NOON + timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    spent = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset}
    site.answers("/x", b"last", headers=spent)
    async with client(clock=clock) as http:
        assert (await http.get(f"{site.base_url}/x")).body == b"last"
        with pytest.raises(RateLimited) as caught:
            await http.get(f"{site.base_url}/y")
    assert caught.value.retry_after == timedelta(minutes=5)
    assert len(site.requests) == 1


async def test_where_endpoints_are_counted_apart_one_spent_stops_no_other(site: Site) -> None:
    clock = Ticking()
    spent = {"x-rate-limit-remaining": "0", "x-rate-limit-reset": str(int(NOON.timestamp()) + 900)}
    site.answers("/x", b"last", headers=spent)
    async with client(clock=clock) as http:
        http.limit("127.0.0.1", Limits(per_path=True))
        await http.get(f"{site.base_url}/x")
        assert (await http.get(f"{site.base_url}/y")).body == b"well"
        with pytest.raises(RateLimited):
            await http.get(f"{site.base_url}/x")


async def test_one_hosts_pause_stops_no_other(site: Site) -> None:
    async with Site().serving() as other, client() as http:
        other.answers("/x", b"well")
        site.faults.append(Fault(status=429, headers={"Retry-After": "600"}))
        with pytest.raises(RateLimited):
            await http.get(f"{site.base_url}/x")
        assert (await http.get(f"{other.base_url}/x")).body == b"well"


async def test_new_limits_keep_the_pause_that_was_asked_for(site: Site) -> None:
    site.faults.append(Fault(status=429, headers={"Retry-After": "600"}))
    async with client() as http:
        with pytest.raises(RateLimited):
            await http.get(f"{site.base_url}/x")
        http.limit("127.0.0.1", FREELY)
        with pytest.raises(RateLimited):
            await http.get(f"{site.base_url}/x")


# Headers

EPOCH = int(NOON.timestamp())


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        ("0", 0),
        ("1.5", 1.5),
        ("-3", 0),
        ("Mon, 02 Mar 2026 12:02:00 GMT", 120),
        ("Monday, 02-Mar-26 12:02:00 GMT", 120),
        ("Mon Mar  2 12:02:00 2026", 120),
        ("Mon, 02 Mar 2020 12:02:00 GMT", 0),
        ("99999999", 86400),
        ("soon", None),
        ("", None),
        ("nan", None),
        ("1e400", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str, seconds: float | None) -> None:
    expected = None if seconds is None else timedelta(seconds=seconds)
    assert retry_after({"Retry-After": value}, NOON) == expected


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        # Mastodon: an ISO 8601 date
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "2026-03-02T12:05:00.123Z"}, 300.123),
        # Bluesky: an epoch
        ({"ratelimit-remaining": "0", "ratelimit-reset": f"{EPOCH + 60}"}, 60),
        # X: an epoch under another name
        ({"x-rate-limit-remaining": "0", "x-rate-limit-reset": f"{EPOCH + 900}"}, 900),
        # Reddit: a fraction left, and seconds
        ({"x-ratelimit-remaining": "0.4", "x-ratelimit-reset": "35"}, 35),
        ({"x-ratelimit-remaining": "1.0", "x-ratelimit-reset": "35"}, None),
        # milliseconds, joined headers, policies
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": f"{EPOCH + 60}000"}, 60),
        ({"RateLimit-Remaining": "0, 0", "RateLimit-Reset": "30, 60"}, 30),
        ({"RateLimit-Remaining": "0;w=60", "RateLimit-Reset": "30"}, 30),
        # two families: the longer wait
        (
            {
                "RateLimit-Remaining": "0",
                "RateLimit-Reset": "30",
                "X-RateLimit-Remaining": "0",
                "X-RateLimit-Reset": "90",
            },
            90,
        ),
        # nothing to act on
        ({"X-RateLimit-Remaining": "0"}, None),
        ({"X-RateLimit-Reset": "60"}, None),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "0"}, None),
        ({"X-RateLimit-Remaining": "many", "X-RateLimit-Reset": "60"}, None),
        # Meta: percentages, and minutes
        ({"X-App-Usage": '{"call_count":99,"total_time":5,"total_cputime":3}'}, None),
        ({"X-App-Usage": '{"call_count":12,"total_time":100}'}, 300),
        (
            {
                "X-Business-Use-Case-Usage": '{"1":[{"type":"pages","call_count":100,'
                '"estimated_time_to_regain_access":7}],"2":[{"call_count":1}]}'
            },
            420,
        ),
        ({"X-App-Usage": "{"}, None),
        ({"X-App-Usage": "[1]", "X-Business-Use-Case-Usage": '{"1":{"a":null},"2":[3]}'}, None),
        ({"X-App-Usage": '{"call_count":"100"}'}, None),
    ],
)
def test_a_spent_quota_says_when_it_is_refilled(
    headers: dict[str, str], seconds: float | None
) -> None:
    expected = None if seconds is None else timedelta(seconds=seconds)
    assert exhausted_for(CIMultiDict(headers), NOON) == expected


wild = st.one_of(
    st.text(max_size=40),
    st.integers().map(str),
    st.floats().map(str),
    st.datetimes().map(str),
    st.datetimes(timezones=st.just(UTC)).map(format_datetime),
)


@given(value=wild, left=wild, years=st.integers(-40, 100))
def test_no_header_makes_us_fail_or_wait_for_ever(value: str, left: str, years: int) -> None:
    now = NOON + timedelta(days=365 * years)
    headers = {"Retry-After": value, "X-RateLimit-Reset": value, "X-RateLimit-Remaining": left}
    headers |= {"X-App-Usage": value, "X-Business-Use-Case-Usage": left}
    for read in (retry_after, exhausted_for, reset_in):
        wait = read(headers, now)
        assert wait is None or timedelta() <= wait <= LONGEST_PAUSE


@given(seconds=st.integers(0, 86_400))
def test_every_spelling_of_one_instant_means_the_same_wait(seconds: int) -> None:
    until = NOON + timedelta(seconds=seconds)
    epoch = int(until.timestamp())
    spellings = [str(seconds), str(epoch), str(epoch * 1000), until.isoformat()]
    spellings += [format_datetime(until, usegmt=True), until.isoformat().replace("+00:00", "Z")]
    for spelling in spellings:
        headers = {"X-RateLimit-Remaining": "3", "X-RateLimit-Reset": spelling}
        assert reset_in(headers, NOON) == timedelta(seconds=seconds)


async def test_what_a_refusal_says_beside_its_wait_reaches_the_caller() -> None:
    site = Site()
    site.answers("/", b'{"error": {"status": "RESOURCE_EXHAUSTED"}}', status=429)
    async with site.serving(), client() as http:
        with pytest.raises(RateLimited) as refused:
            await http.get(site.base_url + "/")
    assert b"RESOURCE_EXHAUSTED" in refused.value.payload
    assert "RESOURCE_EXHAUSTED" not in str(refused.value)
