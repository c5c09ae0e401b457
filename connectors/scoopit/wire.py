"""Scoop.it's JSON into mentions: a curated post, the comments under it, its figures.

Fields: https://www.scoop.it/dev/api/1/types and the service's own client (Scoopit/scoopit-api-rs).
Built from them, never seen live; no recorded answer holds a post, and how a comment is written is
known from the documentation's outline alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from connectors.connector import Reject
from connectors.dates import believable, from_epoch
from connectors.mention import Author, Engagement, Kind, Media, Mention, MentionKey
from connectors.reading import figure, line, mapping, mappings, string, strings, web_address
from connectors.text import html_to_text, language_code, plain
from connectors.walk import Found

NETWORK = "scoopit"
_ID = re.compile(r"-?\d{1,19}")  # 64 bits with a sign
_MAX_TEXT = 20_000
_MAX_PAYLOAD = 64_000


def read_posts(
    posts: Iterable[object], at: datetime, *, topic: Mapping[str, Any] | None = None
) -> tuple[list[Found], list[Reject]]:
    found: list[Found] = []
    rejects: list[Reject] = []
    for item in posts:
        try:
            found.extend(read_post(mapping(item), at, topic=topic or {}))
        except ValueError as error:
            rejects.append(rejected(item, error))
    return found, rejects


def read_post(
    post: Mapping[str, Any], at: datetime, *, topic: Mapping[str, Any]
) -> Iterator[Found]:
    """The post, its figures as soon as they change, each comment; ValueError where it has no id.

    Lists go by the day of curation: it is the position of all three.
    """
    external_id = identity(post)
    curated = _date(post.get("curationDate"), at)
    link, image = web_address(post.get("url")), _first(post, "largeImageUrl", "imageUrl")
    declared = mapping(post.get("topic")).get("lang") or topic.get("lang")
    mention = Mention(
        network=NETWORK,
        external_id=external_id,
        kind=Kind.POST,
        published_at=_date(post.get("publicationDate"), at) or curated,
        url=web_address(post.get("scoopUrl")),
        title=line(post.get("title")),
        text="\n\n".join(filter(None, (_insight(post), _plain(post.get("content"))))),
        language=language_code(declared) if isinstance(declared, str) else None,
        author=_author(post.get("author")),
        links=(link,) if link else (),  # the article that was curated
        media=(Media(kind="image", url=image),) if image else (),
        tags=tuple(tag for tag in map(line, strings(post.get("tags"))) if tag),
    )
    yield Found(id=external_id, position=curated, mentions=(mention,))
    figures = _figures(post, mention.key, at)
    if figures is not None:
        told = (figures.views, figures.reactions, figures.replies)
        yield Found(id=f"{external_id}@{told}", position=curated, engagements=(figures,))
    for comment in mappings(post.get("comments")):
        child = _comment(comment, mention, at)
        if child is not None:
            yield Found(id=f"#{child.external_id}", position=curated, mentions=(child,))


def identity(item: Mapping[str, Any]) -> str:
    external_id = string(item.get("id"))
    if external_id is None or not _ID.fullmatch(external_id):
        raise ValueError("a post without a usable id")
    return external_id


def rejected(item: object, error: ValueError) -> Reject:
    payload = json.dumps(item, ensure_ascii=False, default=str)[:_MAX_PAYLOAD]
    return Reject(
        error=str(error),
        payload=payload.encode("utf-8", "replace"),
        external_id=string(mapping(item).get("id")),
    )


def _comment(comment: Mapping[str, Any], post: Mention, at: datetime) -> Mention | None:
    """None where it has no id: nothing would tell it from the next one."""
    own_id = string(comment.get("id"))
    if own_id is None or not _ID.fullmatch(own_id):
        return None
    html = comment.get("htmlText")
    text = _plain(comment.get("text"))
    if not text and isinstance(html, str):
        text = html_to_text(html)
    return Mention(
        network=NETWORK,
        external_id=f"comment:{own_id}",  # counted apart from the posts
        kind=Kind.COMMENT,
        published_at=_date(comment.get("date"), at),
        url=post.url,
        text=text,
        language=post.language,
        author=_author(comment.get("author")),
        parent_id=post.external_id,
        root_id=post.external_id,
    )


def _figures(post: Mapping[str, Any], key: MentionKey, at: datetime) -> Engagement | None:
    """Views are told to the topic's owner only."""
    thanks, reactions = figure(post.get("thanksCount")), figure(post.get("reactionsCount"))
    liked = [one for one in (thanks, reactions) if one is not None]
    views, replies = figure(post.get("pageViews")), figure(post.get("commentsCount"))
    if not liked and views is None and replies is None:
        return None
    return Engagement(
        key=key,
        taken_at=at,
        views=views,
        reactions=sum(liked) if liked else None,
        replies=replies,
    )


def _author(value: object) -> Author:
    author = mapping(value)
    return Author(
        external_id=string(author.get("id")),
        handle=line(author.get("shortName")),
        name=line(author.get("name")),
    )


def _insight(post: Mapping[str, Any]) -> str:
    """What the curator adds; only as HTML where the plain one is left out."""
    html = post.get("htmlInsight")
    return _plain(post.get("insight")) or (html_to_text(html) if isinstance(html, str) else "")


def _plain(value: object) -> str:
    return plain(value[:_MAX_TEXT]) if isinstance(value, str) else ""


def _first(post: Mapping[str, Any], *names: str) -> str | None:
    return next((url for name in names if (url := web_address(post.get(name)))), None)


def _date(value: object, at: datetime) -> datetime | None:
    """Milliseconds since 1970."""
    return believable(from_epoch(value), at) if figure(value) is not None else None
