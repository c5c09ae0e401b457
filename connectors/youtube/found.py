"""Comments under videos that a search found: followed for a while, read where their number changed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from connectors.connector import (
    Clock,
    ConnectorError,
    Cursor,
    Cursors,
    Page,
    RateLimited,
    Unauthorized,
    Unavailable,
)
from connectors.http import NotFound
from connectors.mention import Deletion
from connectors.reading import figure, instant, mapping, mappings, string, strings
from connectors.walk import Window, walk_back
from connectors.youtube.api import Api, CommentsDisabled
from connectors.youtube.pace import Pace
from connectors.youtube.settings import YoutubeSettings
from connectors.youtube.threads import Memory, Threads
from connectors.youtube.videos import Videos
from connectors.youtube.wire import NETWORK, VIDEO_ID, read_statistics

FEED = "found-comments"
MOST = 100
"""Videos followed at a time, the latest found first."""
_CARRIED = 6_000
"""Marks of comments under all of them together, 20 bytes each in the cursor."""
_ANYWAY = timedelta(days=1)
"""After which a video is read again though its count stands still: lists lag behind counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A video that a search has given, kept in that search's cursor."""

    video_id: str
    seen_at: datetime

    def dump(self) -> dict[str, str]:
        return {"id": self.video_id, "at": self.seen_at.isoformat()}


def sightings(cursor: Cursor | None, *, since: datetime) -> list[Sighting]:
    found = []
    for kept in mappings(mapping(cursor).get("found")):
        video_id, at = string(kept.get("id")) or "", instant(kept.get("at"))
        if VIDEO_ID.fullmatch(video_id) and at is not None and at >= since:
            found.append(Sighting(video_id=video_id, seen_at=at))
    return found


class FoundVideos:
    def __init__(
        self,
        api: Api,
        videos: Videos,
        threads: Threads,
        *,
        settings: YoutubeSettings,
        clock: Clock,
        pace: Pace,
    ) -> None:
        self._api = api
        self._videos = videos
        self._threads = threads
        self._settings = settings
        self._clock = clock
        self._pace = pace

    async def pages(self, cursors: Cursors, searches: Iterable[str]) -> AsyncIterator[Page]:
        at, kept = self._clock(), mapping(cursors.get(FEED))
        read_at = instant(kept.get("at"))
        if read_at is not None and timedelta(0) <= at - read_at < self._settings.recheck_every:
            return
        followed = self._followed(cursors, searches, at)
        if not followed and kept.get("videos"):
            yield Page(feed=FEED, cursor=_cursor(at, {}), complete=True)
        if not followed or not await self._pace.may_go_on(self._api.units):
            return
        known = mapping(kept.get("videos"))
        videos = {video_id: dict(mapping(known.get(video_id))) for video_id in followed}
        counts = await self._videos.details(videos, part="statistics")
        yield self._counted(videos, counts, read_at, at)
        async for page in self._comments(videos, counts, read_at, at):
            yield page

    def _counted(
        self,
        videos: dict[str, dict[str, Any]],
        counts: Mapping[str, Any],
        read_at: datetime | None,
        at: datetime,
    ) -> Page:
        """The figures of the videos, and those that are gone, each told once."""
        gone = [v for v in videos if v not in counts and not videos[v].get("gone")]
        for video_id in gone:
            videos[video_id]["gone"] = True
        figures = [
            e for v, item in counts.items() if v in videos and (e := read_statistics(item, v, at))
        ]
        return Page(
            feed=FEED,
            engagements=figures,
            deletions=[Deletion(network=NETWORK, external_id=v, seen_at=at) for v in gone],
            cursor=_cursor(read_at, videos),
        )

    async def _comments(
        self,
        videos: dict[str, dict[str, Any]],
        counts: Mapping[str, Any],
        read_at: datetime | None,
        at: datetime,
    ) -> AsyncIterator[Page]:
        unread: list[ConnectorError] = []
        # A quota that ends the round must not starve the same videos each time.
        for video_id in sorted(videos.keys() & counts.keys(), key=lambda v: _last_read(videos[v])):
            count = figure(mapping(counts[video_id].get("statistics")).get("commentCount"))
            if not count or not _is_due(videos[video_id], count, at):
                continue  # without a count the channel takes no comments
            if not await self._pace.may_go_on(self._api.units):
                break
            try:
                async for page in self._read(video_id, count, videos, read_at):
                    yield page
            except (RateLimited, Unavailable):
                raise
            except ConnectorError as error:
                unread.append(error)  # of this video alone: the others are read first
        yield Page(feed=FEED, cursor=_cursor(at, videos), complete=not unread)
        if unread:
            raise unread[0]

    def _followed(self, cursors: Cursors, searches: Iterable[str], at: datetime) -> list[str]:
        since = at - self._settings.follow_videos
        found = [s for name in searches for s in sightings(cursors.get(name), since=since)]
        found.sort(key=lambda sighting: sighting.seen_at, reverse=True)
        return list(dict.fromkeys(sighting.video_id for sighting in found))[:MOST]

    async def _read(
        self,
        video_id: str,
        count: int,
        videos: dict[str, dict[str, Any]],
        read_at: datetime | None,
    ) -> AsyncIterator[Page]:
        state, at = videos[video_id], self._clock()
        life, memory = self._settings.follow_videos, Memory(mapping(state.get("cursor")))
        pages = walk_back(
            FEED,
            mapping(state.get("cursor")),
            partial(self._threads.fetch, {"videoId": video_id}, (), None),
            window=Window(look_back=max(life, self._settings.look_back), overlap=life),
            clock=self._clock,
        )
        try:
            async for page in pages:
                state["cursor"] = memory.keep(page.cursor or {})
                yield replace(page, cursor=_cursor(read_at, videos), complete=False)
        except (CommentsDisabled, Unauthorized):
            state["disabled"] = True  # or not for everybody
        except NotFound:
            pass  # the next look at the counts tells whether it is gone
        if "walk" not in mapping(state.get("cursor")):
            state.update({"count": count, "read": at.isoformat()})


def _is_due(state: Mapping[str, Any], count: int, at: datetime) -> bool:
    if state.get("count") != count:
        return True
    read = instant(state.get("read"))
    return not state.get("disabled") and (read is None or at - read >= _ANYWAY)


def _last_read(state: Mapping[str, Any]) -> str:
    return string(state.get("read")) or ""


def _cursor(at: datetime | None, videos: Mapping[str, Mapping[str, Any]]) -> Cursor:
    sizes = [len(_seen(state)) for state in videos.values()]
    most = _share(sizes, _CARRIED)
    kept = {video_id: _bounded(state, most) for video_id, state in videos.items()}
    return {"v": 1, "at": at and at.isoformat(), "videos": kept}


def _bounded(state: Mapping[str, Any], most: int) -> dict[str, Any]:
    """Under a video with more comments than that, old ones may be given again: never one is lost."""
    seen = _seen(state)
    if len(seen) <= most:
        return dict(state)
    return {**state, "cursor": {**mapping(state.get("cursor")), "seen": seen[:most]}}


def _seen(state: Mapping[str, Any]) -> list[str]:
    return list(strings(mapping(state.get("cursor")).get("seen")))


def _share(sizes: Iterable[int], total: int) -> int:
    """The most that each may have so that all fit: who needs less leaves the rest to others."""
    left, shares = total, sorted(sizes)
    for index, size in enumerate(shares):
        most = left // (len(shares) - index)
        if size > most:
            return most
        left -= size
    return total
