"""Answers that never end, read line by line; waits that only a body tells."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from aiohttp import web

from connectors.connector import Malformed, RateLimited, Unauthorized, Unavailable
from connectors.http import HttpClient
from tests.connectors.http_site import Site, client
from tests.networks.standin import Fault


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with Site().serving() as served:
        yield served


@pytest.fixture
async def http() -> AsyncIterator[HttpClient]:
    async with client() as opened:
        yield opened


async def chat(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    for chunk in (b'{"id":"1"}\r\n{"i', b'd":"2"}\r\n', b"\r\n", b'{"id":"3"}\r\n'):
        await response.write(chunk)
        await asyncio.sleep(0.01)
    return response


async def silent(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    await response.write(b"first\n")
    await asyncio.sleep(0.5)
    return response


async def endless_line(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    await response.write(b"x" * 5000)
    await asyncio.sleep(0.5)
    return response


async def test_lines_come_whole_whatever_the_chunks_and_the_end_is_told(
    site: Site, http: HttpClient
) -> None:
    site.pages["/stream"] = chat
    given: list[bytes] = []
    with pytest.raises(Unavailable, match="ended"):
        async with http.lines(f"{site.base_url}/stream", headers={"Authorization": "B t"}) as lines:
            async for line in lines:
                given.append(line)
    assert given == [b'{"id":"1"}', b'{"id":"2"}', b"", b'{"id":"3"}']
    assert site.requests[0].headers["Authorization"] == "B t"


async def test_a_stream_that_falls_silent_is_unavailable(site: Site, http: HttpClient) -> None:
    site.pages["/stream"] = silent
    given: list[bytes] = []
    with pytest.raises(Unavailable, match="timed out"):
        async with http.lines(f"{site.base_url}/stream", idle=0.2) as lines:
            async for line in lines:
                given.append(line)
    assert given == [b"first"]


async def test_a_line_without_end_is_malformed(site: Site, http: HttpClient) -> None:
    site.pages["/stream"] = endless_line
    with pytest.raises(Malformed, match="a line over"):
        async with http.lines(f"{site.base_url}/stream", max_line=1000) as lines:
            async for _line in lines:
                pass


async def test_a_refused_stream_is_named_as_any_refusal(site: Site, http: HttpClient) -> None:
    site.faults.extend([Fault(status=401), Fault(status=429, headers={"Retry-After": "60"})])
    for named in (Unauthorized, RateLimited):
        with pytest.raises(named):
            async with http.lines(f"{site.base_url}/stream"):
                pass


@pytest.mark.parametrize(
    "body",
    [
        b'{"errors":["x"],"error_type":"rate_limit","extras":{"wait_seconds":90}}',
        b'{"ok":false,"error_code":429,"parameters":{"retry_after":90}}',
    ],
)
async def test_a_wait_that_only_the_body_says_is_kept(
    site: Site, http: HttpClient, body: bytes
) -> None:
    site.faults.append(Fault(status=429, body=body))
    with pytest.raises(RateLimited) as asked:
        await http.get(f"{site.base_url}/x")
    assert asked.value.retry_after == timedelta(seconds=90)
