"""Meta's Graph API as Facebook, Instagram and Threads share it: calls, errors, paging, signatures.

https://developers.facebook.com/docs/graph-api/guides/error-handling
https://developers.facebook.com/docs/graph-api/overview/rate-limiting
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from connectors.connector import (
    Clock,
    ConnectorError,
    Malformed,
    RateLimited,
    Unauthorized,
    Unavailable,
)
from connectors.http import HttpClient, NotFound, Response
from connectors.quota import exhausted_for
from connectors.reading import count, figure, mapping, mappings, string

SIGNATURE = "X-Hub-Signature-256"

_QUOTA = frozenset({4, 17, 32, 341, 368, 613, *range(80000, 80015)})
_PASSING = frozenset({1, 2})
_TOKEN = frozenset({102, 190, 463, 467})
_GONE = frozenset({24, 803})
_DENIED = frozenset({3, 10, *range(200, 300)})
_QUOTA_PAUSE = timedelta(minutes=15)  # the windows roll over an hour
_SECRETS = frozenset({"access_token", "appsecret_proof"})


class Denied(Unauthorized):
    """The token holds, and lacks this one permission: this endpoint is not for us, others may be."""


class Gone(NotFound):
    """The Graph API itself says that there is no such object, or none that we may read; a bare 404
    may come from anything on the way."""


class Deprecated(ConnectorError):
    """The network has retired this endpoint or field (code 12): fall back, and say so."""


class BadField(Malformed):
    """A field or parameter is not known to this version (code 100)."""


class Graph:
    """One host and version; `token` is asked for each call, so that a renewed one is used."""

    def __init__(
        self,
        http: HttpClient,
        base_url: str,
        *,
        token: Callable[[], Awaitable[str]],
        clock: Clock,
        app_secret: str | None = None,
    ) -> None:
        self._http = http
        self._base = base_url.rstrip("/")
        self._token = token
        self._clock = clock
        self._app_secret = app_secret

    async def get(self, path: str, params: Mapping[str, str | int] | None = None) -> dict[str, Any]:
        """The JSON object at `path`. The token travels in a header, never in the address.

        Raises Denied, Deprecated, BadField, Gone, NotFound beside what every connector raises.
        """
        token = await self._token()
        sent = dict(params or {})
        if self._app_secret:
            sent["appsecret_proof"] = proof(token, self._app_secret)
        url = f"{self._base}/{path.lstrip('/')}"
        headers = {"Authorization": f"Bearer {token}"}
        return self._judged(await self._http.get(url, params=sent, headers=headers))

    def _judged(self, response: Response) -> dict[str, Any]:
        try:
            answer = response.json()
        except Malformed:
            response.raise_for_status()
            raise
        error = mapping(answer).get("error")
        if error is not None:
            raise self._named(mapping(error), response)
        response.raise_for_status()
        if not isinstance(answer, dict):
            raise Malformed("the Graph API gave no JSON object", payload=response.body)
        return answer

    def _named(self, error: Mapping[str, Any], response: Response) -> ConnectorError:
        """Quotas come as 400 or 403: the code tells, and messages may repeat what was asked."""
        code, subcode = figure(error.get("code")) or 0, figure(error.get("error_subcode")) or 0
        said = f"Graph API error {code}/{subcode}" if subcode else f"Graph API error {code}"
        if code in _QUOTA:
            wait = exhausted_for(response.headers, self._clock()) or _QUOTA_PAUSE
            return RateLimited(said, retry_after=wait)
        if code in _PASSING or error.get("is_transient") is True:
            return Unavailable(said)
        if code in _TOKEN:
            return Unauthorized(
                f"{said}: the token has ended, run `listener login` for this source"
            )
        if code in _GONE or (code == 100 and subcode == 33):
            return Gone(said)
        if code == 12:
            return Deprecated(said)
        if code in _DENIED:
            return Denied(f"{said}: the application lacks a permission")
        if code == 100 and "appsecret_proof" in (string(error.get("message")) or ""):
            return Unauthorized(f"{said}: app_secret is not that of the token's application")
        if code == 100 and _is_permission(error):
            return Denied(f"{said}: the application lacks a permission or feature")
        if code == 100:
            return BadField(f"{said}: a field this version does not know", payload=response.body)
        if response.status == 404:
            return NotFound(said)
        if response.status in (401, 403):
            return Unauthorized(said)
        return Malformed(said, payload=response.body)


def _is_permission(error: Mapping[str, Any]) -> bool:
    """Other people's Pages are refused under the code of a wrong parameter: only words tell."""
    message = (string(error.get("message")) or "").lower()
    return "permission" in message or "content access" in message


def proof(token: str, app_secret: str) -> str:
    """https://developers.facebook.com/docs/graph-api/guides/secure-requests"""
    return hmac.new(app_secret.encode(), token.encode(), hashlib.sha256).hexdigest()


def data_of(answer: Mapping[str, Any]) -> list[Any]:
    """The items of one page of an edge; Malformed where there is no list."""
    data = answer.get("data")
    if not isinstance(data, list):
        raise Malformed("the Graph API gave no list")
    return data


def next_token(answer: Mapping[str, Any]) -> str | None:
    """What to ask the next page with, or None at the end; never holds a credential.

    Only `paging.next` says that there is one: a last page has cursors too, and an empty page may
    have a next. Some edges page by time or offset instead of `cursors.after`.
    """
    paging = mapping(answer.get("paging"))
    link = string(paging.get("next"))
    if link is None:
        return None
    after = string(mapping(paging.get("cursors")).get("after"))
    pairs = dict(parse_qsl(urlsplit(link).query))
    after = after or pairs.get("after")
    if after is not None:
        return f"after={after}"
    kept = {name: pairs[name] for name in ("__paging_token", "until", "offset") if name in pairs}
    return "&".join(f"{name}={value}" for name, value in kept.items()) or None


def page_params(token: str | None) -> dict[str, str]:
    """The parameters that `next_token` stands for."""
    if token is None:
        return {}
    if token.startswith("after="):
        return {"after": token.removeprefix("after=")}
    return {name: value for name, value in parse_qsl(token) if name not in _SECRETS}


def changes_of(body: Any) -> list[tuple[str, dict[str, Any], int | None]]:
    """(field, value, the entry's unix time) of a webhook's body, in order.

    https://developers.facebook.com/docs/graph-api/webhooks/getting-started
    """
    return [
        (string(change.get("field")) or "", mapping(change.get("value")), count(entry.get("time")))
        for entry in mappings(mapping(body).get("entry"))
        for change in mappings(entry.get("changes"))
    ]
