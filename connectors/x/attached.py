"""What hangs on a post: the text with its links spelt out, hashtags, accounts, media.

https://docs.x.com/x-api/fundamentals/data-dictionary. Media are told from the post's own entities
and keys: their addresses and descriptions are resources of their own, which X charges for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from typing import Any

from connectors.mention import Media
from connectors.reading import mapping, mappings, string, strings, web_address
from connectors.text import plain
from connectors.urls import canonical_url

_MAX_TEXT = 30_000
_KINDS = {"photo": "image", "video": "video", "animated_gif": "video"}
# How media keys begin: undocumented, stable since they exist; an unknown one is an image at least.
_KEYS = {"3": "image", "7": "video", "13": "video", "16": "video"}
_MEDIA_LINK = re.compile(r"/status/\d+/(photo|video)/\d+$")
_STATUS = re.compile(r"https?://(?:www\.|mobile\.)?(?:x|twitter)\.com/[^/]+/status/(\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    text: str
    links: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    media: tuple[Media, ...] = ()


def read_content(post: dict[str, Any], media: dict[str, dict[str, Any]]) -> Content:
    """`media`: what `includes.media` held, by key; empty unless it was asked for."""
    long = mapping(post.get("note_tweet")) or mapping(post.get("note_post"))
    written = long.get("text") or post.get("text")
    text = written[:_MAX_TEXT] if isinstance(written, str) else ""
    entities = mapping(long.get("entities")) or mapping(post.get("entities"))
    links: dict[str, None] = {}
    pictured: list[Media] = []
    for found in mappings(entities.get("urls")):
        text = _spelt_out(text, found, links, pictured)
    tags = (string(tag.get("tag")) for tag in mappings(entities.get("hashtags")))
    names = (string(named.get("username")) for named in mappings(entities.get("mentions")))
    return Content(
        text=plain(_unescaped(text)),
        links=tuple(links),
        tags=tuple(dict.fromkeys(tag.lstrip("#") for tag in tags if tag)),
        accounts=tuple(dict.fromkeys(name.lower() for name in names if name)),
        media=_media(post, media) or tuple(pictured),
    )


def _spelt_out(
    text: str, found: dict[str, Any], links: dict[str, None], pictured: list[Media]
) -> str:
    """t.co's address becomes the page's; that of a picture or of the quoted post goes."""
    short = string(found.get("url"))
    target = web_address(found.get("unwound_url")) or web_address(found.get("expanded_url"))
    if target is None:
        return text
    if (shown := _MEDIA_LINK.search(target)) is not None:
        kind = "video" if shown[1] == "video" else "image"
        if not pictured or found.get("media_key"):
            pictured.append(Media(kind=kind))
        return text.replace(short, "") if short else text
    if _STATUS.match(target):
        return text.replace(short, "") if short else text
    if (link := canonical_url(target, keep_fragment=True)) is not None:
        links[link] = None
        target = link
    return text.replace(short, target) if short else text


def _media(post: dict[str, Any], included: dict[str, dict[str, Any]]) -> tuple[Media, ...]:
    keys = strings(mapping(post.get("attachments")).get("media_keys"))
    return tuple(_medium(key, included.get(key, {})) for key in keys)


def _medium(key: str, details: dict[str, Any]) -> Media:
    said = details.get("type")
    kind = _KINDS.get(said) if isinstance(said, str) else None
    return Media(
        kind=kind or _KEYS.get(key.partition("_")[0], "image"),
        url=web_address(details.get("url")) or web_address(details.get("preview_image_url")),
        alt=string(details.get("alt_text")),
    )


def _unescaped(text: str) -> str:
    """X escapes &, < and > once; gateways do so again."""
    for _ in range(2):
        if "&" not in text:
            break
        text = unescape(text)
    return text
