"""Calls to an AT Protocol server: queries with a token that is renewed, errors by the next move."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from yarl import URL

from connectors.bluesky.session import Account
from connectors.connector import Malformed, Unauthorized
from connectors.http import HttpClient, Response
from connectors.reading import mapping

Params = Sequence[tuple[str, str]]
_STALE = frozenset({"ExpiredToken", "InvalidToken"})
_NO_XRPC = "refused without a reason: base_url must be the account's own server, not the public one"
_ERROR_NAME = re.compile(r"[A-Za-z]{1,60}")


class Rejected(Malformed):
    """The server does not take these parameters (400 with an error name)."""

    def __init__(self, method: str, error: str, payload: bytes) -> None:
        super().__init__(f"{method} was rejected: {error}", payload=payload)
        self.error = error


class Xrpc:
    """One server; with an account its calls are authenticated."""

    def __init__(self, http: HttpClient, base_url: str, account: Account | None = None) -> None:
        self._http = http
        self._base = URL(base_url.rstrip("/"))
        self._account = account

    async def query(self, method: str, params: Params) -> dict[str, Any]:
        """The answer's JSON object. Raises what HttpClient raises, Unauthorized and Malformed."""
        url = str((self._base / "xrpc" / method).with_query(list(params)))
        if self._account is None:
            return _answer(method, await self._http.get(url))
        token = await self._account.token()
        response = await self._http.get(url, headers=_bearer(token))
        if _error(response) in _STALE:
            token = await self._account.token(instead_of=token)
            response = await self._http.get(url, headers=_bearer(token))
        return _answer(method, response)


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _error(response: Response) -> str | None:
    """The error's name, None for a success and for what is not XRPC (an HTML page)."""
    if response.status < 400:
        return None
    try:
        name = mapping(response.json()).get("error")
    except Malformed:
        return None
    return name if isinstance(name, str) and _ERROR_NAME.fullmatch(name) else None


def _answer(method: str, response: Response) -> dict[str, Any]:
    if response.status in (401, 403):
        name = _error(response)
        raise Unauthorized(f"{method} is refused ({name})" if name else f"{method}: {_NO_XRPC}")
    if response.status == 400 and (error := _error(response)) is not None:
        raise Rejected(method, error, response.body)
    response.raise_for_status()
    answer = response.json()
    if not isinstance(answer, dict):
        raise Malformed(f"{method} gave no JSON object", payload=response.body)
    return answer
