"""Calls to the YouTube Data API v3: the key in a header, two budgets, errors by the next move.

https://developers.google.com/youtube/v3/docs/errors. Built from the documentation and recorded
answers; never run against the real service.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from yarl import URL

from connectors.budget import Budget, BudgetSpent, Ledger, account_of, spent
from connectors.connector import (
    Clock,
    ConnectorError,
    Malformed,
    RateLimited,
    Unauthorized,
    Unavailable,
)
from connectors.http import HttpClient, Limits, NotFound, Response
from connectors.reading import mapping, mappings, string
from connectors.walk import StaleToken
from connectors.youtube.settings import YoutubeSettings

PAGE_SIZE = 50
"""Of searches, playlists and lists of ids."""
PACIFIC = ZoneInfo("America/Los_Angeles")
_POLITE = Limits(rate=5.0, burst=50, concurrency=2)
_QUOTA = frozenset({"quotaExceeded", "dailyLimitExceeded"})
_TOO_FAST = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "RATE_LIMIT_EXCEEDED"})
_KEY = frozenset({"keyInvalid", "keyExpired", "API_KEY_INVALID"})
_NAME = re.compile("[A-Za-z_]{1,60}")
_A_MOMENT = timedelta(minutes=1)

Params = Mapping[str, str | int]


class CommentsDisabled(ConnectorError):
    """Nobody may comment on this video."""


class Gone(NotFound):
    """The video, comment, channel or playlist is not there; `reason` as the API names it."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"not there ({reason})")
        self.reason = reason


class _Failing(Unavailable):
    """processingFailure: the same request may well succeed at once."""


class Api:
    """The Data API with one key; what is spent is counted for the key, whoever uses it."""

    def __init__(
        self, settings: YoutubeSettings, *, http: HttpClient, clock: Clock, ledger: Ledger
    ) -> None:
        assert settings.api_key is not None
        key = settings.api_key.get_secret_value()
        account = account_of(key)
        self._base = settings.api
        self._headers = {"X-Goog-Api-Key": key}
        self._http = http
        self._clock = clock
        self._ledger = ledger
        self._units_per_search = settings.units_per_search
        self.searches = Budget(
            name="youtube.searches",
            limit=settings.searches_per_day,
            zone=PACIFIC,
            account=account,
        )
        self.units = Budget(
            name="youtube.units",
            limit=settings.units_per_day,
            unit="units",
            zone=PACIFIC,
            account=account,
        )
        http.limit(URL(self._base).host or "", _POLITE)

    async def search(self, params: Params) -> dict[str, Any]:
        """One call of its own bucket: https://developers.google.com/youtube/v3/docs/search/list"""
        return await self._twice(
            "search", params, {self.searches: 1, self.units: self._units_per_search}
        )

    async def ask(self, method: str, params: Params) -> dict[str, Any]:
        """A list method, one unit a page; the answer's JSON object.

        Raises BudgetSpent, Gone, CommentsDisabled and StaleToken beside what every connector raises.
        """
        return await self._twice(method, params, {self.units: 1})

    async def by_ids(
        self, method: str, ids: Collection[str], params: Params
    ) -> list[dict[str, Any]]:
        """The items of these ids, fifty a unit; those that are gone are missing from it."""
        items: list[dict[str, Any]] = []
        for batch in _batches(ids):
            items += await self._those_left(method, batch, params)
        return items

    async def _those_left(
        self, method: str, ids: Sequence[str], params: Params
    ) -> list[dict[str, Any]]:
        """What is gone may be left out of an answer, or have the whole batch called not found."""
        try:
            answer = await self.ask(method, {**params, "id": ",".join(ids)})
        except Gone:
            if len(ids) == 1:
                return []
            half = len(ids) // 2
            first = await self._those_left(method, ids[:half], params)
            return first + await self._those_left(method, ids[half:], params)
        return list(mappings(items_of(method, answer)))

    async def _twice(
        self, method: str, params: Params, costs: Mapping[Budget, int]
    ) -> dict[str, Any]:
        try:
            return await self._once(method, params, costs)
        except _Failing:
            return await self._once(method, params, costs)

    async def _once(
        self, method: str, params: Params, costs: Mapping[Budget, int]
    ) -> dict[str, Any]:
        due = {budget: cost for budget, cost in costs.items() if cost}
        await self._spend(due)
        try:
            response = await self._http.get(
                f"{self._base}/{method}", params=params, headers=self._headers
            )
        except (RateLimited, Unavailable) as failure:
            if isinstance(failure, RateLimited) and _ends_the_day(_error(failure.payload)):
                raise await self._exhausted(due) from failure
            # It was not answered, perhaps not even asked. Google's own count has the last word.
            for budget, cost in due.items():
                await self._ledger.give_back(cost, budget)
            raise
        error = _error(response.body) if response.status >= 400 else {}
        if response.status == 403 and _ends_the_day(error):
            raise await self._exhausted(due)
        return _judged(method, response, error)

    async def _exhausted(self, due: Mapping[Budget, int]) -> BudgetSpent:
        for budget in due:
            await self._ledger.exhaust(budget)
        return spent(next(iter(due)), self._clock())

    async def _spend(self, due: Mapping[Budget, int]) -> None:
        paid: list[tuple[Budget, int]] = []
        for budget, cost in due.items():
            try:
                await self._ledger.spend(cost, budget)
            except RateLimited:
                for earlier, its_cost in paid:
                    await self._ledger.give_back(its_cost, earlier)
                raise
            paid.append((budget, cost))


