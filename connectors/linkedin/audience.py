"""Once a day: the followers of the own and the watched pages, views and reach of the own ones.

https://learn.microsoft.com/en-us/linkedin/marketing/community-management/organizations/organization-lookup-api
https://learn.microsoft.com/en-us/linkedin/marketing/community-management/organizations/share-statistics
Views are of the last 28 days. People reached in 28 days LinkedIn does not tell: `reach` is what it
gives for its whole window. The name of a page was seen in recorded answers; the rest is built from
the documentation.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from connectors.audience import audience_page
from connectors.connector import Clock, Closed, ConnectorError, Malformed, Page
from connectors.linkedin.api import Api, Denied, NotFound, elements_of
from connectors.linkedin.urns import escaped
from connectors.linkedin.wire import NETWORK
from connectors.mention import AudienceSnapshot
from connectors.reading import count, line, mapping, string

_PERIOD = timedelta(days=28)
_FINAL = (Denied, NotFound, Closed, Malformed)  # for that figure: the others are told all the same


async def read_audience(
    api: Api, feed: str, own: Iterable[str], peers: Iterable[str], clock: Clock
) -> Page | None:
    """None where the network is in trouble: the next poll asks again."""
    at = clock()
    snapshots: list[AudienceSnapshot] = []
    own = tuple(own)
    try:
        for organization in dict.fromkeys((*own, *peers)):
            snapshot = await _snapshot(api, organization, at, whole=organization in own)
            if snapshot is not None:
                snapshots.append(snapshot)
    except ConnectorError:
        return None
    return audience_page(feed, snapshots, at)


async def _snapshot(
    api: Api, organization: str, at: datetime, *, whole: bool
) -> AudienceSnapshot | None:
    followers = await _followers(api, organization)
    views = await _views(api, organization, at) if whole else None
    reach = await _reach(api, organization) if whole else None
    if followers is None and views is None and reach is None:
        return None
    return AudienceSnapshot(
        network=NETWORK,
        account=await _name(api, organization),
        taken_at=at,
        followers=followers,
        views=views,
        reach=reach,
    )


async def _followers(api: Api, organization: str) -> int | None:
    params = {"edgeType": "COMPANY_FOLLOWED_BY_MEMBER"}
    try:
        answer = await api.get(f"networkSizes/{escaped(organization)}", params)
    except _FINAL:
        return None
    return count(answer.get("firstDegreeSize"))


async def _views(api: Api, organization: str, at: datetime) -> int | None:
    since, until = (int(day.timestamp() * 1000) for day in (at - _PERIOD, at))
    interval = f"(timeRange:(start:{since},end:{until}),timeGranularityType:DAY)"
    days = await _statistics(api, organization, {"timeIntervals": interval})
    known = [views for day in days if (views := count(day.get("impressionCount"))) is not None]
    return sum(known) if known else None


async def _reach(api: Api, organization: str) -> int | None:
    totals = await _statistics(api, organization, {})
    return count(totals[0].get("uniqueImpressionsCount")) if len(totals) == 1 else None


async def _statistics(
    api: Api, organization: str, more: dict[str, str | int]
) -> list[dict[str, Any]]:
    params = {
        "q": "organizationalEntity",
        "organizationalEntity": escaped(organization),
        **more,
    }
    try:
        elements = elements_of(await api.get("organizationalEntityShareStatistics", params))
    except _FINAL:
        return []
    return [mapping(mapping(element).get("totalShareStatistics")) for element in elements]


async def _name(api: Api, organization: str) -> str:
    """As its address shows it, else its name; the number where neither is for us."""
    number = organization.rpartition(":")[2]
    try:
        answer = await api.get(f"organizations/{number}")
    except _FINAL:
        return number
    return string(answer.get("vanityName")) or line(answer.get("localizedName")) or number
