"""JSON Feed 1.0 and 1.1 (https://www.jsonfeed.org/version/1.1/), items of any quality."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from connectors.connector import Malformed, Reject
from connectors.rss.entry import Document, Enclosure, Entry, absolute, nodes_at, text_at


def json_document(feed: Any, url: str) -> Document:
    """Raises Malformed where the JSON is not a feed."""
    if not isinstance(feed, dict) or not isinstance(feed.get("items"), list):
        raise Malformed("this JSON is not a JSON Feed: it has no list of items")
    entries: list[Entry] = []
    rejects: list[Reject] = []
    for item in feed["items"]:
        if isinstance(item, dict):
            entries.append(_entry(item, feed, url))
            continue
        rejects.append(
            Reject(error="a JSON Feed item is no object", payload=repr(item)[:500].encode())
        )
    return Document(
        entries=tuple(entries),
        rejects=tuple(rejects),
        language=text_at(feed, "language"),
        older=absolute(url, text_at(feed, "next_url")),
    )


def _entry(item: Mapping[str, Any], feed: Mapping[str, Any], url: str) -> Entry:
    # 1.0 has `author`, 1.1 `authors`; an item without falls back to the feed's.
    author: Mapping[str, Any] = next(
        (
            a
            for holder in (item, feed)
            for name in ("authors", "author")
            for a in nodes_at(holder, name)
        ),
        {},
    )
    return Entry(
        id=text_at(item, "id"),
        link=absolute(url, text_at(item, "url", "external_url")),
        title=text_at(item, "title"),
        content=text_at(item, "content_html") or _markup(text_at(item, "content_text")),
        summary=_markup(text_at(item, "summary")),
        author=text_at(author, "name"),
        author_url=text_at(author, "url"),
        published=text_at(item, "date_published"),
        updated=text_at(item, "date_modified"),
        language=text_at(item, "language"),
        tags=tuple(t for t in item.get("tags") or () if isinstance(t, str))
        if isinstance(item.get("tags"), list)
        else (),
        enclosures=_enclosures(item, url),
    )


def _enclosures(item: Mapping[str, Any], url: str) -> tuple[Enclosure, ...]:
    image = text_at(item, "image", "banner_image")
    first = (Enclosure(url=absolute(url, image), type="image"),) if image else ()
    return first + tuple(
        Enclosure(
            url=absolute(url, target), type=text_at(node, "mime_type"), alt=text_at(node, "title")
        )
        for node in nodes_at(item, "attachments")
        if (target := text_at(node, "url"))
    )


def _markup(text: str) -> str:
    return escape(text, quote=False).replace("\n", "<br>")
