"""Calls to TikTok: tokens of two kinds, a day's budget of requests and records, errors by next move.

https://developers.tiktok.com/doc/client-access-token-management,
https://developers.tiktok.com/doc/tiktok-api-v2-error-handling. Built from these pages; never seen
live. Users report that many requests end in a 500, which is counted all the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import orjson
from yarl import URL

from connectors.budget import Budget, Ledger, account_of, spent
from connectors.connector import (
    Clock,
    ConnectorError,
    Malformed,
    RateLimited,
    Unauthorized,
    Unavailable,
)
from connectors.graph import BadField
from connectors.http import HttpClient, Limits, NotFound, Response
from connectors.oauth import Bearer, OAuthClient, ask_token, renew
from connectors.reading import mapping, string
from connectors.tiktok.settings import TiktokSettings
from connectors.tokens import MemoryTokens, Token, TokenStore
from connectors.walk import StaleToken

_CONSENT = "https://www.tiktok.com/v2/auth/authorize/"
_SCOPES = ("user.info.basic", "video.list")
_NAME = re.compile("[a-z_]{1,60}")
_CURSOR = re.compile(r"cursor|search.?id", re.IGNORECASE)
_TOKEN = frozenset({"access_token_invalid", "invalid_token"})
_SCOPE = frozenset({"scope_not_authorized", "scope_permission_missed"})
_DAY_SPENT = "daily_quota_limit_exceeded"
_PAUSE = timedelta(minutes=15)
_POLITE = Limits(rate=5.0, burst=20, concurrency=2)

Body = dict[str, Any]


class Api:
    def __init__(
        self,
        settings: TiktokSettings,
        *,
        http: HttpClient,
        clock: Clock,
        ledger: Ledger,
        tokens: TokenStore,
    ) -> None:
        self._settings = settings
        self._http = http
        self._clock = clock
        self._ledger = ledger
        self.client = OAuthClient(
            client_id=settings.client_key,
            client_secret=settings.client_secret.get_secret_value(),
            id_name="client_key",
            token_url=f"{settings.v2}/oauth/token/",
            authorize_url=_consent(settings),
            scopes=_SCOPES,
            scope_separator=",",
        )
        made_for, account = self.client.made_for, account_of(settings.client_key)
        none_yet = Token(access="", expires_at=clock(), made_for=made_for)
        self._application = Bearer(
            MemoryTokens(none_yet), clock=clock, renewing=self._granted, made_for=made_for
        )
        self.person = Bearer(tokens, clock=clock, renewing=self._renewed, made_for=made_for)
        self.requests = Budget(
            name="tiktok.requests", limit=settings.requests_per_day, account=account
        )
        self.records = Budget(
            name="tiktok.records", limit=settings.records_per_day, unit="records", account=account
        )
        http.limit(URL(settings.base_url).host or "", _POLITE)

    async def research(self, path: str, fields: str, body: Body, *, most: int) -> Body:
        """The answer's `data`. A request, and as many records as were given, of the day's budget."""
        await self._ledger.spend(1, self.requests)
        try:
            await self._ledger.spend(most, self.records)
        except RateLimited:
            await self._ledger.give_back(1, self.requests)
            raise
        given = 0
        try:
            data = await self._research(path, fields, body)
            given = sum(len(part) for part in data.values() if isinstance(part, list))
        finally:
            await self._ledger.give_back(most - min(most, given), self.records)
        return data

    async def _research(self, path: str, fields: str, body: Body) -> Body:
        url = f"{self._settings.searched}/{path}"
        try:
            return await self._asked(self._application, url, fields, body)
        except RateLimited as refused:
            if _error(refused.payload).get("code") != _DAY_SPENT:
                raise
            await self._ledger.exhaust(self.requests)
            raise spent(self.requests, self._clock()) from None

    async def display(self, path: str, fields: str, body: Body) -> Body:
        """The same of the account's own videos, whose limit is 600 a minute."""
        return await self._asked(self.person, f"{self._settings.v2}/{path}", fields, body)

    async def has_spent(self, share: float) -> bool:
        limit = self._settings.requests_per_day
        return await self._ledger.used(self.requests) >= share * limit

    async def _asked(self, bearer: Bearer, url: str, fields: str, body: Body) -> Body:
        token = await bearer.token()
        try:
            return await self._once(url, fields, body, token)
        except _Ended:
            token = await bearer.token(instead_of=token)
            return await self._once(url, fields, body, token)

    async def _once(self, url: str, fields: str, body: Body, token: str) -> Body:
        headers = {"Authorization": f"Bearer {token}"}
        try:
            response = await self._http.post(
                url, params={"fields": fields}, json=body, headers=headers
            )
            return _judged(response)
        except RateLimited as refused:
            refused.retry_after = refused.retry_after or _PAUSE
            raise

    async def _granted(self, token: Token, at: datetime) -> Token:
        """https://developers.tiktok.com/doc/client-access-token-management: it lasts two hours."""
        grant = {"grant_type": "client_credentials"}
        return await ask_token(self._http, self.client, grant, at)

    async def _renewed(self, token: Token, at: datetime) -> Token:
        return await renew(self._http, self.client, token, at)


class _Ended(Unauthorized):
    """This token is no longer taken; another one may be."""


def _consent(settings: TiktokSettings) -> str:
    if URL(settings.base_url).host == "open.tiktokapis.com":
        return _CONSENT
    return f"{settings.v2}/auth/authorize/"


def _error(body: bytes) -> Mapping[str, Any]:
    try:
        return mapping(mapping(orjson.loads(body or b"null")).get("error"))
    except orjson.JSONDecodeError:
        return {}


def _judged(response: Response) -> Body:
    """Success is the code "ok", whatever the status says."""
    try:
        answer = mapping(response.json())
    except Malformed:
        response.raise_for_status()
        raise
    error = mapping(answer.get("error"))
    code = string(error.get("code")) or ""
    if code and code != "ok":
        raise _named(code, string(error.get("message")) or "", response)
    if response.status == 401:
        raise _Ended("TikTok refuses the token (status 401)")
    response.raise_for_status()
    data = answer.get("data")
    if not isinstance(data, dict) or code != "ok":
        raise Malformed("TikTok gave neither data nor an error", payload=response.body)
    return data


def _named(code: str, message: str, response: Response) -> ConnectorError:
    """Messages may repeat what was asked."""
    said = f"TikTok says {code if _NAME.fullmatch(code) else 'an error without a name'}"
    if code in _TOKEN:
        return _Ended(said)
    if code in _SCOPE or response.status in (401, 403):
        return Unauthorized(f"{said}: the application is not approved for this")
    if code in ("rate_limit_exceeded", _DAY_SPENT):
        return RateLimited(said, payload=response.body)
    if code == "internal_error":
        return Unavailable(said)
    if code == "invalid_params" and _CURSOR.search(message):
        return StaleToken(said)
    if response.status == 404:
        return NotFound(said)
    if code in ("invalid_params", "invalid_file_upload"):
        return BadField(said, payload=response.body)
    return Malformed(said, payload=response.body)
