"""Lists of videos – a search, a profile's own – read completely although any query ends after 1,000.

https://developers.dailymotion.com/v0/reference/video-filters (Legacy),
https://developers.dailymotion.com/docs/browse-large-video-catalog (v2, and the 1,000). No list of v2
with a public full-text search was seen: the search is the Legacy API's.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any

import structlog

from connectors.connector import Clock, Cursor, Gap, Page, Reject
from connectors.dailymotion.api import Api, Listed, listed
from connectors.dailymotion.fields import LEGACY, V2, Fields
from connectors.dailymotion.settings import DailymotionSettings
from connectors.dailymotion.wire import read_video, rejected
from connectors.graph import BadField
from connectors.spans import Span, Spans
from connectors.walk import Found, Listing, Walk, Window, walk_back

log = structlog.get_logger(__name__)
_SHORTEST = timedelta(seconds=2)
_NEAR = timedelta(seconds=5)
Params = dict[str, str | int]
Get = Callable[[str, Params], Awaitable[Mapping[str, Any]]]


@dataclass(slots=True)
class Generation:
    """One of the two APIs: how it is asked, and what it calls things."""

    names: Fields
    get: Get
    size: str  # the parameter that says how many a page holds
    iso: bool  # dates as ISO 8601 rather than seconds
    figures: bool = True  # whether it is asked for them

    async def page(self, path: str, params: Params, span: Span, size: int) -> Listed:
        asked = {
            **params,
            "page": span.page,
            self.size: size,
            "created_after": self._at(span.since),
        }
        if span.until is not None:
            asked["created_before"] = self._at(span.until)
        return listed(await self.with_fields(path, asked), size)

    async def with_fields(self, path: str, params: Params) -> Mapping[str, Any]:
        """Without the figures where the API says that it does not know such a field."""
        try:
            return await self.get(
                path, {**params, "fields": self.names.asked(figures=self.figures)}
            )
        except BadField:
            if not self.figures:
                raise
        answer = await self.get(path, {**params, "fields": self.names.asked(figures=False)})
        self.figures = False
        log.warning("dailymotion.figures_refused")
        return answer

    def _at(self, seconds: int) -> str | int:
        return f"{Span(since=seconds).begins:%Y-%m-%dT%H:%M:%SZ}" if self.iso else seconds


class Lists:
    def __init__(self, api: Api, settings: DailymotionSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        legacy, v2 = LEGACY.with_names(settings.fields), V2.with_names(settings.profile_fields)
        self.legacy = Generation(legacy, api.legacy, "limit", iso=False)
        # v2's names of the figures are not published: they are asked for where they were told.
        named = bool(settings.profile_fields.keys() & {"views", "likes"})
        self.v2 = Generation(v2, api.v2, "page_size", iso=True, figures=named)

    def searched(
        self, feed: str, query: str, cursor: Cursor | None, given: set[str]
    ) -> AsyncIterator[Page]:
        params: Params = {"search": query, "sort": "recent"}
        if self._settings.languages:
            params["languages"] = ",".join(self._settings.languages)
        return self._walk(feed, cursor, given, self.legacy, "videos", params)

    def of_profile(
        self, feed: str, profile: str, cursor: Cursor | None, given: set[str]
    ) -> AsyncIterator[Page]:
        if self._settings.profile_api == "v2":
            path = f"profiles/{profile}/videos"
            return self._walk(feed, cursor, given, self.v2, path, {})
        path, params = f"user/{profile}/videos", {"sort": "recent"}
        return self._walk(feed, cursor, given, self.legacy, path, dict(params))

    async def _walk(
        self,
        feed: str,
        cursor: Cursor | None,
        given: set[str],
        generation: Generation,
        path: str,
        params: Params,
    ) -> AsyncIterator[Page]:
        settings, gaps = self._settings, list[Gap]()
        fetch = partial(self._fetch, generation, path, params, gaps)
        window = Window(look_back=settings.look_back, overlap=settings.overlap)
        pages = walk_back(feed, cursor, fetch, window=window, clock=self._clock, given=given)
        told = 0
        async for page in pages:
            new, told = tuple(gaps[told:]), len(gaps)
            yield replace(page, gaps=new) if new else page

    async def _fetch(
        self, generation: Generation, path: str, params: Params, gaps: list[Gap], walk: Walk
    ) -> Listing:
        spans = Spans.of(walk.token, walk.floor, walk.until)
        answer = await generation.page(path, params, spans.first, self._settings.page_size)
        found, rejects = self._parsed(answer, generation.names)
        left = self._newest_first if generation is self.legacy else self._in_any_order
        token = left(spans, answer, found, gaps).token()
        return Listing(found=found, token=token, rejects=rejects)

    def _newest_first(
        self, spans: Spans, answer: Listed, found: Sequence[Found], gaps: list[Gap]
    ) -> Spans:
        """Once a query is exhausted, what lies below its last video is asked for."""
        if spans.first.page * answer.limit < self._settings.max_results or not answer.items:
            return spans.turned() if answer.more else spans.ended()
        positions = [item.position for item in found if item.position is not None]
        below = spans.below(min(positions)) if positions else spans
        if below.left and below.first.until == spans.first.until:
            return self._halved(spans, gaps)
        return below

    def _in_any_order(
        self, spans: Spans, answer: Listed, _found: Sequence[Found], gaps: list[Gap]
    ) -> Spans:
        """The order of v2's lists is not told: a span that holds too many is asked in two."""
        most, page = self._settings.max_results, spans.first.page
        reached = page * answer.limit >= most and bool(answer.items)
        if not reached and ((answer.total or 0) < most or page > 1):
            return spans.turned() if answer.more else spans.ended()
        if not reached and spans.halved(self._clock(), _SHORTEST) is None:
            return spans.turned() if answer.more else spans.ended()
        return self._halved(spans, gaps)

    def _halved(self, spans: Spans, gaps: list[Gap]) -> Spans:
        """Too many within seconds are told once: neighbouring spans overlap."""
        at = self._clock()
        halves = spans.halved(at, _SHORTEST)
        if halves is not None:
            return halves
        begins, ends = spans.first.begins, spans.first.ends or at
        if not any(
            gap.since and gap.since - _NEAR <= ends and begins <= gap.until + _NEAR for gap in gaps
        ):
            reason = f"more than {self._settings.max_results} videos within seconds"
            gaps.append(Gap(since=begins, until=ends, reason=reason))
        return spans.ended()

    def _parsed(self, answer: Listed, names: Fields) -> tuple[list[Found], list[Reject]]:
        at = self._clock()
        found: list[Found] = []
        rejects: list[Reject] = []
        for item in answer.items:
            try:
                found.append(read_video(item, names, at))
            except ValueError as error:
                rejects.append(rejected(item, error))
        return found, rejects
