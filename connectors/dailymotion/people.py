"""How many follow a profile, and its most viewed video, once a day.

https://developers.dailymotion.com/v0/reference/user-fields (Legacy), never seen live. The counts of
views were deprecated in March 2026: where they are gone, so are the most viewed video and the total.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from connectors.audience import daily_audience
from connectors.connector import (
    Clock,
    Cursor,
    Page,
)
from connectors.dailymotion.api import Api, Params, listed
from connectors.dailymotion.wire import NETWORK
from connectors.graph import BadField
from connectors.http import NotFound
from connectors.mention import AudienceSnapshot
from connectors.reading import figure, line, mappings, string, web_address

FEED = "audience"
_FIELDS = "id,username,followers_total,videos_total"


class Audience:
    def __init__(self, api: Api, profiles: Sequence[str], clock: Clock) -> None:
        self._api = api
        self._profiles = profiles
        self._clock = clock

    def pages(self, cursor: Cursor | None) -> AsyncIterator[Page]:
        return daily_audience(
            FEED,
            self._profiles,
            self._snapshot,
            network=NETWORK,
            cursor=cursor,
            clock=self._clock,
        )

    async def _snapshot(self, profile: str, at: datetime) -> AudienceSnapshot:
        told = await self._user(profile)
        url, views = await self._most_viewed(profile)
        return AudienceSnapshot(
            network=NETWORK,
            account=line(told.get("username")) or profile,
            taken_at=at,
            followers=figure(told.get("followers_total")),
            views=figure(told.get("views_total")),
            posts=figure(told.get("videos_total")),
            most_viewed_url=url,
            most_viewed=views,
        )

    async def _user(self, profile: str) -> Mapping[str, Any]:
        try:
            return await self._api.legacy(f"user/{profile}", {"fields": f"{_FIELDS},views_total"})
        except BadField:
            return await self._api.legacy(f"user/{profile}", {"fields": _FIELDS})

    async def _most_viewed(self, profile: str) -> tuple[str | None, int | None]:
        """`sort=visited` puts the most viewed first."""
        params: Params = {"sort": "visited", "limit": 1, "fields": "id,url,views_total"}
        try:
            answer = listed(await self._api.legacy(f"user/{profile}/videos", params), 1)
        except (BadField, NotFound):
            return None, None
        for video in mappings(answer.items):
            views, video_id = figure(video.get("views_total")), string(video.get("id"))
            if views is not None and video_id is not None:
                own = f"https://www.dailymotion.com/video/{video_id}"
                return web_address(video.get("url")) or own, views
        return None, None