def items_of(method: str, answer: Mapping[str, Any]) -> list[Any]:
    """Where nothing is found some methods leave `items` out, and give the total alone."""
    items = answer.get("items")
    if items is None and mapping(answer.get("pageInfo")).get("totalResults") == 0:
        return []
    if not isinstance(items, list):
        raise Malformed(f"{method} gave no items")
    return items


def _batches(ids: Collection[str]) -> Iterator[list[str]]:
    left = iter(ids)
    while batch := list(islice(left, PAGE_SIZE)):
        yield batch


def _error(body: bytes) -> dict[str, Any]:
    """What the API says of a refusal; empty for what is no API error."""
    try:
        return mapping(mapping(orjson.loads(body)).get("error"))
    except orjson.JSONDecodeError:
        return {}


def _ends_the_day(error: Mapping[str, Any]) -> bool:
    """Told by its reason or, as Google's newer quotas do (google.rpc.ErrorInfo), by its limit."""
    limits = (mapping(said.get("metadata")) for said in mappings(error.get("details")))
    by_day = any("PerDay" in (string(limit.get("quota_limit")) or "") for limit in limits)
    return by_day or _reason(error) in _QUOTA


def _reason(error: Mapping[str, Any]) -> str:
    """Why it was refused, in the API's own word; "" where it gives none."""
    for said in (*mappings(error.get("details")), *mappings(error.get("errors"))):
        reason = string(said.get("reason")) or ""
        if _NAME.fullmatch(reason):
            return reason
    return ""


def _judged(method: str, response: Response, error: Mapping[str, Any]) -> dict[str, Any]:
    if reason := _reason(error):
        raise _named(method, response, reason)
    response.raise_for_status()
    answer = response.json()
    if not isinstance(answer, dict):
        raise Malformed(f"{method} gave no JSON object", payload=response.body)
    return answer


def _named(method: str, response: Response, reason: str) -> ConnectorError:
    if reason in _TOO_FAST:
        return RateLimited(f"{method}: {reason}", retry_after=_A_MOMENT)
    if reason == "processingFailure":
        return _Failing(f"{method}: {reason}")
    if reason == "invalidPageToken":
        return StaleToken(f"{method}: {reason}")
    if reason == "commentsDisabled":
        return CommentsDisabled(f"{method}: {reason}")
    if response.status == 404:
        return Gone(reason)
    if response.status in (401, 403) or _is_wrong_key(reason, response):
        return Unauthorized(f"{method} is refused ({reason}): check the key and its project")
    return Malformed(f"{method}: {reason}", payload=response.body)


def _is_wrong_key(reason: str, response: Response) -> bool:
    """A wrong key is a 400, older gateways calling it "badRequest" with a sentence that names it."""
    if reason != "badRequest":
        return reason in _KEY
    said = string(mapping(mapping(response.json()).get("error")).get("message")) or ""
    return "api key" in said.lower()
