"""Recommendations of the Page, while the network still gives them.

https://developers.facebook.com/docs/graph-api/reference/page/ratings/
The references contradict each other: the edge is still shown for v25.0, its type is said to be gone
since v22.0 (code 12). So it is tried, and where it is gone, tried again once a day; the Page's mean
(connectors/facebook/people.py), the webhook and imports then tell of them. Never seen live.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from connectors.connector import Clock, Cursor, Gap, Page
from connectors.edges import read_edge
from connectors.facebook.posts import Active, Round, first_reach, found
from connectors.facebook.settings import FacebookSettings
from connectors.facebook.wire import RATING_FIELDS, read_rating
from connectors.graph import Deprecated, Graph
from connectors.reading import instant, mapping
from connectors.walk import Found, Listing, Walk, Window, walk_back

FEED = "ratings"
_PROBE_EVERY = timedelta(days=1)
_RETIRED = (
    "Facebook gives recommendations no longer in this version (code 12): only their mean, "
    "webhooks and imports tell of them"
)


class Ratings:
    """`retired` is None until the network was asked."""

    def __init__(self, graph: Graph, settings: FacebookSettings, clock: Clock) -> None:
        self._graph = graph
        self._settings = settings
        self._clock = clock
        self.retired: bool | None = None

    async def pages(self, current: Round) -> AsyncGenerator[Page, None]:
        cursor, at = current.cursors.get(FEED), self._clock()
        probed = instant(mapping(cursor).get("retired_at"))
        if probed is not None and timedelta(0) <= at - probed < _PROBE_EVERY:
            self.retired = True
            return
        try:
            async for page in self._walked(cursor, at, current.active):
                self.retired = False
                yield page
        except Deprecated:
            self.retired = True
            kept = {name: value for name, value in (cursor or {}).items() if name != "v"}
            told = () if probed is not None else (Gap(since=None, until=at, reason=_RETIRED),)
            stopped = {"v": 1, **kept, "retired_at": at.isoformat()}
            yield Page(feed=FEED, gaps=told, cursor=stopped, complete=True)

    async def _walked(
        self, cursor: Cursor | None, at: datetime, active: dict[str, Active]
    ) -> AsyncIterator[Page]:
        settings = self._settings
        since = first_reach(cursor, at, settings.look_back)

        async def fetch(walk: Walk) -> Listing:
            def read(raw: dict[str, Any]) -> tuple[Found, ...]:
                rating = read_rating(raw, self._clock())
                self._note(raw, rating.position, active)
                return found(rating, walk, since=since, seen_at=self._clock())

            path = f"{settings.page}/{FEED}"
            params: dict[str, str | int] = {"fields": RATING_FIELDS, "limit": settings.page_size}
            return await read_edge(self._graph, path, params, walk, read)

        window = Window(
            look_back=max(settings.look_back, settings.comments_for),
            overlap=max(settings.overlap, settings.comments_for),
        )
        async for page in walk_back(FEED, cursor, fetch, window=window, clock=self._clock):
            yield replace(page, cursor={**(page.cursor or {}), "from": since.isoformat()})

    def _note(
        self, raw: dict[str, Any], position: datetime | None, active: dict[str, Active]
    ) -> None:
        """The hospital's answer to a recommendation is a comment of its story; as none is counted,
        it is looked for once a day."""
        story = mapping(raw.get("open_graph_story")).get("id")
        at = self._clock()
        if not isinstance(story, str) or not story.isdecimal() or position is None:
            return
        if position >= at - self._settings.comments_for:
            active[story] = Active(id=story, published=position, sign=f"day {at.date()}")
