"""Reads one feed from its position up to now: upwards where the server can, else walking back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from connectors.connector import Clock, Gap, Keep, Page
from connectors.dates import believable
from connectors.mastodon.api import Api, Batch, Item
from connectors.mastodon.feeds import PAGE, Feed, Pairs, Source
from connectors.mastodon.position import Position, below_floor
from connectors.mastodon.reading import Content, Reader

PAGES_PER_POLL = 2500
"""A server that never stops ends the poll here; its cursor goes on at the next one."""


class CatchUp:
    """One feed's way from its position to now. `position` is where it stands after the last page."""

    def __init__(
        self,
        feed: Feed,
        position: Position,
        *,
        api: Api,
        reader: Reader,
        clock: Clock,
        overlap: timedelta,
        ascends: bool,
        keep: Keep | None = None,
    ) -> None:
        self.position = position
        self._feed = feed
        self._api = api
        self._reader = reader
        self._clock = clock
        self._overlap = overlap
        self._ascends = ascends
        self._keep = keep
        self._pages_left = PAGES_PER_POLL

    async def pages(self) -> AsyncIterator[Page]:
        """Ends with the page that says `complete`, or without it when the poll has lasted enough."""
        if self.position.walk is not None:
            # What came after an interrupted walk began is read by a walk of its own.
            async for page in self._walk_back():
                yield replace(page, complete=False)
        if self._can_climb():
            async for page in self._climb():
                yield page
        if not self._can_climb():
            async for page in self._walk_back():
                yield page

    def _can_climb(self) -> bool:
        mark = self.position.mark
        return self._ascends and mark is not None and mark.isdecimal()

    async def _climb(self) -> AsyncIterator[Page]:
        """min_id gives what immediately follows, so that every page moves the mark."""
        reached = self.position.mark or "0"
        while self._take_turn():
            batch = await self._api.page(self._feed, (("min_id", reached),))
            if not _follows(batch, reached):
                self._ascends = False
                return
            fresh = [item for item in batch.items if item.entry.id not in self.position.seen]
            at = self._clock()
            content = await self._read(fresh, at)
            entries = [item.entry for item in batch.items]
            self.position = self.position.ascended(entries, at=at, overlap=self._overlap)
            yield self._page(batch, content, complete=not entries)
            if not entries:
                return
            reached = max((entry.id for entry in entries), key=int)

    async def _walk_back(self) -> AsyncIterator[Page]:
        """Newest first, behind max_id, until the mark or the floor is met."""
        over = False
        while not over and self._take_turn():
            batch = await self._api.page(self._feed, self._bounds())
            at = self._clock()
            repeated = self._is_repeated(batch)
            items = () if repeated else self._above_mark(batch.items)
            over = (
                repeated
                or len(items) < len(batch.items)
                or all(below_floor(item.entry, self.position.floor, at) for item in items)
            )
            content = await self._read(self._fresh(items, at), at)
            self._descend(items, batch.next_id, at, over=over)
            gaps = self._gaps(batch, at) if repeated else ()
            yield self._page(batch, content, complete=over, gaps=gaps)

    def _take_turn(self) -> bool:
        self._pages_left -= 1
        return self._pages_left >= 0

    def _bounds(self) -> Pairs:
        position = self.position
        # Search calls its lower bound min_id; timelines mean another thing by that.
        floor = "min_id" if self._feed.source is Source.SEARCH else "since_id"
        below = (("max_id", position.walk.next),) if position.walk else ()
        return (*below, (floor, position.mark)) if position.mark else below

    def _is_repeated(self, batch: Batch) -> bool:
        """The server ignores max_id: it gives its first page for ever."""
        walk = self.position.walk
        if walk is None or not batch.items:
            return False
        return batch.next_id == walk.next or all(i.entry.id in walk.top for i in batch.items)

    def _above_mark(self, items: Sequence[Item]) -> Sequence[Item]:
        for index, item in enumerate(items):
            if _reaches(item.entry.id, self.position.mark):
                return items[:index]
        return items

    def _fresh(self, items: Sequence[Item], at: datetime) -> list[Item]:
        first, floor = self.position.mark is None, self.position.floor
        return [
            item
            for item in items
            if item.entry.id not in self.position.seen
            and not (first and below_floor(item.entry, floor, at))
        ]

    def _descend(
        self, items: Sequence[Item], next_id: str | None, at: datetime, *, over: bool
    ) -> None:
        if items and next_id is not None:
            entries = [item.entry for item in items]
            self.position = self.position.descended(entries, next_id, at=at, overlap=self._overlap)
        if over:
            self.position = self.position.landed()

    async def _read(self, items: Sequence[Item], at: datetime) -> Content:
        statuses = [item.status for item in items if item.status is not None]
        return await self._reader.read(statuses, at=at, keep=self._keep)

    def _gaps(self, batch: Batch, at: datetime) -> tuple[Gap, ...]:
        if batch.size < PAGE:
            return ()  # the whole timeline fits on the page
        dates = (believable(item.entry.created_at, at) for item in batch.items)
        until = min((date for date in dates if date is not None), default=at)
        reason = f"{self._api.host} does not page back"
        return (Gap(since=min(self.position.floor, until), until=until, reason=reason),)

    def _page(
        self, batch: Batch, content: Content, *, complete: bool, gaps: Sequence[Gap] = ()
    ) -> Page:
        return Page(
            feed=self._feed.name,
            mentions=content.mentions,
            engagements=content.engagements,
            rejects=(*batch.rejects, *content.rejects),
            gaps=gaps,
            cursor=self.position.dump(),
            complete=complete,
        )


def _follows(batch: Batch, mark: str) -> bool:
    """Whether every item is above the mark: a server that ignores min_id shows itself here."""
    ids = [item.entry.id for item in batch.items]
    return all(i.isdecimal() and int(i) > int(mark) for i in ids)


def _reaches(item_id: str, mark: str | None) -> bool:
    if mark is None or item_id == mark:
        return mark is not None
    return item_id.isdecimal() and mark.isdecimal() and int(item_id) < int(mark)
