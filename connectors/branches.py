"""What stands under many posts – comments, replies – read as one feed: a walk a post, in one cursor."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from connectors.connector import Clock, ConnectorError, Cursor, Page, RateLimited, Unavailable
from connectors.graph import BadField, Denied
from connectors.http import NotFound
from connectors.reading import count, instant, mapping
from connectors.walk import Fetch, Listing, Walk, Window, walk_back, without_marks

_LATE = timedelta(days=1)  # nothing is listed later than that after it was written
FAILED = "failed"
_AWAY = 3  # posts that fail at one poll
_ODD = 3  # polls at which a post failed
_OF_ONE = (NotFound, BadField, Denied)
_REMEMBERED = 200  # marks a post, so that the cursor of them all stays small


@dataclass(frozen=True, slots=True, kw_only=True)
class Trunk:
    """A post; `count` is how many stand under it, None where the network does not say."""

    id: str
    published: datetime | None
    count: int | None
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """How often a post is looked at: not before `pause`, even where its count changed, and after
    `again` even where it did not (one deleted and one new leave it as it was)."""

    pause: timedelta = timedelta(0)
    again: timedelta = timedelta(hours=6)


async def read_branches(
    feed: str,
    cursor: Cursor | None,
    posts: Sequence[Trunk],
    fetch: Callable[[Trunk, Walk], Awaitable[Listing]],
    *,
    rhythm: Callable[[Trunk], Rhythm],
    window: Window,
    clock: Clock,
    given: set[str] | None = None,
) -> AsyncIterator[Page]:
    """The new under each post that is due, each page with the cursor of them all.

    A post that is no longer among `posts` is forgotten. What one of them fails in is raised once the
    rest was read, at once where the network asks to wait; one that was deleted since it was listed,
    is refused alone, or failed alone at several polls is passed over. `given` is as for `walk_back`.
    """
    before = mapping(mapping(cursor).get("posts"))
    kept: dict[str, Any] = {post.id: mapping(before.get(post.id)) for post in posts}
    settle(kept, clock() - window.overlap)
    failed: dict[str, ConnectorError] = {}
    read_any = False
    for post in (p for p in posts if _is_due(p, kept[p.id], clock(), rhythm(p))):
        walked = partial(walk_back, feed, window=narrow(window), clock=clock, given=given)
        try:
            async for page in _branch(post, kept, walked, partial(fetch, post), clock):
                yield replace(page, cursor=_cursor(kept, cursor), complete=False)
            read_any = True
        except RateLimited:
            raise
        except ConnectorError as error:
            failed[post.id] = error
            if is_away(failed, kept):
                break
    if failed and read_any:
        note(failed, kept)
        yield Page(feed=feed, cursor=_cursor(kept, cursor))
        failed = {one: failed[one] for one in failed if not is_odd(failed[one], kept[one])}
    if failed:
        raise next(iter(failed.values()))
    yield Page(feed=feed, cursor=_cursor(kept, {"mark": clock().isoformat()}), complete=True)


async def _branch(
    post: Trunk,
    kept: dict[str, Any],
    walked: Callable[[Cursor, Fetch], AsyncIterator[Page]],
    fetch: Fetch,
    clock: Clock,
) -> AsyncIterator[Page]:
    """The walk under one post, noting where it stands."""
    state, asked_at = kept[post.id], clock()
    async for page in walked(mapping(state.get("walk")), fetch):
        kept[post.id] = {**state, "walk": page.cursor}
        yield page
    kept[post.id].pop(FAILED, None)
    if "walk" not in mapping(kept[post.id].get("walk")):
        kept[post.id] |= {"count": post.count, "read_at": asked_at.isoformat()}


def is_away(failed: Mapping[str, ConnectorError], posts: Mapping[str, Any]) -> bool:
    """Whether it is the network that fails, and not a few odd posts."""
    unexpected = [
        one for one, error in failed.items()
        if isinstance(error, Unavailable) and not is_odd(error, posts.get(one))
    ]  # fmt: skip
    return len(unexpected) >= _AWAY


def note(failed: Mapping[str, ConnectorError], posts: dict[str, Any]) -> None:
    """Count the polls at which a post failed while others were read."""
    for one in failed:
        state = mapping(posts.get(one))
        posts[one] = {**state, FAILED: (count(state.get(FAILED)) or 0) + 1}


def is_odd(error: ConnectorError, state: object) -> bool:
    """Of this post alone: it must not keep the feed from ever being complete."""
    return isinstance(error, _OF_ONE) or (count(mapping(state).get(FAILED)) or 0) >= _ODD


def narrow(window: Window) -> Window:
    """Of one walk among many in a cursor."""
    return replace(window, remembered=_REMEMBERED)


def settle(posts: dict[str, Any], at: datetime) -> None:
    """Forget what was given under posts that have been calm for a day, each with its `walk`."""
    for post_id, state in posts.items():
        if walk := mapping(mapping(state).get("walk")):
            posts[post_id] = {**state, "walk": without_marks(walk, at - _LATE)}


def _is_due(post: Trunk, state: dict[str, Any], at: datetime, rhythm: Rhythm) -> bool:
    if "walk" in mapping(state.get("walk")):
        return True
    read_at = instant(state.get("read_at"))
    if read_at is None:
        return post.count != 0
    if at - read_at >= rhythm.again:
        return post.count != 0
    changed = post.count is None or post.count != count(state.get("count"))
    return changed and at - read_at >= rhythm.pause


def _cursor(kept: dict[str, Any], before: Cursor | None) -> Cursor:
    return {
        "v": 1,
        "mark": mapping(before).get("mark"),
        "posts": {post_id: state for post_id, state in kept.items() if state},
    }
