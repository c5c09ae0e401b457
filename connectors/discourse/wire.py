"""Discourse's posts into mentions: text without quotes and previews, figures, where it stands."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from connectors.connector import Malformed, Reject
from connectors.dates import believable
from connectors.mention import Author, Engagement, Kind, Media, Mention, MentionKey
from connectors.reading import count, instant, line, mapping, mappings, string
from connectors.text import Fragment, Images, plain
from connectors.urls import canonical_url

NETWORK = "discourse"
REGULAR = 1  # 2 and 3 are moderators' notices, 4 a whisper among staff
_LIKE = 2
_MANY = 20
_MAX_QUARANTINED = 4_000
_NOTICED = timedelta(seconds=2)  # between writing a post and its row
# Most posts are plain paragraphs: no parser is needed for them.
_PARAGRAPHS = re.compile(r"(?:<p>[^<&]*</p>\s*)+")
_PARAGRAPH = re.compile(r"<p>([^<]*)</p>")
_EMOJI = re.compile(r'<img[^>]{0,600}class="emoji[^>]{0,300}alt="(:[^"]{1,60}:)"[^>]{0,100}>')


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One post of an answer. `mention` is None where it is a notice, or hidden from readers.

    `answers` is the number, within the topic, of the post that it answers; None for the first.
    """

    id: int
    topic: int | None
    number: int
    answers: int | None
    category: int | None
    position: datetime | None
    is_gone: bool = False
    mention: Mention | None = None
    engagement: Engagement | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Forum:
    """Which forum: its address, and what its ids begin with."""

    base_url: str
    site: str

    def post_id(self, number: int) -> str:
        return f"{self.site}/p/{number}"

    def number_of(self, external_id: str) -> int | None:
        """The post's own number; None where the id is another forum's."""
        found = external_id.removeprefix(f"{self.site}/p/")
        known = found != external_id and found.isascii() and found.isdecimal()
        return int(found) if known and len(found) < 16 else None


def read_post(raw: object, forum: Forum, at: datetime) -> Post:
    """ValueError where it is no post. Deleted ones are shown to staff, and to nobody else."""
    post = mapping(raw)
    own = count(post.get("id"))
    if not own:
        raise ValueError("a post without id")
    if not isinstance(post.get("cooked"), str) and not isinstance(post.get("raw"), str):
        raise ValueError("a post without text")
    number = count(post.get("post_number")) or 0
    published = believable(instant(post.get("created_at")), at)
    is_gone = bool(post.get("deleted_at")) or post.get("user_deleted") is True
    shown = not is_gone and post.get("hidden") is not True
    is_regular = (count(post.get("post_type")) or REGULAR) == REGULAR
    mention = _mention(post, own, number, forum, published, at) if shown and is_regular else None
    return Post(
        id=own,
        topic=count(post.get("topic_id")),
        number=number,
        answers=(count(post.get("reply_to_post_number")) or 1) if number > 1 else None,
        category=count(post.get("category_id")),
        position=published,
        is_gone=is_gone and is_regular,
        mention=mention,
        engagement=_engagement(post, forum.post_id(own), number, at) if mention else None,
    )


def posts_of(listed: object, forum: Forum, at: datetime) -> tuple[list[Post], list[Reject]]:
    """Malformed where there is no list; an item that is no post is set aside."""
    if not isinstance(listed, list):
        raise Malformed("Discourse gave no posts")
    posts: list[Post] = []
    rejects: list[Reject] = []
    for raw in listed:
        try:
            posts.append(read_post(raw, forum, at))
        except ValueError as error:
            rejects.append(rejected(raw, error))
    return posts, rejects


def _mention(
    post: Mapping[str, Any],
    own: int,
    number: int,
    forum: Forum,
    published: datetime | None,
    at: datetime,
) -> Mention:
    words = _words(_html(post))
    url = _url(post, number, forum)
    is_first = number <= 1
    return Mention(
        network=NETWORK,
        external_id=forum.post_id(own),
        kind=Kind.POST if is_first else Kind.REPLY,
        published_at=published,
        edited_at=_edited(post, published, at),
        url=url,
        title=_title(post) if is_first else None,
        text=words.text,
        author=_author(post, forum),
        links=_links(words.links, url),
        media=_media(words.images, forum),
        accounts=tuple(dict.fromkeys(words.accounts))[:_MANY],
    )


def _engagement(post: Mapping[str, Any], own: str, number: int, at: datetime) -> Engagement:
    """`reads` counts the members who have read an answer. Of a first post, views and answers are
    those of its topic, which only the topic itself tells: see `topic_engagement`."""
    is_answer = number > 1
    return Engagement(
        key=MentionKey(network=NETWORK, external_id=own),
        taken_at=at,
        views=count(post.get("reads")) if is_answer else None,
        reactions=likes_of(post),
        replies=count(post.get("reply_count")) if is_answer else None,
    )


