"""The Reddit connector: polls searches and subreddits, follows conversations, re-reads what it has."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from datetime import timedelta
from typing import ClassVar

from connectors.connector import (
    Clock,
    ConnectorError,
    ConnectorSettings,
    Cursors,
    Malformed,
    Page,
    RateLimited,
    Unavailable,
    Unseen,
    Watched,
)
from connectors.http import HttpClient, Limits
from connectors.mention import MentionKey
from connectors.reddit.api import Api
from connectors.reddit.audience import read_audience
from connectors.reddit.conversation import Allowance
from connectors.reddit.feeds import feeds_of
from connectors.reddit.info import INFO, read_again
from connectors.reddit.lists import Lists, Refusals, Run
from connectors.reddit.settings import RedditSettings
from connectors.reddit.threads import FEED as THREADS
from connectors.reddit.threads import Threads
from connectors.reddit.wire import NETWORK
from connectors.urls import host_and_port, host_of

_PASSING = (RateLimited, Unavailable)


class RedditConnector:
    """See connectors.connector.Connector, Refreshing and PartlyBlind."""

    name: ClassVar[str] = NETWORK
    Settings: ClassVar[type[ConnectorSettings]] = RedditSettings

    def __init__(
        self, settings: RedditSettings, *, http: HttpClient, watched: Watched, clock: Clock
    ) -> None:
        self._settings = settings
        self._watched = watched
        self._clock = clock
        self._api = Api(settings, http, clock) if settings.by_api else None
        # Its terms: what is deleted there is deleted here within 48 hours. Feeds tell of none.
        self.verify_every = timedelta(days=1) if self._api is not None else None
        self._refusals = Refusals(clock)
        self._lists = Lists(
            settings,
            http=http,
            api=self._api,
            watched=watched,
            clock=clock,
            refusals=self._refusals,
        )
        rate = settings.requests_per_minute / 60
        # The allowance is averaged over ten minutes: a minute's worth may go at once.
        polite = Limits(rate=rate, burst=max(1, int(rate * 60)), concurrency=1)
        for url in self._bases:
            http.limit(host_of(url), polite)

    @property
    def _bases(self) -> tuple[str, ...]:
        settings = self._settings
        return (settings.api, settings.site) if settings.by_api else (settings.site,)

    def hosts(self) -> Sequence[str]:
        return tuple(dict.fromkeys(host_and_port(url) for url in self._bases))

    def unseen(self) -> Sequence[Unseen]:
        """Comments cannot be searched for: only those of named subreddits and found posts are seen."""
        if self._api is None:
            return (Unseen.COMMENTS, Unseen.FIGURES, Unseen.DELETIONS, Unseen.PAST)
        return (Unseen.COMMENTS, Unseen.INSTANT)

    async def poll(self, cursors: Cursors) -> AsyncIterator[Page]:
        """Every list, then the conversations under what they found, then the audience.

        A list that is refused, or fails by its own fault, stops no other: a lasting refusal is told
        once as a gap while others can be read; what may pass is raised at the end.
        """
        run = Run(threads=self._threads(cursors))
        failures: list[tuple[str, ConnectorError]] = []
        read_any = False
        for name, pages in self._steps(cursors, run):
            try:
                async for page in pages:
                    read_any = read_any or name != THREADS
                    yield page
            except ConnectorError as error:
                failures.append((name, error))
                if isinstance(error, _PASSING):
                    break  # one host answers for all of them
        for name, failure in failures if read_any else ():
            if not isinstance(failure, (*_PASSING, Malformed)) and (
                told := self._refusals.page(name, failure)
            ):
                yield told
        _raise_worst([failure for _, failure in failures], read_any=read_any)

    def _steps(self, cursors: Cursors, run: Run) -> list[tuple[str, AsyncIterator[Page]]]:
        feeds = feeds_of(self._settings, self._watched)
        steps = [(feed.name, self._lists.read(feed, cursors, run)) for feed in feeds]
        if run.threads is not None:
            allowance = Allowance(self._settings.max_thread_requests)
            steps.append((THREADS, run.threads.pages(run.given, allowance)))
        return [*steps, ("audience", self._audience(cursors))]

    def _threads(self, cursors: Cursors) -> Threads | None:
        settings = self._settings
        if self._api is None or not settings.threads:
            return None
        return Threads(
            self._api,
            cursors.get(THREADS),
            clock=self._clock,
            follow=settings.follow,
            overlap=settings.overlap,
        )

    async def _audience(self, cursors: Cursors) -> AsyncIterator[Page]:
        if self._api is None:
            return
        page = await read_audience(self._api, self._settings, cursors, self._clock)
        if page is not None:
            yield page

    async def refresh(self, keys: Collection[MentionKey]) -> AsyncIterator[Page]:
        """Figures, edits and ends, a hundred a call; nothing by the Atom feeds, which tell none."""
        names = [key.external_id for key in keys if key.network == NETWORK]
        for start in range(0, len(names) if self._api is not None else 0, INFO):
            assert self._api is not None
            at = self._clock()
            info = await read_again(self._api, names[start : start + INFO], at)
            seen = info.found.values()
            yield Page(
                feed="refresh",
                mentions=[s.mention for s in seen if s.mention and s.mention.edited_at],
                engagements=info.engagements(at),
                deletions=info.deletions,
                rejects=info.rejects,
            )


def _raise_worst(failures: Sequence[ConnectorError], *, read_any: bool) -> None:
    """What may pass before all, then what asks for a hand where nothing could be read."""
    for error in failures:
        if isinstance(error, (*_PASSING, Malformed)):
            raise error
    if failures and not read_any:
        raise failures[0]
