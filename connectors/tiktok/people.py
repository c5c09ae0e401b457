"""How many follow an account, once a day, by the Research API.

https://developers.tiktok.com/doc/research-api-specs-query-user-info. Never seen live.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from connectors.audience import daily_audience
from connectors.connector import (
    Clock,
    Cursor,
    Page,
)
from connectors.mention import AudienceSnapshot
from connectors.reading import figure
from connectors.tiktok.api import Api
from connectors.tiktok.wire import NETWORK

FEED = "audience"
_FIELDS = "display_name,follower_count,likes_count,video_count"


class Audience:
    def __init__(self, api: Api, accounts: Sequence[str], clock: Clock) -> None:
        self._api = api
        self._accounts = accounts
        self._clock = clock

    def pages(self, cursor: Cursor | None) -> AsyncIterator[Page]:
        return daily_audience(
            FEED,
            self._accounts,
            self._snapshot,
            network=NETWORK,
            cursor=cursor,
            clock=self._clock,
        )

    async def _snapshot(self, account: str, at: datetime) -> AudienceSnapshot:
        told = await self._api.research("user/info/", _FIELDS, {"username": account}, most=1)
        return AudienceSnapshot(
            network=NETWORK,
            account=account,
            taken_at=at,
            followers=figure(told.get("follower_count")),
            posts=figure(told.get("video_count")),
        )
