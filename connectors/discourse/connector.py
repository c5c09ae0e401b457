"""The Discourse connector: one forum, by its newest posts, its search, and its webhooks."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Collection, Sequence
from typing import ClassVar

from connectors.connector import (
    Clock,
    ConnectorError,
    ConnectorSettings,
    Cursors,
    Gap,
    Malformed,
    Page,
    RateLimited,
    Unauthorized,
    Unavailable,
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
from connectors.urls import host_and_port, host_of
from connectors.webhook import Answer, Call

log = logging.getLogger(__name__)

_WAITING = (RateLimited, Unavailable)
_BURST = 20  # of the fifty in ten seconds that a forum lets an address ask


class DiscourseConnector:
    """See connectors.connector.Connector, Refreshing, PartlyBlind; connectors.webhook.Receiving."""

    name: ClassVar[str] = NETWORK
    Settings: ClassVar[type[ConnectorSettings]] = DiscourseSettings

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
        """Every list from its cursor up to now. One that fails by its own fault stops no other: a
        lasting refusal is told once as a gap while others work; what may pass is raised at the end.
        """
        failures: list[tuple[str, ConnectorError]] = []
        given: set[str] = set()
        read_any = False
        for feed in feeds_of(self._settings, self._watched):
            try:
                async for page in self._lists.read(feed, cursors.get(feed.name), given):
                    read_any = True
                    yield page
            except ConnectorError as error:
                failures.append((feed.name, error))
                if isinstance(error, _WAITING):
                    break  # the forum's other lists would fare no better
        for name, failure in failures if read_any else ():
            if not isinstance(failure, (*_WAITING, Malformed)) and name not in self._refused:
                self._refused.add(name)
                log.warning("discourse.feed_refused", extra={"feed": name})
                gap = Gap(since=None, until=self._clock(), reason=str(failure))
                yield Page(feed=name, gaps=(gap,))
        _raise_worst([failure for _, failure in failures], read_any=read_any)

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


def _raise_worst(failures: Sequence[ConnectorError], *, read_any: bool) -> None:
    for error in failures:
        if isinstance(error, (*_WAITING, Malformed)):
            raise error
    if failures and not read_any:
        # Where nothing at all is shown to us, the key is wrong: that does not pass by itself.
        first = failures[0]
        raise Unauthorized(str(first)) if isinstance(first, Hidden) else first
