"""The lists that a poll walks: own media, what stands under them, tags, hashtags.

https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-user/media
(and …/ig-user/tags, …/ig-media/comments, …/ig-hashtag/recent_media, …/ig-hashtag-search).
Their orders are as far as the reference says: comments and media newest first; of tags and
hashtags it says nothing, so `unordered_overlap` is looked through again each time.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from connectors.branches import Rhythm, Trunk, read_branches
from connectors.budget import Budget, Ledger, account_of
from connectors.connector import Clock, Cursor, Page
from connectors.dates import EARLIEST
from connectors.edges import read_edge
from connectors.foreign import Foreign
from connectors.graph import Gone, Graph, data_of, next_token, page_params
from connectors.instagram.settings import InstagramSettings
from connectors.instagram.wire import identity, read_comment, read_date, read_media
from connectors.mention import Engagement
from connectors.reading import figure, mapping, mappings, string, web_address
from connectors.walk import Fetch, Found, Listing, Walk, Window, walk_back

Params = dict[str, str | int]
PAGE_SIZE = 50  # as hashtags and comments allow at most
MEDIA = (
    "id,caption,comments_count,like_count,media_type,media_product_type,media_url,thumbnail_url,"
    "permalink,timestamp,username,children{id,media_type,media_url,thumbnail_url}"
)
TAGGED = "id,caption,comments_count,like_count,media_type,media_url,permalink,timestamp,username"
_HASHTAG = "id,caption,comments_count,like_count,media_type,media_url,permalink,timestamp"
_COMMENT = "id,text,timestamp,username,like_count,parent_id,from"
_REPLIES = f"id,replies.limit({PAGE_SIZE}){{{_COMMENT}}}"
_FOLLOWED = "id,timestamp,comments_count,permalink"
_MAX_FOLLOWED = 500  # media
_BUSY = 500  # comments: from here on, all of them are gone through for replies once an hour at most
_PAGES_AGAIN = 4
_MAX_KNOWN = 20_000
_DAY = timedelta(days=1)  # that recent_media covers


class Lists:
    def __init__(
        self, graph: Graph, settings: InstagramSettings, *, ledger: Ledger, clock: Clock
    ) -> None:
        self._graph = graph
        self._settings = settings
        self._ledger = ledger
        self._clock = clock
        account = account_of(settings.user_id)
        self.budget = Budget(
            name="instagram hashtags",
            limit=settings.hashtag_limit,
            unit="hashtags",
            every=settings.hashtag_window,
            account=account,
        )
        self.foreign = Foreign(ledger, name="instagram others' media", account=account)
        self.comments_met: set[str] = set()
        self.listed_at: dict[str, Fetch] = {}  # where others' media were met, by id
        self._posts: list[Trunk] | None = None

    def begin_poll(self) -> None:
        """The followed media are listed once a poll, for comments and replies."""
        self._posts = None

    def meet_comments(self, ids: Collection[str]) -> None:
        """Remembered, so that their figures are asked for as a comment's."""
        if len(self.comments_met) > _MAX_KNOWN:
            self.comments_met.clear()
        self.comments_met.update(ids)

    async def still_ours(self) -> None:
        """Raises where what stands on the account cannot be read."""
        under = ",comments.limit(1){id}" if self._settings.comments else ""
        params: Params = {"fields": f"id{under}", "limit": 1}
        await self._graph.get(f"{self._settings.user_id}/media", params)

    async def own(self, cursor: Cursor | None, given: set[str]) -> AsyncIterator[Page]:
        async for page in self._walk("media", cursor, self._media("media", MEDIA), given):
            yield page

    async def tagged(self, cursor: Cursor | None, given: set[str]) -> AsyncIterator[Page]:
        """Private media are not given, nor those whose tag was taken off."""
        fetch, overlap = self._media("tags", TAGGED), self._settings.unordered_overlap
        async for page in self._walk("tags", cursor, fetch, given, overlap=overlap):
            await self._met(page, fetch)
            yield page

    async def hashtag(
        self, tag: str, cursor: Cursor | None, given: set[str]
    ) -> AsyncIterator[Page]:
        """The last day's media under a hashtag; its id, the same for ever, is kept in the cursor."""
        feed = f"hashtag:{tag}"
        await self._ledger.first_time(self.budget, [tag])
        hashtag_id = _digits(mapping(cursor).get("hashtag_id")) or await self._hashtag_id(tag)
        if hashtag_id is None:  # nobody has used it yet
            yield Page(feed=feed, complete=True)
            return
        path = f"{hashtag_id}/recent_media"
        fetch = self._edge(path, {"user_id": self._settings.user_id, "fields": _HASHTAG})
        overlap = min(self._settings.unordered_overlap, _DAY)
        async for page in self._walk(feed, cursor, fetch, given, overlap=overlap):
            await self._met(page, fetch)
            yield replace(page, cursor={**(page.cursor or {}), "hashtag_id": hashtag_id})

    async def _met(self, page: Page, fetch: Fetch) -> None:
        ids = [mention.external_id for mention in page.mentions]
        await self.foreign.add(ids)
        if len(self.listed_at) > _MAX_KNOWN:
            self.listed_at.clear()
        self.listed_at |= dict.fromkeys(ids, fetch)

    async def listed_again(self, ids: Collection[str]) -> list[Engagement]:
        """Figures of others' media, out of the top of the lists where this process met them."""
        found: dict[str, Engagement] = {}
        for fetch in dict.fromkeys(self.listed_at[one] for one in ids if one in self.listed_at):
            walk = Walk(mark=EARLIEST, floor=EARLIEST, overlap=timedelta(0))
            wanted = {one for one in ids if self.listed_at.get(one) is fetch}
            for _page in range(_PAGES_AGAIN):
                listing = await fetch(walk)
                walk.take(listing.found, listing.token)
                for item in listing.found:
                    if item.id in wanted:
                        found |= {figures.key.external_id: figures for figures in item.engagements}
                if walk.done or wanted <= found.keys():
                    break
        return list(found.values())

    async def comments(self, cursor: Cursor | None) -> AsyncIterator[Page]:
        """New comments under each followed media whose count changed."""
        async for page in read_branches(
            "comments",
            cursor,
            await self._followed(),
            self._comments_of,
            rhythm=lambda _post: Rhythm(),
            window=self._window(),
            clock=self._clock,
        ):
            yield page

    async def replies(self, cursor: Cursor | None) -> AsyncIterator[Page]:
        """New replies, under old comments too: all comments of a media are gone through for them."""
        async for page in read_branches(
            "replies",
            cursor,
            await self._followed(),
            self._replies_of,
            rhythm=_replies_rhythm,
            window=self._window(),
            clock=self._clock,
        ):
            yield page

    def _walk(
        self,
        feed: str,
        cursor: Cursor | None,
        fetch: Fetch,
        given: set[str],
        *,
        overlap: timedelta | None = None,
    ) -> AsyncIterator[Page]:
        window = self._window(overlap)
        return walk_back(feed, cursor, fetch, window=window, clock=self._clock, given=given)

    def _window(self, overlap: timedelta | None = None) -> Window:
        settings = self._settings
        wanted = settings.overlap if overlap is None else overlap
        return Window(look_back=settings.look_back, overlap=wanted)

    def _media(self, edge: str, fields: str) -> Fetch:
        return self._edge(f"{self._settings.user_id}/{edge}", {"fields": fields})

    def _edge(self, path: str, params: dict[str, str]) -> Fetch:
        async def fetch(walk: Walk) -> Listing:
            at = self._clock()
            asked: Params = {**params, "limit": PAGE_SIZE}
            return await read_edge(
                self._graph, path, asked, walk, lambda item: (read_media(item, at),)
            )

        return fetch

    async def _hashtag_id(self, tag: str) -> str | None:
        params = {"user_id": self._settings.user_id, "q": tag}
        try:
            found = data_of(await self._graph.get("ig_hashtag_search", params))
        except Gone:
            return None
        return _digits(mapping(found[0]).get("id")) if found else None

    async def _followed(self) -> list[Trunk]:
        """Own media young enough, with how many comments each has, replies included."""
        if self._posts is None:
            self._posts = await self._list_followed()
        return self._posts

    async def _list_followed(self) -> list[Trunk]:
        oldest = self._clock() - self._settings.follow
        followed: list[Trunk] = []
        token: str | None = None
        while len(followed) < _MAX_FOLLOWED:
            params: Params = {"fields": _FOLLOWED, "limit": PAGE_SIZE, **page_params(token)}
            answer = await self._graph.get(f"{self._settings.user_id}/media", params)
            page = list(self._trunks(data_of(answer)))
            young = [post for post in page if post.published is None or post.published >= oldest]
            followed += young
            before, token = token, next_token(answer)
            if token is None or token == before or (page and not young):
                break
        return list({post.id: post for post in followed}.values())

    def _trunks(self, items: list[Any]) -> Iterator[Trunk]:
        for item in mappings(items):
            try:
                media_id = identity(item)
            except ValueError:
                continue
            yield Trunk(
                id=media_id,
                published=read_date(item.get("timestamp"), self._clock()),
                count=figure(item.get("comments_count")),
                url=web_address(item.get("permalink")),
            )

    async def _comments_of(self, media: Trunk, walk: Walk) -> Listing:
        at = self._clock()

        def read(item: dict[str, Any]) -> tuple[Found, ...]:
            found = read_comment(item, at, media_id=media.id, url=media.url)
            self.meet_comments([found.id])
            return (found,)

        params: Params = {"fields": _COMMENT, "limit": PAGE_SIZE}
        return await read_edge(self._graph, f"{media.id}/comments", params, walk, read)

    async def _replies_of(self, media: Trunk, walk: Walk) -> Listing:
        """A page of comments as the replies to them. What is older than the walk's floor was given:
        left out, it does not end the walk, which is ordered by the comments."""
        more: list[tuple[str, str]] = []

        def read(item: dict[str, Any]) -> Iterator[Found]:
            comment_id, replies = identity(item), mapping(item.get("replies"))
            if replies and (token := next_token(replies)) is not None:
                more.append((comment_id, token))
            for reply in mappings(replies.get("data")):
                yield self._reply(reply, media, comment_id)

        params: Params = {"fields": _REPLIES, "limit": PAGE_SIZE}
        listing = await read_edge(self._graph, f"{media.id}/comments", params, walk, read)
        found, rejects = list(listing.found), list(listing.rejects)
        for comment_id, token in more:
            async for page in self._more_replies(media, comment_id, token, walk):
                found += page.found
                rejects += page.rejects
        young = [one for one in found if one.position is None or one.position >= walk.floor]
        return Listing(found=young, token=listing.token, rejects=rejects)

    async def _more_replies(
        self, media: Trunk, comment_id: str, token: str, walk: Walk
    ) -> AsyncIterator[Listing]:
        """The rest of a long thread, whose first page came with its comment."""
        following: str | None = token
        while following is not None:
            onward = Walk(mark=walk.mark, floor=walk.floor, overlap=walk.overlap, token=following)
            page = await read_edge(
                self._graph,
                f"{comment_id}/replies",
                {"fields": _COMMENT, "limit": PAGE_SIZE},
                onward,
                lambda item: (self._reply(item, media, comment_id),),
            )
            yield page
            following = page.token if page.token != following else None

    def _reply(self, item: dict[str, Any], media: Trunk, comment_id: str) -> Found:
        at = self._clock()
        found = read_comment(item, at, media_id=media.id, url=media.url, parent_id=comment_id)
        self.meet_comments([found.id])
        return found


def _replies_rhythm(media: Trunk) -> Rhythm:
    busy = media.count is not None and media.count > _BUSY
    return Rhythm(pause=timedelta(hours=1) if busy else timedelta(0))


def _digits(value: object) -> str | None:
    read = string(value)
    return read if read is not None and read.isascii() and read.isdecimal() else None
