"""Calls to one forum: errors by the next move.

Endpoints and shapes are those of https://docs.discourse.org/ and of Discourse's own source; a real
Discourse needs more than a test machine has, so they are held against recorded answers alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.connector import Malformed, Unauthorized
from connectors.discourse.settings import DiscourseSettings
from connectors.http import HttpClient, Response
from connectors.reading import mapping, string

Params = Mapping[str, str | int] | Sequence[tuple[str, str | int]]
_LOGIN = (
    "this forum shows itself to its members only: set api_key with api_username, or user_api_key"
)


class Hidden(Unauthorized):
    """This one thing is not shown to us (403 invalid_access); the forum may well be."""


class Api:
    def __init__(self, settings: DiscourseSettings, http: HttpClient) -> None:
        self._settings = settings
        self._http = http

    async def get(self, path: str, params: Params | None = None) -> dict[str, Any]:
        """The JSON object at `path`. Raises Hidden and NotFound beside what every connector raises."""
        url = f"{self._settings.base_url}/{path}"
        answer = await self._http.get(url, params=params, headers=self._settings.headers)
        if answer.url.partition("?")[0].endswith("/login"):
            raise Unauthorized(_LOGIN)
        if answer.status in (401, 403):
            raise _refusal(answer)
        answer.raise_for_status()
        document = answer.json()
        if not isinstance(document, dict):
            raise Malformed("Discourse gave no JSON object", payload=answer.body)
        return document


def _refusal(answer: Response) -> Unauthorized:
    try:
        kind = string(mapping(answer.json()).get("error_type")) or ""
    except Malformed:
        kind = ""
    if kind == "not_logged_in":
        return Unauthorized(_LOGIN)
    if kind == "invalid_access":
        return Hidden("not shown to us: the key is wrong, or its owner may not see this")
    return Unauthorized(f"the forum refuses us (status {answer.status})")
