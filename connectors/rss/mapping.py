"""A feed's entry into a mention: who it is, where it stands, what it says in plain text."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from connectors.connector import Malformed
from connectors.dates import believable, parse_date
from connectors.mention import Author, Engagement, Kind, Media, Mention
from connectors.rss.entry import Enclosure, Entry
from connectors.text import (
    html_images,
    html_links,
    html_to_line,
    html_to_text,
    language_code,
    one_line,
)
from connectors.urls import canonical_url, host_of

NETWORK = "rss"
MAX_ID = 400
_MANY = 20

_ANCHOR = re.compile(r"(?:[a-z_-]*[-_]?\d+|!.*)", re.IGNORECASE)
_COMMENT_ANCHOR = re.compile(r"#(?:comment|respons[ea]|c|r|commentaire)-?\d+$", re.IGNORECASE)
_MAIL_AND_NAME = re.compile(r"(\S+@\S+?)\s*\((.+)\)")
_NAME_AND_MAIL = re.compile(r"(.+?)\s*<(\S+@\S+)>")
_GOOGLE_NEWS = re.compile(
    r"https?://news\.google\.[a-z.]+/(?:__i/)?(?:rss/)?(?:articles|read)/([\w-]+)"
)
_GOOGLE_ALERT = re.compile(r"tag:google\.com,2013:googlealerts/")
_ADDRESS_INSIDE = re.compile(rb"https?://[\x21-\x7e]{4,2000}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How one feed is read; `terms` tells which part of a long article to keep."""

    feed_url: str
    kind: Kind | None = None
    language: str | None = None
    feed_language: str = ""
    max_text: int = 0  # characters; 0 keeps everything
    terms: Sequence[str] = ()


def to_mention(entry: Entry, reading: Reading, at: datetime) -> Mention:
    """Raises Malformed where the entry has nothing that could tell it from another."""
    external_id = identity(entry, reading.feed_url)
    url = address(entry, reading.feed_url)
    published, edited = _instants(entry, at)
    html = entry.content or entry.summary
    title, publisher = _headline(entry)
    parent = _parent(entry, reading.feed_url)
    kind = reading.kind or _kind(entry, parent)
    text = html_to_text(html)
    if _says_no_more(text, title, publisher):
        text = ""
    return Mention(
        network=NETWORK,
        external_id=external_id,
        kind=kind,
        published_at=published,
        edited_at=edited,
        url=url,
        title=title or None,
        text=excerpt(text, reading.terms, reading.max_text) if kind is Kind.ARTICLE else text,
        language=reading.language or _language(entry, reading),
        author=_author(entry, publisher),
        parent_id=parent,
        links=_links(html, url),
        media=_media(entry.enclosures, html, entry.base or url or reading.feed_url),
        tags=tuple(
            dict.fromkeys(t for tag in entry.tags[:_MANY] if (t := one_line(tag).lstrip("#")))
        ),
    )


def to_engagement(entry: Entry, mention: Mention, at: datetime) -> Engagement | None:
    """The counts that the feed publishes; None where it publishes none."""
    if entry.replies is None and entry.views is None and entry.likes is None:
        return None
    return Engagement(
        key=mention.key,
        taken_at=at,
        views=entry.views,
        reactions=entry.likes,
        replies=entry.replies,
    )


def identity(entry: Entry, feed_url: str) -> str:
    """Atom id or RSS guid, else the link, else a digest of title (or text) and date.

    Behind Google Alerts it is the article's own address: the same story comes back under new ids.
    Ids that are no URI are only unique on their host, and carry it.
    """
    if entry.id and not _GOOGLE_ALERT.match(entry.id):
        return _bounded(normal_id(entry.id, feed_url))
    if link := address(entry, feed_url):
        return _bounded(normal_id(link, feed_url))
    if entry.id:
        return _bounded(entry.id)
    said = entry.title or entry.summary or entry.content
    if not said:
        raise Malformed("an entry without id, link, title and text")
    return f"{host_of(feed_url)}:{_digest(said + chr(0) + entry.published)}"


def normal_id(raw: str, feed_url: str) -> str:
    """http and https are one, as sites that move keep their guids' old scheme or rewrite them."""
    raw = one_line(raw)
    if raw.lower().startswith(("http://", "https://")):
        return "https://" + raw.partition("://")[2]
    if re.match(r"(?:urn|tag|uuid|yt|oai|doi):", raw, re.IGNORECASE):
        return raw
    return f"{host_of(feed_url)}:{raw}"


