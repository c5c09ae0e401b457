"""Stand-in of a hospital's forward proxy: the only way out, with a login, its own names and its own CA."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

import trustme

_HEAD_LIMIT = 64 * 1024
_MAIL = (25, 465, 587)  # passed on as it is: nobody opens mail's TLS


class PrivateAuthority:
    """An in-house certificate authority."""

    def __init__(self) -> None:
        self._ca = trustme.CA(organization_name="CHU de Valmont")

    def write(self, path: Path) -> Path:
        """The authority's certificate, as `ca_file` wants it."""
        path.write_bytes(self._ca.cert_pem.bytes())
        return path

    def server(self, *names: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._ca.issue_cert(*names).configure_cert(context)
        return context


class ForwardProxy:
    """HTTP forward proxy with CONNECT (RFC 9110 §9.3.6) and a Basic login.

    `names` is its own DNS: host (or host:port) to a local (address, port). What is not in it is
    answered 403, as a hospital's proxy does. With `opens_tls`, it ends the client's TLS with a
    certificate of that authority and speaks plain HTTP to the target, so that a daemon can believe
    that it talks to https://mastodon.example while a plain stand-in answers.

    Start with `async with proxy.serving():`; `url` is known inside. `seen` lists what it let
    through ("CONNECT host:port" or "GET host:port"), `refused` what it did not.
    """

    url: str = ""

    def __init__(
        self,
        names: Mapping[str, tuple[str, int]] | None = None,
        *,
        user: str = "listener",
        password: str = "s3cret:é",
        opens_tls: PrivateAuthority | None = None,
    ) -> None:
        self.names = dict(names or {})
        self.user = user
        self.password = password
        self.seen: list[str] = []
        self.refused: list[str] = []
        self._authority = opens_tls
        self._tasks: set[asyncio.Task[None]] = set()
        self._transports: list[asyncio.WriteTransport] = []

    @asynccontextmanager
    async def serving(self, port: int = 0) -> AsyncIterator[Self]:
        server = await asyncio.start_server(self._accept, "127.0.0.1", port, limit=_HEAD_LIMIT)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield self
        finally:
            server.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            for transport in self._transports:
                transport.abort()
            await asyncio.sleep(0)  # the loop closes the aborted sockets at its next turn

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            # ValueError, IncompleteReadError (an EOFError): not a request, or none at all.
            with suppress(OSError, ValueError, EOFError, asyncio.CancelledError):
                await self._serve(reader, writer)
        finally:
            self._tasks.discard(task)
            self._transports.append(writer.transport)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        request_line, *fields = head[:-4].split("\r\n")
        method, target, _version = request_line.split(" ")
        host, port = _destination(method, target)
        seen = f"{method} {host}:{port}"
        if not self._is_authorized(fields):
            self.refused.append(seen)
            return await _answer(writer, "407 Proxy Authentication Required", "Basic realm=valmont")
        address = self.names.get(f"{host}:{port}") or self.names.get(host)
        if address is None:
            self.refused.append(seen)
            return await _answer(writer, "403 Forbidden")
        self.seen.append(seen)
        upstream = await asyncio.open_connection(*address)
        self._transports.append(upstream[1].transport)
        try:
            if method == "CONNECT":
                await self._tunnel(writer, host, port)
            else:
                upstream[1].write(_origin_form(method, target, fields))
            return await _pipe_both((reader, writer), upstream)
        finally:
            upstream[1].close()

    async def _tunnel(self, writer: asyncio.StreamWriter, host: str, port: int) -> None:
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await writer.drain()
        if self._authority is not None and port not in _MAIL:
            await writer.start_tls(self._authority.server(host))

    def _is_authorized(self, fields: list[str]) -> bool:
        pair = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        given = [field.split(": ", 1)[-1] for field in fields if _is_login(field)]
        return given == [f"Basic {pair}"]


def _is_login(field: str) -> bool:
    return field.lower().startswith("proxy-authorization:")


def _destination(method: str, target: str) -> tuple[str, int]:
    parts = urlsplit(f"//{target}" if method == "CONNECT" else target)
    if not parts.hostname:
        raise ValueError("a proxy is asked for absolute URLs")
    return parts.hostname, parts.port or 80


def _origin_form(method: str, target: str, fields: list[str]) -> bytes:
    parts = urlsplit(target)
    path = parts._replace(scheme="", netloc="").geturl() or "/"
    kept = [field for field in fields if not field.lower().startswith(("proxy-", "connection:"))]
    return "\r\n".join([f"{method} {path} HTTP/1.1", *kept, "Connection: close", "", ""]).encode()


async def _answer(writer: asyncio.StreamWriter, status: str, challenge: str = "") -> None:
    asked = f"Proxy-Authenticate: {challenge}\r\n" if challenge else ""
    writer.write(f"HTTP/1.1 {status}\r\n{asked}Content-Length: 0\r\n\r\n".encode())
    await writer.drain()


Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _pipe_both(left: Stream, right: Stream) -> None:
    pipes = [
        asyncio.create_task(_pipe(left[0], right[1])),
        asyncio.create_task(_pipe(right[0], left[1])),
    ]
    try:
        # Either side's end is the end: nothing here relies on half-closed connections.
        await asyncio.wait(pipes, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for pipe in pipes:
            pipe.cancel()
        await asyncio.gather(*pipes, return_exceptions=True)


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(64 * 1024):
        writer.write(chunk)
        await writer.drain()
