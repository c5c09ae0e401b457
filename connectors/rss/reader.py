"""Reads one feed from its cursor up to now: conditional requests, older pages after a spike, moves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from urllib.parse import urlsplit

from connectors.connector import Clock, Closed, Cursor, Gap, Page, Refused, Reject
from connectors.http import HttpClient, NotFound, Response, Validators
from connectors.rss.sheet import Item, Mapper, Sheet, read_sheet
from connectors.rss.state import FeedState, Walk, seen_key

PAGE = 100
OVERLAP = timedelta(days=2)
"""How far before the last reading an entry may be dated and still be new."""
REPEATS = 3
"""Pages in a row without anything new before believing that the server ignores page numbers."""
_PAST_THE_END = (400, 404)
_ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, "
    "application/xml;q=0.9, */*;q=0.5"
)


@dataclass(slots=True, kw_only=True)
class _Journey:
    """One poll under way."""

    feed: str
    at: datetime
    state: FeedState
    walk: Walk
    known: frozenset[str]  # everything seen before this poll
    resume_at: str  # where an interrupted walk had come to
    order: dict[str, None] = field(default_factory=dict)  # keys read, newest page first
    sheets: int = 0  # that brought something
    repeats: int = 0  # in a row that brought nothing
    oldest: datetime | None = None
    lost: bool = False


class FeedReader:
    """Shared by every connector that reads feeds; the mapper makes their mentions."""

    def __init__(
        self,
        *,
        http: HttpClient,
        clock: Clock,
        mapper: Mapper,
        look_back: timedelta,
        max_entries: int,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self._http = http
        self._clock = clock
        self._mapper = mapper
        self._look_back = look_back
        self._max_entries = max_entries
        self._headers = {"Accept": _ACCEPT, **(headers or {})}

    async def poll(self, feed: str, url: str, cursor: Cursor | None) -> AsyncIterator[Page]:
        """Pages of `feed`; raises Closed, at this and every later poll, once the server said 410."""
        state = FeedState.load(cursor)
        at = self._clock()
        if state.closed:
            raise Closed("the feed is gone (410)")
        try:
            response = await self._head(url, state)
        except Closed:
            state.closed = True
            gap = Gap(since=state.read_at, until=at, reason="the feed is gone for good (410)")
            yield Page(feed=feed, gaps=(gap,), cursor=state.dump())
            raise
        if response.not_modified:
            yield Page(feed=feed, complete=True)
            return
        journey = self._set_out(feed, state, at)
        async for page in self._travel(journey, response):
            yield page

    def _set_out(self, feed: str, state: FeedState, at: datetime) -> _Journey:
        since = at - self._look_back if state.read_at is None else state.read_at - OVERLAP
        walk = state.begin(since)
        return _Journey(
            feed=feed,
            at=at,
            state=state,
            walk=walk,
            known=frozenset(state.seen),
            resume_at=walk.next,
        )

    async def _travel(self, journey: _Journey, head: Response) -> AsyncIterator[Page]:
        response: Response | None = head
        while response is not None:
            sheet = await self._read(response, journey.at)
            older = self._onward(journey, sheet, response.url)
            for page in _pages(journey, sheet, older):
                yield page
            response = await self._older(older)
        gaps = _gaps(journey)
        journey.state.finish(list(journey.order), journey.at, head.validators)
        yield Page(feed=journey.feed, gaps=gaps, cursor=journey.state.dump(), complete=True)

    def _onward(self, journey: _Journey, sheet: Sheet, url: str) -> str:
        """The address of the next page to read; "" where the walk ends, `lost` saying how."""
        repeated = journey.order.keys() >= set(sheet.keys)
        journey.order.update(dict.fromkeys(sheet.keys))
        journey.sheets += not repeated
        journey.repeats = journey.repeats + 1 if repeated else 0
        journey.oldest = min(filter(None, (journey.oldest, sheet.oldest)), default=None)
        if journey.resume_at and not journey.known.isdisjoint(sheet.keys):
            # What lies between here and there was read before the interruption.
            older, journey.resume_at = journey.resume_at, ""
            return older
        if sheet.meets(journey.walk):
            return ""
        older = "" if journey.repeats == REPEATS else _same_host(url, sheet.older)
        if not older:
            # Several pages to the end are the whole archive; a single one is only a window.
            journey.lost = journey.sheets == 1 and journey.walk.floor.isdisjoint(journey.order)
            return ""
        journey.lost = len(journey.order) >= self._max_entries
        return "" if journey.lost else older

    async def _older(self, url: str) -> Response | None:
        if not url:
            return None
        response = await self._http.get(url, headers=self._headers)
        if response.status in _PAST_THE_END:
            return None
        response.raise_for_status()
        return response

    async def _head(self, url: str, state: FeedState) -> Response:
        """The newest page, from where a permanent redirect has been pointing for several polls."""
        # Half a walk cannot be gone on with from "nothing has changed".
        validators = None if state.walk else state.validators
        moved = state.address(url)
        if moved != url:
            try:
                return await self._get(moved, validators)
            except (NotFound, Closed, Refused):
                state.forget_redirect()
        response = await self._get(url, validators)
        state.saw_redirect(response.redirected_permanently_to)
        return response

    async def _get(self, url: str, validators: Validators | None) -> Response:
        response = await self._http.get(url, headers=self._headers, validators=validators)
        response.raise_for_status()
        return response

    async def _read(self, response: Response, at: datetime) -> Sheet:
        work = partial(
            read_sheet,
            response.body,
            url=response.url,
            content_type=response.headers.get("Content-Type", ""),
            mapper=self._mapper,
            at=at,
        )
        return await asyncio.to_thread(work)


def _pages(journey: _Journey, sheet: Sheet, older: str) -> Iterator[Page]:
    """What is new or changed, a hundred at a time; the last page's cursor goes on at `older`."""
    state, walk = journey.state, journey.walk
    fresh = [item for item in sheet.items if state.seen.get(item.key) != item.mark]
    rejects = _unseen_rejects(state, sheet)
    for start in range(0, len(fresh) or 1, PAGE):
        batch = [item for item in fresh[start : start + PAGE] if not _too_old(item, journey)]
        mentions = [item.mention for item in batch if _says_something_new(item, state)]
        state.seen.update((item.key, item.mark) for item in fresh[start : start + PAGE])
        if older and start + PAGE >= len(fresh):
            state.walk = replace(walk, next=older)
        yield Page(
            feed=journey.feed,
            mentions=mentions,
            engagements=[item.engagement for item in batch if item.engagement],
            rejects=rejects if start == 0 else (),
            cursor=state.dump(),
        )


def _says_something_new(item: Item, state: FeedState) -> bool:
    return state.seen.get(item.key, "").partition(":")[0] != item.content


def _too_old(item: Item, journey: _Journey) -> bool:
    published = item.mention.published_at
    return (
        journey.state.read_at is None and published is not None and published < journey.walk.since
    )


def _unseen_rejects(state: FeedState, sheet: Sheet) -> list[Reject]:
    """An unreadable entry stays in the window for days: it goes to the quarantine once."""
    fresh = {seen_key(repr(reject.payload)): reject for reject in sheet.rejects}
    fresh = {key: reject for key, reject in fresh.items() if key not in state.seen}
    state.seen.update(dict.fromkeys(fresh, "unreadable"))
    return list(fresh.values())


def _gaps(journey: _Journey) -> tuple[Gap, ...]:
    since = journey.state.read_at
    if not journey.lost or since is None or not journey.walk.floor:
        return ()
    until = journey.oldest or journey.at
    if until <= since:
        return ()
    reason = "every entry is new: older ones left the feed's window before they were read"
    return (Gap(since=since, until=until, reason=reason),)


def _same_host(url: str, older: str) -> str:
    return older if older and urlsplit(older).netloc == urlsplit(url).netloc else ""
