"""Bodies read within a cap, before and after decompression: no bomb is ever unpacked."""

from __future__ import annotations

import zlib
from typing import Protocol

import aiohttp
import brotli

from connectors.connector import Malformed, Unavailable

ACCEPT_ENCODING = "gzip, deflate, br"
_KEPT_FOR_QUARANTINE = 64 * 1024


class TooBig(Exception):
    """A decoder was about to give more than it may."""


class Decoder(Protocol):
    def feed(self, data: bytes, room: int) -> bytes:
        """Decode at most `room` bytes; TooBig when there would be more."""
        ...

    def is_complete(self) -> bool: ...


class _Plain:
    def feed(self, data: bytes, room: int) -> bytes:
        if len(data) > room:
            raise TooBig
        return data

    def is_complete(self) -> bool:
        return True


class _Inflater:
    """gzip (many members too) and deflate, in both forms that servers call so."""

    def __init__(self, wbits: int | None) -> None:
        self._wbits = wbits
        self._inflate: zlib._Decompress | None = None

    def feed(self, data: bytes, room: int) -> bytes:
        decoded = bytearray()
        while data:
            if self._inflate is None:
                self._inflate = zlib.decompressobj(self._wbits or _deflate_form(data))
            decoded += self._inflate.decompress(data, room - len(decoded) + 1)
            if len(decoded) > room:
                raise TooBig
            if not self._inflate.eof:
                break
            data = self._inflate.unused_data.lstrip(b"\0")  # tape padding, RFC 1952 tools add it
            if data:
                self._inflate = None
        return bytes(decoded)

    def is_complete(self) -> bool:
        return self._inflate is None or self._inflate.eof


class _Brotli:
    def __init__(self) -> None:
        self._decoder = brotli.Decompressor()
        self._fed = False

    def feed(self, data: bytes, room: int) -> bytes:
        self._fed = True
        decoded = bytearray(self._decoder.process(data, output_buffer_limit=room + 1))
        while len(decoded) <= room and not self._decoder.can_accept_more_data():
            decoded += self._decoder.process(b"", output_buffer_limit=room + 1 - len(decoded))
        if len(decoded) > room:
            raise TooBig
        return bytes(decoded)

    def is_complete(self) -> bool:
        return not self._fed or bool(self._decoder.is_finished())


async def read_body(answer: aiohttp.ClientResponse, *, cap: int) -> bytes:
    """The whole decoded body.

    Malformed when it passes `cap` bytes, raw or decoded, or is not what Content-Encoding says;
    Unavailable when it was cut.
    """
    decoder = decoder_for(answer.headers.get("Content-Encoding", "").strip().lower())
    if (answer.content_length or 0) > cap:
        raise Malformed(f"a body over {cap} bytes was announced")
    body = bytearray()
    received = 0
    async for chunk in answer.content.iter_any():
        received += len(chunk)
        try:
            body += decoder.feed(chunk, cap - len(body))
        except (zlib.error, brotli.error):
            raise Malformed("the body is not compressed as it says") from None
        except TooBig:
            received = cap + 1
        if received > cap:
            kept = bytes(body[:_KEPT_FOR_QUARANTINE])
            raise Malformed(f"a body over {cap} bytes", payload=kept)
    if not decoder.is_complete():
        raise Unavailable("the compressed body was cut")
    return bytes(body)


def decoder_for(name: str) -> Decoder:
    """What undoes one Content-Encoding; Malformed on one that we never ask for."""
    match name:
        case "" | "identity":
            return _Plain()
        case "gzip" | "x-gzip":
            return _Inflater(31)
        case "deflate":
            return _Inflater(None)
        case "br":
            return _Brotli()
        case _:
            raise Malformed("a content encoding that we did not ask for")


def _deflate_form(data: bytes) -> int:
    """Zlib's wrapper where its first byte stands (RFC 1950), else raw deflate as some servers send."""
    return 15 if data[0] & 0x0F == 8 else -15
