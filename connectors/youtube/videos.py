"""Lists of videos, found by a search or uploaded by a channel, each with its figures.

https://developers.google.com/youtube/v3/docs/search/list (its own bucket of calls; date order stops
after some 500 results, so the walk asks again below them),
https://developers.google.com/youtube/v3/docs/playlistItems/list (complete, one unit a page),
https://developers.google.com/youtube/v3/docs/videos/list (50 ids a unit).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from connectors.budget import BudgetSpent
from connectors.connector import Clock, ConnectorError, Reject
from connectors.dates import believable
from connectors.reading import figure, mapping, string
from connectors.walk import Found, Listing, Walk
from connectors.youtube.api import PAGE_SIZE, Api, Gone, items_of
from connectors.youtube.settings import YoutubeSettings
from connectors.youtube.wire import (
    published_of,
    read_statistics,
    read_video,
    rejected,
    video_id_of,
)

log = structlog.get_logger(__name__)
_MAX_KEPT = 20_000

Item = dict[str, Any]
Items = dict[str, Item]


class Videos:
    def __init__(self, api: Api, settings: YoutubeSettings, clock: Clock) -> None:
        self._api = api
        self._settings = settings
        self._clock = clock
        self._subscribers: dict[str, int | None] = {}

    async def searched(self, query: str, walk: Walk) -> Listing:
        """One page of a search, newest first; a video that is gone already is told as it was found."""
        answer = await self._api.search(self._search_params(query, walk))
        items = items_of("search", answer)
        listed, rejects = _identified(items)
        new = [video_id for video_id in listed if not walk.has_given(video_id)]
        try:
            details = await self.details(new)
        except BudgetSpent:
            details = {}  # the search is paid for: what it says itself is better than nothing
        found = [self._found(listed[v], details.get(v), v) for v in listed]
        return Listing(
            found=await self._with_subscribers(found),
            token=string(answer.get("nextPageToken")),
            rejects=rejects,
            # Only a list that needed several pages can have met the end of what a search gives.
            may_go_deeper=walk.token is not None and len(items) >= PAGE_SIZE // 2,
        )

    def _search_params(self, query: str, walk: Walk) -> dict[str, str | int]:
        params: dict[str, str | int] = {
            "part": "snippet",
            "type": "video",
            "order": "date",
            "q": query,
            "maxResults": PAGE_SIZE,
            "publishedAfter": _timestamp(walk.floor),
        }
        if walk.until is not None:
            params["publishedBefore"] = _timestamp(walk.until + timedelta(seconds=1))
        if self._settings.language is not None:
            params["relevanceLanguage"] = self._settings.language
        if self._settings.region is not None:
            params["regionCode"] = self._settings.region
        return _paged(params, walk.token)

    async def uploaded(self, channel: str, walk: Walk) -> Listing:
        """One page of a channel's uploads. What is listed and yet not public comes at a later poll."""
        try:
            answer = await self._api.ask("playlistItems", _uploads(channel, walk.token))
        except Gone as error:
            # A channel that never uploaded has no such list; one that does not exist has none either.
            if error.reason != "playlistNotFound" or not await self._exists(channel):
                raise
            return Listing(found=())
        listed, rejects = _identified(items_of("playlistItems", answer))
        details = await self.details(v for v in listed if not walk.has_given(v))
        found = [
            self._found(listed[v], details.get(v), v)
            for v in listed
            if v in details or walk.has_given(v)
        ]
        token = string(answer.get("nextPageToken"))
        return Listing(found=await self._with_subscribers(found), token=token, rejects=rejects)

    async def details(self, video_ids: Iterable[str], part: str = "snippet,statistics") -> Items:
        """The videos that are public, by id; those missing are deleted, private or blocked."""
        items = await self._api.by_ids("videos", dict.fromkeys(video_ids), {"part": part})
        return {video_id: item for item in items if (video_id := string(item.get("id")))}

    async def upload_ids(self, channel: str, most: int) -> list[str]:
        ids: list[str] = []
        token: str | None = None
        while len(ids) < most:
            answer = await self._api.ask("playlistItems", _uploads(channel, token))
            ids += _identified(items_of("playlistItems", answer))[0]
            token, before = string(answer.get("nextPageToken")), token
            if token is None or token == before:
                break
        return ids[:most]

    async def _exists(self, channel: str) -> bool:
        answer = await self._api.ask("channels", {"part": "id", "id": channel})
        return bool(answer.get("items"))

    def _found(self, listed: Item, detailed: Item | None, video_id: str) -> Found:
        at = self._clock()
        position = believable(published_of(listed), at)
        mention = read_video(detailed or listed, at, escaped=detailed is None)
        figures = read_statistics(detailed or {}, video_id, at)
        return Found(
            id=video_id,
            position=position,
            mentions=(mention,),
            engagements=(figures,) if figures else (),
        )

    async def _with_subscribers(self, found: Sequence[Found]) -> list[Found]:
        """How big each author is, one unit for every 50 channels not met before."""
        channels = {c for item in found if (c := item.mentions[0].author.external_id)}
        try:
            await self._learn(channels - self._subscribers.keys())
        except ConnectorError as error:
            # An ornament: videos that matter are not held up for it.
            log.info("youtube.subscribers_unknown", error=type(error).__name__)
        return [self._sized(item) for item in found]

    async def _learn(self, channels: Collection[str]) -> None:
        if len(self._subscribers) > _MAX_KEPT:
            self._subscribers.clear()
        for item in await self._api.by_ids("channels", sorted(channels), {"part": "statistics"}):
            self._subscribers[string(item.get("id")) or ""] = subscribers_of(item)
        for channel in channels:
            self._subscribers.setdefault(channel, None)

    def _sized(self, item: Found) -> Found:
        (video,) = item.mentions
        followers = self._subscribers.get(video.author.external_id or "")
        if followers is None:
            return item
        author = replace(video.author, followers=followers)
        return replace(item, mentions=(replace(video, author=author),))


def subscribers_of(channel: Item) -> int | None:
    statistics = mapping(channel.get("statistics"))
    if statistics.get("hiddenSubscriberCount") is True:
        return None
    return figure(statistics.get("subscriberCount"))


def _identified(items: Iterable[object]) -> tuple[Items, list[Reject]]:
    listed: Items = {}
    rejects: list[Reject] = []
    for item in items:
        try:
            listed.setdefault(video_id_of(mapping(item)), mapping(item))
        except ValueError as error:
            rejects.append(rejected(item, error))
    return listed, rejects


def _uploads(channel: str, token: str | None) -> dict[str, str | int]:
    params: dict[str, str | int] = {
        "part": "snippet,contentDetails",
        "playlistId": f"UU{channel[2:]}",
        "maxResults": PAGE_SIZE,
    }
    return _paged(params, token)


def _paged(params: dict[str, str | int], token: str | None) -> dict[str, str | int]:
    return {**params, "pageToken": token} if token is not None else params


def _timestamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
