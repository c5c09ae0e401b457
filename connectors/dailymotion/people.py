"""How many follow a profile, and its most viewed video, once a day.

https://developers.dailymotion.com/v0/reference/user-fields (Legacy), never seen live. The counts of
views were deprecated in March 2026: where they are gone, so are the most viewed video and the total.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import structlog

from connectors.audience import audience_page, is_due
from connectors.connector import (
    Clock,
    Closed,
    ConnectorError,
    Cursor,
    Malformed,
    Page,
    Unauthorized,
)
from connectors.dailymotion.api import Api, Params, listed
from connectors.dailymotion.wire import NETWORK
from connectors.graph import BadField
from connectors.http import NotFound
from connectors.mention import AudienceSnapshot
from connectors.reading import figure, line, mappings, string, web_address

log = structlog.get_logger(__name__)
FEED = "audience"
_FIELDS = "id,username,followers_total,videos_total"


class Audience:
    def __init__(self, api: Api, profiles: Sequence[str], clock: Clock) -> None:
        self._api = api
        self._profiles = profiles
        self._clock = clock

    async def pages(self, cursor: Cursor | None) -> AsyncIterator[Page]:
        at = self._clock()
        if not self._profiles or not is_due(cursor, at):
            return
        snapshots = []
        denied = False
        for profile in self._profiles:
            try:
                snapshots.append(await self._snapshot(profile, at))
            except Unauthorized:
                denied = True
            except (NotFound, Closed, Malformed):
                log.warning("dailymotion.profile_unknown")
            except ConnectorError as error:
                log.info("dailymotion.audience_unknown", error=type(error).__name__)
                return  # the next poll asks again
        if denied and not snapshots:
            return  # the lists say so; an empty page would look like something that was read
        yield audience_page(FEED, snapshots, at)

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
