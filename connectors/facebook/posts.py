"""The Page's lists of posts, newest first, and which of their posts have comments to read.

https://developers.facebook.com/docs/graph-api/reference/page/feed/ (own posts and visitors')
https://developers.facebook.com/docs/graph-api/reference/page/visitor_posts/
https://developers.facebook.com/docs/graph-api/reference/page/tagged/
The feed gives about 600 ranked posts a year, it is said: never seen to be documented.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from connectors.connector import Clock, Cursor, Cursors, Page, Unavailable
from connectors.dates import believable
from connectors.edges import read_edge
from connectors.facebook.settings import FacebookSettings
from connectors.facebook.wire import (
    CORE_FIELDS,
    NETWORK,
    POST_FIELDS,
    Read,
    comment_count,
    read_post,
)
from connectors.graph import BadField, Graph
from connectors.mention import Deletion
from connectors.reading import instant, mapping, string
from connectors.walk import Found, Listing, Walk, Window, begin, walk_back

log = logging.getLogger(__name__)
TAGGED = "tagged"
_EASED_FOR = timedelta(days=1)
_LEAST = 10  # posts a page, however often the network says that it is too much


@dataclass(frozen=True, slots=True, kw_only=True)
class Active:
    """A post with comments; `sign` changes when something was said under it."""

    id: str
    published: datetime
    sign: str


@dataclass(slots=True)
class Round:
    """What the lists of one poll have in common."""

    cursors: Cursors
    given: set[str] = field(default_factory=set)
    active: dict[str, Active] = field(default_factory=dict)


def first_reach(cursor: Cursor | None, at: datetime, look_back: timedelta) -> datetime:
    """Nothing older is ever given by this feed: where its first poll began."""
    return instant(mapping(cursor).get("from")) or at - look_back


def lists_of(settings: FacebookSettings) -> tuple[str, ...]:
    names = ["feed"]
    if settings.visitor_posts:
        names.append("visitor_posts")
    if settings.tagged:
        names.append(TAGGED)
    return tuple(names)


class Posts:
    """Each poll looks through the posts of the last `comments_for`: their counts tell where somebody
    commented, their text where somebody edited, and one request holds a hundred of them."""

    def __init__(self, graph: Graph, settings: FacebookSettings, clock: Clock) -> None:
        self._graph = graph
        self._settings = settings
        self._clock = clock
        self._size = settings.page_size
        self._reduced: set[str] = set()  # lists that do not know every field
        self._eased_at: datetime | None = None

    async def pages(self, name: str, current: Round) -> AsyncGenerator[Page, None]:
        settings, at = self._settings, self._clock()
        self._take_heart(at)
        cursor = current.cursors.get(name)
        since = first_reach(cursor, at, settings.look_back)
        window = Window(
            look_back=max(settings.look_back, settings.comments_for),
            overlap=max(settings.overlap, settings.comments_for),
        )
        others = [other for other in lists_of(settings) if other != name]
        reader = _Reader(
            # A post stands in several lists: what another had given when this poll began is known.
            others=[begin(current.cursors.get(other), window, at) for other in others],
            since=since,
            active_since=at - settings.comments_for,
            active=current.active,
            clock=self._clock,
            addressed=self._addressed(name),
        )
        pages = walk_back(
            name,
            cursor,
            partial(self._fetch, name, reader),
            window=window,
            clock=self._clock,
            given=current.given,
        )
        async for page in pages:
            yield replace(page, cursor={**(page.cursor or {}), "from": since.isoformat()})

    def _addressed(self, name: str) -> tuple[str, ...]:
        page = self._settings.page
        return (page,) if name == TAGGED and not page.isdecimal() else ()

    def _take_heart(self, at: datetime) -> None:
        """What was once too much is asked for again the next day."""
        if self._eased_at is not None and at - self._eased_at >= _EASED_FOR:
            self._size, self._eased_at = self._settings.page_size, None
            self._reduced.clear()

    async def _fetch(self, name: str, reader: _Reader, walk: Walk) -> Listing:
        fields = CORE_FIELDS if name in self._reduced else POST_FIELDS
        try:
            return await self._asked(name, fields, reader, walk)
        except Unavailable:
            # Often "reduce the amount of data you're asking for": the next poll asks for less.
            self._size, self._eased_at = max(_LEAST, self._size // 2), self._clock()
            raise
        except BadField:
            if fields == CORE_FIELDS:
                raise
        listing = await self._asked(name, CORE_FIELDS, reader, walk)
        log.warning("facebook.fields_refused list=%s", name)
        self._reduced.add(name)
        self._eased_at = self._clock()
        return listing

    async def _asked(self, name: str, fields: str, reader: _Reader, walk: Walk) -> Listing:
        params: dict[str, str | int] = {
            "fields": fields,
            "limit": self._size,
            "since": max(0, int(walk.floor.timestamp()) - 1),
        }
        if walk.until is not None:
            params["until"] = int(walk.until.timestamp()) + 1
        path = f"{self._settings.page}/{name}"
        return await read_edge(self._graph, path, params, walk, partial(reader.read, walk))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    """One post of a list into what its walk holds, noting whether there are comments to read."""

    others: Sequence[Walk]
    since: datetime
    active_since: datetime
    active: dict[str, Active]
    clock: Clock
    addressed: tuple[str, ...]

    def read(self, walk: Walk, raw: dict[str, Any]) -> tuple[Found, ...]:
        post = read_post(raw, self.clock(), addressed=self.addressed)
        self._note(raw, post)
        updated = believable(instant(raw.get("updated_time")), self.clock()) or self.clock()
        return found(post, walk, since=self.since, seen_at=updated, others=self.others)

    def _note(self, raw: dict[str, Any], post: Read) -> None:
        count = comment_count(raw)
        if post.hidden or count == 0:
            return
        if post.position is None or post.position < self.active_since:
            return
        post_id = post.mention.external_id
        updated = (string(raw.get("updated_time")) or "")[:40]
        # A comment deleted and another written leave the count as it was; a version that tells
        # neither is asked once an hour.
        sign = f"{count}@{updated or f'{self.clock():%Y-%m-%dT%H}'}"
        self.active[post_id] = Active(id=post_id, published=post.position, sign=sign)


def found(
    read: Read,
    walk: Walk,
    *,
    since: datetime,
    seen_at: datetime,
    others: Sequence[Walk] = (),
) -> tuple[Found, ...]:
    """An item as its walk remembers it: under its id, which says that it was given, and under its
    version, so that an edit is given again (`seen_at`: when it was made, or noticed).

    Nothing is said of what is older than `since`. What was given and is hidden now is a deletion.
    """
    mention, position = read.mention, read.position
    item_id = mention.external_id
    version_id = f"{item_id}@{read.version}{'-' if read.hidden else ''}"
    met = Found(id=version_id, position=position)
    if position is not None and position < since:
        return (met,)
    met_by = [other for other in others if other.has_given(item_id)]
    is_known = bool(met_by) or walk.has_given(item_id)
    if read.hidden:
        return (replace(met, deletions=(_deletion(item_id, seen_at),)) if is_known else met,)
    marker = Found(id=item_id, position=position)
    if any(other.has_given(version_id) for other in met_by):
        return marker, met
    if is_known:
        mention = replace(mention, edited_at=seen_at)
    figures = (read.engagement,) if read.engagement is not None else ()
    said = Found(id=version_id, position=position, mentions=(mention,), engagements=figures)
    return marker, said


def _deletion(item_id: str, seen_at: datetime) -> Deletion:
    return Deletion(network=NETWORK, external_id=item_id, seen_at=seen_at)
