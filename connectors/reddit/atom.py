"""Reddit's Atom feeds, opened by a member's own token: posts and comments without any figure.

Anonymous requests for them have been refused since the summer of 2026; the token and the member's
name, from reddit.com/prefs/feeds, must stand in the address. Built from what reader projects report
and from the feeds' long-known form; how far `after` pages them was never seen live, and where it
does not, a gap is told.
"""

from __future__ import annotations

import asyncio
import re
from datetime import datetime
from functools import partial
from html import unescape

from connectors.connector import Clock, Malformed, Reject, Unauthorized
from connectors.dates import believable, parse_date
from connectors.http import HttpClient
from connectors.mention import Author, Kind, Media, Mention
from connectors.reddit.api import require_subreddit
from connectors.reddit.feeds import Feed, read_token, write_token
from connectors.reddit.settings import RedditSettings
from connectors.reddit.wire import NETWORK, Seen
from connectors.rss.document import parse
from connectors.rss.entry import Document, Entry
from connectors.text import html_links, html_to_line, html_to_text, one_line
from connectors.urls import canonical_url
from connectors.walk import Walk

_NAME = re.compile(r"t[13]_[0-9a-z]{1,13}")
_POST_ID = re.compile(r"/comments/([0-9a-z]{1,13})(?:/|$)")
_TARGET = re.compile(r'<a href="([^"]{1,2000})">\[link\]</a>')
_PICTURES = ("https://i.redd.it/", "https://i.imgur.com/")
_MANY = 20


class Atom:
    """Reads the same lists as the Data API, page by page."""

    def __init__(self, settings: RedditSettings, http: HttpClient, clock: Clock) -> None:
        self._settings = settings
        self._http = http
        self._clock = clock

    async def page(
        self, feed: Feed, walk: Walk
    ) -> tuple[list[Seen], list[Reject], str | None, int]:
        """What stands on the walk's page, the token of the next, and how many were listed so far."""
        response = await self._http.get(
            f"{self._settings.site}{_address(feed)}",
            params={**feed.page_params(walk, self._clock()), **self._token()},
            headers={"User-Agent": self._settings.agent, "Accept": "application/atom+xml"},
        )
        require_subreddit(response)
        if response.status == 403:
            raise Unauthorized(
                "Reddit refuses the feed: make a new token in reddit.com/prefs/feeds"
            )
        response.raise_for_status()
        kind = response.headers.get("Content-Type", "")
        # Without its own address: that holds the token, and would be the base of every link.
        document = await asyncio.to_thread(
            partial(parse, response.body, url=self._settings.site, content_type=kind)
        )
        return self._read(document, walk)

    def _token(self) -> dict[str, str]:
        settings = self._settings
        secret = settings.feed.get_secret_value() if settings.feed is not None else ""
        return {"feed": secret, "user": settings.user or ""}

    def _read(
        self, document: Document, walk: Walk
    ) -> tuple[list[Seen], list[Reject], str | None, int]:
        seen: list[Seen] = []
        rejects = list(document.rejects)
        at = self._clock()
        for entry in document.entries:
            try:
                seen.append(
                    _seen(entry, believable(parse_date(entry.published or entry.updated), at))
                )
            except Malformed as error:
                rejects.append(Reject(error=str(error), payload=error.payload))
        after, listed = read_token(walk.token)
        listed += len(document.entries)
        last = seen[-1].name if seen else None
        # The same page again: this feed does not heed `after`.
        token = write_token(last, listed) if last != after else None
        return seen, rejects, token, listed


def _address(feed: Feed) -> str:
    return f"{feed.path}.rss" if feed.by_period else f"{feed.path}/.rss"


def _seen(entry: Entry, published: datetime | None) -> Seen:
    name = entry.id.rpartition("/")[2]
    if not _NAME.fullmatch(name):
        raise Malformed("neither a post nor a comment", payload=entry.id[:200].encode())
    mention = _mention(entry, name, published)
    return Seen(name=name, position=published, mention=mention, link=mention.root_id)


def _mention(entry: Entry, name: str, published: datetime | None) -> Mention:
    written, target = _parts(entry.content or entry.summary)
    url = canonical_url(entry.link)
    is_comment = name.startswith("t1_")
    found = _POST_ID.search(entry.link) if is_comment else None
    root = f"t3_{found[1]}" if found else None
    is_picture = target is not None and target.startswith(_PICTURES)
    return Mention(
        network=NETWORK,
        external_id=name,
        kind=Kind.COMMENT if is_comment else Kind.POST,
        published_at=published,
        url=url,
        title=None if is_comment else html_to_line(entry.title) or None,
        text=html_to_text(written),
        author=_author(entry),
        # Which comment it answers is not told: it stands under the post.
        parent_id=root,
        root_id=root,
        links=_links(written, None if is_picture else target, url),
        media=(Media(kind="image", url=target),) if is_picture else (),
    )


def _parts(html: str) -> tuple[str, str | None]:
    """What the author wrote, and what a post links to; the rest is Reddit's own footer."""
    target = _TARGET.search(html)
    if target is None:
        return html, None
    _, found, rest = html.partition("<!-- SC_OFF -->")
    return rest.partition("<!-- SC_ON -->")[0] if found else "", unescape(target[1])


def _author(entry: Entry) -> Author:
    handle = one_line(entry.author).removeprefix("/u/")
    return Author(handle=handle) if handle and handle != "[deleted]" else Author()


def _links(html: str, target: str | None, own: str | None) -> tuple[str, ...]:
    written = (*((target,) if target else ()), *html_links(html)[:_MANY])
    found = (canonical_url(link) for link in written)
    return tuple(dict.fromkeys(link for link in found if link and link != own))
