"""Reads videos again by their ids: figures as they are now, and what is gone.

By the Research API a hundred a request (`video_id` in /research/video/query/), by the Display API
twenty of the account's own (https://developers.tiktok.com/doc/tiktok-api-v2-video-query). TikTok's
terms ask that data which vanished there be deleted: every fifteen to thirty days, as far as known.
Nothing looks a comment up by its id alone: see comments.py.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from typing import Any

from connectors.connector import Clock, Malformed, Page
from connectors.foreign import Foreign
from connectors.mention import Deletion, MentionKey, alive
from connectors.reading import mappings, string
from connectors.tiktok.api import Api
from connectors.tiktok.videos import Videos
from connectors.tiktok.wire import ID, NETWORK, OWN_FIELDS, figures_of

_OWN = 20
_BATCH = 100


class Refresh:
    def __init__(
        self, api: Api, videos: Videos, comments: Foreign, clock: Clock, *, research: bool
    ) -> None:
        self._api = api
        self._videos = videos
        self._comments = comments
        self._clock = clock
        self._research = research

    async def pages(self, keys: Collection[MentionKey]) -> AsyncIterator[Page]:
        asked = dict.fromkeys(key.external_id for key in keys if key.network == NETWORK)
        ids = [one for one in asked if ID.fullmatch(one)]
        size = _BATCH if self._research else _OWN
        ids = self._videos.within_reach(ids) if self._research else ids
        for start in range(0, len(ids), size):
            batch = ids[start : start + size]
            yield await (self.looked_up(batch) if self._research else self._own(batch))

    async def looked_up(self, ids: Sequence[str]) -> Page:
        """What is missing is asked for once more: this API's answers are known to be incomplete."""
        shown = await self._videos.looked_up(ids)
        if missing := [one for one in ids if one not in shown]:
            shown |= await self._videos.looked_up(missing)
        # A comment is no video, and is not gone for that.
        gone = await self._comments.ours([one for one in ids if one not in shown])
        return self._page(shown, gone)

    async def _own(self, ids: Sequence[str]) -> Page:
        asked = {"filters": {"video_ids": list(ids)}}
        data = await self._api.display("video/query/", OWN_FIELDS, asked)
        if not isinstance(data.get("videos"), list):
            raise Malformed("TikTok gave no videos")
        items = {string(item.get("id")) or "": item for item in mappings(data["videos"])}
        shown = {one: items[one] for one in ids if one in items}
        return self._page(
            shown, await self._comments.ours([one for one in ids if one not in shown])
        )

    def _page(self, shown: Mapping[str, dict[str, Any]], gone: Sequence[str]) -> Page:
        at = self._clock()
        keys = {one: MentionKey(network=NETWORK, external_id=one) for one in shown}
        return Page(
            engagements=[
                figures_of(item, one, at) or alive(keys[one], at) for one, item in shown.items()
            ],
            deletions=[Deletion(network=NETWORK, external_id=one, seen_at=at) for one in gone],
        )