def address(entry: Entry, feed_url: str) -> str | None:
    """The article's own canonical address, out of the aggregator's redirect where that is possible."""
    link = entry.link or (entry.id if entry.id.startswith(("http://", "https://")) else "")
    if not link:
        return None
    if found := _GOOGLE_NEWS.match(link):
        return _inside_google_news(found[1]) or canonical_url(link)
    fragment = urlsplit(link).fragment if link.count("#") == 1 else ""
    return canonical_url(link, base=feed_url, keep_fragment=bool(_ANCHOR.fullmatch(fragment)))


def excerpt(text: str, terms: Sequence[str], length: int) -> str:
    """At most `length` characters, around the first watched term so that matching still finds it."""
    if not length or len(text) <= length:
        return text
    folded = text.casefold()
    places = [at for term in terms if (at := folded.find(term.casefold())) >= 0]
    start = max(0, min(places, default=0) - length // 3)
    cut = text[start : start + length].strip()
    return f"{'…' if start else ''}{cut}{'…' if start + length < len(text) else ''}"


def _inside_google_news(opaque: str) -> str | None:
    """Older article codes hold the address in clear; newer ones only Google can open."""
    try:
        inside = base64.urlsafe_b64decode(opaque + "=" * (-len(opaque) % 4))
    except (binascii.Error, ValueError):
        return None
    found = _ADDRESS_INSIDE.search(inside)
    return canonical_url(found[0].decode("ascii")) if found else None


def _headline(entry: Entry) -> tuple[str, str]:
    """Title and publisher; Google News writes "Title - Publisher" beside its source element."""
    title, publisher = html_to_line(entry.title), html_to_line(entry.publisher)
    if publisher and _GOOGLE_NEWS.match(entry.link):
        title = title.removesuffix(f" - {publisher}")
    return title, publisher


def _says_no_more(text: str, title: str, publisher: str) -> bool:
    rest = text.removeprefix(title).strip(" .…-|\n") if title else text
    return rest in {"", publisher}


def _kind(entry: Entry, parent: str | None) -> Kind:
    if entry.is_video:
        return Kind.VIDEO
    return Kind.COMMENT if parent or entry.in_reply_to else Kind.ARTICLE


def _parent(entry: Entry, feed_url: str) -> str | None:
    if target := entry.in_reply_to or entry.in_reply_to_link:
        return _bounded(normal_id(target, feed_url))
    if _COMMENT_ANCHOR.search(entry.link) and (page := canonical_url(entry.link, base=feed_url)):
        return _bounded(normal_id(page, feed_url))
    return None


def _instants(entry: Entry, at: datetime) -> tuple[datetime | None, datetime | None]:
    published = believable(parse_date(entry.published), at)
    updated = believable(parse_date(entry.updated), at)
    if published is None:
        return updated, None
    return published, updated if updated and updated > published else None


def _language(entry: Entry, reading: Reading) -> str | None:
    return language_code(entry.language) or language_code(reading.feed_language)


def _author(entry: Entry, publisher: str) -> Author:
    written = html_to_line(entry.author)
    if found := _MAIL_AND_NAME.fullmatch(written):
        return Author(handle=found[1], name=found[2])
    if found := _NAME_AND_MAIL.fullmatch(written):
        return Author(handle=found[2], name=found[1])
    if "@" in written and " " not in written:
        return Author(handle=written.lstrip("@"))
    if written:
        return Author(external_id=canonical_url(entry.author_url), name=written)
    return Author(external_id=host_of(entry.publisher_url) or None, name=publisher or None)


def _links(html: str, url: str | None) -> tuple[str, ...]:
    canonical = (canonical_url(link) for link in html_links(html)[:_MANY])
    return tuple(dict.fromkeys(link for link in canonical if link and link != url))


def _media(enclosures: Sequence[Enclosure], html: str, base: str) -> tuple[Media, ...]:
    found = [(_medium(e.type), e.url, e.alt) for e in enclosures[:_MANY]]
    found += [("image", source, alt) for source, alt in html_images(html)[:_MANY]]
    media: dict[str, Media] = {}
    for kind, source, alt in found:
        if url := canonical_url(source, base=base):
            media.setdefault(url, Media(kind=kind, url=url, alt=one_line(alt or "") or None))
    return tuple(media.values())


def _medium(declared: str) -> str:
    if declared.endswith("shockwave-flash"):
        return "video"  # how YouTube's feeds still call theirs
    family = declared.lower().partition("/")[0]
    return family if family in {"image", "video", "audio"} else "document"


def _bounded(identifier: str) -> str:
    if len(identifier) <= MAX_ID:
        return identifier
    return f"{identifier[: MAX_ID - 33]}~{_digest(identifier)}"


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest()
