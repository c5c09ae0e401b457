"""Calls to the X API v2, and what its errors mean for the caller.

https://docs.x.com/x-api/fundamentals/response-codes-and-errors. The problems' types were read on
that page and in clients' sources; 402 and "client-not-enrolled" have not been met live.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any

import orjson

from connectors.connector import Closed, ConnectorError, Malformed, RateLimited, Unauthorized
from connectors.http import HttpClient, NotFound, Response
from connectors.reading import mapping, mappings, string

FLOOR = timedelta(seconds=60)  # X's windows are minutes long: a shorter wait only costs requests
_CREDITS = frozenset(
    {"credits", "credits-depleted", "usage-capped", "CreditsDepleted", "SpendCapReached",
     "UsageCapExceeded"}
)  # fmt: skip
_PAGE_TOKENS = frozenset({"next_token", "pagination_token"})
_BOUNDS = frozenset({"since_id", "until_id", "start_time", "end_time"})


class Denied(Unauthorized):
    """The token holds, and may not read this one thing."""


class NoCredits(Unauthorized):
    """X takes no more requests until somebody adds credits, or raises the spending limit."""


class BadPageToken(Malformed):
    """X no longer knows the page token."""


class BadBound(Malformed):
    """An id or instant that bounds the search lies outside X's window."""


class Api:
    """One base and token; `token` is asked for each call, so that a renewed one is used."""

    def __init__(
        self, http: HttpClient, base_url: str, token: Callable[[], Awaitable[str]]
    ) -> None:
        self._http = http
        self._base = base_url
        self._token = token

    def url(self, path: str) -> str:
        return f"{self._base}/{path}"

    async def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {await self._token()}"}

    async def get(self, path: str, params: Mapping[str, str | int]) -> dict[str, Any]:
        """The JSON object at `path`; raises Denied, NoCredits, BadPageToken, BadBound besides."""
        headers = await self.headers()
        try:
            return judged(await self._http.get(self.url(path), params=params, headers=headers))
        except RateLimited as asked:
            raise patient(asked) from None

    async def post(
        self, path: str, body: Mapping[str, Any], params: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        headers = await self.headers()
        url = self.url(path)
        try:
            return judged(await self._http.post(url, params=params, json=body, headers=headers))
        except RateLimited as asked:
            raise patient(asked) from None


def patient(asked: RateLimited) -> ConnectorError:
    """X sends no Retry-After: its window's end, or a minute where that is nearer or not said.

    The month's cap is told with 429 too, and no minute cures it.
    """
    told = told_by(asked.payload)
    if problem_type(told) in _CREDITS or told.get("title") in _CREDITS:
        return NoCredits(_NO_CREDITS)
    return RateLimited(str(asked), retry_after=max(FLOOR, asked.retry_after or FLOOR))


def judged(response: Response) -> dict[str, Any]:
    try:
        answer = response.json()
    except Malformed:
        if response.status == 402:
            raise NoCredits(_NO_CREDITS) from None
        response.raise_for_status()
        raise
    if response.status >= 400:
        raise named(response.status, mapping(answer), response.body)
    if not isinstance(answer, dict):
        raise Malformed("X gave no JSON object", payload=response.body)
    return answer


_NO_CREDITS = (
    "X's credits are spent, or its spending limit is reached: add credits at console.x.com"
)
_NOT_ENROLLED = "the app is not enrolled for the X API: attach it to a project at console.x.com"


def named(status: int, answer: Mapping[str, Any], body: bytes = b"") -> ConnectorError:
    """The error by what to do next. X's own words may repeat what was asked, and stay out."""
    kind = problem_type(answer)
    said = f"status {status} ({kind})" if kind else f"status {status}"
    if status == 402 or kind in _CREDITS or answer.get("title") in _CREDITS:
        return NoCredits(_NO_CREDITS)
    if status == 401:
        return Unauthorized(f"{said}: X does not take the token")
    if status == 403:
        if answer.get("reason") == "client-not-enrolled":
            return Unauthorized(_NOT_ENROLLED)
        return Denied(f"{said}: not open to this app or token")
    if status == 404:
        return NotFound(said)
    if status == 410:
        return Closed(said)
    wrong = _wrong_parameters(answer)
    if wrong & _PAGE_TOKENS:
        return BadPageToken(said, payload=body)
    if wrong & _BOUNDS:
        return BadBound(said, payload=body)
    return Malformed(said, payload=body)


def told_by(payload: bytes) -> dict[str, Any]:
    """The object that an error's body holds, or none."""
    try:
        return mapping(orjson.loads(payload))
    except orjson.JSONDecodeError:
        return {}


def problem_type(problem: Mapping[str, Any]) -> str:
    """The last word of a problem's type, which stands under api.twitter.com or api.x.com."""
    kind = string(problem.get("type")) or ""
    last = kind.rpartition("/")[2]
    return last[:60] if last.replace("-", "").isalnum() and last.isascii() else ""


def _wrong_parameters(answer: Mapping[str, Any]) -> set[str]:
    found: set[str] = set()
    for error in mappings(answer.get("errors")):
        found.update(mapping(error.get("parameters")))
        said = string(error.get("message")) or ""
        found.update(name for name in _PAGE_TOKENS | _BOUNDS if f"'{name}'" in said)
    return found


def items_of(answer: Mapping[str, Any]) -> list[Any]:
    """The list of an answer; none where X says that there is nothing, Malformed where it says nothing.

    NotFound, Denied: X tells with status 200 that the account or post whose list it is is not there.
    """
    data = answer.get("data")
    if isinstance(data, list):
        return data
    if data is None and mapping(answer.get("meta")).get("result_count") == 0:
        return []
    kinds = {problem_type(error) for error in mappings(answer.get("errors"))}
    if kinds == {"resource-not-found"}:
        raise NotFound("X gave no list: what it hangs on is gone")
    if kinds == {"not-authorized-for-resource"}:
        raise Denied("X gave no list: it is not open to this app or token")
    said = ",".join(sorted(kinds))
    raise Malformed(f"X gave no list ({said})" if said else "X gave no list")
