"""Reactions, comments, shares and views of posts, many at one request; and who is gone.

https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/social-metadata-api
https://learn.microsoft.com/en-us/linkedin/marketing/community-management/organizations/share-statistics
Built from the documentation: no recorded answer of either was at hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from connectors.connector import Clock, Closed, Malformed
from connectors.linkedin.api import Api, Denied, NotFound, elements_of
from connectors.linkedin.urns import escaped, listed, urn
from connectors.linkedin.wire import NETWORK, read_metadata
from connectors.mention import Engagement, MentionKey
from connectors.reading import count, mapping

BATCH = 50
"""URNs a request: the documentation names no limit; this keeps the address under 6,000 characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    engagement: Engagement
    top_level: int | None = None  # comments that answer no other

    @property
    def nested(self) -> int | None:
        replies = self.engagement.replies
        if replies is None or self.top_level is None:
            return None
        return max(0, replies - self.top_level)


async def read_figures(api: Api, urns: Sequence[str], clock: Clock) -> dict[str, Figures | None]:
    """By URN, at most BATCH of them; None where the network says that it is gone.

    What the answer leaves out is left out here. Of what it refuses only this is told: it is there.
    """
    answer = await api.get("socialMetadata", {"ids": listed(urns)})
    results = answer.get("results")
    if not isinstance(results, dict):
        raise Malformed("LinkedIn gave no results")
    at = clock()
    found: dict[str, Figures | None] = {}
    for key, item in results.items():
        if (name := urn(key)) in urns and name is not None and isinstance(item, dict):
            found[name] = _figures(item, name, at)
    for said in ("errors", "statuses"):
        for key, value in mapping(answer.get(said)).items():
            name, status = urn(key), _status(value)
            if name is None or name not in urns or name in found:
                continue
            if status in (404, 410):
                found[name] = None
            elif status == 403:
                found[name] = _figures({}, name, at)
    return found


async def read_alone(api: Api, name: str, clock: Clock) -> Figures | None:
    """Asked alone: an answer for many may leave out what it fails to read. None: it is gone."""
    try:
        answer = await api.get(f"socialMetadata/{escaped(name)}")
    except (NotFound, Closed):
        return None
    return _figures(answer, name, clock())


async def with_shares(
    api: Api, organization: str, figures: Sequence[Engagement]
) -> list[Engagement]:
    """The same with shares and views of the organisation's own posts; others' stay unknown."""
    names = [figure.key.external_id for figure in figures]
    asked = {
        "shares": listed(n for n in names if n.startswith("urn:li:share:")),
        "ugcPosts": listed(n for n in names if n.startswith("urn:li:ugcPost:")),
    }
    asked = {name: value for name, value in asked.items() if value != "List()"}
    if not asked:
        return list(figures)
    params = {
        "q": "organizationalEntity",
        "organizationalEntity": escaped(organization),
        **asked,
    }
    try:
        elements = elements_of(await api.get("organizationalEntityShareStatistics", params))
    except (Denied, NotFound, Malformed):
        return list(figures)  # a post of somebody else's among them: the rest still counts
    known: dict[str, dict[str, Any]] = {}
    for element in map(mapping, elements):
        name = urn(element.get("share")) or urn(element.get("ugcPost"))
        if name is not None:
            known[name] = mapping(element.get("totalShareStatistics"))
    return [_joined(figure, known.get(figure.key.external_id, {})) for figure in figures]


def _joined(figure: Engagement, statistics: dict[str, Any]) -> Engagement:
    views, shares = count(statistics.get("impressionCount")), count(statistics.get("shareCount"))
    return replace(figure, views=views, shares=shares) if statistics else figure


def _figures(item: dict[str, Any], name: str, at: Any) -> Figures:
    key = MentionKey(network=NETWORK, external_id=name)
    top_level = count(mapping(item.get("commentSummary")).get("topLevelCount"))
    return Figures(engagement=read_metadata(item, key, at), top_level=top_level)


def _status(value: object) -> int | None:
    return count(value) if not isinstance(value, dict) else count(value.get("status"))
