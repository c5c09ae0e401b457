"""The channels of the configuration: their ids, and once a day their figures.

https://developers.google.com/youtube/v3/docs/channels/list (one unit for 50 ids, or one handle)
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from connectors.audience import audience_page, is_due
from connectors.connector import (
    Clock,
    ConnectorError,
    Cursors,
    Page,
    RateLimited,
    Unavailable,
)
from connectors.mention import AudienceSnapshot
from connectors.reading import figure, mapping, mappings, string
from connectors.youtube.api import Api
from connectors.youtube.settings import CHANNEL_ID
from connectors.youtube.videos import Item, Videos, subscribers_of
from connectors.youtube.wire import NETWORK

log = structlog.get_logger(__name__)
AUDIENCE = "audience"


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    id: str
    name: str  # as configured
    is_own: bool


class Channels:
    """Handles are asked for once a run; an id needs no question."""

    def __init__(self, api: Api, own: Sequence[str], peers: Sequence[str]) -> None:
        self._api = api
        self._named = {**dict.fromkeys(peers, False), **dict.fromkeys(own, True)}
        self._ids: dict[str, str | None] = {}

    async def known(self) -> list[Channel]:
        """The hospital's own first. A handle that nobody has is told in the log, once."""
        names = sorted(self._named, key=lambda name: not self._named[name])
        found = [(name, await self._id(name)) for name in names]
        return [
            Channel(id=channel_id, name=name, is_own=self._named[name])
            for name, channel_id in found
            if channel_id is not None
        ]

    async def _id(self, name: str) -> str | None:
        if CHANNEL_ID.fullmatch(name):
            return name
        if name not in self._ids:
            answer = await self._api.ask("channels", {"part": "id", "forHandle": name})
            ids = [string(item.get("id")) or "" for item in mappings(answer.get("items"))]
            self._ids[name] = next((i for i in ids if CHANNEL_ID.fullmatch(i)), None)
            if self._ids[name] is None:
                log.warning("youtube.channel_does_not_exist")
        return self._ids[name]


class Audience:
    def __init__(self, api: Api, videos: Videos, clock: Clock, most: int) -> None:
        self._api = api
        self._videos = videos
        self._clock = clock
        self._most = most

    async def pages(self, channels: Sequence[Channel], cursors: Cursors) -> AsyncIterator[Page]:
        """None where nothing is due, or where the API is in trouble: the next poll asks again."""
        at = self._clock()
        if not channels or not is_due(cursors.get(AUDIENCE), at):
            return
        try:
            page = audience_page(AUDIENCE, await self._snapshots(channels, at), at)
        except ConnectorError as error:
            log.info("youtube.audience_unknown", error=type(error).__name__)
            return
        yield page

    async def _snapshots(self, channels: Sequence[Channel], at: datetime) -> list[AudienceSnapshot]:
        ids = [channel.id for channel in channels]
        given = await self._api.by_ids("channels", ids, {"part": "snippet,statistics"})
        items: dict[str, Item] = {string(item.get("id")) or "": item for item in given}
        return [
            await self._snapshot(channel, items[channel.id], at)
            for channel in channels
            if channel.id in items
        ]

    async def _snapshot(self, channel: Channel, item: Item, at: datetime) -> AudienceSnapshot:
        statistics = mapping(item.get("statistics"))
        video_id, views = await self._most_viewed(channel)
        return AudienceSnapshot(
            network=NETWORK,
            account=channel.name.lstrip("@"),
            taken_at=at,
            followers=subscribers_of(item),
            views=figure(statistics.get("viewCount")),
            posts=figure(statistics.get("videoCount")),
            most_viewed_url=f"https://youtu.be/{video_id}" if video_id else None,
            most_viewed=views,
        )

    async def _most_viewed(self, channel: Channel) -> tuple[str | None, int | None]:
        """Of the latest `audience_videos` uploads: 40 units for a thousand."""
        try:
            ids = await self._videos.upload_ids(channel.id, self._most)
            items = await self._videos.details(ids, part="statistics")
        except (RateLimited, Unavailable):
            raise
        except ConnectorError:
            # It never uploaded, or hides its list: asking again at each poll would eat the day.
            return None, None
        counts = {
            video_id: views
            for video_id, item in items.items()
            if (views := figure(mapping(item.get("statistics")).get("viewCount"))) is not None
        }
        if not counts:
            return None, None
        best = max(counts, key=counts.__getitem__)
        return best, counts[best]
