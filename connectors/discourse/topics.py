"""Who answers whom: a post tells only the number, within its topic, of the one that it answers."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from connectors.connector import Clock, ConnectorError, Keep, Malformed, Reject, Unauthorized
from connectors.discourse.api import Api
from connectors.discourse.wire import (
    Forum,
    Post,
    posts_of,
    read_post,
    tags_of,
    topic_engagement,
)
from connectors.http import NotFound
from connectors.mention import Engagement, Mention
from connectors.reading import count, line, mapping, mappings
from connectors.walk import Found

_REMEMBERED = 2_000  # topics
_AT_ONCE = 20  # posts of a topic, as its own pages ask for them


@dataclass(slots=True)
class Topic:
    """What is known of one topic: its posts' ids by their number, and its first post."""

    ids: dict[int, int] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    first: Mention | None = None
    figures: Engagement | None = None
    is_read: bool = False
    met: bool = False  # its first post was given, or could not be


class Topics:
    """Remembers the topics it met; asks for those that it did not, where it may."""

    def __init__(self, api: Api, forum: Forum, *, clock: Clock, keep: Keep, ask: bool) -> None:
        self._api = api
        self._forum = forum
        self._clock = clock
        self._keep = keep
        self._ask = ask
        self._known: OrderedDict[int, Topic] = OrderedDict()

    def learn(self, posts: Iterable[Post], since: datetime | None = None) -> None:
        """Posts of one page; those from before `since` stand there, and are not given."""
        for post in posts:
            if post.topic is None or not post.number:
                continue
            topic = self._of(post.topic)
            topic.ids[post.number] = post.id
            is_given = since is None or post.position is None or post.position >= since
            topic.met = topic.met or (post.number == 1 and is_given)
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)

    async def found(self, post: Post) -> Found:
        """The post in its place. The first post of its topic comes along where it was not met
        before and concerns a watch: what is said under it concerns the hospital too."""
        item = Found(id=str(post.id), position=post.position)
        if post.mention is None:
            return item
        figures = (post.engagement,) if post.engagement is not None else ()
        if post.topic is None or post.answers is None:
            return replace(item, mentions=(post.mention,), engagements=figures)
        topic, is_new = await self._placed(post.topic, post.answers)
        mention = self._under(post.mention, post.answers, topic)
        first = topic.first if is_new else None
        if is_new and topic.figures is not None:
            figures = (topic.figures, *figures)
        if first is not None and not self._concerns(first):
            first, figures = None, figures[-1:]
        mentions = (first, mention) if first is not None else (mention,)
        return replace(item, mentions=mentions, engagements=figures)

    async def figures(self, number: int) -> Engagement | None:
        """Those of a topic's first post, read now."""
        topic = Topic()
        await self._read(topic, number, 1)
        return topic.figures

    async def since(
        self, number: int, own: int, floor: datetime
    ) -> tuple[list[Post], list[Reject]]:
        """What was said in a topic from `floor` on, where a search tells the post `own` alone: that
        one, and what concerns a watch, or everything where the topic itself does.

        https://docs.discourse.org/#tag/Topics/operation/getSpecificPostsFromTopic
        """
        topic = self._of(number)
        answer = await self._read(topic, number, 1)
        topic.is_read = True
        stream = mapping(answer.get("post_stream"))
        posts, rejects = posts_of(stream.get("posts"), self._forum, self._clock())
        shown = {post.id for post in posts}
        # Discourse leaves the ids of a topic of more than ten thousand posts out.
        left = [one for one in _numbers(stream.get("stream")) or [own] if one not in shown]
        older: list[Post] | None = None
        while left and (not older or _reaches(older[0], floor)):
            older, odd = await self._some(number, left[-_AT_ONCE:])
            posts, rejects = [*posts, *older], [*rejects, *odd]
            left = left[:-_AT_ONCE]
        self.learn(posts, floor)
        concerns = self._concerns(topic.first, line(answer.get("title")))
        category = count(answer.get("category_id"))
        return [
            replace(post, category=category)
            for post in posts
            if _reaches(post, floor)
            and (concerns or post.id == own or self._concerns(post.mention))
        ], rejects

    async def _some(self, number: int, ids: list[int]) -> tuple[list[Post], list[Reject]]:
        answer = await self._api.get(f"t/{number}/posts.json", [("post_ids[]", own) for own in ids])
        listed = mapping(answer.get("post_stream")).get("posts")
        return posts_of(listed, self._forum, self._clock())

    def _concerns(self, mention: Mention | None, title: str | None = None) -> bool:
        said = (title, mention.title, mention.text) if mention is not None else (title,)
        return self._keep("\n".join(part for part in said if part))

    def _of(self, number: int) -> Topic:
        topic = self._known.setdefault(number, Topic())
        self._known.move_to_end(number)
        return topic

    async def _placed(self, number: int, answers: int) -> tuple[Topic, bool]:
        topic = self._of(number)
        if topic.met or not self._ask:
            return topic, False
        topic.met = True
        try:
            if not topic.is_read:
                await self._read(topic, number, answers)
        except (NotFound, Unauthorized, Malformed):
            return topic, False  # gone, or not for us: the post stands alone
        except ConnectorError:
            topic.met = False
            raise
        return topic, True

    async def _read(self, topic: Topic, number: int, answers: int) -> dict[str, Any]:
        """https://docs.discourse.org/#tag/Topics/operation/getTopic

        The posts around `answers`; the stream begins with the first post's id.
        """
        place = f"t/{number}/{answers}.json" if answers > 1 else f"t/{number}.json"
        answer = await self._api.get(place)
        stream = mapping(answer.get("post_stream"))
        at = self._clock()
        topic.tags = tags_of(answer)
        for raw in mappings(stream.get("posts")):
            try:
                post = read_post(raw, self._forum, at)
            except ValueError:
                continue
            topic.ids.setdefault(post.number, post.id)
            if post.number == 1 and post.mention is not None:
                title = post.mention.title or line(answer.get("title"))
                topic.first = replace(post.mention, title=title, tags=topic.tags)
                topic.figures = topic_engagement(answer, raw, post.mention.external_id, at)
        ids = _numbers(stream.get("stream"))
        if ids:
            topic.ids.setdefault(1, ids[0])
        return answer

    def _under(self, mention: Mention, answers: int, topic: Topic) -> Mention:
        root = topic.ids.get(1)
        parent = topic.ids.get(answers, root)
        return replace(
            mention,
            parent_id=self._forum.post_id(parent) if parent else None,
            root_id=self._forum.post_id(root) if root else None,
            tags=mention.tags or topic.tags,
        )


def _numbers(listed: object) -> list[int]:
    return [own for own in listed if type(own) is int] if isinstance(listed, list) else []


def _reaches(post: Post, floor: datetime) -> bool:
    return post.position is None or post.position >= floor
