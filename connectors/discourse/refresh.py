"""Reads posts again: figures, edits, and what is gone."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from typing import Any

from connectors.connector import Clock, Closed, ConnectorError, Malformed, Page, Reject
from connectors.discourse.api import Api, Hidden
from connectors.discourse.lists import PAGE_SIZE
from connectors.discourse.topics import Topics
from connectors.discourse.wire import NETWORK, Forum, Post, posts_of, read_post, rejected
from connectors.http import NotFound
from connectors.mention import Deletion, Engagement, Mention, MentionKey, alive

_TOGETHER = 2  # posts asked for, close enough to come in one page of the newest posts


class Refresh:
    """Neighbours are read by a page of the forum's list, others one by one.

    A post that is gone, or whose topic is, answers 404 or 410, or is marked so: believed only while
    the forum itself is shown to us. One that is not for us (any more) answers 403 `invalid_access`.
    """

    def __init__(self, api: Api, forum: Forum, topics: Topics, clock: Clock) -> None:
        self._api = api
        self._forum = forum
        self._topics = topics
        self._clock = clock
        self._is_open: bool | None = None

    async def pages(self, external_ids: Collection[str]) -> AsyncIterator[Page]:
        numbers = (self._forum.number_of(external_id) for external_id in external_ids)
        left = sorted({number for number in numbers if number is not None}, reverse=True)
        while left:
            near = [number for number in left if number > left[0] - PAGE_SIZE]
            if len(near) < _TOGETHER:
                yield await self._page([], left[:1])
                left = left[1:]
                continue
            listed = {post.id: post for post in await self._listed(left[0])}
            lowest = min(listed, default=left[0])
            reached = [number for number in near if number >= lowest] or near[:1]
            found = [listed[number] for number in reached if number in listed]
            yield await self._page(found, [n for n in reached if n not in listed])
            left = left[len(reached) :]

    async def _listed(self, highest: int) -> Sequence[Post]:
        """https://docs.discourse.org/#tag/Posts/operation/listPosts"""
        answer = await self._api.get("posts.json", {"before": highest + 1})
        posts, _ = posts_of(answer.get("latest_posts"), self._forum, self._clock())
        return posts

    async def _page(self, found: Sequence[Post], alone: Sequence[int]) -> Page:
        """What was found, and those that no list shows: unlisted, or gone."""
        posts = list(found)
        gone: list[int] = []
        kept_back: list[int] = []
        rejects: list[Reject] = []
        for number in alone:
            try:
                raw = await self._raw(number)
            except Hidden:
                if not await self._forum_is_open():
                    raise
                kept_back.append(number)
                continue
            if raw is None:
                gone.append(number)
                continue
            try:
                posts.append(read_post(raw, self._forum, self._clock()))
            except ValueError as error:
                rejects.append(rejected(raw, error))
        gone += [post.id for post in posts if post.is_gone]
        at = self._clock()
        return Page(
            feed="refresh",
            mentions=[m for post in posts if (m := await self._edited(post)) is not None],
            engagements=[
                *[await self._figures(post) for post in posts if not post.is_gone],
                *(alive(self._key(number), at) for number in kept_back),
            ],
            deletions=[
                Deletion(network=NETWORK, seen_at=at, external_id=self._forum.post_id(number))
                for number in gone
            ],
            rejects=rejects,
        )

    async def _raw(self, number: int) -> dict[str, Any] | None:
        """https://docs.discourse.org/#tag/Posts/operation/getPost. None: it is gone."""
        try:
            return await self._api.get(f"posts/{number}.json")
        except (NotFound, Closed):
            if await self._forum_is_open():
                return None
            raise

    async def _forum_is_open(self) -> bool:
        if self._is_open is None:
            try:
                answer = await self._api.get("posts.json")
                self._is_open = bool(answer.get("latest_posts"))
            except ConnectorError:
                self._is_open = False
        return self._is_open

    async def _edited(self, post: Post) -> Mention | None:
        if post.mention is None or post.mention.edited_at is None:
            return None
        found = await self._topics.found(post)
        return found.mentions[-1] if found.mentions else None

    def _key(self, number: int) -> MentionKey:
        return MentionKey(network=NETWORK, external_id=self._forum.post_id(number))

    async def _figures(self, post: Post) -> Engagement:
        """A first post's stand with its topic."""
        own = post.engagement or alive(self._key(post.id), self._clock())
        if post.engagement is None or post.number > 1 or post.topic is None:
            return own
        try:
            return await self._topics.figures(post.topic) or own
        except (NotFound, Hidden, Malformed):
            return own
