"""Calls to Reddit's Data API: application-only sign-in, errors by the next move.

https://www.reddit.com/dev/api/ and https://github.com/reddit-archive/reddit/wiki/OAuth2
The sign-in and the listings' shapes are built from those pages, and held against recorded answers
of 2016 to 2026; approval being needed, no request of ours was ever answered by Reddit itself.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from connectors.connector import Clock, Malformed, Unauthorized
from connectors.http import HttpClient, NotFound, Response
from connectors.oauth import token_of
from connectors.reading import mapping, string
from connectors.reddit.settings import RedditSettings
from connectors.tokens import Token

Params = Mapping[str, str | int]
_EARLY = timedelta(minutes=5)
# RFC 6749 §5.2.
_OAUTH_ERRORS = (
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
)
_INSTALLED = "https://oauth.reddit.com/grants/installed_client"


class Barred(Unauthorized):
    """This subreddit is private, quarantined or closed to us; others may be open."""


class Api:
    """One application. Its token lasts a day, and is asked for again when it ends or is refused."""

    def __init__(self, settings: RedditSettings, http: HttpClient, clock: Clock) -> None:
        self._settings = settings
        self._http = http
        self._clock = clock
        self._token: Token | None = None
        self._one_at_a_time = asyncio.Lock()

    async def get(self, path: str, params: Params) -> Any:
        """The JSON at `path`. Raises Barred and NotFound beside what every connector raises."""
        query = {**params, "raw_json": 1}
        return await self._asked(partial(self._http.get, self._settings.api + path, params=query))

    async def post(self, path: str, form: Mapping[str, str]) -> Any:
        """As `get`, where a question is too long for an address."""
        url, query = self._settings.api + path, {"raw_json": 1}
        return await self._asked(partial(self._http.post, url, params=query, data=form))

    async def _asked(self, ask: Callable[..., Awaitable[Response]]) -> Any:
        response = await ask(headers=await self._headers())
        if response.status == 401:
            response = await ask(headers=await self._headers(instead_of=self._token))
        return _judged(response)

    async def _headers(self, *, instead_of: Token | None = None) -> dict[str, str]:
        async with self._one_at_a_time:
            token = self._token
            if token is None or token is instead_of or self._ends(token):
                token = self._token = await self._signed_in()
        return {"User-Agent": self._settings.agent, "Authorization": f"Bearer {token.access}"}

    def _ends(self, token: Token) -> bool:
        return token.expires_at is not None and token.expires_at - _EARLY <= self._clock()

    async def _signed_in(self) -> Token:
        settings = self._settings
        form = {"grant_type": "client_credentials"}
        secret = ""
        if settings.client_secret is not None:
            secret = settings.client_secret.get_secret_value()
        else:
            form = {"grant_type": _INSTALLED, "device_id": settings.device_id}
        login = base64.b64encode(f"{settings.client_id}:{secret}".encode()).decode()
        response = await self._http.post(
            f"{settings.site}/api/v1/access_token",
            data=form,
            headers={"User-Agent": settings.agent, "Authorization": f"Basic {login}"},
        )
        if response.status in (400, 401, 403):
            raise Unauthorized(
                f"Reddit refuses the application (status {response.status}): check client_id and "
                "client_secret, and that Reddit has approved its use of the Data API"
            )
        response.raise_for_status()
        answer = mapping(response.json())
        if (error := answer.get("error")) in _OAUTH_ERRORS:  # said with status 200
            raise Unauthorized(f"Reddit refuses the application ({error})")
        return token_of(answer, self._clock())


def require_subreddit(response: Response) -> None:
    """An unknown subreddit is a redirect to the search for subreddits."""
    if "/subreddits/search" in response.url:
        raise NotFound("no such subreddit")


def _judged(response: Response) -> Any:
    require_subreddit(response)
    if response.status in (403, 404):
        raise _refusal(response)
    response.raise_for_status()
    return response.json()


def _refusal(response: Response) -> Unauthorized | NotFound:
    """A page for people instead of JSON means that the application itself is blocked."""
    try:
        reason = string(mapping(response.json()).get("reason")) or "no reason given"
    except Malformed:
        reason = ""
    said = f"status {response.status}, {reason[:40] or 'no JSON'}"
    if response.status == 404:
        return NotFound(f"not there, or banned ({said})")
    if not reason:
        return Unauthorized(f"Reddit blocks this application ({said}): has it been approved?")
    return Barred(f"closed to us ({said})")


def children_of(listing: object) -> list[Any]:
    """What a Listing holds; Malformed where it is none."""
    children = mapping(mapping(listing).get("data")).get("children")
    if not isinstance(children, list):
        raise Malformed("Reddit gave no listing")
    return children
