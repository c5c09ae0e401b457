"""Calls to Dailymotion: both generations, errors by the next move, a token where there is a key.

https://developers.dailymotion.com/reference/api-errors (v2),
https://developers.dailymotion.com/v0/reference/api-errors (Legacy),
https://developers.dailymotion.com/docs/authenticate. Built from these pages; never seen live.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from yarl import URL

from connectors.connector import Clock, Closed, ConnectorError, Malformed, RateLimited, Unauthorized
from connectors.dailymotion.settings import DailymotionSettings
from connectors.graph import BadField
from connectors.http import HttpClient, Limits, NotFound, Response
from connectors.oauth import Bearer, OAuthClient, ask_token
from connectors.reading import count, mapping, string
from connectors.tokens import MemoryTokens, Token

log = structlog.get_logger(__name__)

_QUOTA = re.compile(r"quota|rate.?limit|too.?many", re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z_ -]{1,60}")
_FIRST_PAUSE = timedelta(minutes=1)
_LONGEST_PAUSE = timedelta(hours=1)

Params = Mapping[str, str | int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One page of a list. `total` may be a lower bound; None where it is not told."""

    items: Sequence[Any]
    more: bool
    limit: int  # how many a page of this list has at most
    total: int | None = None


class Api:
    def __init__(self, settings: DailymotionSettings, *, http: HttpClient, clock: Clock) -> None:
        self._settings = settings
        self._http = http
        self._bearer = _bearer(settings, http, clock)
        self._refusals = 0
        self._legacy_takes_tokens = True
        host = URL(settings.legacy).host or ""
        http.limit(host, Limits(rate=settings.requests_per_second, burst=20, concurrency=2))

    async def legacy(self, path: str, params: Params | None = None) -> dict[str, Any]:
        """The Legacy API's JSON object. Public data needs no token: one that it does not take, such
        as v2's perhaps, is left away."""
        url = f"{self._settings.legacy}/{path}"
        if self._bearer is None or not self._legacy_takes_tokens:
            return await self._once(url, params, None)
        try:
            return await self._with_token(self._bearer, url, params)
        except Unauthorized:
            answer = await self._once(url, params, None)
            self._legacy_takes_tokens = False
            log.info("dailymotion.legacy_takes_no_token")
            return answer

    async def v2(self, path: str, params: Params | None = None) -> dict[str, Any]:
        url = f"{self._settings.v2}/{path}"
        if self._bearer is None:
            return await self._once(url, params, None)
        return await self._with_token(self._bearer, url, params)

    async def _with_token(self, bearer: Bearer, url: str, params: Params | None) -> dict[str, Any]:
        token = await bearer.token()
        try:
            return await self._once(url, params, token)
        except Unauthorized:
            return await self._once(url, params, await bearer.token(instead_of=token))

    async def _once(self, url: str, params: Params | None, token: str | None) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
        try:
            response = await self._http.get(url, params=params, headers=headers)
            answer = _judged(response)
        except RateLimited as asked:
            asked.retry_after = asked.retry_after or self._pause()
            self._refusals += 1
            raise
        self._refusals = 0
        return answer

    def _pause(self) -> timedelta:
        """The quota is not published: each refusal in a row doubles the wait."""
        doubled: timedelta = _FIRST_PAUSE * 2 ** min(self._refusals, 10)
        return min(doubled, _LONGEST_PAUSE)


def listed(answer: Mapping[str, Any], limit: int) -> Listed:
    """Legacy: list and has_more. v2: data and next, of which only `next` is binding."""
    items = answer.get("list") if isinstance(answer.get("list"), list) else answer.get("data")
    if not isinstance(items, list):
        raise Malformed("Dailymotion gave no list")
    limit = count(answer.get("limit")) or count(answer.get("page_size")) or limit
    more = len(items) >= limit
    if "next" in answer:
        more = string(answer.get("next")) is not None
    elif isinstance(answer.get("has_more"), bool):
        more = answer["has_more"]
    return Listed(items=items, more=more, limit=limit, total=count(answer.get("total")))


def _bearer(settings: DailymotionSettings, http: HttpClient, clock: Clock) -> Bearer | None:
    """The application's own token, by client_credentials."""
    if settings.api_key is None or settings.api_secret is None:
        return None
    client = OAuthClient(
        client_id=settings.api_key,
        client_secret=settings.api_secret.get_secret_value(),
        token_url=settings.tokens,
    )

    async def renewed(token: Token, at: datetime) -> Token:
        form = {"grant_type": "client_credentials"}
        form |= {"scope": " ".join(settings.scopes)} if settings.scopes else {}
        return await ask_token(http, client, form, at)

    none_yet = Token(access="", expires_at=clock(), made_for=client.made_for)
    return Bearer(MemoryTokens(none_yet), clock=clock, renewing=renewed, made_for=client.made_for)


def _judged(response: Response) -> dict[str, Any]:
    try:
        answer = response.json()
    except Malformed:
        response.raise_for_status()
        raise
    error = mapping(answer).get("error")
    if isinstance(error, dict):
        raise _named(error, response)
    response.raise_for_status()
    if not isinstance(answer, dict):
        raise Malformed("Dailymotion gave no JSON object", payload=response.body)
    return answer


def _named(error: Mapping[str, Any], response: Response) -> ConnectorError:
    """Legacy: a code in figures and a type; v2: a code in words. Messages may repeat what was asked."""
    kind, code, message = (string(error.get(name)) or "" for name in ("type", "code", "message"))
    status = response.status if response.status >= 400 else count(error.get("code")) or 0
    name = next((said for said in (kind, code) if _NAME.fullmatch(said)), "no reason given")
    said = f"Dailymotion error {status} ({name})"
    if status == 429 or (status in (400, 403) and _QUOTA.search(f"{kind} {code} {message}")):
        return RateLimited(said)
    if status in (401, 403):
        return Unauthorized(said)
    if status == 404:
        return NotFound(said)
    if status == 410:
        return Closed(said)
    if status == 400:
        return BadField(said, payload=response.body)
    return Malformed(said, payload=response.body)
