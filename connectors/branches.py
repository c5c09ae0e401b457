"""What stands under many posts – comments, replies – read as one feed: a walk a post, in one cursor."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from connectors.connector import Clock, ConnectorError, Cursor, Page, RateLimited, Unavailable
from connectors.graph import BadField, Denied
from connectors.http import NotFound
from connectors.reading import count, instant, mapping
from connectors.walk import Listing, Walk, Window, walk_back, without_marks

_LATE = timedelta(days=1)  # nothing is listed later than that after it was written
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
    rest was read, at once where the network is away or asks to wait; one that was deleted since it
    was listed, or is refused alone, is passed over. `given` is as for `walk_back`.
    """
    before = mapping(mapping(cursor).get("posts"))
    kept: dict[str, Any] = {post.id: mapping(before.get(post.id)) for post in posts}
    settle(kept, clock() - window.overlap)
    window = narrow(window)
    failed: list[ConnectorError] = []
    read_any = False
    for post in posts:
        state = kept[post.id]
        if not _is_due(post, state, clock(), rhythm(post)):
            continue
        asked_at = clock()
        walk, read = mapping(state.get("walk")), partial(fetch, post)
        try:
            async for page in walk_back(feed, walk, read, window=window, clock=clock, given=given):
                kept[post.id] = {**state, "walk": page.cursor}
                yield replace(page, cursor=_cursor(kept, cursor), complete=False)
        except (RateLimited, Unavailable):
            raise
        except ConnectorError as error:
            failed.append(error)
            continue
        read_any = True
        if "walk" not in mapping(kept[post.id].get("walk")):
            kept[post.id] |= {"count": post.count, "read_at": asked_at.isoformat()}
    if failed and read_any:
        yield Page(feed=feed, cursor=_cursor(kept, cursor))
        failed = [error for error in failed if not isinstance(error, _OF_ONE)]
    if failed:
        raise failed[0]
    mark = {"mark": clock().isoformat()}
    yield Page(feed=feed, cursor=_cursor(kept, mark), complete=True)


def narrow(window: Window) -> Window:
    """Of one walk among many in a cursor."""
    return replace(window, remembered=_REMEMBERED)


def settle(posts: dict[str, Any], at: datetime) -> None:
    """Forget what was given under posts that have been calm for a day, each with its `walk`."""
    for post_id, state in posts.items():
        walk = mapping(mapping(state).get("walk"))
        mark = instant(walk.get("mark"))
        if mark is not None and mark < at - _LATE:
            posts[post_id] = {**state, "walk": without_marks(walk)}


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
