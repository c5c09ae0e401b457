"""The lists that a poll walks: searches, mentions, own threads and what is said under them.

https://developers.facebook.com/docs/threads/keyword-search,
https://developers.facebook.com/docs/threads/threads-mentions,
https://developers.facebook.com/docs/threads/retrieve-and-manage-replies/replies-and-conversations.
Paths are those of Meta's own sample application; never seen live.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.branches import Rhythm, Trunk, read_branches
from connectors.budget import Budget, Ledger
from connectors.connector import Clock, Cursor, Page
from connectors.edges import read_edge
from connectors.foreign import Foreign
from connectors.graph import BadField, Graph, data_of, next_token, page_params
from connectors.reading import instant, line, mappings, string, web_address
from connectors.threads.settings import ThreadsSettings
from connectors.threads.wire import identity, read_post
from connectors.walk import Fetch, Listing, Walk, Window, walk_back

PAGE_SIZE = 100
Params = dict[str, str | int]
_SEARCHED = (
    "id,text,media_type,permalink,timestamp,username,has_replies,is_quote_post,is_reply,topic_tag"
)
_ALL = (
    f"{_SEARCHED},media_url,thumbnail_url,alt_text,link_attachment_url,quoted_post,reposted_post,"
    "root_post,replied_to"
)
_ANSWERED = (
    "id,text,media_type,permalink,timestamp,username,has_replies,is_reply,root_post,replied_to"
)
_CORE = "id,text,media_type,permalink,timestamp,username"
_FEWER = {"search": _SEARCHED, "conversation": _ANSWERED}
"""Asked for where a list refuses some field (code 100), else the core."""
_FIRST_DAY = datetime(2023, 7, 5, 7, tzinfo=UTC)
"""The network's own: an earlier `since` is refused, as far as is remembered, not documented."""
_YOUNG = timedelta(days=2)
_MAX_FOLLOWED = 500


