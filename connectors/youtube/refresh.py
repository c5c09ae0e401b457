"""Reads videos and comments again by their ids: figures as they are now, and what is gone.

https://developers.google.com/youtube/v3/docs/videos/list,
https://developers.google.com/youtube/v3/docs/comments/list (50 ids a unit each). Google asks that
stored data be read again or deleted within 30 days: `verify_every` has every mention asked for that
often as long as its text is kept, and what is no longer given is a Deletion.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from datetime import datetime

from connectors.connector import Clock, Page
from connectors.mention import Deletion, Engagement, MentionKey, alive
from connectors.reading import string
from connectors.youtube.api import PAGE_SIZE, Api
from connectors.youtube.videos import Videos
from connectors.youtube.wire import (
    COMMENT_ID,
    NETWORK,
    VIDEO_ID,
    read_comment_figures,
    read_statistics,
)


class Refresh:
    def __init__(self, api: Api, videos: Videos, clock: Clock) -> None:
        self._api = api
        self._videos = videos
        self._clock = clock

    async def pages(self, keys: Collection[MentionKey]) -> AsyncIterator[Page]:
        ids = dict.fromkeys(key.external_id for key in keys if key.network == NETWORK)
        for batch in _batches([i for i in ids if VIDEO_ID.fullmatch(i)]):
            yield await self._of_videos(batch)
        for batch in _batches([i for i in ids if COMMENT_ID.fullmatch(i)]):
            yield await self._of_comments(batch)

    async def _of_videos(self, ids: Sequence[str]) -> Page:
        found = await self._videos.details(ids, part="statistics")
        at = self._clock()
        figures = [read_statistics(item, i, at) or _alive(i, at) for i, item in found.items()]
        return Page(
            engagements=figures,
            deletions=self._missing(ids, found),
        )

    async def _of_comments(self, ids: Sequence[str]) -> Page:
        """An answer here does not say how many replies a comment has: the threads' lists do."""
        params = {"part": "snippet", "textFormat": "plainText"}
        items = await self._api.by_ids("comments", ids, params)
        at = self._clock()
        found = {i: item for item in items if (i := string(item.get("id")) or "") in ids}
        figures = [read_comment_figures(item, at) or _alive(i, at) for i, item in found.items()]
        return Page(
            engagements=figures,
            deletions=self._missing(ids, found),
        )

    def _missing(self, ids: Sequence[str], found: Collection[str]) -> list[Deletion]:
        at = self._clock()
        return [
            Deletion(network=NETWORK, external_id=external_id, seen_at=at)
            for external_id in ids
            if external_id not in found
        ]


def _alive(external_id: str, at: datetime) -> Engagement:
    return alive(MentionKey(network=NETWORK, external_id=external_id), at)


def _batches(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), PAGE_SIZE):
        yield ids[start : start + PAGE_SIZE]
