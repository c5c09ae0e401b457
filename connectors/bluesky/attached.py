"""What hangs on a post: links, hashtags and accounts in its text, and the media or post embedded in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from connectors.mention import Media
from connectors.reading import line, mapping, mappings, string, strings, web_address
from connectors.urls import canonical_url

POST = "app.bsky.feed.post"
_IMAGE_CDN = "https://cdn.bsky.app/img/feed_fullsize/plain"
_QUOTABLE_VIEWS = ("#viewRecord", "#viewNotFound", "#viewBlocked", "#viewDetached")


_AT_URI = re.compile(r"at://(did:[^/\s]+|[^/\s]+)/([A-Za-z0-9.-]+)/([A-Za-z0-9._:~-]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facets:
    links: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Embed:
    title: str | None = None  # of the page that a link card shows
    links: tuple[str, ...] = ()
    media: tuple[Media, ...] = ()
    quoted_id: str | None = None


def read_facets(record: dict[str, Any], text: str) -> Facets:
    """Rich text: https://docs.bsky.app/docs/advanced-guides/post-richtext (offsets are UTF-8 bytes)."""
    links: dict[str, None] = {}
    tags: dict[str, None] = {}
    accounts: dict[str, None] = {}
    encoded = text.encode(errors="replace")
    for facet in mappings(record.get("facets")):
        for feature in mappings(facet.get("features")):
            if (link := _link(feature.get("uri"))) is not None:
                links[link] = None
            elif (tag := string(feature.get("tag"))) is not None:
                tags[tag.lstrip("#")] = None
            elif (did := string(feature.get("did"))) is not None:
                accounts[_addressed(encoded, facet) or did] = None
    tags.update((tag.lstrip("#"), None) for tag in strings(record.get("tags")))
    tags.pop("", None)
    return Facets(links=tuple(links), tags=tuple(tags), accounts=tuple(accounts))


def _link(value: object) -> str | None:
    """The page's one address: campaign parameters would make two stories of it."""
    address = web_address(value)
    return canonical_url(address, keep_fragment=True) if address else None


def _addressed(encoded: bytes, facet: dict[str, Any]) -> str | None:
    """The handle written where the facet points, None where its offsets are wrong."""
    span = mapping(facet.get("index"))
    start, end = span.get("byteStart"), span.get("byteEnd")
    if not isinstance(start, int) or not isinstance(end, int) or not 0 <= start < end:
        return None
    written = encoded[start:end].decode(errors="ignore")
    return written[1:].lower() or None if written.startswith("@") else None


def read_embed(embed: dict[str, Any], author: str) -> Embed:
    """Either form: the view that the AppView hydrates, or the record that a stream carries.

    `author` is the repository (DID) that holds the blobs of the record form.
    """
    media_part = mapping(embed.get("media")) or embed
    card = mapping(media_part.get("external"))
    link = _link(card.get("uri"))
    return Embed(
        title=line(card.get("title")),
        links=(link,) if link else (),
        media=tuple(_media(media_part, author)),
        quoted_id=_quoted(mapping(embed.get("record"))),
    )


def _media(embed: dict[str, Any], author: str) -> Iterator[Media]:
    for image in (*mappings(embed.get("images")), *mappings(embed.get("items"))):
        url = web_address(image.get("fullsize")) or _blob_url(image.get("image"), author)
        yield Media(kind="image", url=url, alt=line(image.get("alt")))
    kind = embed.get("$type")
    if isinstance(kind, str) and kind.startswith("app.bsky.embed.video"):
        url = web_address(embed.get("playlist"))
        yield Media(kind="video", url=url, alt=line(embed.get("alt")))


def _blob_url(blob: object, author: str) -> str | None:
    cid = string(mapping(mapping(blob).get("ref")).get("$link"))
    return f"{_IMAGE_CDN}/{author}/{cid}@jpeg" if cid and author else None


def _quoted(record: dict[str, Any]) -> str | None:
    """The quoted post's id; feeds, lists, starter packs and labelers can be embedded too."""
    if "uri" not in record:  # recordWithMedia wraps the embed once more
        record = mapping(record.get("record"))
    uri = string(record.get("uri"))
    if uri is None:
        return None
    if (parts := at_uri(uri)) is not None:
        return uri if parts[1] == POST else None
    return uri if str(record.get("$type", "")).endswith(_QUOTABLE_VIEWS) else None


def at_uri(uri: str) -> tuple[str, str, str] | None:
    """(repository, collection, record key) of an at:// address."""
    found = _AT_URI.fullmatch(uri)
    return (found[1], found[2], found[3]) if found else None
