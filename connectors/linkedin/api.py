"""Calls to LinkedIn's versioned REST API: headers, errors by next move, our own count, paging.

https://learn.microsoft.com/en-us/linkedin/marketing/versioning
https://learn.microsoft.com/en-us/linkedin/shared/api-guide/concepts/rate-limits
https://learn.microsoft.com/en-us/linkedin/shared/api-guide/concepts/pagination
The shapes of errors were seen in recorded answers of 2019; the body that says that a version has
ended (426) is as others report it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from hashlib import blake2b
from typing import Any
from urllib.parse import parse_qs, urlsplit

from connectors.budget import Budget, Ledger, spent
from connectors.connector import Clock, Malformed, RateLimited, Unauthorized
from connectors.http import HttpClient, NotFound, Response
from connectors.linkedin.settings import LinkedinSettings
from connectors.linkedin.urns import query
from connectors.oauth import Bearer
from connectors.reading import count, mapping, mappings, string

_PAUSE = timedelta(minutes=15)  # after a 429 that says nothing, as they all do
_SHIFT = 5


class Denied(Unauthorized):
    """The token holds, and this is not for it: a scope, a role on the page, or another's post."""


class Api:
    """`get` for every endpoint; each request is counted before it is sent."""

    def __init__(
        self,
        http: HttpClient,
        settings: LinkedinSettings,
        *,
        bearer: Bearer,
        ledger: Ledger,
        clock: Clock,
        account: str,
    ) -> None:
        self._http = http
        self._settings = settings
        self._base = settings.base_url.rstrip("/")
        self._bearer = bearer
        self._ledger = ledger
        self._clock = clock
        # Applications differ, and only the developer portal tells their limits.
        self.requests = Budget(
            name="linkedin requests", limit=settings.daily_requests, account=account
        )
        self.refusals = Budget(
            name="linkedin refusals", limit=None, unit="refusals", account=account
        )

    @property
    def page_size(self) -> int:
        return self._settings.page_size

    async def may_ask(self) -> None:
        """BudgetSpent while we wait for midnight UTC after too many refusals."""
        if await self._ledger.used(self.refusals) >= self._settings.daily_refusals:
            raise spent(self.refusals, self._clock())

    async def get(self, path: str, params: Mapping[str, str | int] | None = None) -> dict[str, Any]:
        """The JSON object at `path`, whose URNs are escaped already.

        Raises Denied and NotFound beside what every connector raises.
        """
        token = await self._bearer.token()
        url = f"{self._base}/{path}" + (f"?{query(params)}" if params else "")
        response = await self._asked(url, token)
        if response.status == 401 and not self._version_ended(response):
            token = await self._bearer.token(instead_of=token)
            response = await self._asked(url, token)
        return self._judged(response)

    async def _asked(self, url: str, token: str) -> Response:
        await self._ledger.spend(1, self.requests)
        headers = {
            "Authorization": f"Bearer {token}",
            "LinkedIn-Version": self._settings.version,
            "X-Restli-Protocol-Version": "2.0.0",
        }
        try:
            # Rest.li tells a colon from %3A.
            return await self._http.get(url, headers=headers, encoded=True)
        except RateLimited as refused:
            if refused.retry_after is not None:
                raise
            raise await self._refused(str(refused)) from None

    async def _refused(self, said: str) -> RateLimited:
        """A 429 without a word of when: a pause, then after some more of them, until midnight UTC."""
        await self._ledger.spend(1, self.refusals)
        at = self._clock()
        if await self._ledger.used(self.refusals) < self._settings.daily_refusals:
            return RateLimited(said, retry_after=_PAUSE)
        return RateLimited(said, retry_after=self.refusals.resets_at(at) - at)

    def _version_ended(self, response: Response) -> bool:
        if response.status == 426:
            return True
        if not 400 <= response.status < 500:
            return False
        try:
            body = mapping(response.json())
        except Malformed:
            return False
        message = (string(body.get("message")) or "").lower()
        return string(body.get("code")) in ("NONEXISTENT_VERSION", "VERSION_MISSING") or (
            "version" in message and "not active" in message
        )

    def _judged(self, response: Response) -> dict[str, Any]:
        if self._version_ended(response):
            raise Unauthorized(
                f"LinkedIn no longer serves version {self._settings.version}: "
                "set `version` to a current year and month"
            )
        if response.status == 401:
            raise Unauthorized("LinkedIn refuses the token: run `listener login` for this source")
        if response.status == 403:
            raise Denied("LinkedIn refuses: a scope or the role on the page is missing")
        response.raise_for_status()
        answer = response.json()
        if not isinstance(answer, dict):
            raise Malformed("LinkedIn gave no JSON object", payload=response.body)
        return answer

    async def page(
        self, path: str, params: Mapping[str, str | int], token: str | None
    ) -> tuple[list[Any], str | None]:
        """The elements that `token` leads to, and what leads to the next ones, if there are any."""
        start, _, known = (token or "").partition("~")
        first = int(start) if start.isascii() and start.isdecimal() else 0
        asked = {**params, "start": first, "count": self.page_size}
        answer = await self.get(path, asked)
        elements = elements_of(answer)
        after = _next_start(answer, first, len(elements), self.page_size)
        before = frozenset(known.split("."))
        new = [item for item in elements if not known or _mark(item) not in before]
        return new, _token(after, first, elements) if after is not None else None


def _token(after: int, start: int, elements: list[Any]) -> str:
    """Where two pages meet some are asked for twice, known by their marks: what is deleted meanwhile
    moves the rest up, past the place where the next page begins."""
    apart = len(elements) > 2 * _SHIFT and after > start + _SHIFT
    last = elements[-_SHIFT:] if apart else []
    return "~".join([str(after - len(last)), *([".".join(map(_mark, last))] if last else [])])


def _mark(item: object) -> str:
    fields = mapping(item)
    known = (fields.get(name) for name in ("commentUrn", "id", "notificationId"))
    named = next((value for value in known if value is not None), "")
    return blake2b(str(named).encode(), digest_size=6).hexdigest()


def elements_of(answer: Mapping[str, Any]) -> list[Any]:
    elements = answer.get("elements")
    if not isinstance(elements, list):
        raise Malformed("LinkedIn gave no list of elements")
    return elements


def _next_start(answer: Mapping[str, Any], start: int, got: int, asked: int) -> int | None:
    """By the link `next`; without one, a full page may have another after it: totals may be missing."""
    paging = mapping(answer.get("paging"))
    links = [link for link in mappings(paging.get("links")) if link.get("rel") == "next"]
    told = _start_in(links[0].get("href")) if links else None
    total = count(paging.get("total"))
    if told is None and not links:
        ended = got < asked if total is None else start + got >= total
        if ended or got == 0:
            return None
    return max(told if told is not None else start + got, start + 1)


def _start_in(link: object) -> int | None:
    if not isinstance(link, str):
        return None
    given = parse_qs(urlsplit(link).query).get("start", [""])[0]
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 10 else None


__all__ = ["Api", "Denied", "NotFound", "elements_of"]
