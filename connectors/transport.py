"""One exchange on the wire: session, proxy, time-outs, and what the answer's status and rates mean."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver
from multidict import CIMultiDict, CIMultiDictProxy

from connectors.body import ACCEPT_ENCODING, read_body
from connectors.connector import Clock, Malformed, RateLimited, Refused, Unavailable
from connectors.exchange import REDIRECTS, Request, naming_failures, proxy_failure
from connectors.guard import Guard, GuardedResolver, host_key
from connectors.limits import Gate
from connectors.policy import NetworkPolicy
from connectors.quota import exhausted_for, reset_in, retry_after, wait_in
from connectors.response import Response

_SHORT_BODY = 64 * 1024  # bytes of an error that are worth reading
_CLOSING_HANDSHAKE = 2.0  # seconds: a stream's goodbye must not hold up the daemon's stop


class Transport:
    """The one aiohttp session, and nothing that waits, retries or follows."""

    def __init__(
        self,
        policy: NetworkPolicy,
        guard: Guard,
        *,
        clock: Clock,
        resolver: AbstractResolver | None,
    ) -> None:
        self._policy = policy
        self._guard = guard
        self._clock = clock
        self._resolver = resolver
        self._open_session: aiohttp.ClientSession | None = None

    def open(self) -> None:
        resolver = GuardedResolver(self._guard, self._resolver or aiohttp.ThreadedResolver())
        self._open_session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                ssl=self._policy.tls(), resolver=resolver, ttl_dns_cache=60, limit=0
            ),
            headers={"User-Agent": self._policy.user_agent(), "Accept-Encoding": ACCEPT_ENCODING},
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,  # aiohttp's own knows no cap on the whole
            middlewares=(_refuse_stream_redirects,),
        )

    async def close(self) -> None:
        if self._open_session is not None:
            await self._open_session.close()

    async def exchange(self, request: Request, gate: Gate, max_body: int | None) -> Response:
        """Ask once, when the gate lets us; redirects are given back, not followed."""
        url, limits = request.url, gate.limits
        timeout = aiohttp.ClientTimeout(
            total=limits.total, sock_connect=limits.idle, sock_read=limits.idle
        )
        async with gate.passing(url.path):
            with naming_failures(host_key(url)):
                async with self._session.request(
                    request.method,
                    url,
                    data=request.body,
                    allow_redirects=False,
                    timeout=timeout,
                    **self._route(request),
                ) as answer:
                    said = await _said(answer) if answer.status == 429 else b""
                    self._judge(answer.status, answer.headers, request, gate, said=said)
                    return await _read(answer, max_body or limits.max_body)

    @asynccontextmanager
    async def open_lines(
        self, request: Request, gate: Gate, *, idle: float, max_line: int
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """An answer that never ends, line by line; its opening is judged as any exchange."""
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=gate.limits.idle, sock_read=idle)
        host = host_key(request.url)
        request.headers["Accept-Encoding"] = "identity"
        async with AsyncExitStack() as stack:
            async with gate.passing(request.url.path):
                with naming_failures(host):
                    answer = await stack.enter_async_context(
                        self._session.request(
                            request.method,
                            request.url,
                            data=request.body,
                            allow_redirects=False,
                            timeout=timeout,
                            **self._route(request),
                        )
                    )
                    self._judge(answer.status, answer.headers, request, gate)
                    if answer.status != 200 or answer.headers.get("Content-Encoding"):
                        refused = await _read(answer, gate.limits.max_body)
                        refused.raise_for_status()
                        raise Malformed("no stream there", payload=refused.body)
            yield _lines(answer, host, max_line)

    async def shake_hands(
        self, request: Request, gate: Gate, *, heartbeat: float, max_message: int
    ) -> aiohttp.ClientWebSocketResponse:
        """Open a WebSocket, when the gate lets us."""
        async with gate.passing(request.url.path):
            with naming_failures(host_key(request.url)):
                try:
                    async with asyncio.timeout(gate.limits.idle):
                        socket: aiohttp.ClientWebSocketResponse = await self._session.ws_connect(
                            request.url,
                            heartbeat=heartbeat,
                            max_msg_size=max_message,
                            timeout=aiohttp.ClientWSTimeout(ws_close=_CLOSING_HANDSHAKE),
                            **self._route(request),
                        )
                        return socket
                except aiohttp.WSServerHandshakeError as error:
                    status, headers = error.status, error.headers
                self._judge_handshake(status, CIMultiDict(headers or {}), request, gate)
        raise Malformed(f"{host_key(request.url)}: no WebSocket there (status {status})")

    def _judge_handshake(
        self, status: int, headers: CIMultiDict[str], request: Request, gate: Gate
    ) -> None:
        self._judge(status, headers, request, gate)
        answer = Response(status=status, headers=CIMultiDictProxy(headers), body=b"", url="")
        answer.raise_for_status()

    def _judge(
        self,
        status: int,
        headers: Mapping[str, str],
        request: Request,
        gate: Gate,
        *,
        said: bytes = b"",  # a refusal's body: it may tell the wait that no header tells
    ) -> None:
        """Raise on what only time or the proxy can cure; hold the gate while a quota is spent."""
        at, host, path = self._clock(), host_key(request.url), request.url.path
        spent = exhausted_for(headers, at)
        asked = retry_after(headers, at)
        # Some networks say "quota" with a 400 or 403, and only their headers tell it from "no".
        is_quota = status in (400, 403) and spent is not None
        if status == 429 or is_quota or (status == 503 and asked is not None):
            wait = asked if asked is not None else wait_in(said) or spent or reset_in(headers, at)
            if wait is not None:
                gate.pause(path, wait)
            raise RateLimited(f"{host}: status {status}", retry_after=wait, payload=said)
        if spent is not None:
            gate.pause(path, spent)
        if status == 407:
            raise proxy_failure(status, host)
        if status == 408 or status >= 500:
            raise Unavailable(f"{host}: status {status}")

    def _route(self, request: Request) -> dict[str, Any]:
        """Headers and proxy, as aiohttp wants them said."""
        if not self._guard.is_proxied(request.url):
            return {"headers": request.headers}
        login = self._policy.proxy_headers()
        route: dict[str, Any] = {"proxy": self._policy.proxy_url, "headers": request.headers}
        if request.url.scheme in ("https", "wss"):
            # For the CONNECT alone: the far end must never see the proxy's password.
            return {**route, "proxy_headers": login}
        return {**route, "headers": CIMultiDict([*request.headers.items(), *login.items()])}

    @property
    def _session(self) -> aiohttp.ClientSession:
        if self._open_session is None:
            raise RuntimeError("HttpClient is used inside `async with`")
        return self._open_session


async def _said(answer: aiohttp.ClientResponse) -> bytes:
    try:
        return await read_body(answer, cap=_SHORT_BODY)
    except Malformed:
        return b""


async def _lines(answer: aiohttp.ClientResponse, host: str, max_line: int) -> AsyncIterator[bytes]:
    """Lines without their ends, empty ones (a stream's heartbeat) included; Unavailable at the end."""
    left = b""
    with naming_failures(host):
        async for chunk in answer.content.iter_any():
            *lines, left = (left + chunk).split(b"\n")
            if len(left) > max_line:
                raise Malformed(f"a line over {max_line} bytes")
            for line in lines:
                yield line.rstrip(b"\r")
        raise Unavailable("the stream ended")


async def _read(answer: aiohttp.ClientResponse, cap: int) -> Response:
    is_redirect = answer.status in REDIRECTS and "Location" in answer.headers
    return Response(
        status=answer.status,
        headers=answer.headers,
        body=b"" if is_redirect else await read_body(answer, cap=cap),
        url=str(answer.url),
        charset=answer.charset,
    )


async def _refuse_stream_redirects(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """aiohttp follows a WebSocket's redirects by itself, past our guard."""
    answer = await handler(request)
    if answer.status in REDIRECTS and "Sec-WebSocket-Key" in request.headers:
        answer.close()
        raise Refused("the stream was redirected: configure its final address")
    return answer
