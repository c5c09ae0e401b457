"""Instagram's JSON into mentions: media (own, tagged, mentioned, found by hashtag) and comments.

Shapes: https://developers.facebook.com/docs/instagram-platform/reference/instagram-media and
https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-comment;
edits leave no trace in either.
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

NETWORK = "instagram"
_ID = re.compile(r"[0-9A-Za-z_:-]{1,64}")
_TAG = re.compile(r"(?<![\w&])#(\w{1,100})")
_AT = re.compile(r"(?<![\w.])@([A-Za-z0-9_](?:[A-Za-z0-9_.]{0,28}[A-Za-z0-9_])?)")
_MAX_TEXT = 10_000  # a caption has 2,200 characters at most


def read_media(item: Mapping[str, Any], at: datetime) -> Found:
    """A media as a mention, text or not; ValueError where it has no id.

    Hashtag results name no author, and `like_count` is absent where its owner hides it.
    """
    external_id = identity(item)
    text = read_text(item.get("caption"))
    published = read_date(item.get("timestamp"), at)
    mention = Mention(
        network=NETWORK,
        external_id=external_id,
        kind=_kind(item),
        published_at=published,
        url=web_address(item.get("permalink")),
        text=text,
        author=read_author(item),
        media=_media(item),
        tags=tags_in(text),
        accounts=accounts_in(text),
    )
    return Found(
        id=external_id,
        position=published,
        mentions=(mention,),
        engagements=engagements(external_id, item, at),
    )


def read_comment(
    item: Mapping[str, Any],
    at: datetime,
    *,
    media_id: str | None,
    url: str | None = None,
    parent_id: str | None = None,
    published: datetime | None = None,
) -> Found:
    """A comment, or with a parent a reply; `url` is its media's, since a comment has none here."""
    external_id = identity(item)
    text = read_text(item.get("text"))
    published = read_date(item.get("timestamp"), at) or published
    parent = parent_id or string(item.get("parent_id"))
    mention = Mention(
        network=NETWORK,
        external_id=external_id,
        kind=Kind.REPLY if parent else Kind.COMMENT,
        published_at=published,
        url=url,
        text=text,
        author=read_author(item),
        parent_id=parent or media_id,
        root_id=media_id,
        tags=tags_in(text),
        accounts=accounts_in(text),
    )
    return Found(
        id=external_id,
        position=published,
        mentions=(mention,),
        engagements=engagements(external_id, item, at),
    )


def identity(item: Mapping[str, Any]) -> str:
    external_id = string(item.get("id"))
    if external_id is None or not _ID.fullmatch(external_id):
        raise ValueError("an item without a usable id")
    return external_id


def engagements(external_id: str, item: Mapping[str, Any], at: datetime) -> tuple[Engagement, ...]:
    """The figures that are there; none where the network shows none."""
    reactions, replies = figure(item.get("like_count")), figure(item.get("comments_count"))
    if reactions is None and replies is None:
        return ()
    key = MentionKey(network=NETWORK, external_id=external_id)
    return (Engagement(key=key, taken_at=at, reactions=reactions, replies=replies),)


def read_text(value: object) -> str:
    return plain(value[:_MAX_TEXT]) if isinstance(value, str) else ""


def read_date(value: object, at: datetime) -> datetime | None:
    """`2021-08-19T09:14:16+0000`."""
    read = instant(value)
    if read is None and isinstance(value, str):
        read = parse_date(value)
    return believable(read, at)


def read_author(item: Mapping[str, Any]) -> Author:
    """`from` is there for comments on own media; else `username`, where anything is."""
    source = mapping(item.get("from"))
    handle = line(source.get("username")) or line(item.get("username"))
    owner = mapping(item.get("owner"))
    return Author(
        external_id=line(source.get("id")) or line(owner.get("id")),
        handle=handle.removeprefix("@") if handle else None,
    )


def tags_in(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_TAG.findall(text))) if "#" in text else ()


def accounts_in(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_AT.findall(text))) if "@" in text else ()


def _kind(item: Mapping[str, Any]) -> Kind:
    permalink = item.get("permalink")
    is_story = isinstance(permalink, str) and "/stories/" in permalink
    if item.get("media_product_type") == "STORY" or is_story:
        return Kind.STORY
    return Kind.VIDEO if item.get("media_type") == "VIDEO" else Kind.POST


def _media(item: Mapping[str, Any]) -> tuple[Media, ...]:
    """What is shown, an album's parts each; an address is withheld where somebody has rights in it."""
    parts = [_shown(part) for part in mappings(mapping(item.get("children")).get("data"))]
    shown = [part for part in parts if part is not None]
    if not shown and (whole := _shown(item)) is not None:
        shown = [whole]
    return tuple(shown)


def _shown(item: Mapping[str, Any]) -> Media | None:
    kind, url = item.get("media_type"), web_address(item.get("media_url"))
    if kind in ("VIDEO", "BROADCAST"):
        return Media(kind="video", url=url or web_address(item.get("thumbnail_url")))
    if kind in ("IMAGE", "CAROUSEL_ALBUM") or url is not None:
        return Media(kind="image", url=url, alt=line(item.get("alt_text")))
    return None
