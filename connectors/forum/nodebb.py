"""NodeBB's own JSON: every post with its topic, its votes and its answers, page by page.

https://docs.nodebb.org/api/read/ (GET /api/recent/posts, src/posts/summary.js) and
https://docs.nodebb.org/api/write/ (GET /api/v3/posts/{pid}). Built from sources and documentation;
never seen live.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any

from connectors.connector import Malformed, Reject
from connectors.dates import believable, from_epoch
from connectors.forum.dialects import NODEBB
from connectors.forum.mapping import NETWORK
from connectors.forum.words import Words, own_words
from connectors.http import Response
from connectors.mention import Author, Engagement, Kind, Media, Mention, MentionKey
from connectors.reading import count, instant, line, mapping, string
from connectors.text import html_images, html_links, html_to_line, html_to_text
from connectors.urls import canonical_url
from connectors.walk import Found, Listing, Walk

PATH = "api/recent/posts"
_MANY = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeBB:
    """One board: `key` makes its numbers unique, `home` is where its links lead."""

    key: str
    home: str
    language: str | None = None
    forums: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    openings_only: bool = False

    def listing(self, response: Response, walk: Walk, at: datetime) -> Listing:
        """A page of posts. The last one is the empty one: hidden posts leave pages short."""
        posts = response.json()
        if not isinstance(posts, list):
            raise Malformed("no list of posts", payload=response.body)
        found: list[Found] = []
        rejects: list[Reject] = []
        for post in posts:
            try:
                found.append(self.found(post, at))
            except ValueError as error:
                rejects.append(_rejected(post, error))
        return Listing(
            found=found, rejects=rejects, token=str(page_number(walk) + 1) if posts else None
        )

    def found(self, post: object, at: datetime) -> Found:
        """ValueError where it cannot be a post."""
        if not isinstance(post, dict):
            raise ValueError("a post that is no JSON object")
        number = _id(post.get("pid"))
        if number is None:
            raise ValueError("a post without its number")
        said = believable(
            from_epoch(post.get("timestamp")) or instant(post.get("timestampISO")), at
        )
        if not self._wanted(post):
            return Found(id=number, position=said)
        mention = self._mention(post, number, said, at)
        figures = engagement(post, mention.key, at)
        return Found(
            id=f"{number}@{_version(mention)}",
            position=said,
            mentions=(mention,),
            engagements=(figures,) if figures else (),
        )

    def _wanted(self, post: dict[str, Any]) -> bool:
        if post.get("deleted") in (1, True):
            return False
        topic = mapping(post.get("topic"))
        forum = _id(mapping(post.get("category")).get("cid")) or _id(topic.get("cid"))
        if self.topics and _id(post.get("tid")) in self.topics:
            return True
        if self.openings_only and not _opens(post):
            return False
        return not (self.forums or self.topics) or forum in self.forums

    def _mention(
        self, post: dict[str, Any], number: str, said: datetime | None, at: datetime
    ) -> Mention:
        topic, opens = mapping(post.get("topic")), _opens(post)
        content = post.get("content")
        words = own_words(content if isinstance(content, str) else "", "")
        root = None if opens else self._root(post)
        answered = _id(post.get("toPid"))
        parent = self._post(answered) if answered else self._quoted(words) or root
        edited = believable(from_epoch(post.get("edited") or None), at)
        title, forum = topic.get("title"), mapping(post.get("category")).get("name")
        return Mention(
            network=NETWORK,
            external_id=self._post(number),
            kind=Kind.POST if opens else Kind.REPLY,
            published_at=said,
            edited_at=edited if edited and said and edited > said else None,
            url=f"{self.home}post/{number}",
            title=html_to_line(title) or None if isinstance(title, str) else None,
            text=html_to_text(words.html),
            language=self.language,
            author=self._author(post),
            parent_id=None if opens else parent,
            root_id=root,
            links=_links(words.html),
            media=self._media(words.html),
            tags=(html_to_line(forum),) if isinstance(forum, str) and forum.strip() else (),
        )

    def _root(self, post: dict[str, Any]) -> str | None:
        opening = _id(mapping(post.get("topic")).get("mainPid"))
        topic = _id(post.get("tid"))
        if opening:
            return self._post(opening)
        return f"{self.key}/t{topic}" if topic else None

    def _quoted(self, words: Words) -> str | None:
        found = (m[1] for a in words.answers for p in NODEBB.post if (m := p.search(a)))
        number = next(found, None)
        return self._post(number) if number else None

    def _author(self, post: dict[str, Any]) -> Author:
        user = mapping(post.get("user"))
        number = _id(user.get("uid")) or _id(post.get("uid"))
        return Author(
            external_id=f"{self.key}/u{number}" if number and number != "0" else None,
            handle=line(user.get("userslug")) or line(post.get("handle")),
            name=line(user.get("displayname")) or line(user.get("username")),
        )

    def _media(self, html: str) -> tuple[Media, ...]:
        images = html_images(html)[:_MANY]
        found = ((canonical_url(source, base=self.home), alt) for source, alt in images)
        return tuple(Media(kind="image", url=url, alt=alt) for url, alt in found if url)

    def _post(self, number: str) -> str:
        return f"{self.key}/p{number}"


def page_number(walk: Walk) -> int:
    token = walk.token or "1"
    return int(token) if token.isdecimal() and len(token) < 7 else 1


def engagement(post: dict[str, Any], key: MentionKey, at: datetime) -> Engagement | None:
    """Upvotes, and the answers that name this post. NodeBB counts views by topic, not by post."""
    reactions = count(post.get("upvotes"))
    replies = count(mapping(post.get("replies")).get("count"))
    replies = replies if replies is not None else count(post.get("replies"))
    if reactions is None and replies is None:
        return None
    return Engagement(key=key, taken_at=at, reactions=reactions, replies=replies)


def is_gone(response: Response) -> bool:
    """Said by NodeBB itself: a 404 of whatever stands before it erases nothing."""
    if response.status not in (404, 410):
        return False
    try:
        return mapping(mapping(response.json()).get("status")).get("code") == "not-found"
    except Malformed:
        return False


def _version(mention: Mention) -> str:
    """Lists do not tell when a post was edited: it comes again where it says something else."""
    said = f"{mention.title}\0{mention.text}"
    return blake2b(said.encode("utf-8", "replace"), digest_size=6).hexdigest()


def _opens(post: dict[str, Any]) -> bool:
    if isinstance(post.get("isMainPost"), bool):
        return bool(post["isMainPost"])
    opening = _id(mapping(post.get("topic")).get("mainPid"))
    return opening is not None and opening == _id(post.get("pid"))


def _id(value: object) -> str | None:
    """A number; posts that came by federation have their address instead."""
    read = string(value)
    return read if read and len(read) <= 300 and read.isprintable() else None


def _links(html: str) -> tuple[str, ...]:
    found = (canonical_url(link) for link in html_links(html)[:_MANY])
    return tuple(dict.fromkeys(link for link in found if link))


def _rejected(post: object, error: Exception) -> Reject:
    payload = json.dumps(post, default=str).encode()[:4_000]
    return Reject(error=str(error), payload=payload, external_id=None)
