"""Threads' JSON into mentions: posts, replies, quotes and reposts, and the figures of own posts.

Fields: https://developers.facebook.com/docs/threads/retrieve-and-discover-posts/retrieve-posts and
https://developers.facebook.com/docs/threads/retrieve-and-manage-replies/replies-and-conversations.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from connectors.dates import believable, parse_date
from connectors.mention import Author, Engagement, Kind, Media, Mention, MentionKey
from connectors.reading import figure, instant, line, mapping, mappings, string, web_address
from connectors.text import plain
from connectors.walk import Found

NETWORK = "threads"
METRICS = ("views", "likes", "replies", "reposts", "quotes", "shares")
_ID = re.compile(r"[0-9A-Za-z_:-]{1,64}")
_TAG = re.compile(r"(?<![\w&])#(\w{1,100})")
_AT = re.compile(r"(?<![\w.])@([A-Za-z0-9_](?:[A-Za-z0-9_.]{0,28}[A-Za-z0-9_])?)")
_MEDIA = {"IMAGE": "image", "VIDEO": "video", "AUDIO": "audio", "CAROUSEL_ALBUM": "image"}
_MAX_TEXT = 20_000


def read_post(item: Mapping[str, Any], at: datetime, *, root_id: str | None = None) -> Found:
    """A post as a mention, text or not; ValueError where it has no id. Search hits carry no figures.

    `root_id` is the thread under which it was listed, where it does not say so itself.
    """
    external_id = identity(item)
    written = item.get("text")
    text = plain(written[:_MAX_TEXT]) if isinstance(written, str) else ""
    published = _date(item.get("timestamp"), at)
    parent, root = _id_of(item.get("replied_to")), _id_of(item.get("root_post")) or root_id
    parent = parent if parent != external_id else None
    root = root if root != external_id else None
    link = web_address(item.get("link_attachment_url"))
    mention = Mention(
        network=NETWORK,
        external_id=external_id,
        kind=_kind(item, parent or root_id),
        published_at=published,
        url=web_address(item.get("permalink")),
        text=text,
        author=_author(item),
        parent_id=parent or root,
        root_id=root,
        quoted_id=_id_of(item.get("quoted_post")),
        repost_of=_id_of(item.get("reposted_post")),
        links=(link,) if link else (),
        media=_media(item),
        tags=_tags(item, text),
        accounts=tuple(dict.fromkeys(_AT.findall(text))) if "@" in text else (),
    )
    return Found(id=external_id, position=published, mentions=(mention,))


def read_insights(answer: Mapping[str, Any], external_id: str, at: datetime) -> Engagement:
    """https://developers.facebook.com/docs/threads/insights; a metric that is not there is None."""
    told = metrics(answer)
    passed_on = [told[name] for name in ("reposts", "quotes", "shares") if name in told]
    return Engagement(
        key=MentionKey(network=NETWORK, external_id=external_id),
        taken_at=at,
        views=told.get("views"),
        reactions=told.get("likes"),
        replies=told.get("replies"),
        shares=sum(passed_on) if passed_on else None,
    )


def metrics(answer: Mapping[str, Any]) -> dict[str, int]:
    """By name: a total, or what each of several days adds to it."""
    told: dict[str, int] = {}
    for metric in mappings(answer.get("data")):
        name, total = (
            line(metric.get("name")),
            figure(mapping(metric.get("total_value")).get("value")),
        )
        if total is None:
            days = [figure(day.get("value")) for day in mappings(metric.get("values"))]
            known = [day for day in days if day is not None]
            total = sum(known) if known else None
        if name is not None and total is not None:
            told[name] = total
    return told


def identity(item: Mapping[str, Any]) -> str:
    external_id = string(item.get("id"))
    if external_id is None or not _ID.fullmatch(external_id):
        raise ValueError("a post without a usable id")
    return external_id


def _id_of(value: object) -> str | None:
    found = string(mapping(value).get("id"))
    return found if found is not None and _ID.fullmatch(found) else None


def _date(value: object, at: datetime) -> datetime | None:
    """`2024-01-01T18:20:00+0000`."""
    read = instant(value)
    if read is None and isinstance(value, str):
        read = parse_date(value)
    return believable(read, at)


def _kind(item: Mapping[str, Any], parent: str | None) -> Kind:
    if item.get("media_type") == "REPOST_FACADE" or _id_of(item.get("reposted_post")):
        return Kind.REPOST
    if parent is not None or item.get("is_reply") is True:
        return Kind.REPLY
    if item.get("is_quote_post") is True or _id_of(item.get("quoted_post")):
        return Kind.QUOTE
    return Kind.POST


def _author(item: Mapping[str, Any]) -> Author:
    handle = line(item.get("username"))
    verified = item.get("is_verified")
    return Author(
        external_id=string(mapping(item.get("owner")).get("id")),
        handle=handle.removeprefix("@") if handle else None,
        verified=verified if isinstance(verified, bool) else None,
    )


def _media(item: Mapping[str, Any]) -> tuple[Media, ...]:
    shown = item.get("media_type")
    kind = _MEDIA.get(shown) if isinstance(shown, str) else None
    if kind is None:
        return ()
    url = web_address(item.get("media_url")) or web_address(item.get("thumbnail_url"))
    return (Media(kind=kind, url=url, alt=line(item.get("alt_text"))),)


def _tags(item: Mapping[str, Any], text: str) -> tuple[str, ...]:
    topic = line(item.get("topic_tag"))
    named = _TAG.findall(text) if "#" in text else ()
    return tuple(dict.fromkeys((*((topic.removeprefix("#"),) if topic else ()), *named)))
