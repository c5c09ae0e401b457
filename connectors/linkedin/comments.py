"""The comments under the page's recent posts, and the replies to them, as far as they are new.

One request tells the counts of many posts; only threads whose count has changed are walked. The
order of a thread is not documented: it is read as newest first where a page shows it, to its end
elsewhere.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from itertools import islice

from connectors.connector import Clock, ConnectorError, Cursor, Malformed, Page, Reject
from connectors.linkedin.api import Api, Denied, NotFound
from connectors.linkedin.figures import BATCH, Figures, read_figures
from connectors.linkedin.threads import Thread, Threads
from connectors.linkedin.told import Told
from connectors.linkedin.urns import comment_parts, escaped, is_comment
from connectors.linkedin.wire import read_comment, read_post, rejected, replies_to
from connectors.mention import Engagement
from connectors.order import not_older, since
from connectors.walk import Found, Listing, Walk, Window, walk_back

_MAX_PAGES = 100  # of posts listed, and of one thread looked through for replies


class Comments:
    """One organisation's; a new one for each poll.

    A thread that is refused or cannot be read does not stop the others: `pages` raises at the end.
    """

    def __init__(
        self,
        api: Api,
        organization: str,
        *,
        feed: str,
        window: Window,
        lasting: timedelta,
        clock: Clock,
        told: Told,
    ) -> None:
        self._api = api
        self._organization = organization
        self._feed = feed
        self._window = window
        self._lasting = lasting
        self._clock = clock
        self._told = told
        self._failed: ConnectorError | None = None
        self._read_any = False

    async def pages(self, cursor: Cursor | None) -> AsyncIterator[Page]:
        names = [name async for name in self._recent_posts()]
        threads = Threads.load(cursor, names, self._clock() - self._window.look_back)
        for batch in _batches(names):
            figures = await self._figures(batch)
            if news := _news(threads, figures):
                yield self._page(threads, Page(engagements=news))
            for name in batch:
                async for page in self._post(threads, name, figures.get(name)):
                    yield self._page(threads, page)
        if isinstance(self._failed, Malformed) or (self._failed and not self._read_any):
            raise self._failed
        yield replace(self._page(threads, Page()), complete=True)

    async def _recent_posts(self) -> AsyncIterator[str]:
        """Posts published or changed while their comments are watched, the latest first."""
        floor = self._clock() - self._lasting
        token: str | None = None
        given: set[str] = set()
        for _page in range(_MAX_PAGES):
            items, token = await self._api.page("posts", posts_params(self._organization), token)
            found = [read for item in items if (read := _post_or_none(item, self._clock()))]
            positions = [post.position for post in found if post.position is not None]
            for post in found:
                name = post.id.rpartition("@")[0]
                if post.mentions and name not in given and since(post.position, floor):
                    given.add(name)
                    yield name
            if token is None or (positions and max(positions) < floor):
                return

    async def _figures(self, names: list[str]) -> dict[str, Figures | None]:
        """Nothing where they are not for us: then every thread is walked."""
        try:
            return await read_figures(self._api, names, self._clock)
        except (Denied, NotFound):
            return {}
        except Malformed as error:
            self._failed = error
            return {}

    async def _post(
        self, threads: Threads, post: str, figures: Figures | None
    ) -> AsyncIterator[Page]:
        thread = threads.posts[post]
        if thread.is_read_up_to(figures.engagement.replies if figures else None):
            return
        try:
            async for page in self._walked(thread, threads.since, post, post):
                yield page
            async for page in self._replies(threads, post, figures):
                yield page
        except (Denied, NotFound, Malformed) as error:
            # Closed to comments, gone since it was listed, or not what it should be.
            if not isinstance(error, NotFound) or self._failed is None:
                self._failed = error
            return
        self._read_any = True
        thread.ends(figures)

    async def _replies(
        self, threads: Threads, post: str, figures: Figures | None
    ) -> AsyncIterator[Page]:
        """Every comment of the post says how many replies it has: those with more are read."""
        thread, nested = threads.posts[post], figures.nested if figures else None
        if nested == 0 or (nested is not None and nested == thread.nested):
            return
        async for comment, replies in self._answered(post):
            _, number = comment_parts(comment) or ("", comment)
            below = thread.replies.setdefault(number, Thread())
            if below.is_read_up_to(replies):
                continue
            async for page in self._walked(below, threads.since, comment, post):
                yield page
            below.count = None if below.under_way else replies

    async def _answered(self, post: str) -> AsyncIterator[tuple[str, int]]:
        """The comments of a post that have replies, and how many."""
        token: str | None = None
        for _page in range(_MAX_PAGES):
            items, token = await self._api.page(_path(post), {}, token)
            for item in items:
                if (answered := replies_to(item)) is not None and answered[1] > 0:
                    yield answered
            if token is None:
                return

    async def _walked(
        self, thread: Thread, since: datetime, name: str, post: str
    ) -> AsyncIterator[Page]:
        window = replace(self._window, look_back=self._clock() - since)
        fetch = partial(self._fetch, name, post)
        async for page in walk_back(
            self._feed, thread.walk, fetch, window=window, clock=self._clock
        ):
            thread.walk = page.cursor
            yield page

    async def _fetch(self, name: str, post: str, walk: Walk) -> Listing:
        items, token = await self._api.page(_path(name), {}, walk.token)
        found, rejects = self._parsed(items, name, post)
        return Listing(found=not_older(found, walk.floor), token=token, rejects=rejects)

    def _parsed(
        self, items: Iterable[object], name: str, post: str
    ) -> tuple[list[Found], list[Reject]]:
        at = self._clock()
        parent = name if is_comment(name) else None
        found: list[Found] = []
        rejects: list[Reject] = []
        for item in items:
            try:
                read = read_comment(item, at, post=post, parent=parent)
            except ValueError as error:
                rejects.append(rejected(item, error))
                continue
            found.append(read)
            self._told.add(read.mentions[0].external_id)
        return found, rejects

    def _page(self, threads: Threads, page: Page) -> Page:
        """The cursor of them all; only the last page of `pages` completes the feed."""
        return replace(page, feed=self._feed, cursor=threads.dump(), complete=False)


def posts_params(organization: str) -> dict[str, str]:
    """https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/posts-api#find-posts-by-authors"""
    return {"author": escaped(organization), "q": "author", "sortBy": "LAST_MODIFIED"}


def _news(threads: Threads, figures: dict[str, Figures | None]) -> list[Engagement]:
    """The counts that moved since they were last given."""
    read = (known.engagement for known in figures.values() if known is not None)
    return [now for now in read if threads.posts[now.key.external_id].is_news(now)]


def _path(thread: str) -> str:
    return f"socialActions/{escaped(thread)}/comments"


def _post_or_none(item: object, at: datetime) -> Found | None:
    try:
        return read_post(item, at)
    except ValueError:
        return None  # rejected by the list of posts itself


def _batches(names: list[str]) -> Iterator[list[str]]:
    left = iter(names)
    while batch := list(islice(left, BATCH)):
        yield batch
