"""Which timelines of which instance are read, each with a cursor of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from urllib.parse import quote

from connectors.connector import Watched
from connectors.mastodon.instance import Instance
from connectors.mastodon.settings import MastodonSettings
from connectors.mastodon.wire import Access, texts

Pairs = tuple[tuple[str, str], ...]
PAGE = 40


class Source(StrEnum):
    HASHTAG = "tag"
    PUBLIC = "public"
    SEARCH = "search"
    NOTIFICATIONS = "notifications"


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """`name` is the cursor's key: it holds no handle. `subscription` is what the stream is asked."""

    name: str
    source: Source
    path: str
    query: Pairs = ()
    subscription: Pairs | None = None

    @property
    def ascends(self) -> bool:
        """Search knows min_id as a lower bound only: its pages always start at the newest."""
        return self.source is not Source.SEARCH

    def asked_of(self, instance: Instance) -> Feed:
        """The same feed, with what only newer servers understand."""
        if self.source is not Source.NOTIFICATIONS or not instance.quotes:
            return self
        return replace(self, query=(*self.query, ("types[]", "quote")))

    def barred(self, instance: Instance) -> str | None:
        """Why this instance shows the feed to nobody, or to its members only; None where it does."""
        accesses = {Source.HASHTAG: instance.hashtag_feeds, Source.PUBLIC: instance.live_feeds}
        access = accesses.get(self.source, Access())
        shown = {access.local} if self.name.endswith("/local") else {access.local, access.remote}
        return shown.pop() if len(shown) == 1 and shown <= {"authenticated", "disabled"} else None


def feeds_of(
    settings: MastodonSettings, watched: Watched, host: str, *, token: bool
) -> Iterator[Feed]:
    """Every feed of one instance, the surest first: a quota may end the poll at any of them.

    Those that need a user token only where there is one.
    """
    if token and settings.notifications:
        yield _notifications(host)
    for tag in texts(tag.lower() for tag in (*settings.hashtags, *watched.hashtags)):
        yield _hashtag(host, tag.removeprefix("#"))
    if token and settings.search:
        for term in texts((*settings.terms, *watched.terms)):
            yield _search(host, term)
    if settings.public != "off":
        yield _public(host, local=settings.public == "local")


def _hashtag(host: str, tag: str) -> Feed:
    return Feed(
        name=f"{host}/tag/{tag}",
        source=Source.HASHTAG,
        path=f"/api/v1/timelines/tag/{quote(tag, safe='')}",
        subscription=(("stream", "hashtag"), ("tag", tag)),
    )


def _public(host: str, *, local: bool) -> Feed:
    return Feed(
        name=f"{host}/public/local" if local else f"{host}/public",
        source=Source.PUBLIC,
        path="/api/v1/timelines/public",
        query=(("local", "true"),) if local else (),
        subscription=(("stream", "public:local" if local else "public"),),
    )


def _search(host: str, term: str) -> Feed:
    phrase = f'"{term}"' if " " in term else term
    return Feed(
        name=f"{host}/search/{term}",
        source=Source.SEARCH,
        path="/api/v2/search",
        query=(("q", phrase), ("type", "statuses")),
    )


def _notifications(host: str) -> Feed:
    return Feed(
        name=f"{host}/notifications",
        source=Source.NOTIFICATIONS,
        path="/api/v1/notifications",
        query=(("types[]", "mention"),),
        subscription=(("stream", "user:notification"),),
    )
