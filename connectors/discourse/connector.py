"""The Discourse connector: one forum, by its newest posts, its search, and its webhooks."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from datetime import timedelta
from functools import partial
from typing import ClassVar

from connectors.connector import (
    Clock,
    ConnectorSettings,
    Cursors,
    Page,
    Unauthorized,
    Unseen,
    Watched,
)
from connectors.discourse.api import Api, Hidden
from connectors.discourse.lists import Lists, feeds_of
from connectors.discourse.refresh import Refresh
from connectors.discourse.settings import DiscourseSettings
from connectors.discourse.topics import Topics
from connectors.discourse.webhooks import Hooks
from connectors.discourse.wire import NETWORK, Forum
from connectors.http import HttpClient, Limits
from connectors.mention import MentionKey
from connectors.turns import Turn, in_turn, longest_waiting_first
from connectors.urls import host_and_port, host_of
from connectors.webhook import Answer, Call

_BURST = 20  # of the fifty in ten seconds that a forum lets an address ask


class DiscourseConnector:
    """See connectors.connector.Connector, Refreshing, PartlyBlind; connectors.webhook.Receiving."""

    name: ClassVar[str] = NETWORK
    Settings: ClassVar[type[ConnectorSettings]] = DiscourseSettings
    verify_every: ClassVar[timedelta] = timedelta(days=7)

    def __init__(
        self, settings: DiscourseSettings, *, http: HttpClient, watched: Watched, clock: Clock
    ) -> None:
        self._settings = settings
        self._watched = watched
        self._clock = clock
        self._api = Api(settings, http)
        self._forum = Forum(base_url=settings.base_url, site=settings.site)
        self._topics = Topics(
            self._api, self._forum, clock=clock, keep=watched.keep, ask=settings.conversations
        )
        self._lists = Lists(settings, self._api, self._forum, self._topics, clock)
        self._hooks = Hooks(settings, self._forum, self._topics, clock)
        self._refused: set[str] = set()
        pace = Limits(rate=settings.pace / 60, burst=_BURST, concurrency=1)
        http.limit(host_of(settings.base_url), pace)

    def hosts(self) -> Sequence[str]:
        return (host_and_port(self._settings.base_url),)

    def unseen(self) -> Sequence[Unseen]:
        return () if self._settings.webhook_secret is not None else (Unseen.INSTANT,)

    async def poll(self, cursors: Cursors) -> AsyncIterator[Page]:
        """Every list from its cursor up to now, as in_turn says; those that waited longest first."""
        given: set[str] = set()
        turns = [
            Turn(
                feed=feed.name,
                kind="posts" if feed.query is None else "a search",
                read=partial(self._lists.read, feed, cursors.get(feed.name), given),
            )
            for feed in feeds_of(self._settings, self._watched)
        ]
        turns = longest_waiting_first(turns, cursors)
        try:
            async for page in in_turn(turns, refused=self._refused, clock=self._clock):
                yield page
        except Hidden as error:
            # Where nothing at all is shown to us, the key is wrong: that does not pass by itself.
            raise Unauthorized(str(error)) from error

    async def refresh(self, keys: Collection[MentionKey]) -> AsyncIterator[Page]:
        ids = [key.external_id for key in keys if key.network == NETWORK]
        refresh = Refresh(self._api, self._forum, self._topics, self._clock)
        async for page in refresh.pages(ids):
            yield page

    def answer(self, call: Call) -> Answer:
        return self._hooks.answer(call)

    async def receive(self, call: Call) -> AsyncIterator[Page]:
        async for page in self._hooks.receive(call):
            yield page
