"""A source of one or several feeds."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import ClassVar

from connectors.connector import (
    Clock,
    Closed,
    ConnectorError,
    ConnectorSettings,
    Cursors,
    Page,
    RateLimited,
    Unavailable,
    Watched,
)
from connectors.http import HttpClient
from connectors.mention import Engagement, Mention
from connectors.rss.entry import Document, Entry
from connectors.rss.mapping import NETWORK, Reading, to_engagement, to_mention
from connectors.rss.reader import FeedReader
from connectors.rss.settings import RssSettings
from connectors.urls import host_and_port, host_of


class RssConnector:
    """RSS, Atom and JSON Feed. Deletions are not told: leaving a feed's window proves nothing."""

    name: ClassVar[str] = NETWORK
    Settings: ClassVar[type[ConnectorSettings]] = RssSettings

    def __init__(
        self, settings: RssSettings, *, http: HttpClient, watched: Watched, clock: Clock
    ) -> None:
        self._settings = settings
        self._http = http
        self._terms = watched.terms
        self._clock = clock

    def hosts(self) -> Sequence[str]:
        return tuple(dict.fromkeys(host_and_port(url) for url in self._settings.feeds))

    async def poll(self, cursors: Cursors) -> AsyncIterator[Page]:
        """Every feed in turn; those that fail are told at the end, once the others were read."""
        failures: list[ConnectorError] = []
        for url in self._settings.feeds:
            feed = feed_name(url)
            try:
                async for page in self._reader(url).poll(feed, url, cursors.get(feed)):
                    yield page
            except ConnectorError as error:
                failures.append(error)
        if outcome := summary(failures, len(self._settings.feeds)):
            raise outcome

    def _reader(self, url: str) -> FeedReader:
        settings = self._settings

        def mapper(
            entry: Entry, document: Document, at: datetime
        ) -> tuple[Mention, Engagement | None]:
            reading = Reading(
                feed_url=url,
                kind=settings.kind,
                language=settings.language,
                feed_language=document.language,
                max_text=settings.max_text,
                terms=self._terms,
            )
            mention = to_mention(entry, reading, at)
            return mention, to_engagement(entry, mention, at)

        return FeedReader(
            http=self._http,
            clock=self._clock,
            mapper=mapper,
            look_back=settings.look_back,
            max_entries=settings.max_entries,
            headers=settings.headers,
        )


def feed_name(url: str) -> str:
    """Stable while the address is, and safe in a log: a feed's path and query may be its password."""
    digest = hashlib.blake2b(url.encode(), digest_size=4).hexdigest()
    return f"{host_of(url)}#{digest}"


def summary(failures: Sequence[ConnectorError], feeds: int) -> ConnectorError | None:
    """What to tell of a poll in which some feeds failed.

    One feed's end or refusal must not stop its neighbours for good: while any feed works, the
    source is at worst unavailable in part, and feeds that are gone have been told as gaps.
    """
    if not failures:
        return None
    if len(failures) == feeds == 1:
        return failures[0]
    open_failures = [failure for failure in failures if not isinstance(failure, Closed)]
    if not open_failures:
        return failures[0] if len(failures) == feeds else None
    waiting = [failure for failure in open_failures if isinstance(failure, RateLimited)]
    if waiting:
        return waiting[0]
    if len(failures) == feeds and len({type(failure) for failure in open_failures}) == 1:
        return open_failures[0]
    words = f"{len(open_failures)} of {feeds} feeds: {type(open_failures[0]).__name__}: {open_failures[0]}"
    return Unavailable(words)
