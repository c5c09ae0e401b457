"""One feed from its cursor up to now: pages that are paid for, walked back, and read."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import structlog

from connectors.budget import Budget, BudgetSpent
from connectors.connector import Clock, Cursor, Cursors, Gap, Page, Reject
from connectors.reading import mapping, mappings, string
from connectors.walk import Found, Listing, StaleToken, Walk, Window, walk_back
from connectors.x.api import Api, BadBound, BadPageToken, items_of, problem_type
from connectors.x.counts import count_affordable
from connectors.x.feeds import PAGE_SIZE, Feed, fields
from connectors.x.meter import Charge, Meter
from connectors.x.people import People
from connectors.x.settings import XSettings
from connectors.x.shelf import finished, rest_name, shelved, walks, within
from connectors.x.wire import Post, read_includes, read_post, rejected

log = structlog.get_logger(__name__)
_MAX_PAGES = 500  # a feed and poll: the walk goes on from there at the next one


class _NothingNew(Exception):
    """The search would find nothing."""


@dataclass(slots=True, kw_only=True)
class Reader:
    """`own` is the hospital's own login where there is one, else the app's."""

    app: Api
    own: Api
    own_charge: Callable[[], Awaitable[Charge]]
    settings: XSettings
    meter: Meter
    people: People
    clock: Clock
    quoted: dict[str, int] = field(default_factory=dict)  # quotes that posts are seen to have

    async def pages(
        self, feed: Feed, cursors: Cursors, given: set[str]
    ) -> AsyncGenerator[Page, None]:
        """New posts, newest first. BudgetSpent leaves what is left of the walk on the shelf."""
        kept = cursors.get(feed.name)
        cursor, gap = self._reachable(feed, kept)
        if cursor is None and kept is not None:
            cursor = finished(kept)
        last: Cursor | None = None
        try:
            async with aclosing(self._walk(feed, feed.name, cursor, given)) as found:
                async for page in found:
                    last = page.cursor or last
                    yield page if gap is None else replace(page, gaps=(gap,))
                    gap = None
        except _NothingNew:
            yield Page(feed=feed.name, complete=True, gaps=(gap,) if gap else ())
        except BudgetSpent:
            rest = cursors.get(rest_name(feed.name))
            # A post's quotes are few, and nobody would look on its shelf: its own cursor keeps them.
            for page in () if feed.kind == "quotes" else shelved(feed.name, last or cursor, rest):
                yield page
            raise

    async def rest(
        self, feed: Feed, cursors: Cursors, given: set[str]
    ) -> AsyncGenerator[Page, None]:
        """What money left unread of earlier walks, the latest first."""
        name = rest_name(feed.name)
        waiting = walks(cursors.get(name))
        while waiting:
            walk, *others = waiting
            reachable, gap = self._reachable(feed, walk)
            gaps = (gap,) if gap else ()
            if reachable is None:
                waiting = others
                yield Page(feed=name, gaps=gaps, cursor=_shelf(waiting), complete=not waiting)
                continue
            async with aclosing(self._walk(feed, name, reachable, given)) as found:
                async for page in found:
                    ended = not mapping(page.cursor).get("walk")
                    waiting = others if ended else [mapping(page.cursor), *others]
                    done = ended and not others
                    yield replace(page, cursor=_shelf(waiting), gaps=gaps, complete=done)
                    gaps = ()
                    if ended:
                        break  # what came since is the live feed's
                else:
                    return

    def _reachable(self, feed: Feed, cursor: Cursor | None) -> tuple[Cursor | None, Gap | None]:
        """None as the cursor: a walk of which nothing is left. Only the search has a window."""
        if feed.window is None or cursor is None:
            return cursor, None
        return within(cursor, self.clock() - feed.window)

    async def _walk(
        self, feed: Feed, name: str, cursor: Cursor | None, given: set[str]
    ) -> AsyncGenerator[Page, None]:
        settings = self.settings
        pages = walk_back(
            name,
            cursor,
            partial(self._fetch, feed, name, given),
            window=Window(look_back=settings.look_back, overlap=settings.overlap),
            clock=self.clock,
            given=given,
            max_pages=_MAX_PAGES,
        )
        async for page in pages:
            yield page

    async def _fetch(self, feed: Feed, name: str, given: set[str], walk: Walk) -> Listing:
        try:
            answer = await self._bought(feed, name, walk)
        except BadPageToken as error:
            raise StaleToken(str(error)) from error
        except BadBound:
            if walk.token is not None:
                raise
            # X's window ended a little later than our clock said: by date, it only cuts.
            answer = await self._bought(feed, name, walk, by_date=True)
        found, rejects = await self.read(items_of(answer), answer)
        here = {post.version for post in found}
        # Newest first: an earlier version would come last, and undo the edit.
        last = [
            p for p in found if p.latest == p.version or not (p.latest in here or p.latest in given)
        ]
        return Listing(
            found=[found_of(post) for post in last],
            token=string(mapping(answer.get("meta")).get("next_token")),
            rejects=rejects,
        )

    async def _bought(
        self, feed: Feed, name: str, walk: Walk, *, by_date: bool = False
    ) -> dict[str, Any]:
        """One page, for what the money reaches. The search's last cents go by the count."""
        api = self.own if feed.own else self.app
        charge = await self.own_charge() if feed.own else self.meter.posts
        purposes = self._purposes(feed)
        params = {**feed.params, **feed.bounds(walk, self.clock(), by_date=by_date)}
        try:
            return await self._page(feed, name, api, charge, PAGE_SIZE, purposes, params)
        except BudgetSpent:
            if feed.kind != "search" or walk.token is not None or walk.until is not None:
                raise
            counted = await count_affordable(self.app, self.meter, feed, params, self.clock())
            if counted is None:
                raise
        if counted.posts <= len(walk.seen):
            raise _NothingNew
        params["end_time"] = counted.until
        least = counted.posts
        return await self._page(feed, name, api, charge, least, purposes, params, least=least)

    async def _page(
        self,
        feed: Feed,
        name: str,
        api: Api,
        charge: Charge,
        want: int,
        purposes: tuple[Budget, ...],
        params: dict[str, str],
        *,
        least: int | None = None,
    ) -> dict[str, Any]:
        least = feed.least if least is None else least
        async with self.meter.paying(name, charge, want, *purposes, least=least) as paid:
            size = {"max_results": max(paid.count, feed.least)}
            answer = await api.get(feed.path, {**params, **size, **fields(self.settings.fields)})
            paid.delivered = ids_of(items_of(answer))
        return answer

    def _purposes(self, feed: Feed) -> tuple[Budget, ...]:
        """The last of a day's money is kept for those who address the hospital."""
        return () if feed.kind == "mentions" else (self.meter.searches,)

    async def read(
        self, items: Iterable[object], answer: dict[str, Any]
    ) -> tuple[list[Post], list[Reject]]:
        """Posts with their authors; what cannot be read is set aside."""
        at, includes = self.clock(), read_includes(answer)
        self.people.take(includes.users.values())
        listed = list(items)
        await self.people.learn({a for i in listed if (a := string(mapping(i).get("author_id")))})
        posts: list[Post] = []
        rejects: list[Reject] = []
        for item in listed:
            try:
                posts.append(read_post(item, at, self.people.author, includes))
            except ValueError as error:
                rejects.append(rejected(item, error))
        for post in posts:
            self._note_quotes(post)
        tell_partial(answer)
        return posts, rejects

    def _note_quotes(self, post: Post) -> None:
        """Who quotes a post may say nothing that a search would find."""
        is_own = self.people.is_own(post.mention.author.external_id)
        if post.quotes >= (1 if is_own else self.settings.quotes_from):
            self.quoted[post.version] = post.quotes


def found_of(post: Post) -> Found:
    return Found(
        id=post.version,
        position=post.position,
        mentions=(post.mention,),
        engagements=(post.engagement,) if post.engagement is not None else (),
    )


def ids_of(items: Iterable[object]) -> list[str]:
    """Ids of what was delivered, hence paid; one without id is paid all the same."""
    return [string(mapping(item).get("id")) or f"?{place}" for place, item in enumerate(items)]


def tell_partial(answer: dict[str, Any]) -> None:
    """Errors beside data concern what posts refer to: told, the data is kept."""
    kinds = sorted({problem_type(error) for error in mappings(answer.get("errors"))})
    if kinds:
        log.info("x.partial_answer", kinds=kinds)


def _shelf(waiting: list[dict[str, Any]]) -> Cursor:
    return {"v": 1, "walks": waiting}
