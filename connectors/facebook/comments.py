"""Comments and replies of recent posts, in one feed: a post is read again only when its sign changes.

https://developers.facebook.com/docs/graph-api/reference/object/comments
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from connectors.branches import FAILED, is_away, is_odd, narrow, note, settle
from connectors.connector import Clock, ConnectorError, Cursor, Malformed, Page, Unavailable
from connectors.edges import Read, read_edge
from connectors.facebook.posts import Active, first_reach, found
from connectors.facebook.settings import FacebookSettings
from connectors.facebook.wire import COMMENT_FIELDS, CORE_FIELDS, read_comment
from connectors.graph import BadField, Graph
from connectors.http import NotFound
from connectors.reading import instant, mapping, string
from connectors.walk import Found, Listing, Walk, Window, walk_back

FEED = "comments"
_MAX_POSTS = 400  # of which a position is kept: the newest with comments

State = dict[str, Any]
"""Of one post: `published`, the `sign` under which it was read, when it was `read`, its `walk`."""


class Comments:
    def __init__(self, graph: Graph, settings: FacebookSettings, clock: Clock) -> None:
        self._graph = graph
        self._settings = settings
        self._clock = clock
        self._fields = COMMENT_FIELDS

    async def pages(
        self, cursor: Cursor | None, active: Iterable[Active]
    ) -> AsyncGenerator[Page, None]:
        """What is new under each post whose sign is another than when it was last read."""
        at = self._clock()
        since = first_reach(cursor, at, self._settings.look_back)
        states = self._kept(cursor, at)
        failed: dict[str, ConnectorError] = {}
        due = _due(active, states)
        for post in due:
            try:
                async for page in self._read(post, since, states):
                    yield page
            except (Malformed, Unavailable) as error:
                failed[post.id] = error
                states.setdefault(post.id, {"published": post.published.isoformat()})
                if is_away(failed, states):
                    break
        if failed and len(failed) < len(due):
            note(failed, states)
            yield Page(feed=FEED, cursor=_cursor(states, since))
        for one, failure in failed.items():
            if not is_odd(failure, states[one]):
                raise failure
        yield Page(feed=FEED, cursor=_cursor(states, since), complete=True)

    async def _read(
        self, post: Active, since: datetime, states: dict[str, State]
    ) -> AsyncIterator[Page]:
        state: State = {**states.get(post.id, {}), "published": post.published.isoformat()}
        state.pop(FAILED, None)
        asked_at = self._clock()
        pages = walk_back(
            FEED,
            mapping(state.get("walk")),
            partial(self._fetch, post, since),
            window=narrow(Window(look_back=asked_at - since, overlap=self._settings.overlap)),
            clock=self._clock,
        )
        read = {"sign": post.sign, "read": asked_at.isoformat()}
        try:
            async for page in pages:
                state = {**state, "walk": page.cursor, **(read if page.complete else {})}
                states[post.id] = state
                yield replace(page, cursor=_cursor(states, since), complete=False)
        except (NotFound, BadField) as error:
            # Gone, or not ours to read: the next look at its figures tells which. The story of a
            # recommendation may know no comments at all.
            if isinstance(error, BadField) and "_" in post.id:
                raise
            states[post.id] = {**state, **read}

    async def _fetch(self, post: Active, since: datetime, walk: Walk) -> Listing:
        def read(raw: dict[str, Any]) -> tuple[Found, ...]:
            comment = read_comment(raw, self._clock(), post_id=post.id)
            return found(comment, walk, since=since, seen_at=self._clock())

        try:
            return await self._asked(post, walk, read, self._fields)
        except BadField:
            if self._fields == CORE_FIELDS:
                raise
            listing = await self._asked(post, walk, read, CORE_FIELDS)
            self._fields = CORE_FIELDS
            return listing

    async def _asked(self, post: Active, walk: Walk, read: Read, fields: str) -> Listing:
        params: dict[str, str | int] = {
            "fields": fields,
            "filter": "stream",
            "order": "reverse_chronological",
            "summary": "true",
            "limit": self._settings.page_size,
        }
        return await read_edge(self._graph, f"{post.id}/comments", params, walk, read)

    def _kept(self, cursor: Cursor | None, at: datetime) -> dict[str, State]:
        """Without the posts that are too old to be asked about."""
        oldest = at - self._settings.comments_for
        kept = mapping(mapping(cursor).get("posts"))
        states = {post_id: mapping(state) for post_id, state in kept.items()}
        settle(states, at - self._settings.overlap)
        return {
            post_id: state
            for post_id, state in states.items()
            if (instant(state.get("published")) or oldest) > oldest
        }


def _due(active: Iterable[Active], states: dict[str, State]) -> list[Active]:
    """Those never read first, then those that waited longest: a quota must starve none."""
    newest = sorted(active, key=lambda post: post.published, reverse=True)[:_MAX_POSTS]
    due = [post for post in newest if states.get(post.id, {}).get("sign") != post.sign]
    return sorted(due, key=lambda post: string(states.get(post.id, {}).get("read")) or "")


def _cursor(states: dict[str, State], since: datetime) -> Cursor:
    newest = sorted(states, key=lambda post: str(states[post].get("published")), reverse=True)
    kept = {post_id: states[post_id] for post_id in newest[:_MAX_POSTS]}
    return {"v": 1, "from": since.isoformat(), "posts": kept}
