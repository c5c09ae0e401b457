"""The GDELT connector: one search a term, walked back by spans of time to where the last poll ended."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from hashlib import blake2b
from typing import ClassVar

from connectors.budget import Budget, Ledger, MemoryLedger
from connectors.connector import (
    Clock,
    ConnectorSettings,
    Cursor,
    Cursors,
    Gap,
    Page,
    Reject,
    Unseen,
    Watched,
)
from connectors.gdelt.api import Api
from connectors.gdelt.settings import GdeltSettings
from connectors.gdelt.wire import NETWORK, read_article, rejected
from connectors.http import HttpClient
from connectors.order import not_older
from connectors.reading import instant, mapping
from connectors.spans import Spans
from connectors.turns import Turn, in_turn, longest_waiting_first
from connectors.urls import host_and_port
from connectors.walk import Found, Listing, Walk, Window, walk_back

_SPEECH = re.compile(r"[\"“”«»()\x00-\x1f]")


class GdeltConnector:
    """See connectors.connector (Connector, PartlyBlind) and budget.Metered. Articles, of which there
    is a title and a link; nothing to read again, no figures.

    https://blog.gdeltproject.org/gdelt-doc-2-0-api-debuts/. Built from that page, a recorded answer
    and others' reports; never run against the real service.
    """

    name: ClassVar[str] = NETWORK
    Settings: ClassVar[type[ConnectorSettings]] = GdeltSettings

    def __init__(
        self,
        settings: GdeltSettings,
        *,
        http: HttpClient,
        watched: Watched,
        clock: Clock,
        ledger: Ledger | None = None,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._refused: set[str] = set()
        ledger = ledger if ledger is not None else MemoryLedger(clock)
        self._api = Api(settings, http=http, clock=clock, ledger=ledger)
        self._terms = _unique((*watched.terms, *settings.terms))

    def hosts(self) -> Sequence[str]:
        return (host_and_port(self._settings.base_url),)

    def budgets(self) -> Sequence[Budget]:
        return (self._api.retries,)

    def unseen(self) -> Sequence[Unseen]:
        return (Unseen.FIGURES, Unseen.DELETIONS, Unseen.AUTHORS)

    async def poll(self, cursors: Cursors) -> AsyncIterator[Page]:
        given: set[str] = set()  # an article may hold several terms
        turns = longest_waiting_first(self._turns(cursors, given), cursors)
        async for page in in_turn(turns, refused=self._refused, clock=self._clock):
            yield page

    def _turns(self, cursors: Cursors, given: set[str]) -> Iterator[Turn]:
        for term in self._terms:
            feed = f"term:{blake2b(term.encode(), digest_size=8).hexdigest()}"
            read = partial(self._search, feed, term, cursors.get(feed), given)
            yield Turn(feed=feed, kind="gdelt search", read=read)

    async def _search(
        self, feed: str, term: str, cursor: Cursor | None, given: set[str]
    ) -> AsyncIterator[Page]:
        settings, at = self._settings, self._clock()
        asked_at = instant(mapping(cursor).get("asked_at"))
        gaps = list(self._beyond_reach(cursor, asked_at, at))
        since = asked_at - settings.look_back if asked_at is not None else None
        fetch = partial(self._fetch, self._query(term), since, gaps)
        look_back = min(settings.look_back, settings.keeps)
        window = Window(look_back=look_back, overlap=settings.overlap)
        pages = walk_back(feed, cursor, fetch, window=window, clock=self._clock, given=given)
        told = 0
        async for page in pages:
            new, told = tuple(gaps[told:]), len(gaps)
            # A term that nobody writes about leaves the walk's own mark where it was.
            asked_at = at if page.complete else asked_at
            kept = {**(page.cursor or {}), "asked_at": asked_at and asked_at.isoformat()}
            yield replace(page, gaps=new, cursor=kept)

    def _beyond_reach(
        self, cursor: Cursor | None, asked_at: datetime | None, at: datetime
    ) -> Iterator[Gap]:
        mark = asked_at or instant(mapping(cursor).get("mark"))
        oldest = at - self._settings.keeps
        if mark is not None and mark < oldest and "walk" not in mapping(cursor):
            yield Gap(since=mark, until=oldest, reason="GDELT shows the last three months only")

    async def _fetch(
        self, query: str, since: datetime | None, gaps: list[Gap], walk: Walk
    ) -> Listing:
        """At most 250 articles a span, and no second page: a full one is asked below its last."""
        settings, at = self._settings, self._clock()
        begins = max(walk.floor, since or walk.floor, at - settings.keeps)
        spans = Spans.of(walk.token, begins, walk.until)
        params: dict[str, str | int] = {
            "query": query,
            "mode": "ArtList",
            "format": "json",
            "sort": "DateDesc",
            "maxrecords": settings.max_records,
            **self._between(spans, at),
        }
        items = await self._api.articles(params)
        found, rejects = self._parsed(items, at)
        left = self._left(spans, len(items) >= settings.max_records, found, gaps)
        return Listing(found=not_older(found, walk.floor), token=left.token(), rejects=rejects)

    def _between(self, spans: Spans, at: datetime) -> dict[str, str]:
        """Never narrower than a step, which GDELT refuses; the walk leaves out what was not asked."""
        until = spans.first.ends or at + timedelta(seconds=1)
        since = min(spans.first.begins, until - max(self._settings.step, self._settings.overlap))
        return {"startdatetime": _digits(since), "enddatetime": _digits(until)}

    def _left(self, spans: Spans, full: bool, found: Sequence[Found], gaps: list[Gap]) -> Spans:
        seen = [item.position for item in found if item.position is not None]
        if not full or not seen:
            return spans.ended()
        bottom, top = min(seen), max(seen)
        below = spans.below(bottom)
        if bottom < top or not below.left:
            return below
        # More articles of one step than an answer holds: those that were left out cannot be had.
        reason = f"{self._settings.max_records} articles or more within one step"
        gaps.append(Gap(since=bottom, until=bottom + self._settings.step, reason=reason))
        return spans.below(bottom - timedelta(seconds=2))

    def _parsed(self, items: Sequence[object], at: datetime) -> tuple[list[Found], list[Reject]]:
        found: list[Found] = []
        rejects: list[Reject] = []
        for item in items:
            try:
                found.append(read_article(item, at))
            except ValueError as error:
                rejects.append(rejected(item, error))
        return found, rejects

    def _query(self, term: str) -> str:
        """A phrase in quotes, unless it is a word too short to be one."""
        bare = " ".join(_SPEECH.sub(" ", term).split())
        is_phrase = len(bare) >= self._settings.shortest_phrase
        language = self._settings.language
        filters = ([f"sourcelang:{language}"] if language else []) + list(self._settings.filters)
        return " ".join([f'"{bare}"' if is_phrase else bare, *filters])


def _digits(at: datetime) -> str:
    return f"{at:%Y%m%d%H%M%S}"


def _unique(terms: Iterable[str]) -> tuple[str, ...]:
    """Each once, whatever its case; what holds no letter is no term."""
    kept: dict[str, str] = {}
    for term in terms:
        if _SPEECH.sub("", term).strip():
            kept.setdefault(term.strip().casefold(), term.strip())
    return tuple(kept.values())
