"""Reads videos again by their ids: a hundred a request, and one by one what is missing there.

The filter `ids` and the single video are both documented for the Legacy API
(https://developers.dailymotion.com/v0/reference/video-filters). A list leaves out what is private,
hidden from a country or a family filter, too: only a 404 for the video itself is a deletion.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime
from typing import Any

from connectors.connector import Clock, Closed, Page, Unauthorized
from connectors.dailymotion.api import listed
from connectors.dailymotion.lists import Generation, Params
from connectors.dailymotion.wire import NETWORK, VIDEO_ID, read_figures, video_id_of
from connectors.http import NotFound
from connectors.mention import Deletion, Engagement, MentionKey, alive
from connectors.reading import mappings

BATCH = 100


class Refresh:
    def __init__(self, legacy: Generation, clock: Clock) -> None:
        self._legacy = legacy
        self._clock = clock

    async def pages(self, keys: Collection[MentionKey]) -> AsyncIterator[Page]:
        asked = dict.fromkeys(key.external_id for key in keys if key.network == NETWORK)
        ids = [one for one in asked if VIDEO_ID.fullmatch(one)]
        for start in range(0, len(ids), BATCH):
            batch = ids[start : start + BATCH]
            found = await self._listed(batch)
            yield Page(engagements=list(found.values()))
            for video_id in batch:
                if video_id not in found:
                    yield await self._alone(video_id)

    async def _listed(self, ids: Sequence[str]) -> dict[str, Engagement]:
        params: Params = {"ids": ",".join(ids), "limit": BATCH}
        answer = listed(await self._legacy.with_fields("videos", params), BATCH)
        at, found = self._clock(), dict[str, Engagement]()
        for item in mappings(answer.items):
            try:
                video_id = video_id_of(item, self._legacy.names)
            except ValueError:
                continue
            found[video_id] = self._told(item, video_id, at)
        return found

    async def _alone(self, video_id: str) -> Page:
        at: datetime = self._clock()
        try:
            item = await self._legacy.with_fields(f"video/{video_id}", {})
        except (NotFound, Closed):
            gone = Deletion(network=NETWORK, external_id=video_id, seen_at=at)
            return Page(deletions=(gone,))
        except Unauthorized:
            # Made private, or for members of the profile: it is there.
            return Page(engagements=(self._told({}, video_id, at),))
        return Page(engagements=(self._told(dict(item), video_id, at),))

    def _told(self, item: dict[str, Any], video_id: str, at: datetime) -> Engagement:
        """Its figures, or a sign of life."""
        key = MentionKey(network=NETWORK, external_id=video_id)
        return read_figures(item, self._legacy.names, video_id, at) or alive(key, at)
