"""The YouTube connector: which lists are read, in which order, and what a failure of one means."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from typing import ClassVar

from connectors.budget import Budget, Ledger, MemoryLedger
from connectors.connector import (
    Clock,
    ConnectorSettings,
    Cursors,
    Page,
    Unseen,
    Watched,
)
from connectors.http import HttpClient
from connectors.mention import MentionKey
from connectors.turns import Turn, in_turn
from connectors.urls import host_and_port
from connectors.youtube.api import Api
from connectors.youtube.channel_feed import ChannelFeeds
from connectors.youtube.feeds import WithKey, channels_in, digest, queries_of, unique
from connectors.youtube.pace import Pace
from connectors.youtube.settings import CHANNEL_ID, YoutubeSettings
from connectors.youtube.wire import NETWORK


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
        """Every feed from its cursor up to now; one that fails by its own fault stops no other."""
        cursors = dict(cursors)
        turns = self._keyless_turns(cursors)
        if self._reading is not None:
            turns = await self._reading.turns(cursors)
        async for page in in_turn(turns, refused=self._refused, clock=self._clock):
            if page.cursor is not None:
                cursors[page.feed] = page.cursor
            yield page

    def _keyless_turns(self, cursors: Cursors) -> list[Turn]:
        def turn(channel: str) -> Turn:
            name = f"feed:{digest(channel)}"
            return Turn(
                feed=name,
                kind="youtube.feed",
                read=lambda: self._keyless.pages(name, channel, cursors.get(name)),
            )

        channels = unique(self._own + self._settings.peers)
        return [turn(channel) for channel in channels if CHANNEL_ID.fullmatch(channel)]

    async def refresh(self, keys: Collection[MentionKey]) -> AsyncIterator[Page]:
        """Figures of videos and comments as they are now; what is no longer given is a Deletion.

        Without a key nothing can be asked for by its id.
        """
        if self._reading is not None:
            async for page in self._reading.refresh.pages(keys):
                yield page
