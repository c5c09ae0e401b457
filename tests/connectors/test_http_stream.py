"""WebSockets: opened as politely as anything else, and judged by the same names."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import WSMsgType, web

from connectors.connector import (
    Closed,
    ConnectorError,
    Malformed,
    RateLimited,
    Unauthorized,
    Unavailable,
)
from connectors.http import HttpClient, Limits, NotFound
from tests.connectors.http_site import Site, client, talking
from tests.networks.standin import Fault


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with Site().serving() as served:
        yield served


@pytest.fixture
async def http() -> AsyncIterator[HttpClient]:
    async with client() as opened:
        yield opened


async def echo(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    async for message in socket:
        await socket.send_str(message.data)
    return socket


def stream(site: Site) -> str:
    return site.base_url.replace("http://", "ws://") + "/stream"


async def test_messages_go_both_ways(site: Site, http: HttpClient) -> None:
    site.pages["/stream"] = echo
    async with http.connect(stream(site), headers={"Authorization": "Bearer t"}) as socket:
        await socket.send_str("été")
        assert (await socket.receive()).data == "été"
    assert socket.closed
    assert site.requests[0].headers["Authorization"] == "Bearer t"
    assert site.requests[0].headers["User-Agent"].startswith("hospital-listener/")


async def test_an_open_stream_takes_no_place_among_the_requests(
    site: Site, http: HttpClient
) -> None:
    site.pages["/stream"] = echo
    site.answers("/x")
    http.limit("127.0.0.1", Limits(concurrency=1))
    async with http.connect(stream(site)):
        assert (await http.get(f"{site.base_url}/x")).status == 200


async def test_a_message_too_big_ends_the_stream(site: Site, http: HttpClient) -> None:
    site.pages["/stream"] = echo
    async with http.connect(stream(site), max_message=1000) as socket:
        await socket.send_str("x" * 2000)
        message = await socket.receive()
        assert message.type in (WSMsgType.ERROR, WSMsgType.CLOSED)
        assert socket.close_code == aiohttp.WSCloseCode.MESSAGE_TOO_BIG


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(status=200), Malformed),
        (Fault(status=401), Unauthorized),
        (Fault(status=404), NotFound),
        (Fault(status=410), Closed),
        (Fault(status=429, headers={"Retry-After": "600"}), RateLimited),
        (Fault(status=502), Unavailable),
    ],
)
async def test_a_handshake_that_fails_is_named_by_the_next_move(
    site: Site, http: HttpClient, fault: Fault, error: type[ConnectorError]
) -> None:
    site.faults.append(fault)
    with pytest.raises(error, match=r"^127\.0\.0\.1"):
        async with http.connect(stream(site) + "?token=s3cret"):
            pass


async def test_a_handshake_that_never_ends_is_given_up(http: HttpClient) -> None:
    async def talk(_reader, _writer) -> None:
        await asyncio.sleep(30)

    http.limit("127.0.0.1", Limits(idle=0.1))
    async with talking(talk) as url:
        with pytest.raises(Unavailable, match="timed out"):
            async with http.connect(url):
                pass


async def test_an_error_of_the_reader_is_not_taken_for_the_networks(
    site: Site, http: HttpClient
) -> None:
    site.pages["/stream"] = echo
    with pytest.raises(KeyError):
        async with http.connect(stream(site)) as socket:
            raise KeyError("mine")
    assert socket.closed
