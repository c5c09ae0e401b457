"""What hangs on a post or comment: pictures, films, links; and hashtags in its text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from connectors.mention import Media
from connectors.reading import line, mapping, mappings, web_address
from connectors.urls import canonical_url

_MAX_MEDIA = 50
_HASHTAG = re.compile(r"(?<![\w&#/])#(\w{1,100})")


@dataclass(frozen=True, slots=True)
class Attached:
    title: str | None = None
    media: tuple[Media, ...] = ()
    links: tuple[str, ...] = ()


NOTHING = Attached()


def read_attachments(raw: object) -> Attached:
    """A post's `attachments{data}`, an album's pictures within (`subattachments`) included.

    https://developers.facebook.com/docs/graph-api/reference/story-attachment/
    """
    items = list(mappings(mapping(raw).get("data")))
    if not items:
        return NOTHING
    return _attached(list(islice(_flat(items), _MAX_MEDIA)))


def read_attachment(raw: object) -> Attached:
    """A comment's single `attachment`."""
    return _attached([raw]) if isinstance(raw, dict) and raw else NOTHING


def hashtags(text: str) -> tuple[str, ...]:
    """Facebook names none apart from the text."""
    if "#" not in text:
        return ()
    return tuple(dict.fromkeys(tag for tag in _HASHTAG.findall(text) if not tag.isdecimal()))


def _flat(items: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for item in items:
        inner = list(mappings(mapping(item.get("subattachments")).get("data")))
        yield from inner or (item,)


def _attached(items: list[dict[str, Any]]) -> Attached:
    media = (_media(item) for item in items)
    links = (_link(item) for item in items)
    titles = (line(item.get("title")) for item in items)
    return Attached(
        title=next((title for title in titles if title), None),
        media=tuple(found for found in media if found is not None),
        links=tuple(dict.fromkeys(link for link in links if link is not None)),
    )


def _media(item: dict[str, Any]) -> Media | None:
    kind = _kind(item)
    media = mapping(item.get("media"))
    image = web_address(mapping(media.get("image")).get("src"))
    film = web_address(media.get("source"))
    if "video" in kind:
        return Media(kind="video", url=film or image)
    if image is not None:
        return Media(kind="image", url=image, alt=line(item.get("description")))
    return Media(kind="image") if kind in ("photo", "sticker", "album") else None


def _link(item: dict[str, Any]) -> str | None:
    """Where a shared link leads; the address of a picture on Facebook is none."""
    kind = _kind(item)
    if any(word in kind for word in ("photo", "video", "album", "sticker", "animated")):
        return None
    target = web_address(item.get("unshimmed_url")) or web_address(item.get("url"))
    return canonical_url(target) if target is not None else None


def _kind(item: dict[str, Any]) -> str:
    """`media_type` is the coarser of both, and not always given."""
    kinds = (item.get("media_type"), item.get("type"))
    return " ".join(kind for kind in kinds if isinstance(kind, str))
