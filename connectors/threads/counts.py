"""Reads figures of own posts again, learns what is gone, and how many follow the account and its peers.

https://developers.facebook.com/docs/threads/insights,
https://developers.facebook.com/docs/threads/threads-profiles (peers of a hundred followers and more,
with the permission threads_profile_discovery).
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime, timedelta

from connectors.audience import audience_page, is_due
from connectors.connector import (
    Clock,
    ConnectorError,
    Cursor,
    Page,
    RateLimited,
    Unauthorized,
    Unavailable,
)
from connectors.foreign import Foreign
from connectors.graph import BadField, Gone, Graph
from connectors.http import NotFound
from connectors.mention import AudienceSnapshot, Deletion, Engagement, MentionKey, alive
from connectors.reading import figure, line
from connectors.threads.lists import Lists
from connectors.threads.wire import METRICS, NETWORK, metrics, read_insights

log = logging.getLogger(__name__)
FEED = "audience"
_PROFILE = "username,follower_count"  # its views are those of a week: not ours, of 28 days
_PERIOD = timedelta(days=28)


class Counts:
    def __init__(self, graph: Graph, lists: Lists, *, clock: Clock) -> None:
        self._graph = graph
        self._lists = lists
        self._clock = clock
        self._readable: set[Foreign] = set()  # of what kind a post was looked up
        self._trusted = False

    async def pages(self, ids: Collection[str]) -> AsyncIterator[Page]:
        """One call a post, two for an own one; what was found by search cannot be looked up."""
        self._trusted = False
        for external_id in ids:
            if external_id not in self._lists.foreign:
                yield await self._page(external_id)

    async def _page(self, external_id: str) -> Page:
        at = self._clock()
        try:
            post = await self._graph.get(external_id, {"fields": "id,username"})
        except (NotFound, BadField) as error:
            # A bare 404 may come from anything on the way.
            if not isinstance(error, (Gone, BadField)) or not await self._is_gone(external_id):
                return Page(feed="refresh")
            deletion = Deletion(network=NETWORK, external_id=external_id, seen_at=at)
            return Page(feed="refresh", deletions=(deletion,))
        author = line(post.get("username"))
        if author != await self._lists.username():
            await self._note_readable(external_id, author)
            return Page(feed="refresh", engagements=(alive(_key(external_id), at),))
        return Page(feed="refresh", engagements=(await self._insights(external_id, at),))

    async def _is_gone(self, external_id: str) -> bool:
        """The network answers alike for what is gone, for what is not ours to look up, and where a
        permission was lost.

        Whether replies and mentions can be looked up is not documented: a reply counts as gone once
        another one was looked up, a mention likewise.
        """
        if not await self._lists.foreign.ours([external_id]):
            return False
        for others in (self._lists.answers, self._lists.mentioned):
            if not await others.ours([external_id]) and others not in self._readable:
                return False
        if not self._trusted:
            await self._lists.still_ours()
            self._trusted = True
        return True

    async def _note_readable(self, external_id: str, author: str | None) -> None:
        if author is None:
            return
        for others in {self._lists.answers, self._lists.mentioned} - self._readable:
            if not await others.ours([external_id]):
                self._readable.add(others)

    async def _insights(self, external_id: str, at: datetime) -> Engagement:
        asked = {"metric": ",".join(METRICS)}
        try:
            answer = await self._graph.get(f"{external_id}/insights", asked)
        except (NotFound, BadField, Unauthorized) as error:  # a repost has none
            log.info("threads.insights_unknown error=%s", type(error).__name__)
            return alive(_key(external_id), at)
        return read_insights(answer, external_id, at)

    async def audience(self, peers: Sequence[str], cursor: Cursor | None) -> AsyncIterator[Page]:
        at = self._clock()
        if not is_due(cursor, at):
            return
        own = await self._own(at)
        others = [await self._peer(peer, at) for peer in peers]
        yield audience_page(FEED, [own, *(one for one in others if one is not None)], at)

    async def _own(self, at: datetime) -> AudienceSnapshot:
        asked: dict[str, str | int] = {
            "metric": "followers_count,views",
            "since": int((at - _PERIOD).timestamp()),
            "until": int(at.timestamp()),
        }
        told = metrics(await self._graph.get("me/threads_insights", asked))
        return AudienceSnapshot(
            network=NETWORK,
            account=await self._lists.username() or "me",
            taken_at=at,
            followers=told.get("followers_count"),
            views=told.get("views"),
        )

    async def _peer(self, peer: str, at: datetime) -> AudienceSnapshot | None:
        asked = {"username": peer, "fields": _PROFILE}
        try:
            found = await self._graph.get("profile_lookup", asked)
        except (RateLimited, Unavailable):
            raise
        except ConnectorError as error:  # no such profile, too few followers, no permission
            log.info("threads.peer_unknown error=%s", type(error).__name__)
            return None
        return AudienceSnapshot(
            network=NETWORK,
            account=line(found.get("username")) or peer,
            taken_at=at,
            followers=figure(found.get("follower_count")),
        )


def _key(external_id: str) -> MentionKey:
    return MentionKey(network=NETWORK, external_id=external_id)
