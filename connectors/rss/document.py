"""A feed's bytes into entries, whatever the format, the encoding and the care of who wrote it."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

import feedparser
import orjson

from connectors.connector import Malformed, Reject
from connectors.rss.entry import Document, Enclosure, Entry, absolute, count_at, nodes_at, text_at
from connectors.rss.jsonfeed import json_document

_DOCTYPE = re.compile(rb"<!DOCTYPE", re.IGNORECASE)
_DECLARATION = re.compile(rb"[^\[>]*(?:\[.*?\]\s*)?>", re.DOTALL)
_ROOT = re.compile(rb"<(?:rss|feed|rdf:RDF|channel)\b", re.IGNORECASE)
_BASE = re.compile(rb"\bbase\s*=")
_HTML = re.compile(rb"<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_MAX_QUARANTINED = 4_000
MAX_TAGS = 300_000
MAX_OPEN = 100_000
"""Elements held open cost a kilobyte each: a feed has a dozen, an attack a million."""


def parse(body: bytes, *, url: str, content_type: str = "") -> Document:
    """RSS 0.9–2.0, RDF, Atom or JSON Feed. CPU-bound: call it in a thread.

    Encoding: the XML content type's charset, else the XML declaration or byte-order mark, else
    what decodes. No DTD is read and no entity of one expanded. An empty feed is a feed.
    Raises Malformed, saying what came instead, where the body is none.
    """
    start = body[:200].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith((b"{", b"[")):
        return _json(body, url)
    _refuse_a_thicket(body)
    read = _feedparser(_without_dtd(body), url, content_type)
    if not read.get("version") and not read.entries:
        raise Malformed(_what_came(body), payload=body[:_MAX_QUARANTINED])
    return _document(read, url)


def _json(body: bytes, url: str) -> Document:
    try:
        return json_document(orjson.loads(body.removeprefix(b"\xef\xbb\xbf")), url)
    except orjson.JSONDecodeError:
        raise Malformed(
            "neither RSS, Atom nor JSON Feed: it begins like JSON and cannot be read",
            payload=body[:_MAX_QUARANTINED],
        ) from None


def _refuse_a_thicket(body: bytes) -> None:
    tags = body.count(b"<")
    still_open = tags - 2 * body.count(b"</") - body.count(b"/>")
    if tags > MAX_TAGS or still_open > MAX_OPEN:
        raise Malformed("more markup than any feed has", payload=body[:_MAX_QUARANTINED])


def _without_dtd(body: bytes) -> bytes:
    """Entities that a feed defines itself are an attack or a museum piece: neither is expanded."""
    root = _ROOT.search(body)
    end = root.start() if root else len(body)
    found = _DOCTYPE.search(body, 0, end)
    rest = _DECLARATION.match(body, found.end(), end) if found else None
    return body[: found.start()] + body[rest.end() :] if found and rest else body


def _feedparser(body: bytes, url: str, content_type: str) -> Any:
    # A stream, never the bytes: feedparser would take a short body for an address or a file name.
    # Sanitising costs sixteen times the parsing, and html_to_text does it for what is kept.
    headers = {"content-type": content_type}
    if _BASE.search(body):
        # Told where it stands, feedparser joins addresses at every element, at a third of its time:
        # only an xml:base needs that, elsewhere those of an entry are joined once.
        headers["content-location"] = url
    return feedparser.parse(
        io.BytesIO(body),
        sanitize_html=False,
        resolve_relative_uris=False,
        response_headers=headers,
    )


def _what_came(body: bytes) -> str:
    if not body.strip():
        return "neither RSS, Atom nor JSON Feed: the body is empty"
    if _HTML.search(body[:4_000]):
        return (
            "an HTML page, not a feed: give the feed's own address (often /feed/ or /rss.xml), "
            "or the site shows a login, consent or error page to programs"
        )
    return "neither RSS, Atom nor JSON Feed"


def _document(read: Any, url: str) -> Document:
    entries: list[Entry] = []
    rejects: list[Reject] = []
    for odd in read.entries:
        # feedparser's own mapping answers for members that are not there.
        raw = dict(dict.items(odd))
        try:
            entries.append(_entry(raw, url))
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            # feedparser's shapes vary with what the feed nests; one odd entry costs itself only.
            payload = repr(raw)[:_MAX_QUARANTINED].encode("utf-8", "replace")
            rejects.append(
                Reject(error=f"unreadable entry: {type(error).__name__}", payload=payload)
            )
    return Document(
        entries=tuple(entries),
        rejects=tuple(rejects),
        language=text_at(read.feed, "language"),
        older=_older(read.feed, url),
    )


def _older(feed: Mapping[str, Any], url: str) -> str:
    for link in nodes_at(feed, "links"):
        if link.get("rel") in {"next", "prev-archive"}:
            return absolute(url, text_at(link, "href"))
    if "wordpress.org" in text_at(feed, "generator") or "wordpress.org" in text_at(
        feed.get("generator_detail") or {}, "href"
    ):
        return _wordpress_older(url)
    return ""


def _wordpress_older(url: str) -> str:
    """WordPress pages its feeds with ?paged=N and says so nowhere; that of all comments it does not."""
    parts = urlsplit(url)
    if "comments/feed" in parts.path or "feed=comments" in parts.query:
        return ""
    pairs = dict(pair.partition("=")[::2] for pair in parts.query.split("&") if pair)
    current = pairs.pop("paged", "1")
    number = int(current) + 1 if current.isdigit() and len(current) < 7 else 2
    kept = "&".join(f"{name}={value}" for name, value in pairs.items())
    query = "&".join(filter(None, (kept, urlencode({"paged": number}))))
    return parts._replace(query=query, fragment="").geturl()


def _entry(raw: Mapping[str, Any], url: str) -> Entry:
    source = raw.get("source") or {}
    reply = raw.get("thr_in-reply-to") or {}
    author, author_url = _author(raw)
    base = _base(raw, url)
    return Entry(
        id=text_at(raw, "id"),
        # FeedBurner's own links are counters that have begun to die.
        link=absolute(url, text_at(raw, "feedburner_origlink", "link")),
        base=base,
        title=text_at(raw, "title"),
        content=max((text_at(c, "value") for c in nodes_at(raw, "content")), key=len, default=""),
        summary=text_at(raw, "summary"),
        author=author,
        author_url=absolute(url, author_url),
        published=text_at(raw, "published", "created"),
        updated=text_at(raw, "updated"),
        language=text_at(raw.get("title_detail") or {}, "language") or text_at(raw, "language"),
        in_reply_to=text_at(reply, "ref"),
        in_reply_to_link=text_at(reply, "href"),
        publisher=text_at(source, "title") or text_at(raw, "news_source"),
        publisher_url=absolute(url, text_at(source, "href", "link")),
        is_video="yt_videoid" in raw,
        tags=tuple(
            term for tag in nodes_at(raw, "tags") if (term := text_at(tag, "term", "label"))
        ),
        enclosures=_enclosures(raw, base or url),
        replies=count_at(raw, "slash_comments", "thr_total"),
        views=count_at(raw.get("media_statistics") or {}, "views"),
        likes=count_at(raw.get("media_starrating") or {}, "count"),
    )


def _base(raw: Mapping[str, Any], url: str) -> str:
    """The entry's xml:base; feedparser gives the document's address where there is none."""
    details = (*nodes_at(raw, "content"), *nodes_at(raw, "summary_detail"))
    bases = (text_at(detail, "base") for detail in details)
    return next((base for base in bases if base not in {"", url}), "")


def _author(raw: Mapping[str, Any]) -> tuple[str, str]:
    """dc:creator before RSS's <author>, which is meant to be an e-mail address.

    Of "paul@chu.example" feedparser makes a name, "ple": it knows no last part of five letters.
    """
    written, several = text_at(raw, "author"), nodes_at(raw, "authors")
    for detail in sorted(several, key=lambda detail: "email" in detail):
        address = text_at(detail, "email")
        if address and written.partition(address)[2][:1].isalnum():
            return written, ""
        if name := text_at(detail, "name") or address:
            return name, text_at(detail, "href")
    return written, ""


def _enclosures(raw: Mapping[str, Any], base: str) -> tuple[Enclosure, ...]:
    linked = [link for link in nodes_at(raw, "links") if link.get("rel") == "enclosure"]
    media = nodes_at(raw, "media_content") + linked
    thumbnails = [] if media else nodes_at(raw, "media_thumbnail")
    return tuple(
        Enclosure(url=target, type=text_at(node, "medium", "type") or "image")
        for node in (*media, *thumbnails)
        if (target := absolute(base, text_at(node, "url", "href")))
    )
