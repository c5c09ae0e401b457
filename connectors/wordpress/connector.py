"""One WordPress site: its API where it answers, its feeds where it does not."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import ClassVar
from urllib.parse import urlsplit

from connectors.connector import (
    Clock,
    ConnectorError,
    ConnectorSettings,
    Cursors,
    Gap,
    Malformed,
    Page,
    Unauthorized,
    Watched,
)
from connectors.http import HttpClient, NotFound
from connectors.rss.connector import summary
from connectors.rss.reader import FeedReader
from connectors.urls import host_and_port, host_of
from connectors.wordpress.feeds import PATHS, FeedMapper
from connectors.wordpress.listing import Reading
from connectors.wordpress.settings import WordpressSettings
from connectors.wordpress.site import ApiClosed, Site, SiteClient
from connectors.wordpress.walk import CollectionWalk
from connectors.wordpress.wire import NETWORK

SITE = "site"
MAX_FEED_ENTRIES = 20_000


class WordpressConnector:
    """Posts and comments. Core WordPress publishes neither likes nor views."""

    name: ClassVar[str] = NETWORK
    Settings: ClassVar[type[ConnectorSettings]] = WordpressSettings

    def __init__(
        self, settings: WordpressSettings, *, http: HttpClient, watched: Watched, clock: Clock
    ) -> None:
        self._settings = settings
        self._http = http
        self._clock = clock
        self._client = SiteClient(settings, http)
        self._told: set[str] = set()

    def hosts(self) -> Sequence[str]:
        known = (self._settings.home, self._client.known_api)
        return tuple(dict.fromkeys(host_and_port(address) for address in known if address))

    async def poll(self, cursors: Cursors) -> AsyncIterator[Page]:
        """Posts, then comments; one that fails is told once the other was read."""
        site = Site.load(cursors.get(SITE))
        if site.is_stale(self._clock()):
            site = await self._discovered(site)
            yield Page(feed=SITE, cursor=site.dump())
        wanted = [name for name in PATHS if getattr(self._settings, name)]
        failures: dict[str, ConnectorError] = {}
        for name in wanted:
            try:
                async for page in self._collection(name, site, cursors):
                    if page.feed == SITE:
                        site = Site.load(page.cursor)
                    yield page
            except ConnectorError as error:
                failures[name] = error
        if len(failures) < len(wanted):
            for name in [n for n, error in failures.items() if isinstance(error, Unauthorized)]:
                for page in self._withheld(name, failures.pop(name)):
                    yield page
        if outcome := summary(list(failures.values()), len(wanted)):
            raise outcome

    def _withheld(self, name: str, error: ConnectorError) -> Iterator[Page]:
        """Told once: many sites have no comments at all, and their posts are read all the same."""
        if name not in self._told:
            self._told.add(name)
            gap = Gap(since=None, until=self._clock(), reason=str(error))
            yield Page(feed=name, gaps=(gap,))

    async def _discovered(self, known: Site) -> Site:
        """The site as it is today; where its home page is in trouble, as it was yesterday."""
        try:
            return (await self._client.discover(self._clock())).known_before(known)
        except ConnectorError:
            if known.api:
                return known
            raise

    async def _collection(self, name: str, site: Site, cursors: Cursors) -> AsyncIterator[Page]:
        at = self._clock()
        if site.answers(name, at):
            try:
                async for page in self._walk(name, site, cursors).pages():
                    yield page
                if name in site.doors:
                    yield Page(feed=SITE, cursor=site.opened(name).dump())
                return
            except ApiClosed:
                yield Page(feed=SITE, cursor=site.refused(name, at).dump())
        async for page in self._feed(name, site, cursors):
            yield page

    def _walk(self, name: str, site: Site, cursors: Cursors) -> CollectionWalk:
        return CollectionWalk(
            name=name,
            key=self._key,
            site=site,
            client=self._client,
            settings=self._settings,
            reading=Reading.load(cursors.get(name)),
            at=self._clock(),
        )

    async def _feed(self, name: str, site: Site, cursors: Cursors) -> AsyncIterator[Page]:
        feed = f"{name}-feed"
        pretty, plain = (f"{self._settings.home}{path}" for path in PATHS[name])
        reader = FeedReader(
            http=self._http,
            clock=self._clock,
            mapper=FeedMapper(
                name=name,
                key=self._key,
                url=pretty,
                language=self._settings.language or site.language,
            ),
            look_back=self._settings.look_back,
            max_entries=MAX_FEED_ENTRIES,
            headers=self._client.headers(pretty),
        )
        try:
            async for page in reader.poll(feed, pretty, cursors.get(feed)):
                yield page
            return
        except (NotFound, Malformed):
            pass
        try:
            async for page in reader.poll(feed, plain, cursors.get(feed)):
                yield page
        except (NotFound, Malformed) as error:
            raise Unauthorized(
                f"neither the REST API nor the feeds of {name} are open: {error}"
            ) from error

    @property
    def _key(self) -> str:
        """What makes this site's numbers unique: its host, and its folder where it has one."""
        folder = urlsplit(self._settings.home).path.rstrip("/")
        return f"{host_of(self._settings.home)}{folder}"
