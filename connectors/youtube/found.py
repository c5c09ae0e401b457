"""Comments under videos that a search found: followed for a while, read where their number changed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from connectors.connector import Clock, Cursor, Cursors, Page
from connectors.http import NotFound
from connectors.mention import Deletion
from connectors.reading import figure, instant, mapping, mappings, string
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
        deletions = [
            Deletion(network=NETWORK, external_id=video_id, seen_at=at)
            for video_id in videos
            if video_id not in counts and not videos[video_id].get("gone")
        ]
        for deletion in deletions:
            videos[deletion.external_id or ""]["gone"] = True
        figures = [
            e for v, item in counts.items() if v in videos and (e := read_statistics(item, v, at))
        ]
        yield Page(
            feed=FEED,
            engagements=figures,
            deletions=deletions,
            cursor=_cursor(read_at, videos),
        )
        for video_id, item in counts.items():
            if video_id in videos:
                count = figure(mapping(item.get("statistics")).get("commentCount"))
                async for page in self._read(video_id, count, videos, read_at):
                    yield page
        yield Page(feed=FEED, cursor=_cursor(at, videos), complete=True)

    def _followed(self, cursors: Cursors, searches: Iterable[str], at: datetime) -> list[str]:
        since = at - self._settings.follow_videos
        found = [s for name in searches for s in sightings(cursors.get(name), since=since)]
        found.sort(key=lambda sighting: sighting.seen_at, reverse=True)
        return list(dict.fromkeys(sighting.video_id for sighting in found))[:MOST]

    async def _read(
        self,
        video_id: str,
        count: int | None,
        videos: dict[str, dict[str, Any]],
        read_at: datetime | None,
    ) -> AsyncIterator[Page]:
        state, at = videos[video_id], self._clock()
        if not count or not _is_due(state, count, at):
            return  # without a count the channel takes no comments
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
        except CommentsDisabled:
            state["disabled"] = True
        except NotFound:
            pass  # the next look at the counts tells whether it is gone
        if "walk" not in mapping(state.get("cursor")):
            state.update({"count": count, "read": at.isoformat()})


def _is_due(state: Mapping[str, Any], count: int, at: datetime) -> bool:
    if state.get("count") != count:
        return True
    read = instant(state.get("read"))
    return not state.get("disabled") and (read is None or at - read >= _ANYWAY)


def _cursor(at: datetime | None, videos: Mapping[str, Mapping[str, Any]]) -> Cursor:
    kept = {video_id: dict(state) for video_id, state in videos.items()}
    return {"v": 1, "at": at and at.isoformat(), "videos": kept}
