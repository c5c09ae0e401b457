"""How many follow the account and its peers, once a day.

https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-user/business_discovery
(public professional accounts only); the reach of the last 28 days is of the own account, by
https://developers.facebook.com/docs/instagram-platform/api-reference/instagram-user/insights, whose
names change from version to version: where they are refused, reach and views are unknown.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from connectors.audience import audience_page, is_due
from connectors.connector import Clock, ConnectorError, Cursor, Page, RateLimited, Unavailable
from connectors.graph import Graph
from connectors.instagram.wire import NETWORK
from connectors.mention import AudienceSnapshot
from connectors.reading import figure, line, mapping, mappings

log = logging.getLogger(__name__)
FEED = "audience"
_FIELDS = "username,followers_count,media_count"
_PERIOD = timedelta(days=28)


class People:
    def __init__(self, graph: Graph, user_id: str, peers: Sequence[str], *, clock: Clock) -> None:
        self._graph = graph
        self._user_id = user_id
        self._peers = peers
        self._clock = clock

    async def pages(self, cursor: Cursor | None) -> AsyncIterator[Page]:
        at = self._clock()
        if not is_due(cursor, at):
            return
        own = await self._own(at)
        peers = [await self._peer(peer, at) for peer in self._peers]
        yield audience_page(FEED, [own, *(peer for peer in peers if peer is not None)], at)

    async def _own(self, at: datetime) -> AudienceSnapshot:
        answer = await self._graph.get(self._user_id, {"fields": _FIELDS})
        insights = await self._insights(at)
        return _snapshot(answer, self._user_id, at, insights)

    async def _peer(self, peer: str, at: datetime) -> AudienceSnapshot | None:
        asked = {"fields": f"business_discovery.username({peer}){{{_FIELDS}}}"}
        try:
            answer = await self._graph.get(self._user_id, asked)
        except (RateLimited, Unavailable):
            raise
        except ConnectorError as error:  # a personal account, or none of that name
            log.info("instagram.peer_unknown error=%s", type(error).__name__)
            return None
        found = mapping(answer.get("business_discovery"))
        return _snapshot(found, peer, at, {}) if found else None

    async def _insights(self, at: datetime) -> Mapping[str, int | None]:
        params: dict[str, str | int] = {
            "metric": "reach,views",
            "period": "day",
            "metric_type": "total_value",
            "since": int((at - _PERIOD).timestamp()),
            "until": int(at.timestamp()),
        }
        try:
            answer = await self._graph.get(f"{self._user_id}/insights", params)
        except RateLimited:
            raise
        except ConnectorError as error:
            log.info("instagram.insights_unknown error=%s", type(error).__name__)
            return {}
        return {
            line(metric.get("name")) or "": figure(mapping(metric.get("total_value")).get("value"))
            for metric in mappings(answer.get("data"))
        }


def _snapshot(
    found: Mapping[str, Any], account: str, at: datetime, insights: Mapping[str, int | None]
) -> AudienceSnapshot:
    return AudienceSnapshot(
        network=NETWORK,
        account=line(found.get("username")) or account,
        taken_at=at,
        followers=figure(found.get("followers_count")),
        posts=figure(found.get("media_count")),
        reach=insights.get("reach"),
        views=insights.get("views"),
    )
