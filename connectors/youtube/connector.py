"""The YouTube connector: which lists are read, in which order, and what a failure of one means."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from typing import ClassVar

import structlog

from connectors.budget import Budget, BudgetSpent, Ledger, MemoryLedger
from connectors.connector import (
    Clock,
    ConnectorError,
    ConnectorSettings,
    Cursors,
    Gap,
    Malformed,
    Page,
    RateLimited,
    Unavailable,
    Unseen,
    Watched,
)
from connectors.http import HttpClient
from connectors.mention import MentionKey
from connectors.urls import host_and_port
from connectors.youtube.api import Api
from connectors.youtube.channel_feed import ChannelFeeds
from connectors.youtube.feeds import Feed, WithKey, channels_in, digest, queries_of, unique
from connectors.youtube.pace import Pace
from connectors.youtube.settings import CHANNEL_ID, YoutubeSettings
from connectors.youtube.wire import NETWORK

log = structlog.get_logger(__name__)
_PASSING = (RateLimited, Unavailable, Malformed)


class YoutubeConnector:
    """See connectors.connector.Connector and Refreshing. Videos, comments and replies; no stream.

    Built from the documentation and recorded answers; never run against the real service.
    """

    name: ClassVar[str] = NETWORK
    Settings: ClassVar[type[ConnectorSettings]] = YoutubeSettings

    def __init__(
        self,
        settings: YoutubeSettings,
        *,
        http: HttpClient,
        watched: Watched,
        clock: Clock,
        ledger: Ledger | None = None,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._refused: set[str] = set()
        self.verify_every = settings.verify_every if settings.api_key is not None else None
        self._own = unique(settings.channels + channels_in(watched.accounts))
        self._queries = queries_of(settings, watched) if settings.search else ()
        self._keyless = ChannelFeeds(
            settings.site, http=http, clock=clock, look_back=settings.look_back
        )
        self._reading: WithKey | None = None
        if settings.api_key is not None:
            ledger = ledger if ledger is not None else MemoryLedger(clock)
            api = Api(settings, http=http, clock=clock, ledger=ledger)
            self._reading = WithKey(
                settings, api, Pace(ledger, clock), clock, own=self._own, queries=self._queries
            )

    def hosts(self) -> Sequence[str]:
        settings = self._settings
        return (host_and_port(settings.site if self._reading is None else settings.api),)

    def budgets(self) -> Sequence[Budget]:
        """Both end at midnight, Pacific time."""
        api = self._reading.api if self._reading is not None else None
        return (api.searches, api.units) if api is not None else ()

    def unseen(self) -> Sequence[Unseen]:
        settings, without = self._settings, self._reading is None
        blind = [Unseen.ELSEWHERE] if without or not self._queries else []
        blind += [Unseen.COMMENTS] if without or not settings.comments else []
        return (*blind, Unseen.DELETIONS, Unseen.PAST) if without else tuple(blind)

    async def poll(self, cursors: Cursors) -> AsyncIterator[Page]:
        """Every feed from its cursor up to now; one that fails by its own fault stops no other.

        Raises at the end: what may pass, and what needs somebody's hand or tomorrow's quota only
        where nothing at all could be read; else a refusal is told once, as a gap of its feed.
        """
        cursors = dict(cursors)
        failures: list[tuple[str, ConnectorError]] = []
        read_any = False
        for feed in await self._feeds(cursors):
            try:
                async for page in feed.read(cursors):
                    read_any = True
                    if page.cursor is not None:
                        cursors[page.feed] = page.cursor
                    yield page
            except ConnectorError as error:
                failures.append((feed.name, error))
                if isinstance(error, RateLimited | Unavailable) and not _is_our_own(error):
                    break  # the other lists of the same host would fare no better
        if self._reading is not None and not any(isinstance(e, _PASSING) for _, e in failures):
            async for page in self._reading.audience(cursors):
                yield page
        for name, failure in failures:
            if read_any and not isinstance(failure, _PASSING) and name not in self._refused:
                self._refused.add(name)
                yield self._refusal(name, failure)
        _raise_worst([failure for _, failure in failures], read_any=read_any)

    async def _feeds(self, cursors: Cursors) -> Sequence[Feed]:
        if self._reading is not None:
            return await self._reading.feeds(cursors)
        channels = unique(self._own + self._settings.peers)
        return [self._keyless_feed(c) for c in channels if CHANNEL_ID.fullmatch(c)]

    def _keyless_feed(self, channel: str) -> Feed:
        name = f"feed:{digest(channel)}"
        return Feed(name=name, read=lambda kept: self._keyless.pages(name, channel, kept.get(name)))

    def _refusal(self, feed: str, error: ConnectorError) -> Page:
        log.warning("youtube.feed_refused", feed=feed, error=str(error))
        gap = Gap(since=None, until=self._clock(), reason=str(error))
        return Page(feed=feed, gaps=(gap,))

    async def refresh(self, keys: Collection[MentionKey]) -> AsyncIterator[Page]:
        """Figures of videos and comments as they are now; what is no longer given is a Deletion.

        Without a key nothing can be asked for by its id.
        """
        if self._reading is not None:
            async for page in self._reading.refresh.pages(keys):
                yield page


def _is_our_own(error: ConnectorError) -> bool:
    return isinstance(error, BudgetSpent)


def _raise_worst(failures: Sequence[ConnectorError], *, read_any: bool) -> None:
    for kind in _PASSING:
        for error in failures:
            if isinstance(error, kind) and not (_is_our_own(error) and read_any):
                raise error
    if failures and not read_any:
        raise failures[0]
