"""How many follow the Page and its peers, and the mean of its recommendations, once a day.

https://developers.facebook.com/docs/graph-api/reference/page/
Other Pages need the feature "Page Public Content Access".
"""

from __future__ import annotations

import logging

from connectors.audience import audience_page, is_due
from connectors.connector import Clock, ConnectorError, Cursors, Page
from connectors.facebook.settings import FacebookSettings
from connectors.facebook.wire import NETWORK
from connectors.graph import BadField, Denied, Deprecated, Graph
from connectors.http import NotFound
from connectors.mention import AudienceSnapshot
from connectors.reading import count, line

log = logging.getLogger(__name__)
FEED = "audience"
_FIELDS = "name,username,followers_count,fan_count"
_RATED = f"{_FIELDS},overall_star_rating,rating_count"


async def read_audience(
    graph: Graph, settings: FacebookSettings, cursors: Cursors, clock: Clock
) -> Page | None:
    """None where nothing is due, or where the network is in trouble: the next poll asks again."""
    at = clock()
    if not settings.audience or not is_due(cursors.get(FEED), at):
        return None
    snapshots: list[AudienceSnapshot] = []
    for name in dict.fromkeys((settings.page, *settings.peers)):
        try:
            snapshots.append(await _snapshot(graph, name, clock))
        except (Denied, NotFound, BadField, Deprecated) as error:
            # A peer needs a feature of its own, and Pages come and go.
            log.warning("facebook.audience_refused error=%s", type(error).__name__)
        except ConnectorError as error:
            log.info("facebook.audience_unknown error=%s", type(error).__name__)
            return None
    return audience_page(FEED, snapshots, at)


async def _snapshot(graph: Graph, name: str, clock: Clock) -> AudienceSnapshot:
    try:
        page = await graph.get(name, {"fields": _RATED})
    except (BadField, Deprecated):
        page = await graph.get(name, {"fields": _FIELDS})
    followers = count(page.get("followers_count"))
    return AudienceSnapshot(
        network=NETWORK,
        account=line(page.get("username")) or line(page.get("name")) or name,
        taken_at=clock(),
        followers=followers if followers is not None else count(page.get("fan_count")),
        rating=_mean(page.get("overall_star_rating")),
        ratings=count(page.get("rating_count")),
    )


def _mean(value: object) -> float | None:
    """0 where nobody has recommended it yet."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 1 <= value <= 5:
        return None
    return float(value)
