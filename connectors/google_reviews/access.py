"""Calls to Google's APIs: a login that renews itself or a key, and google.rpc errors by the next move.

https://developers.google.com/identity/protocols/oauth2/web-server,
https://cloud.google.com/apis/design/errors. Built from the documentation; never run for real.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

import orjson

from connectors.connector import (
    Clock,
    ConnectorError,
    Malformed,
    RateLimited,
    Unauthorized,
)
from connectors.google_reviews.settings import SCOPE, GoogleReviewsSettings
from connectors.http import HttpClient, NotFound, Response
from connectors.oauth import Bearer, OAuthClient, renew
from connectors.reading import mapping, mappings, string
from connectors.tokens import Token, TokenStore
from connectors.walk import StaleToken

_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
_NO_QUOTA = (
    "the project has no quota: Google has not approved its access to the Business Profile APIs "
    "(request it, then wait for the approval)"
)

Params = Mapping[str, str | int]


def oauth_client(settings: GoogleReviewsSettings) -> OAuthClient | None:
    """Google gives a refresh token only to who asks for offline access, and at each consent."""
    if settings.client_id is None or settings.client_secret is None:
        return None
    return OAuthClient(
        client_id=settings.client_id,
        client_secret=settings.client_secret.get_secret_value(),
        token_url=settings.token_url,
        authorize_url=settings.authorize_url,
        scopes=(SCOPE,),
        pkce=True,
        extra={"access_type": "offline", "prompt": "consent"},
    )


class Configured:
    """The stored token; before the first, the refresh token of the configuration."""

    def __init__(self, store: TokenStore, refresh: str | None, made_for: str) -> None:
        self._store = store
        self._refresh = refresh
        self._made_for = made_for

    async def load(self) -> Token | None:
        kept = await self._store.load()
        if self._refresh is None or (kept is not None and kept.made_for == self._made_for):
            return kept
        return Token(
            access="none yet",
            refresh=self._refresh,
            expires_at=_LONG_AGO,
            made_for=self._made_for,
        )

    async def save(self, token: Token) -> None:
        await self._store.save(token)


class Google:
    """Calls with the operator's login; a token that is refused is renewed once."""

    def __init__(
        self,
        http: HttpClient,
        client: OAuthClient,
        store: TokenStore,
        *,
        settings: GoogleReviewsSettings,
        clock: Clock,
    ) -> None:
        given = settings.refresh_token
        self._http = http
        self._bearer = Bearer(
            Configured(store, given.get_secret_value() if given else None, client.made_for),
            clock=clock,
            renewing=partial(renew, http, client),
            made_for=client.made_for,
        )

    async def get(self, url: str, params: Params | None = None) -> dict[str, Any]:
        token = await self._bearer.token()
        response = await self._asked(url, params, token)
        if response.status == 401:
            token = await self._bearer.token(instead_of=token)
            response = await self._asked(url, params, token)
        return judged(response, paging="pageToken" in (params or {}))

    async def ends_at(self) -> datetime | None:
        """Google ends the refresh tokens of applications in testing after a week, and says so."""
        kept = await self._bearer.stored()
        if kept is None or kept.expires_at == _LONG_AGO:
            return None
        return kept.refresh_expires_at if kept.refresh else kept.expires_at

    async def _asked(self, url: str, params: Params | None, token: str) -> Response:
        headers = {"Authorization": f"Bearer {token}"}
        try:
            return await self._http.get(url, params=params, headers=headers)
        except RateLimited as error:
            if _has_no_quota(error.payload):
                raise Unauthorized(_NO_QUOTA) from error
            raise


def judged(response: Response, *, paging: bool = False) -> dict[str, Any]:
    """The JSON object of an answer; what Google refuses, named. `paging`: a page token was sent."""
    if response.status >= 400:
        error = _error(response.body)
        if error:
            raise _named(response, error, paging=paging)
        response.raise_for_status()
    answer = response.json()
    if not isinstance(answer, dict) or "error" in answer:
        raise Malformed("Google gave no answer that can be read", payload=response.body)
    return answer


def _named(response: Response, error: Mapping[str, Any], *, paging: bool) -> ConnectorError:
    status = string(error.get("status")) or f"status {response.status}"
    reasons = [string(detail.get("reason")) for detail in mappings(error.get("details"))]
    said = " ".join(
        word[:60] for word in (status, *reasons) if word and word.replace("_", "").isalnum()
    )
    if response.status == 404:
        return NotFound(f"not there ({said})")
    if response.status in (401, 403):
        return Unauthorized(f"refused ({said}): check the login, its role and the project's APIs")
    if response.status == 400 and paging:
        return StaleToken(said)
    if response.status == 400 and "API_KEY_INVALID" in reasons:
        return Unauthorized(f"refused ({said}): check the key")
    return Malformed(said, payload=response.body)


def _error(body: bytes) -> dict[str, Any]:
    try:
        return mapping(mapping(orjson.loads(body)).get("error"))
    except orjson.JSONDecodeError:
        return {}


def _has_no_quota(body: bytes) -> bool:
    """A project that waits for approval has a limit of 0, which is no passing refusal."""
    details = mappings(_error(body).get("details"))
    limits = (mapping(detail.get("metadata")).get("quota_limit_value") for detail in details)
    return any(limit in ("0", 0) and limit is not False for limit in limits)
