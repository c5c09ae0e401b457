"""The connectors under contract: each with the stand-in that it reads, in one literal list."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

from aiohttp import web

from connectors.bluesky import BlueskyConnector, BlueskySettings
from connectors.connector import Clock, Connector, Cursors, Page, Watched
from connectors.file import FileConnector, FileSettings
from connectors.http import HttpClient, NetworkPolicy
from connectors.mastodon import MastodonConnector, MastodonSettings
from connectors.rss import RssConnector, RssSettings
from connectors.wordpress import WordpressConnector, WordpressSettings
from tests.networks.bluesky import Bluesky
from tests.networks.mastodon import TOKEN, Mastodon
from tests.networks.rss import START, FeedServer
from tests.networks.standin import StandIn
from tests.networks.wordpress import START as BLOGGED
from tests.networks.wordpress import WordpressServer

WATCHED = Watched(terms=("CHU de Valmont",), hashtags=("chuvalmont",))
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
PATIENCE = timedelta(minutes=15)
"""After which a network that is well again is read again in the best way."""


@dataclass
class Now:
    """A clock that moves when a test says so."""

    at: datetime = NOON

    def __call__(self) -> datetime:
        return self.at


@dataclass(frozen=True)
class Case:
    name: str
    network: Callable[[], Any]
    connector: Callable[[Any, HttpClient, Clock], Connector]
    at: datetime = NOON
    over_http: bool = True
    opening: int = 0  # requests that sign in or look around, before the first that reads
    another_way: bool = False  # to the same items: what came by it may come again


class Lines(StandIn):
    """A JSONL file that somebody else appends to; served by the disk."""

    def routes(self, app: web.Application) -> None:
        raise NotImplementedError

    @asynccontextmanager
    async def serving(self, port: int = 0) -> AsyncIterator[Self]:
        with TemporaryDirectory() as folder:
            self.path = Path(folder) / "export.jsonl"
            self.path.touch()
            self.published = 0
            yield self

    def publish(self, count: int) -> list[str]:
        ids = [str(self.published + number) for number in range(count)]
        self.published += count
        with self.path.open("a", encoding="utf-8") as lines:
            for external_id in ids:
                post = {
                    "external_id": external_id,
                    "published_at": NOON.isoformat(),
                    "text": "Le CHU de Valmont",
                }
                lines.write(json.dumps(post) + "\n")
        return ids


class Comments(WordpressServer):
    """What is published are comments, under a post too old to be read itself."""

    def publish(self, count: int) -> list[str]:
        if not self.posts:
            self.write("Huit heures aux urgences", BLOGGED - timedelta(days=60))
        return super().publish(count)


def _mastodon(network: Mastodon, http: HttpClient, clock: Clock) -> Connector:
    settings = MastodonSettings(base_url=network.base_url)
    return MastodonConnector(settings, http=http, watched=WATCHED, clock=clock)


def _mastodon_search(network: Mastodon, http: HttpClient, clock: Clock) -> Connector:
    settings = MastodonSettings.model_validate(
        {"base_url": network.base_url, "access_token": TOKEN, "notifications": False}
    )
    watched = Watched(terms=WATCHED.terms)
    return MastodonConnector(settings, http=http, watched=watched, clock=clock)


def _bluesky(network: Bluesky, http: HttpClient, clock: Clock) -> Connector:
    settings = BlueskySettings.model_validate(
        {
            "base_url": network.base_url,
            "identifier": "veille.example.com",
            "app_password": network.password,
            "notifications": False,
            "followers": False,
        }
    )
    watched = Watched(terms=WATCHED.terms)
    return BlueskyConnector(settings, http=http, watched=watched, clock=clock)


def _rss(network: FeedServer, http: HttpClient, clock: Clock) -> Connector:
    return RssConnector(RssSettings(urls=(network.url,)), http=http, watched=WATCHED, clock=clock)


def _wordpress(network: Comments, http: HttpClient, clock: Clock) -> Connector:
    settings = WordpressSettings.model_validate({"url": network.url})
    return WordpressConnector(settings, http=http, watched=WATCHED, clock=clock)


def _file(network: Lines, http: HttpClient, clock: Clock) -> Connector:
    settings = FileSettings(path=network.path, network="forum")
    return FileConnector(settings, http=http, watched=WATCHED, clock=clock)


CASES = (
    Case("mastodon", Mastodon, _mastodon),
    Case("mastodon-opaque-ids", lambda: Mastodon(opaque=True), _mastodon),
    Case("mastodon-search", Mastodon, _mastodon_search),
    Case("bluesky", Bluesky, _bluesky, opening=1),
    Case("rss", FeedServer, _rss, at=START + timedelta(days=1)),
    Case(
        "rss-paged", lambda: FeedServer(window=100, paged=True), _rss, at=START + timedelta(days=1)
    ),
    Case(
        "wordpress",
        Comments,
        _wordpress,
        at=BLOGGED + timedelta(days=1),
        opening=1,
        another_way=True,
    ),
    Case("file", Lines, _file, over_http=False),
)


@dataclass
class Bench:
    """One connector before its network, and the cursors that a listener would have stored."""

    case: Case
    network: Any
    http: HttpClient
    now: Now
    cursors: Cursors = field(default_factory=dict)

    def connector(self) -> Connector:
        """A new one each time: what a connector remembers must not be needed."""
        return self.case.connector(self.network, self.http, self.now)

    async def poll(self, cursors: Cursors | None = None) -> AsyncIterator[Page]:
        """Each page, its cursor stored (as JSON) once the page is handled."""
        cursors = self.cursors if cursors is None else cursors
        async for page in self.connector().poll(json.loads(json.dumps(cursors))):
            yield page
            if page.cursor is not None:
                cursors[page.feed] = json.loads(json.dumps(page.cursor))

    async def drain(self, cursors: Cursors | None = None) -> list[Page]:
        return [page async for page in self.poll(cursors)]

    def matches(self, given: list[str], published: list[str]) -> bool:
        """Nothing lost, and nothing repeated by a connector that has one way only."""
        if self.case.another_way:
            return set(given) == set(published)
        return sorted(given) == sorted(published)

    def recover(self) -> None:
        """The network is well again, and time enough has gone by for circuits and quotas."""
        self.network.faults.clear()
        self.network.quota = None
        self.now.at += PATIENCE


@asynccontextmanager
async def bench(case: Case) -> AsyncIterator[Bench]:
    async def no_wait(_seconds: float) -> None:
        return None

    now = Now(case.at)
    policy = NetworkPolicy(allowed_hosts=("127.0.0.1",))
    async with case.network().serving() as network:
        if hasattr(network, "now"):
            network.now = now
        async with HttpClient(policy, clock=now, sleep=no_wait) as http:
            yield Bench(case, network, http, now)


def ids(pages: list[Page]) -> list[str]:
    return [mention.external_id for page in pages for mention in page.mentions]
