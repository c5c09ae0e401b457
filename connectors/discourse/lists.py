"""The forum's newest posts, and its search, walked back to where the last poll ended."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from hashlib import blake2b

from connectors.budget import Budget, MemoryLedger
from connectors.connector import Clock, Closed, Cursor, Malformed, Page, Reject, Watched
from connectors.dates import believable
from connectors.discourse.api import Api, Hidden
from connectors.discourse.settings import DiscourseSettings
from connectors.discourse.topics import Topics
from connectors.discourse.wire import Forum, Post, posts_of
from connectors.http import NotFound
from connectors.reading import count, instant, mapping, mappings
from connectors.walk import Found, Listing, Walk, Window, walk_back

PAGE_SIZE = 50
_SEARCH_PAGES = 10
_MOST_EMPTY = 20  # windows in a row without a post that we may see, before the list is at its end


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    name: str
    query: str | None = None  # None: the newest posts of the forum


def feeds_of(settings: DiscourseSettings, watched: Watched) -> Iterator[Feed]:
    if settings.posts:
        yield Feed(name="posts")
    if settings.search:
        words = (*watched.terms, *settings.terms, *watched.hashtags, *settings.hashtags)
        accounts = (*watched.accounts, *settings.accounts)
        for term in _unique((*words, *accounts)):
            yield Feed(name=f"search:{_digest(term.lower())}", query=term)


class Lists:
    def __init__(
        self, settings: DiscourseSettings, api: Api, forum: Forum, topics: Topics, clock: Clock
    ) -> None:
        self._settings = settings
        self._api = api
        self._forum = forum
        self._topics = topics
        self._clock = clock
        self._ledger = MemoryLedger(clock)
        self._searches = Budget(
            name="searches", limit=settings.searches_per_minute, every=timedelta(minutes=1)
        )

    async def read(self, feed: Feed, cursor: Cursor | None, given: set[str]) -> AsyncIterator[Page]:
        settings = self._settings
        fetch = (
            partial(self._newest)
            if feed.query is None
            else partial(self._searched, feed.query, given)
        )
        window = Window(look_back=settings.look_back, overlap=settings.overlap)
        pages = walk_back(feed.name, cursor, fetch, window=window, clock=self._clock, given=given)
        async for page in pages:
            yield page

    async def _newest(self, walk: Walk) -> Listing:
        """https://docs.discourse.org/#tag/Posts/operation/listPosts, fifty a page by falling id.

        `before` names the first post that is left out, or, before 2024, the last that is given; and
        there a page is a window of fifty ids, which may hold nothing that we may see.
        """
        before, empty = read_token(walk.token)
        answer = await self._api.get("posts.json", {"before": before} if before else None)
        posts, rejects = posts_of(answer.get("latest_posts"), self._forum, self._clock())
        ids = [
            number for raw in mappings(answer["latest_posts"]) if (number := count(raw.get("id")))
        ]
        token = next_token(before, empty, ids)
        posts = [post for post in posts if before is None or post.id < before]
        return Listing(found=await self._found(posts, walk), token=token, rejects=rejects)

    async def _searched(self, query: str, given: set[str], walk: Walk) -> Listing:
        """https://docs.discourse.org/#tag/Search/operation/search

        It gives an excerpt of one post a topic, the newest, on ten pages; further back goes by date.
        """
        await self._ledger.spend(1, self._searches)
        page = int(walk.token) if walk.token and walk.token.isdecimal() else 1
        words = '"' + query.replace('"', " ").strip() + '"'
        since = walk.floor.date().isoformat()
        asked = f"{words} after:{since} order:latest"
        if walk.until is not None:
            asked += f" before:{(walk.until + timedelta(days=1)).date().isoformat()}"
        answer = await self._api.get("search.json", {"q": asked, "page": page})
        # Where nothing was found, there is no list of posts but the summary.
        summary = mapping(answer.get("grouped_search_result"))
        hits = answer.get("posts", [] if summary else None)
        if not isinstance(hits, list):
            raise Malformed("Discourse gave no search result")
        posts: list[Post] = []
        rejects: list[Reject] = []
        topics: set[int] = set()
        known: list[Found] = []  # from before, or by another list of this poll: to be remembered
        for hit in mappings(hits):
            at = believable(instant(hit.get("created_at")), self._clock())
            own, topic = count(hit.get("id")), count(hit.get("topic_id"))
            if str(own) in given or walk.has_given(str(own)) or _is_below(at, walk.floor):
                known.append(Found(id=str(own), position=at))
            elif own and topic and topic not in topics:
                topics.add(topic)
                found, odd = await self._said_in(topic, own, walk.floor)
                posts += found
                rejects += odd
        more = summary.get("more_full_page_results") is True and bool(hits)
        return Listing(
            found=[*await self._found(posts, walk), *known],
            token=str(page + 1) if more and page < _SEARCH_PAGES else None,
            rejects=rejects,
            may_go_deeper=more,
        )

    async def _said_in(
        self, topic: int, own: int, floor: datetime
    ) -> tuple[list[Post], list[Reject]]:
        """One topic that cannot be read holds up no other."""
        try:
            return await self._topics.since(topic, own, floor)
        except (NotFound, Hidden, Closed):
            return [], []  # gone since the search's index was made
        except Malformed as error:
            return [], [Reject(error=str(error), payload=error.payload[:4_000])]

    async def _found(self, posts: Sequence[Post], walk: Walk) -> list[Found]:
        self._topics.learn(posts, walk.floor)
        return [
            await self._topics.found(post)
            if self._wanted(post) and not _is_below(post.position, walk.floor)
            else Found(id=f"~{post.id}", position=post.position)
            for post in posts
        ]

    def _wanted(self, post: Post) -> bool:
        wanted = self._settings.categories
        return not wanted or post.category is None or post.category in wanted


def read_token(token: str | None) -> tuple[int | None, int]:
    """Which post the next page comes before, and how many pages in a row had nothing lower."""
    before, _, empty = (token or "").partition(" ")
    return int(before) if before.isdecimal() else None, int(empty) if empty.isdecimal() else 0


def next_token(before: int | None, empty: int, ids: Sequence[int]) -> str | None:
    lower = [number for number in ids if before is None or number < before]
    if lower:
        return f"{min(lower)} 0" if min(lower) > 1 else None
    if before is None or before <= PAGE_SIZE or empty >= _MOST_EMPTY:
        return None
    return f"{before - PAGE_SIZE + 1} {empty + 1}"


def _is_below(position: datetime | None, floor: datetime) -> bool:
    return position is not None and position < floor


def _unique(texts: Iterable[str]) -> Iterator[str]:
    met: set[str] = set()
    for text in (text.strip().lstrip("#@") for text in texts):
        if text and text.casefold() not in met:
            met.add(text.casefold())
            yield text


def _digest(text: str) -> str:
    """Feed names are shown and logged, and a term may be somebody's handle."""
    return blake2b(text.encode(), digest_size=6).hexdigest()
