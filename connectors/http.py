"""The one polite, guarded way out: every request of every connector goes through HttpClient."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol, Self

import aiohttp
from pydantic import SecretStr

from connectors.connector import Clock, Malformed, RateLimited, Unavailable
from connectors.response import NotFound, Response, Validators

__all__ = [
    "BreakerState",
    "BreakerStore",
    "HttpClient",
    "Limits",
    "NetworkPolicy",
    "NotFound",
    "Response",
    "Validators",
    "utc_now",
]


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkPolicy:
    proxy: str | None = None
    proxy_user: str | None = None
    proxy_password: SecretStr | None = None
    no_proxy: tuple[str, ...] = ()
    ca_file: Path | None = None
    allowed_hosts: tuple[str, ...] = ()
    contact: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    rate: float = 5.0
    burst: int = 10
    concurrency: int = 2
    total: float = 60.0
    idle: float = 20.0
    max_body: int = 5 * 1024 * 1024
    max_redirects: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerState:
    failures: int = 0
    until: datetime | None = None


class BreakerStore(Protocol):
    async def load(self) -> Mapping[str, BreakerState]: ...

    async def save(self, host: str, state: BreakerState) -> None: ...


class HttpClient:
    def __init__(
        self,
        policy: NetworkPolicy = NetworkPolicy(),  # noqa: B008 - frozen
        *,
        clock: Clock = utc_now,
        breakers: BreakerStore | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._policy = policy
        self._limits: dict[str, Limits] = {}

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    def limit(self, host: str, limits: Limits) -> None:
        self._limits[host] = limits

    async def get(
        self,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        validators: Validators | None = None,
        max_body: int | None = None,
    ) -> Response:
        wanted = {**(headers or {}), **(validators.headers() if validators else {})}
        return await self._request("GET", url, params=params, headers=wanted)

    async def post(
        self,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        json: Any = None,
        data: Any = None,
        headers: Mapping[str, str] | None = None,
        max_body: int | None = None,
    ) -> Response:
        return await self._request(
            "POST", url, params=params, json=json, data=data, headers=headers
        )

    async def _request(self, method: str, url: str, **options: Any) -> Response:
        try:
            async with self._session.request(method, url, **options) as answer:
                body = await answer.read()
        except aiohttp.ClientResponseError:
            raise Malformed("not HTTP") from None
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Unavailable(type(error).__name__) from None
        if answer.status == 429:
            after = answer.headers.get("Retry-After", "")
            raise RateLimited(
                "429", retry_after=timedelta(seconds=int(after)) if after.isdigit() else None
            )
        if answer.status >= 500:
            raise Unavailable(f"status {answer.status}")
        return Response(
            status=answer.status,
            headers=answer.headers,
            body=body,
            url=str(answer.url),
            charset=answer.charset,
        )

    def connect(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        heartbeat: float = 30.0,
        max_message: int = 1024 * 1024,
    ) -> AbstractAsyncContextManager[aiohttp.ClientWebSocketResponse]:
        return self._connect(url, headers=headers, heartbeat=heartbeat, max_msg_size=max_message)

    @asynccontextmanager
    async def _connect(
        self, url: str, **options: Any
    ) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        async with self._session.ws_connect(url, **options) as socket:
            yield socket
