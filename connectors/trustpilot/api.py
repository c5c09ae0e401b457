"""Calls to Trustpilot: the key in a header, errors by next move, pages by number or by token.

https://developers.trustpilot.com/authentication
https://developers.trustpilot.com/rate-limiting
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from yarl import URL

from connectors.connector import Clock, Malformed, RateLimited, Unauthorized
from connectors.http import HttpClient, Limits, NotFound, Response
from connectors.oauth import Bearer, token_of
from connectors.reading import mapping, mappings, string
from connectors.tokens import MemoryTokens, Token
from connectors.trustpilot.settings import TrustpilotSettings, is_id
from connectors.walk import StaleToken

_PAUSE = timedelta(minutes=5)  # the shorter of the windows that Trustpilot counts in
_BURST = 80
_RATE = 2.5  # requests a second: with the burst, 830 of the 833 in five minutes
_TOKENS = "oauth/oauth-business-users-for-applications/accesstoken"


class Api:
    """Public answers by `api_key`; private ones by a token that is asked for with `api_secret`."""

    def __init__(self, http: HttpClient, settings: TrustpilotSettings, clock: Clock) -> None:
        self._http = http
        self._settings = settings
        self._base = settings.base_url.rstrip("/")
        self._key = settings.api_key.get_secret_value() if settings.api_key else ""
        self._secret = settings.api_secret.get_secret_value() if settings.api_secret else ""
        none_yet = Token(access="", expires_at=clock())
        self._bearer = Bearer(MemoryTokens(none_yet), clock=clock, renewing=self._renewed)
        self._ids: dict[str, str] = {}
        rate = min(settings.requests_per_hour / 3600, _RATE)
        http.limit(URL(self._base).host or "", Limits(rate=rate, burst=_BURST, concurrency=2))

    async def get(self, path: str, params: Mapping[str, str | int] | None = None) -> dict[str, Any]:
        """The JSON object at `path`; NotFound where it is not there (any more)."""
        headers = {"apikey": self._key}
        if not path.startswith("private/"):
            return _judged(await self._ask(path, params, headers))
        token = await self._bearer.token()
        answer = await self._ask(path, params, headers | {"Authorization": f"Bearer {token}"})
        if answer.status == 401:
            token = await self._bearer.token(instead_of=token)
            answer = await self._ask(path, params, headers | {"Authorization": f"Bearer {token}"})
        return _judged(answer)

    async def _ask(
        self, path: str, params: Mapping[str, str | int] | None, headers: Mapping[str, str]
    ) -> Response:
        try:
            return await self._http.get(f"{self._base}/{path}", params=params, headers=headers)
        except RateLimited as asked:
            asked.retry_after = asked.retry_after or _PAUSE
            raise

    async def unit_id(self, unit: str) -> str:
        """The id of a profile that is named by its domain; asked for once."""
        if is_id(unit):
            return unit
        if unit not in self._ids:
            try:
                answer = await self.get("business-units/find", {"name": unit})
            except NotFound:
                raise NotFound(
                    f"Trustpilot has no profile for {unit}: see business_units"
                ) from None
            found = string(answer.get("id"))
            if found is None or not found.isalnum():
                raise Malformed("Trustpilot gave no id for a domain")
            self._ids[unit] = found
        return self._ids[unit]

    async def page(
        self, path: str, params: Mapping[str, str | int], token: str | None
    ) -> tuple[list[Any], str | None]:
        """The reviews of one page, and the number of the next; past the end, a page is empty."""
        number = int(token) if token is not None and token.isdecimal() else 1
        size = self._settings.page_size
        answer = await self.get(path, {**params, "perPage": size, "page": number})
        reviews = reviews_of(answer)
        links = list(mappings(answer.get("links")))
        linked = any(string(link.get("rel")) == "next-page" for link in links)
        ended = not reviews or (bool(links) and len(reviews) < size)
        return reviews, str(number + 1) if linked or not ended else None

    async def whole(
        self, path: str, params: Mapping[str, str | int], token: str | None
    ) -> tuple[list[Any], str | None]:
        """The same of `all-reviews`, which hands out a token for each next page."""
        asked = {**params, **({"pageToken": token} if token is not None else {})}
        try:
            answer = await self.get(path, asked)
        except Malformed as error:
            if token is None:
                raise
            raise StaleToken(str(error)) from None
        return reviews_of(answer), string(answer.get("nextPageToken"))

    async def _renewed(self, token: Token, at: datetime) -> Token:
        """Not a person's login: the application's own, which lasts some days."""
        login = base64.b64encode(f"{self._key}:{self._secret}".encode()).decode()
        answer = await self._http.post(
            f"{self._base}/{_TOKENS}",
            data={"grant_type": "client_credentials"},
            headers={"Authorization": f"Basic {login}"},
        )
        if answer.status in (400, 401, 403):
            raise Unauthorized("Trustpilot refuses api_key with api_secret")
        answer.raise_for_status()
        return token_of(mapping(answer.json()), at)


def reviews_of(answer: Mapping[str, Any]) -> list[Any]:
    reviews = answer.get("reviews")
    if not isinstance(reviews, list):
        raise Malformed("Trustpilot gave no reviews")
    return reviews


def _judged(response: Response) -> dict[str, Any]:
    if response.status in (401, 403):
        raise Unauthorized(
            f"Trustpilot refuses the key (status {response.status}): check api_key, and that the "
            "account has API access"
        )
    response.raise_for_status()
    answer = response.json()
    if not isinstance(answer, dict):
        raise Malformed("Trustpilot gave no JSON object", payload=response.body)
    return mapping(answer)
