"""Bodies of any size and make: none is unpacked beyond its cap."""

from __future__ import annotations

import gzip
import os
import time
import tracemalloc
import zlib
from collections.abc import AsyncIterator
from contextlib import suppress

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.body import TooBig, decoder_for
from connectors.connector import Malformed, Unavailable
from connectors.http import HttpClient
from tests.connectors.http_site import Site, client, talking

TEXT = b"Neuf heures d'attente aux urgences. " * 500
ENCODERS = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
}
MIB = 1024 * 1024


def raw_deflate(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-15)
    return compressor.compress(data) + compressor.flush()


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with Site().serving() as served:
        yield served


@pytest.fixture
async def http() -> AsyncIterator[HttpClient]:
    async with client() as opened:
        yield opened


@pytest.mark.parametrize("encoding", ENCODERS)
async def test_a_compressed_body_is_read(site: Site, http: HttpClient, encoding: str) -> None:
    site.answers("/x", ENCODERS[encoding](TEXT), headers={"Content-Encoding": encoding})
    assert (await http.get(f"{site.base_url}/x")).body == TEXT


@pytest.mark.parametrize(
    ("encoding", "body", "expected"),
    [
        ("deflate", raw_deflate(TEXT), TEXT),
        ("gzip", gzip.compress(b"one ") + gzip.compress(b"two"), b"one two"),
        ("gzip", gzip.compress(b"one") + b"\0" * 100, b"one"),
        ("gzip", b"", b""),
        ("br", b"", b""),
        ("identity", b"plain", b"plain"),
    ],
    ids=["raw deflate", "two members", "padding", "empty gzip", "empty brotli", "identity"],
)
async def test_servers_habits_are_understood(
    site: Site, http: HttpClient, encoding: str, body: bytes, expected: bytes
) -> None:
    site.answers("/x", body, headers={"Content-Encoding": encoding})
    assert (await http.get(f"{site.base_url}/x")).body == expected


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br"])
async def test_a_bomb_is_never_unpacked(site: Site, http: HttpClient, encoding: str) -> None:
    quickly = {"quality": 1} if encoding == "br" else {}
    bomb = ENCODERS[encoding](bytes(100 * MIB), **quickly)
    assert len(bomb) < MIB
    site.answers("/x", bomb, headers={"Content-Encoding": encoding})
    tracemalloc.start()
    began = time.perf_counter()
    with pytest.raises(Malformed, match="a body over 5242880 bytes"):
        await http.get(f"{site.base_url}/x")
    took, (_, peak) = time.perf_counter() - began, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 40 * MIB
    assert took < 5


async def test_an_endless_body_is_cut_at_the_cap(http: HttpClient) -> None:
    async def talk(_reader, writer) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"10000\r\n" + bytes(65536) + b"\r\n")
            await writer.drain()

    async with talking(talk) as url:
        with pytest.raises(Malformed, match="a body over 100000 bytes") as caught:
            await http.get(url, max_body=100_000)
    assert len(caught.value.payload) <= 65536


async def test_a_body_announced_too_big_is_not_begun(http: HttpClient) -> None:
    async def talk(_reader, writer) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")
        await writer.drain()

    async with talking(talk) as url:
        with pytest.raises(Malformed, match="announced"):
            await http.get(url)


async def test_a_body_right_at_the_cap_is_read(site: Site, http: HttpClient) -> None:
    site.answers("/x", gzip.compress(bytes(1000)), headers={"Content-Encoding": "gzip"})
    assert len((await http.get(f"{site.base_url}/x", max_body=1000)).body) == 1000
    with pytest.raises(Malformed):
        await http.get(f"{site.base_url}/x", max_body=999)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br"])
async def test_a_compressed_body_that_stops_short_is_unavailable(
    site: Site, http: HttpClient, encoding: str
) -> None:
    cut = ENCODERS[encoding](os.urandom(5000))[:-20]
    site.answers("/x", cut, headers={"Content-Encoding": encoding})
    with pytest.raises(Unavailable, match="cut"):
        await http.get(f"{site.base_url}/x")


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "gzip, gzip", "\tnonsense"])
async def test_a_body_that_is_not_what_it_says_is_malformed(
    site: Site, http: HttpClient, encoding: str
) -> None:
    site.answers("/x", b"\xff<html>not compressed</html>", headers={"Content-Encoding": encoding})
    with pytest.raises(Malformed):
        await http.get(f"{site.base_url}/x")


async def test_redirects_bodies_are_not_read(site: Site, http: HttpClient) -> None:
    site.answers("/b", b"here")
    away = {"Location": "/b", "Content-Encoding": "gzip"}
    site.answers("/a", gzip.compress(bytes(20 * MIB)), status=302, headers=away)
    assert (await http.get(f"{site.base_url}/a")).body == b"here"


@given(
    data=st.binary(max_size=3000), cut=st.integers(1, 50), encoding=st.sampled_from(["gzip", "br"])
)
def test_however_a_body_is_cut_into_chunks_it_decodes_to_the_same(
    data: bytes, cut: int, encoding: str
) -> None:
    packed = gzip.compress(data) if encoding == "gzip" else brotli.compress(data)
    decoder = decoder_for(encoding)
    decoded = b""
    for start in range(0, len(packed), cut):
        decoded += decoder.feed(packed[start : start + cut], len(data) - len(decoded))
    assert decoded == data
    assert decoder.is_complete()


@given(data=st.binary(max_size=300), room=st.integers(0, 200))
def test_a_decoder_gives_no_more_than_it_may(data: bytes, room: int) -> None:
    for encoding in ("identity", "gzip", "deflate", "br"):
        with suppress(TooBig, zlib.error, brotli.error):
            assert len(decoder_for(encoding).feed(data, room)) <= room
