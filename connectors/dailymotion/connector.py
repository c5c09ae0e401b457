"""The Dailymotion connector: which lists are read, and what a failure of one means."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Sequence
from functools import partial
from hashlib import blake2b
from typing import ClassVar

from connectors.connector import Clock, ConnectorSettings, Cursors, Page, Unseen, Watched
from connectors.dailymotion.api import Api
from connectors.dailymotion.lists import Lists
from connectors.dailymotion.people import FEED as AUDIENCE
from connectors.dailymotion.people import Audience
from connectors.dailymotion.refresh import Refresh
from connectors.dailymotion.settings import DailymotionSettings
from connectors.dailymotion.wire import NETWORK
from connectors.http import HttpClient
from connectors.mention import MentionKey
from connectors.turns import Turn, in_turn
from connectors.urls import host_and_port

_BARE_HANDLE = re.compile(r"@?[\w-]{3,60}")


class DailymotionConnector:
    """See connectors.connector (Connector, Refreshing, PartlyBlind). Videos only: comments were
    removed from the platform.

    https://developers.dailymotion.com. Built from its pages of 2026; never seen live.
    """

    name: ClassVar[str] = NETWORK
    Settings: ClassVar[type[ConnectorSettings]] = DailymotionSettings

    def __init__(
        self, settings: DailymotionSettings, *, http: HttpClient, watched: Watched, clock: Clock
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._refused: set[str] = set()
        api = Api(settings, http=http, clock=clock)
        self._lists = Lists(api, settings, clock)
        self._refresh = Refresh(self._lists.legacy, clock)
        self._audience = Audience(api, _unique(settings.profiles + settings.peers), clock)
        self._queries = _queries(settings, watched) if settings.search else ()

    def hosts(self) -> Sequence[str]:
        settings = self._settings
        urls = [settings.legacy] + ([settings.tokens] if settings.api_key is not None else [])
        return tuple(dict.fromkeys(host_and_port(url) for url in urls))

    def unseen(self) -> Sequence[Unseen]:
        """Edits of titles and descriptions are not looked for; deletions when counts are read."""
        return (Unseen.INSTANT,) if self._queries else (Unseen.ELSEWHERE, Unseen.INSTANT)

    async def poll(self, cursors: Cursors) -> AsyncIterator[Page]:
        given: set[str] = set()  # a video may answer several searches
        turns = list(self._turns(cursors, given))
        async for page in in_turn(turns, refused=self._refused, clock=self._clock):
            yield page

    def _turns(self, cursors: Cursors, given: set[str]) -> Iterator[Turn]:
        for query in self._queries:
            feed = f"search:{_digest(query)}"
            found = partial(self._lists.searched, feed, query, cursors.get(feed), given)
            yield Turn(feed=feed, kind="dailymotion search", read=found)
        for profile in _unique(self._settings.profiles):
            feed = f"profile:{_digest(profile)}"
            own = partial(self._lists.of_profile, feed, profile, cursors.get(feed), given)
            yield Turn(feed=feed, kind="dailymotion profile", read=own)
        if self._settings.audience:
            figures = partial(self._audience.pages, cursors.get(AUDIENCE))
            yield Turn(feed=AUDIENCE, kind="dailymotion audience", read=figures)

    async def refresh(self, keys: Collection[MentionKey]) -> AsyncIterator[Page]:
        async for page in self._refresh.pages(keys):
            yield page


def _queries(settings: DailymotionSettings, watched: Watched) -> tuple[str, ...]:
    """Accounts of other networks that hold a dot or a second @ are no words to search for."""
    accounts = (a.lstrip("@") for a in watched.accounts if _BARE_HANDLE.fullmatch(a))
    hashtags = (tag.lstrip("#") for tag in watched.hashtags)
    return _unique((*watched.terms, *settings.terms, *hashtags, *accounts))


def _unique(values: Iterable[str]) -> tuple[str, ...]:
    """Each once, whatever its case."""
    kept = {value.strip().casefold(): value.strip() for value in reversed(tuple(values))}
    return tuple(value for name, value in reversed(kept.items()) if name)


def _digest(name: str) -> str:
    return blake2b(name.encode(), digest_size=8).hexdigest()
