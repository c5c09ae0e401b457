"""Questions to GDELT's DOC 2.0 API, which sheds load, answers in sentences and writes odd JSON.

https://blog.gdeltproject.org/gdelt-doc-2-0-api-debuts/. That a 429 asks for five seconds between
requests stands in its body; that it has come to a first request, too, since the middle of 2026, and
that a User-Agent helps, in reports of others. Never seen live.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import orjson
from yarl import URL

from connectors.breaker import BreakerState
from connectors.budget import Budget, BudgetSpent, Ledger
from connectors.connector import Clock, Malformed, RateLimited
from connectors.gdelt.settings import GdeltSettings
from connectors.graph import BadField
from connectors.http import HttpClient, Limits, Response
from connectors.text import one_line

_random = secrets.SystemRandom()
_ESCAPE = re.compile(r'\\(["\\/bfnrt]|u[0-9a-fA-F]{4})|\\')
_TOO_FAST = re.compile(r"limit requests|too many requests|rate limit", re.IGNORECASE)
_TOO_SHORT = re.compile(r"(?:phrase|keyword|word)s? (?:is|are|was|were) too short", re.I)
_LONGEST_SENTENCE = 1_000
_FIRST_PAUSE = timedelta(minutes=2)

Params = Mapping[str, str | int]


class BadQuery(BadField):
    """GDELT answered with a sentence in place of a list: this term, as it is asked for, is no good."""


class Api:
    """One request every `spacing`; what is shed is asked again within a budget, then left alone."""

    def __init__(
        self, settings: GdeltSettings, *, http: HttpClient, clock: Clock, ledger: Ledger
    ) -> None:
        self._settings = settings
        self._http = http
        self._clock = clock
        self._ledger = ledger
        self._circuit = BreakerState()
        self.retries = Budget(
            name="gdelt retries", limit=settings.retries_per_hour, every=timedelta(hours=1)
        )
        host = URL(settings.base_url).host or ""
        rate = 1 / settings.spacing.total_seconds()
        total = settings.timeout.total_seconds()
        # One at a time, and each failure counts: GDELT holds a request for a while to shed it.
        limits = Limits(rate=rate, burst=1, concurrency=1, total=total, idle=total, attempts=2)
        http.limit(host, limits)

    async def articles(self, params: Params) -> list[Any]:
        """What was found. BadQuery, RateLimited and Malformed as they are named."""
        if self._circuit.is_open(self._clock()):
            raise RateLimited("GDELT is left alone", retry_after=self._left_alone())
        left = self._settings.retries
        while True:
            try:
                response = await self._http.get(self._settings.base_url, params=params)
                answer = articles_of(response)
            except RateLimited as shed:
                if left == 0 or not await self._may_retry():
                    raise self._given_up(shed) from None
                left -= 1  # the gate waits for our spacing
                continue
            self._circuit = BreakerState()
            return answer

    async def _may_retry(self) -> bool:
        try:
            await self._ledger.spend(1, self.retries)
        except BudgetSpent:
            return False
        return True

    def _given_up(self, shed: RateLimited) -> RateLimited:
        at = self._clock()
        self._circuit = self._circuit.failed(at, jitter=_random.random())
        pause = _FIRST_PAUSE * (1 + _random.random())
        wait = max(shed.retry_after or timedelta(), pause, self._left_alone())
        return RateLimited("GDELT sheds load", retry_after=wait)

    def _left_alone(self) -> timedelta:
        until: datetime | None = self._circuit.open_until
        return max(until - self._clock(), timedelta()) if until is not None else timedelta()


def articles_of(response: Response) -> list[Any]:
    """The list; `{}` is an empty one. A sentence comes with status 200, as if it were one."""
    if response.status == 400:
        _judge_sentence(response)
    response.raise_for_status()
    answer = _json(response)
    if answer == {}:
        return []
    found = answer.get("articles") if isinstance(answer, dict) else None
    if not isinstance(found, list):
        raise Malformed("GDELT gave no list of articles", payload=response.body)
    return found


def _json(response: Response) -> Any:
    """Raw control characters are read as they stand; a lone backslash is one."""
    try:
        return response.json()
    except Malformed:
        _judge_sentence(response)
    text = response.text()
    if not text.lstrip().startswith(("{", "[")):
        raise Malformed("GDELT gave neither a list nor a sentence", payload=response.body)
    mended = _ESCAPE.sub(lambda found: found[0] if found[1] else "\\\\", text)
    try:
        return orjson.loads(re.sub(r"[\x00-\x1f]", " ", mended))
    except orjson.JSONDecodeError:
        raise Malformed("GDELT gave no JSON", payload=response.body) from None


def _judge_sentence(response: Response) -> None:
    """Raise where the body is a sentence in plain English."""
    said = one_line(response.text()[: _LONGEST_SENTENCE + 1])
    if not said or len(said) > _LONGEST_SENTENCE or not said[0].isalpha():
        return
    if _TOO_FAST.search(said):
        raise RateLimited("GDELT asks for more time between requests")
    if _TOO_SHORT.search(said):
        reason = "a phrase is too short for GDELT: set shortest_phrase, or a longer term"
        raise BadQuery(reason, payload=response.body)
    if " " in said and "<" not in said and not said.startswith("HTTP/"):
        raise BadQuery(f"GDELT does not take the query: {said[:160]}", payload=response.body)
