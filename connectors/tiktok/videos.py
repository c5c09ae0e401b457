"""Videos: found by a search, looked up by their ids, or the account's own.

https://developers.tiktok.com/doc/research-api-specs-query-videos: newest ids first, at most thirty
days a query, paged by `cursor` and `search_id` together.
https://developers.tiktok.com/doc/tiktok-api-v2-video-list (twenty a page, by a date).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import orjson

from connectors.connector import Clock, Cursor, Page, Reject
from connectors.order import not_older
from connectors.reading import count, instant, mapping, mappings, string
from connectors.tiktok.api import Api, Body
from connectors.tiktok.settings import TiktokSettings
from connectors.tiktok.wire import (
    ID,
    OWN_FIELDS,
    VIDEO_FIELDS,
    made_at,
    read_own,
    read_video,
    rejected,
)
from connectors.walk import Found, Listing, StaleToken, Walk, Window, walk_back

_SPAN = timedelta(days=29)  # both days are counted in
_OWN_PAGE = 20
_HALF = 0.5  # of the day's requests: from then on, a search is asked again after a while only
_A_WHILE = timedelta(minutes=15)
_MOST_SIGHTINGS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A video that was found, whose comments are followed."""

    video_id: str
    at: datetime
    url: str | None = None


class Videos:
    def __init__(
        self, api: Api, settings: TiktokSettings, clock: Clock, query: Body | None
    ) -> None:
        self._api = api
        self._settings = settings
        self._clock = clock
        self._query = query

    async def searched(
        self, feed: str, cursor: Cursor | None, given: set[str]
    ) -> AsyncIterator[Page]:
        if self._query is None or not await self._may_ask(cursor):
            return
        async for page in self._walked(feed, cursor, self._fetch, given):
            yield page

    async def own(self, feed: str, cursor: Cursor | None, given: set[str]) -> AsyncIterator[Page]:
        async for page in self._walked(feed, cursor, self._fetch_own, given):
            yield page

    async def _may_ask(self, cursor: Cursor | None) -> bool:
        asked_at, at = instant(mapping(cursor).get("asked_at")), self._clock()
        if asked_at is None or not timedelta(0) <= at - asked_at < _A_WHILE:
            return True
        return not await self._api.has_spent(_HALF)

    async def _walked(
        self,
        feed: str,
        cursor: Cursor | None,
        fetch: Callable[[Walk], Any],
        given: set[str],
    ) -> AsyncIterator[Page]:
        settings, at = self._settings, self._clock()
        found = list(sightings(cursor, since=at - settings.follow))
        window = Window(look_back=settings.look_back, overlap=settings.overlap)
        pages = walk_back(feed, cursor, fetch, window=window, clock=self._clock, given=given)
        async for page in pages:
            found += [
                Sighting(video_id=m.external_id, at=m.published_at or at, url=m.url)
                for m in page.mentions
            ]
            found = sorted(found, key=lambda sighting: sighting.at)[-_MOST_SIGHTINGS:]
            kept = [[one.video_id, one.at.isoformat(), one.url] for one in found]
            more = {"asked_at": at.isoformat(), "found": kept}
            yield replace(page, cursor={**(page.cursor or {}), **more})

    async def _fetch(self, walk: Walk) -> Listing:
        today = self._clock().date()
        place = _Place.of(walk.token, walk.until.date() if walk.until is not None else today)
        begins = max(walk.floor.date(), place.ends - _SPAN)
        assert self._query is not None
        asked: Body = {
            "query": self._query,
            "start_date": _digits(begins),
            "end_date": _digits(place.ends),
            "max_count": self._settings.page_size,
            **place.page(),
        }
        data = await self._api.research(
            "video/query/", VIDEO_FIELDS, asked, most=self._settings.page_size
        )
        found, rejects = _parsed(data.get("videos"), read_video, self._clock())
        left = place.after(data)
        if left is None and begins > walk.floor.date():
            left = _Place(ends=begins - timedelta(days=1))
        token = left.token() if left is not None else None
        return Listing(found=not_older(found, walk.floor), token=token, rejects=rejects)

    async def _fetch_own(self, walk: Walk) -> Listing:
        asked: Body = {"max_count": min(_OWN_PAGE, self._settings.page_size)}
        if walk.token is not None and walk.token.isdecimal():
            asked["cursor"] = int(walk.token)
        data = await self._api.display("video/list/", OWN_FIELDS, asked)
        found, rejects = _parsed(data.get("videos"), read_own, self._clock())
        more = data.get("has_more") is True
        return Listing(
            found=found, token=string(data.get("cursor")) if more else None, rejects=rejects
        )

    async def looked_up(self, ids: Collection[str]) -> dict[str, dict[str, Any]]:
        """What the Research API shows of these ids, which `within_reach` has passed."""
        shown: dict[str, dict[str, Any]] = {}
        for batch, begins, ends in self._batches(ids):
            condition = {"operation": "IN", "field_name": "video_id", "field_values": batch}
            place: _Place | None = _Place(ends=ends)
            while place is not None:
                asked: Body = {
                    "query": {"and": [condition]},
                    "start_date": _digits(begins),
                    "end_date": _digits(ends),
                    "max_count": self._settings.page_size,
                    **place.page(),
                }
                data = await self._api.research(
                    "video/query/", VIDEO_FIELDS, asked, most=self._settings.page_size
                )
                for item in mappings(data.get("videos")):
                    if (own := string(item.get("id"))) in batch:
                        shown[own] = item
                place = place.after(data)
        return shown

    def within_reach(self, ids: Collection[str]) -> list[str]:
        """Ids whose day is known: the others cannot be asked for."""
        at = self._clock()
        return [one for one in ids if ID.fullmatch(one) and made_at(one, at) is not None]

    def _batches(self, ids: Collection[str]) -> Iterator[tuple[list[str], date, date]]:
        at, size = self._clock(), self._settings.page_size
        dated = sorted((made.date(), one) for one in ids if (made := made_at(one, at)) is not None)
        while dated:
            first = dated[0][0]
            batch = [pair for pair in dated[:size] if pair[0] - first <= _SPAN]
            dated = dated[len(batch) :]
            yield [one for _day, one in batch], first, batch[-1][0]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where a query stands: its last day, and where in its results."""

    ends: date
    cursor: int = 0
    search_id: str | None = None

    @classmethod
    def of(cls, token: str | None, ends: date) -> _Place:
        if token is None:
            return cls(ends=ends)
        try:
            day, cursor, search_id = orjson.loads(token)
            return cls(
                ends=date.fromisoformat(day), cursor=count(cursor) or 0, search_id=string(search_id)
            )
        except (orjson.JSONDecodeError, ValueError, TypeError):
            raise StaleToken("a place in a search that cannot be read") from None

    def token(self) -> str:
        return orjson.dumps([self.ends.isoformat(), self.cursor, self.search_id]).decode()

    def page(self) -> Body:
        """Both or none: a cursor belongs to its search."""
        if self.search_id is None:
            return {}
        return {"cursor": self.cursor, "search_id": self.search_id}

    def after(self, data: Body) -> _Place | None:
        """None where nothing more follows, or where the API would have us turn in a circle."""
        cursor = count(data.get("cursor"))
        search_id = string(data.get("search_id")) or self.search_id
        if data.get("has_more") is not True or cursor is None or search_id is None:
            return None
        if cursor <= self.cursor:
            return None
        return replace(self, cursor=cursor, search_id=search_id)


def sightings(cursor: Cursor | None, *, since: datetime) -> Iterator[Sighting]:
    kept = mapping(cursor).get("found")
    for row in kept if isinstance(kept, list) else ():
        video_id, day, url = row if isinstance(row, list) and len(row) == 3 else (None, None, None)
        at = instant(day)
        if isinstance(video_id, str) and ID.fullmatch(video_id) and at is not None and at >= since:
            yield Sighting(video_id=video_id, at=at, url=string(url))


def _parsed(
    items: object, read: Callable[[object, datetime], Found], at: datetime
) -> tuple[Sequence[Found], Sequence[Reject]]:
    found: list[Found] = []
    rejects: list[Reject] = []
    for item in items if isinstance(items, list) else ():
        try:
            found.append(read(item, at))
        except ValueError as error:
            rejects.append(rejected(item, error))
    return found, rejects


def _digits(day: date) -> str:
    return f"{day:%Y%m%d}"