class Lists:
    def __init__(
        self, graph: Graph, settings: ThreadsSettings, *, ledger: Ledger, account: str, clock: Clock
    ) -> None:
        self._graph = graph
        self._settings = settings
        self._ledger = ledger
        self._clock = clock
        self.budget = Budget(
            name="threads searches",
            limit=settings.search_limit,
            unit="searches",
            every=settings.search_window,
            account=account,
        )
        self.foreign = Foreign(ledger, name="threads others' posts", account=account)
        self.answers = Foreign(ledger, name="threads others' answers", account=account)
        self.mentioned = Foreign(ledger, name="threads others' mentions", account=account)
        self._refusing: set[str] = set()  # lists that do not know every field
        self._username: str | None = None

    async def username(self) -> str:
        """Of the account itself, asked once."""
        if self._username is None:
            answer = await self._graph.get("me", {"fields": "id,username"})
            self._username = line(answer.get("username")) or ""
        return self._username

    async def still_ours(self) -> None:
        """Raises where the account's own threads cannot be read."""
        await self._graph.get("me/threads", {"fields": "id", "limit": 1})

    async def search(
        self, feed: str, query: str, mode: str, cursor: Cursor | None, given: set[str]
    ) -> AsyncIterator[Page]:
        """The most recent first. What is found so can be looked up by its author alone."""

        async def fetch(walk: Walk) -> Listing:
            return await self._searched(query, mode, walk)

        async for page in self._walk(feed, cursor, fetch, given):
            await self.foreign.add(await self._others(page))
            yield page

    async def mentions(self, cursor: Cursor | None, given: set[str]) -> AsyncIterator[Page]:
        async for page in self._walk("mentions", cursor, self._edge("me/mentions"), given):
            await self.mentioned.add(await self._others(page))
            yield page

    async def own(self, cursor: Cursor | None, given: set[str]) -> AsyncIterator[Page]:
        async for page in self._walk("threads", cursor, self._edge("me/threads"), given):
            yield page

    async def replies(self, cursor: Cursor | None, given: set[str]) -> AsyncIterator[Page]:
        """Those at any depth under each own thread that has some; old threads once an hour."""
        async for page in read_branches(
            "replies",
            cursor,
            await self._followed(),
            self._conversation,
            rhythm=self._rhythm,
            window=self._window(),
            clock=self._clock,
            given=given,
        ):
            await self.answers.add(await self._others(page))
            yield page

    async def _others(self, page: Page) -> list[str]:
        if not page.mentions:
            return []
        own = await self.username()
        return [m.external_id for m in page.mentions if m.author.handle != own]

    def _walk(
        self, feed: str, cursor: Cursor | None, fetch: Fetch, given: set[str]
    ) -> AsyncIterator[Page]:
        window = self._window()
        return walk_back(feed, cursor, fetch, window=window, clock=self._clock, given=given)

    def _window(self) -> Window:
        settings = self._settings
        return Window(look_back=settings.look_back, overlap=settings.overlap)

    def _edge(self, path: str) -> Fetch:
        async def fetch(walk: Walk) -> Listing:
            return await self._listed(path, path, {"limit": PAGE_SIZE}, walk)

        return fetch

    async def _searched(self, query: str, mode: str, walk: Walk) -> Listing:
        """Each page is a query; one that finds nothing costs nothing."""
        asked: Params = {
            "q": query,
            "search_type": "RECENT",
            "search_mode": mode,
            "limit": PAGE_SIZE,
            "since": int(max(walk.floor, _FIRST_DAY).timestamp()),
        }
        if walk.until is not None:
            asked["until"] = int(walk.until.timestamp()) + 1
        await self._ledger.spend(1, self.budget)
        listing = await self._listed("search", "keyword_search", asked, walk)
        if not listing.found and not listing.rejects:
            await self._ledger.give_back(1, self.budget)
        full = len(listing.found) >= PAGE_SIZE // 2
        return Listing(
            found=listing.found,
            token=listing.token,
            rejects=listing.rejects,
            may_go_deeper=full,
        )

    async def _conversation(self, thread: Trunk, walk: Walk) -> Listing:
        asked: Params = {"limit": PAGE_SIZE, "reverse": "true"}
        path = f"{thread.id}/conversation"
        return await self._listed("conversation", path, asked, walk, root_id=thread.id)

    async def _listed(
        self, kind: str, path: str, asked: Params, walk: Walk, *, root_id: str | None = None
    ) -> Listing:
        """All the fields of a post; fewer where this kind of list refuses them."""
        at = self._clock()

        async def ask(fields: str) -> Listing:
            params = {**asked, "fields": fields}
            return await read_edge(
                self._graph,
                path,
                params,
                walk,
                lambda item: (read_post(item, at, root_id=root_id),),
            )

        fewer = _FEWER.get(kind, _CORE)
        if kind in self._refusing:
            return await ask(fewer)
        try:
            return await ask(_ALL)
        except BadField:
            listing = await ask(fewer)
        self._refusing.add(kind)
        return listing

    def _rhythm(self, thread: Trunk) -> Rhythm:
        """The network does not say how many replies there are: the younger, the more often asked."""
        age = self._clock() - (thread.published or self._clock())
        return Rhythm(pause=timedelta(0) if age < _YOUNG else timedelta(hours=1))

    async def _followed(self) -> list[Trunk]:
        oldest = self._clock() - self._settings.follow
        followed: list[Trunk] = []
        token: str | None = None
        while len(followed) < _MAX_FOLLOWED:
            asked: Params = {"fields": "id,timestamp,has_replies,permalink", "limit": PAGE_SIZE}
            answer = await self._graph.get("me/threads", {**asked, **page_params(token)})
            page = [post for item in mappings(data_of(answer)) if (post := _trunk(item))]
            young = [post for post in page if post.published is None or post.published >= oldest]
            followed += young
            before, token = token, next_token(answer)
            if token is None or token == before or (page and not young):
                break
        return list({post.id: post for post in followed}.values())


def _trunk(item: dict[str, Any]) -> Trunk | None:
    try:
        thread_id = identity(item)
    except ValueError:
        return None
    return Trunk(
        id=thread_id,
        published=instant(item.get("timestamp")),
        count=0 if item.get("has_replies") is False else None,
        url=web_address(string(item.get("permalink"))),
    )
