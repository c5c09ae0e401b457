"""Mastodon and the servers that speak its API: timelines, search, notifications, the stream."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from typing import ClassVar

import structlog
from yarl import URL

from connectors.connector import (
    Clock,
    Closed,
    ConnectorError,
    ConnectorSettings,
    Cursors,
    Gap,
    Keep,
    Malformed,
    Page,
    RateLimited,
    Unauthorized,
    Unavailable,
    Watched,
)
from connectors.http import HttpClient, Limits
from connectors.mastodon.api import Api
from connectors.mastodon.audience import read_audience
from connectors.mastodon.catchup import CatchUp
from connectors.mastodon.feeds import Feed, Source, feeds_of
from connectors.mastodon.known import KnownPosts
from connectors.mastodon.mentions import NETWORK
from connectors.mastodon.position import Position
from connectors.mastodon.reading import Reader, Server
from connectors.mastodon.refresh import Refresh
from connectors.mastodon.settings import MastodonSettings
from connectors.mastodon.stream import Live
from connectors.mention import MentionKey

log = structlog.get_logger(__name__)
_PASSING = (RateLimited, Unavailable, Malformed)


class MastodonConnector:
    """Mentions are keyed by their ActivityPub URI, so that several instances tell of one post once.

    https://docs.joinmastodon.org/api/. Only public and unlisted posts are read.
    """

    name: ClassVar[str] = NETWORK
    Settings: ClassVar[type[ConnectorSettings]] = MastodonSettings

    def __init__(
        self, settings: MastodonSettings, *, http: HttpClient, watched: Watched, clock: Clock
    ) -> None:
        self._settings = settings
        self._http = http
        self._watched = watched
        self._clock = clock
        self._known = KnownPosts()
        self._servers: dict[str, Server] = {}
        self._refused: set[str] = set()
        first, *others = settings.origins
        self._apis = [Api(http, first, settings.access_token)]
        self._apis += [Api(http, origin, None) for origin in others]
        limits = Limits(rate=settings.requests_per_second, burst=settings.burst)
        for api in self._apis:
            http.limit(api.host, limits)

    def hosts(self) -> Sequence[str]:
        urls = [URL(origin) for origin in self._settings.origins]
        if self._settings.streaming_url:
            urls.append(URL(self._settings.streaming_url))
        return [f"{url.host}:{url.port}" for url in urls]

    async def poll(self, cursors: Cursors) -> AsyncIterator[Page]:
        """Every feed of every instance; one that fails does not stop the others.

        Raises at the end: what may pass if anything of that kind happened; what needs somebody's
        hand only if nothing at all could be read, else it is told, as a gap.
        """
        failures: list[tuple[Feed, ConnectorError]] = []
        read_any = False
        for api in self._apis:
            for feed in self._feeds(api):
                try:
                    async for page in self._follow(api, feed, cursors):
                        read_any = True
                        yield page
                except ConnectorError as error:
                    failures.append((feed, error))
                    if isinstance(error, RateLimited | Unavailable):
                        break  # the host's other feeds would fare no better
        async for page in self._audiences(cursors):
            yield page
        for feed, failure in failures:
            if read_any and not isinstance(failure, _PASSING) and feed.name not in self._refused:
                self._refused.add(feed.name)
                yield self._refusal(feed, failure)
        _raise_worst([failure for _, failure in failures], read_any=read_any)

    async def _audiences(self, cursors: Cursors) -> AsyncIterator[Page]:
        accounts = self._watched.accounts if self._settings.audience else ()
        for server in self._servers.values() if accounts else ():
            page = await read_audience(server, accounts, cursors, self._clock)
            if page is not None:
                yield page

    async def refresh(self, keys: Collection[MentionKey]) -> AsyncIterator[Page]:
        servers: list[Server] = []
        failures: list[ConnectorError] = []
        for api in self._apis:
            try:
                servers.append(await self._server(api))
            except ConnectorError as error:
                failures.append(error)
        uris = [key.external_id for key in keys if key.network == NETWORK]
        async for page in Refresh(servers, self._known, self._clock).pages(uris):
            yield page
        _raise_worst(failures, read_any=bool(servers))

    async def stream(self, cursors: Cursors) -> AsyncIterator[Page]:
        """The first instance's stream: since 4.2 it needs a user token. Other instances are polled.

        Catches up, connects, reads what came in between, then goes on live: nothing falls through.
        """
        api = self._apis[0]
        server = await self._server(api)
        feeds = [feed for feed in self._feeds(api) if feed.subscription is not None]
        cursors = dict(cursors)
        async for page in self._caught_up(api, feeds, cursors):
            yield page
        url = self._settings.streaming_url or server.instance.streaming
        async with self._http.connect(f"{url}/api/v1/streaming", headers=api.headers) as socket:
            live = Live(socket, server, self._known, clock=self._clock)
            for feed in feeds:
                await live.subscribe(feed, self._keep(feed))
            async for page in self._caught_up(api, feeds, cursors):
                yield page
            for feed in feeds:
                live.start(feed, self._position(feed, cursors))
            async for page in live.pages():
                yield page

    async def _caught_up(
        self, api: Api, feeds: Sequence[Feed], cursors: Cursors
    ) -> AsyncIterator[Page]:
        for feed in feeds:
            async for page in self._follow(api, feed, cursors):
                if page.cursor is not None:
                    cursors[feed.name] = page.cursor
                yield page

    def _feeds(self, api: Api) -> Sequence[Feed]:
        return list(feeds_of(self._settings, self._watched, api.host, token=api.has_token))

    async def _follow(self, api: Api, feed: Feed, cursors: Cursors) -> AsyncIterator[Page]:
        catch_up = await self._catch_up(api, feed, cursors)
        async for page in catch_up.pages():
            yield page

    async def _catch_up(self, api: Api, feed: Feed, cursors: Cursors) -> CatchUp:
        server = await self._server(api)
        if (reason := feed.barred(server.instance)) == "disabled":
            raise Closed(f"{api.host} has switched this timeline off")
        if reason == "authenticated" and not api.has_token:
            raise Unauthorized(f"{api.host} shows this timeline to its members only")
        return CatchUp(
            feed.asked_of(server.instance),
            self._position(feed, cursors),
            api=api,
            reader=server.reader,
            clock=self._clock,
            overlap=self._settings.overlap,
            ascends=feed.ascends and server.instance.ascends,
            keep=self._keep(feed),
        )

    def _position(self, feed: Feed, cursors: Cursors) -> Position:
        settings = self._settings
        public = feed.source is Source.PUBLIC
        look_back = settings.public_look_back if public else settings.look_back
        return Position.load(cursors.get(feed.name), first_floor=self._clock() - look_back)

    def _keep(self, feed: Feed) -> Keep | None:
        return self._watched.keep if feed.source is Source.PUBLIC else None

    def _refusal(self, feed: Feed, error: ConnectorError) -> Page:
        log.warning("mastodon.feed_refused", feed=feed.name, error=str(error))
        gap = Gap(since=None, until=self._clock(), reason=str(error))
        return Page(feed=feed.name, gaps=(gap,))

    async def _server(self, api: Api) -> Server:
        server = self._servers.get(api.host)
        if server is None:
            instance = await api.describe()
            honour = self._settings.honour_opt_out
            reader = Reader(api, instance, self._known, honour_opt_out=honour)
            server = self._servers[api.host] = Server(api=api, instance=instance, reader=reader)
        return server


def _raise_worst(failures: Sequence[ConnectorError], *, read_any: bool) -> None:
    for kind in _PASSING:
        for error in failures:
            if isinstance(error, kind):
                raise error
    if failures and not read_any:
        raise failures[0]
