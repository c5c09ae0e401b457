"""How many follow an account, once a day, by the Research API.

https://developers.tiktok.com/doc/research-api-specs-query-user-info. Never seen live.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime

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
from connectors.http import NotFound
from connectors.mention import AudienceSnapshot
from connectors.reading import figure
from connectors.tiktok.api import Api
from connectors.tiktok.wire import NETWORK

log = structlog.get_logger(__name__)
FEED = "audience"
_FIELDS = "display_name,follower_count,likes_count,video_count"


class Audience:
    def __init__(self, api: Api, accounts: Sequence[str], clock: Clock) -> None:
        self._api = api
        self._accounts = accounts
        self._clock = clock

    async def pages(self, cursor: Cursor | None) -> AsyncIterator[Page]:
        at = self._clock()
        if not self._accounts or not is_due(cursor, at):
            return
        snapshots = []
        denied = False
        for account in self._accounts:
            try:
                snapshots.append(await self._snapshot(account, at))
            except Unauthorized:
                denied = True
            except (NotFound, Closed, Malformed):
                log.warning("tiktok.account_unknown")
            except ConnectorError as error:
                log.info("tiktok.audience_unknown", error=type(error).__name__)
                return  # the next poll asks again
        if denied and not snapshots:
            return  # the lists say so; an empty page would look like something that was read
        yield audience_page(FEED, snapshots, at)

    async def _snapshot(self, account: str, at: datetime) -> AudienceSnapshot:
        told = await self._api.research("user/info/", _FIELDS, {"username": account}, most=1)
        return AudienceSnapshot(
            network=NETWORK,
            account=account,
            taken_at=at,
            followers=figure(told.get("follower_count")),
            posts=figure(told.get("video_count")),
        )