def topic_engagement(
    topic: Mapping[str, Any], first: Mapping[str, Any], own: str, at: datetime
) -> Engagement:
    """The figures of a first post. Its likes are its own: the topic's sum holds every answer's too."""
    posts = count(topic.get("posts_count"))
    return Engagement(
        key=MentionKey(network=NETWORK, external_id=own),
        taken_at=at,
        views=count(topic.get("views")),
        reactions=likes_of(first),
        replies=posts - 1 if posts else None,
    )


def likes_of(post: Mapping[str, Any]) -> int | None:
    """`like_count`, else the summary of actions, which leaves out those that nobody took."""
    if (likes := count(post.get("like_count"))) is not None:
        return likes
    summary = post.get("actions_summary")
    if not isinstance(summary, list):
        return None
    for action in mappings(summary):
        if action.get("id") == _LIKE:
            return count(action.get("count")) or 0
    return 0


def tags_of(topic: Mapping[str, Any]) -> tuple[str, ...]:
    """Names, or objects with a name since 2026."""
    tags = topic.get("tags")
    items: Iterable[object] = tags if isinstance(tags, list) else ()
    names = (tag.get("name") if isinstance(tag, dict) else tag for tag in items)
    read = (line(name) for name in names if isinstance(name, str))
    return tuple(dict.fromkeys(name for name in read if name))[:_MANY]


def _html(post: Mapping[str, Any]) -> str:
    cooked = post.get("cooked")
    if isinstance(cooked, str):
        return cooked
    raw = post.get("raw")
    return raw if isinstance(raw, str) else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What the author of a post wrote: without quotes, previews of links, and sizes of pictures."""

    text: str
    links: tuple[str, ...] = ()
    images: Images = ()
    accounts: tuple[str, ...] = ()


def _words(html: str) -> Words:
    if _PARAGRAPHS.fullmatch(html):
        return Words(text=plain("\n\n".join(_PARAGRAPH.findall(html))))
    fragment = Fragment(_EMOJI.sub(r"\1", html) if "emoji" in html else html)
    fragment.drop("aside", "quote")
    links = fragment.links()  # that of a preview is the author's, its words are not
    fragment.drop("aside", "onebox")
    fragment.drop("div", "meta")
    accounts = tuple(name.removeprefix("@") for name in fragment.words("a", "mention"))
    images = fragment.images()
    return Words(text=fragment.text(), links=links, images=images, accounts=accounts)


def _title(post: Mapping[str, Any]) -> str | None:
    return line(post.get("topic_title")) or line(post.get("title"))


def _url(post: Mapping[str, Any], number: int, forum: Forum) -> str | None:
    topic = count(post.get("topic_id"))
    if not topic:
        return None
    slug = string(post.get("topic_slug")) or "-"
    return canonical_url(f"{forum.base_url}/t/{slug[:200]}/{topic}/{number or 1}")


def _author(post: Mapping[str, Any], forum: Forum) -> Author:
    own = post.get("user_id")
    known = isinstance(own, int) and not isinstance(own, bool)
    return Author(
        external_id=f"{forum.site}/u/{own}" if known else None,
        handle=line(post.get("username")),
        name=line(post.get("name")) or line(post.get("display_username")),
    )


def _edited(post: Mapping[str, Any], published: datetime | None, at: datetime) -> datetime | None:
    # Changes of the first minutes make no new version, yet they change the text.
    updated = believable(instant(post.get("updated_at")), at)
    if updated is None or published is None or updated <= published + _NOTICED:
        return None
    return updated


def _links(written: tuple[str, ...], own: str | None) -> tuple[str, ...]:
    found = (canonical_url(link) for link in written[:_MANY])
    return tuple(dict.fromkeys(link for link in found if link and link != own))


def _media(images: Images, forum: Forum) -> tuple[Media, ...]:
    base = f"{forum.base_url}/"
    found = ((canonical_url(src, base=base), alt) for src, alt in images[:_MANY])
    return tuple(
        Media(kind="image", url=url, alt=alt)
        for url, alt in found
        if url and "/images/emoji/" not in url and "avatar" not in url
    )


def rejected(raw: object, error: ValueError) -> Reject:
    payload = json.dumps(raw, default=str)[:_MAX_QUARANTINED].encode("utf-8", "replace")
    own = string(mapping(raw).get("id"))
    return Reject(error=str(error), payload=payload, external_id=own[:100] if own else None)
