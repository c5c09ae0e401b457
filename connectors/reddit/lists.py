"""Reads one list of Reddit's from its cursor up to now, by the Data API or by its Atom feed."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from connectors.connector import (
    Clock,
    ConnectorError,
    Cursor,
    Cursors,
    Gap,
    Page,
    Reject,
    Watched,
)
from connectors.http import HttpClient, NotFound
from connectors.mention import Mention
from connectors.reading import mapping, string
from connectors.reddit.api import Api, Barred, children_of
from connectors.reddit.atom import Atom
from connectors.reddit.feeds import Feed, read_token, start_of, write_token
from connectors.reddit.settings import RedditSettings
from connectors.reddit.threads import FEED as THREADS
from connectors.reddit.threads import Threads, found_of
from connectors.reddit.wire import Seen, read_thing, rejected
from connectors.walk import Found, Listing, StaleToken, Walk, Window, walk_back

log = logging.getLogger(__name__)

# Where lists end, after about 1,000 items, or 250 found; what was removed leaves holes in them.
_LISTING, _SEARCH, _ATOM = 900, 200, 25


@dataclass(slots=True)
class Reading:
    """One list being walked: how far it was listed, and what its last page held."""

    feed: Feed
    listed: int = 0
    oldest: datetime | None = None
    mark: datetime | None = None
    asked: bool = False
    seen: dict[str, Seen] = field(default_factory=dict)

    @property
    def ended_short(self) -> bool:
        return self.oldest is not None and self.mark is not None and self.oldest > self.mark


@dataclass(slots=True)
class Run:
    """What the lists of one poll share."""

    given: set[str] = field(default_factory=set)
    threads: Threads | None = None


class Refusals:
    """Tells each lasting refusal once, as a gap of its feed."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._told: set[str] = set()

    def page(self, feed: str, error: ConnectorError) -> Page | None:
        """The cursor of the feed stays where it was, and the other feeds go on."""
        if feed in self._told:
            return None
        self._told.add(feed)
        log.warning("reddit.feed_refused", extra={"feed": feed})
        gap = Gap(since=None, until=self._clock(), reason=str(error))
        return Page(feed=feed, gaps=(gap,))


class Lists:
    """Without `api` the Atom feeds are read."""

    def __init__(
        self,
        settings: RedditSettings,
        *,
        http: HttpClient,
        api: Api | None,
        watched: Watched,
        clock: Clock,
        refusals: Refusals,
    ) -> None:
        self._settings = settings
        self._api = api
        self._atom = Atom(settings, http, clock)
        self._keep = watched.keep
        self._clock = clock
        self._refusals = refusals

    async def read(self, feed: Feed, cursors: Cursors, run: Run) -> AsyncIterator[Page]:
        together = cursors.get(feed.name)
        try:
            async for page in self._walked(feed, together, run):
                yield page
        except (Barred, NotFound):
            if len(feed.subreddits) < 2:
                raise
            async for page in self._apart(feed, cursors, run):
                yield page

    async def _apart(self, feed: Feed, cursors: Cursors, run: Run) -> AsyncIterator[Page]:
        """One subreddit that is closed to us closes a joint list: each is read by itself then."""
        failures: list[tuple[str, ConnectorError]] = []
        alone = list(feed.alone())
        for one in alone:
            try:
                start = start_of(one, cursors, cursors.get(feed.name))
                async for page in self._walked(one, start, run):
                    yield page
            except (Barred, NotFound) as error:
                failures.append((one.name, error))
        if len(failures) == len(alone):
            raise failures[0][1]
        for name, failure in failures:
            if (told := self._refusals.page(name, failure)) is not None:
                yield told

    async def _walked(self, feed: Feed, cursor: Cursor | None, run: Run) -> AsyncIterator[Page]:
        settings = self._settings
        reading = Reading(feed)
        pages = walk_back(
            feed.name,
            cursor,
            partial(self._fetch, reading, run),
            window=Window(look_back=settings.look_back, overlap=settings.overlap),
            clock=self._clock,
            given=run.given,
        )
        async for page in pages:
            if (follows := self._followed(page, reading, run)) is not None:
                yield follows
            ended = page.cursor is not None and "walk" not in page.cursor
            if ended and cursor is not None and (gap := self._lost(reading)) is not None:
                page = replace(page, gaps=(gap,))
            yield page

    async def _fetch(self, reading: Reading, run: Run, walk: Walk) -> Listing:
        seen, rejects, token, listed = await self._page(reading, walk)
        if walk.token is not None and not seen and token is None and not reading.asked:
            # The item after which the list was to go on is gone since the last poll.
            reading.asked = True
            raise StaleToken("the list no longer knows where it was left")
        reading.asked = True
        reading.seen = {item.name: item for item in seen}
        positions = [item.position for item in seen if item.position is not None]
        reading.listed, reading.mark = listed, walk.mark
        reading.oldest = min([*positions, *([walk.oldest] if walk.oldest else [])], default=None)
        found = [self._found(item, reading.feed, run) for item in seen]
        if walk.until is not None:  # begun again from the top: down to there all was given
            found = [item for item in found if item.position and item.position <= walk.until]
        return Listing(found=found, token=token, rejects=rejects)

    async def _page(
        self, reading: Reading, walk: Walk
    ) -> tuple[list[Seen], list[Reject], str | None, int]:
        if self._api is None:
            return await self._atom.page(reading.feed, walk)
        at = self._clock()
        answer = await self._api.get(reading.feed.path, reading.feed.page_params(walk, at))
        seen: list[Seen] = []
        rejects: list[Reject] = []
        children = children_of(answer)
        for child in children:
            try:
                seen.append(read_thing(child, at))
            except ValueError as error:
                rejects.append(rejected(child, error))
        listed = read_token(walk.token)[1] + len(children)
        after = string(mapping(answer["data"]).get("after"))
        return seen, rejects, write_token(after, listed), listed

    def _found(self, seen: Seen, feed: Feed, run: Run) -> Found:
        elsewhere = run.threads is not None and run.threads.follows(seen.link)
        unwanted = feed.filtered and seen.mention is not None and not self._keeps(seen.mention)
        if elsewhere or unwanted:
            # Under another id: another list may want it all the same.
            return Found(id=f"~{seen.name}", position=seen.position)
        return found_of(seen)

    def _keeps(self, mention: Mention) -> bool:
        return self._keep(f"{mention.title or ''}\n{mention.text}")

    def _followed(self, page: Page, reading: Reading, run: Run) -> Page | None:
        """The conversations that the page opens, kept before the page is: a crash loses none."""
        if run.threads is None:
            return None
        whole = reading.feed.whole
        found = [
            reading.seen[mention.external_id]
            for mention in page.mentions
            if mention.external_id in reading.seen and (whole or self._keeps(mention))
        ]
        if not run.threads.add(found):
            return None
        return Page(feed=THREADS, cursor=run.threads.cursor())

    def _lost(self, reading: Reading) -> Gap | None:
        least = _SEARCH if reading.feed.by_period else _LISTING
        least = _ATOM if self._api is None else least
        if not reading.ended_short or reading.listed < least or reading.oldest is None:
            return None
        reason = "the list ends before what was read last: Reddit shows the latest items only"
        return Gap(since=reading.mark, until=reading.oldest, reason=reason)
