"""The way back through a newest-first list to where the last poll ended, kept in the feed's cursor."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

from connectors.connector import Clock, ConnectorError, Cursor, Page, Reject
from connectors.mention import Deletion, Engagement, Mention
from connectors.reading import instant, mapping, string, strings

_MAX_SEEN = 2_000  # marks kept of items near the upper end, 19 bytes each in the cursor
_TICK = timedelta(milliseconds=1)  # no list is ordered more finely
_MAX_PAGES = 1_000  # of one list at one poll; the next poll goes on


class StaleToken(ConnectorError):
    """The network no longer knows the page token that the cursor holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One item of a list: what it says, and the instant by which the network orders it.

    `id` tells it apart within the list. Where the list is ordered by changes, it is one *version*
    ("42@2026-03-02T08:00:00Z"), so that an edit is given again. `mentions` may hold its children
    too, and nothing where the item only ends a page (a like, a system notice).
    """

    id: str
    position: datetime | None
    mentions: tuple[Mention, ...] = ()
    engagements: tuple[Engagement, ...] = ()
    deletions: tuple[Deletion, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One answer of a list; `token` None says that there is no further page."""

    found: Sequence[Found]
    token: str | None = None
    rejects: Sequence[Reject] = ()
    # The list can be asked below a date (`Walk.until`), and this page does not look like its end.
    may_go_deeper: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """How far back a first poll reads, and how far behind the mark every later one looks again."""

    look_back: timedelta
    overlap: timedelta
    remembered: int = _MAX_SEEN  # marks; fewer where one cursor holds many walks


Fetch = Callable[["Walk"], Awaitable[Listing]]
"""Asks for the page that the walk stands at: by `token`, else by `floor` and `until`."""


@dataclass(slots=True, kw_only=True)
class Walk:
    """Where a feed stands. `seen` marks what the last walk already gave near `mark`; `fresh` is the
    same for the walk under way, which goes from `upper` down to `floor`."""

    mark: datetime
    floor: datetime
    overlap: timedelta
    seen: frozenset[str] = frozenset()
    upper: datetime | None = None
    token: str | None = None
    oldest: datetime | None = None
    newest: datetime | None = None  # above `upper` where the list is in no strict order
    until: datetime | None = None
    fresh: list[str] = field(default_factory=list)
    fresh_from: datetime | None = None  # where `fresh` had to stop
    done: bool = False
    remembered: int = _MAX_SEEN
    _given: set[str] = field(default_factory=set)

    @property
    def under_way(self) -> bool:
        return self.upper is not None and not self.done

    def take(
        self, items: Sequence[Found], token: str | None, *, may_go_deeper: bool = False
    ) -> list[Found]:
        """Read one page: what is new in it, each once. Afterwards `done` says whether to go on."""
        positions = [item.position for item in items if item.position is not None]
        if self.upper is None or (positions and not self._given):
            # An empty page may come before the first that says how new the list is.
            self.upper = max([self.upper or self.mark, *positions])
        self.newest = max([self.newest or self.upper, *positions])
        before = len(self._given)
        new = [item for item in items if self._is_new(item)]
        self._go_on(positions, token, may_go_deeper, got_further=len(self._given) > before)
        return new

    def has_given(self, item_id: str) -> bool:
        """Whether an item of this id was met before: what else would be asked about it need not be."""
        fingerprint = _fingerprint(item_id)
        return fingerprint in self._given or fingerprint in self.seen

    def _is_new(self, item: Found) -> bool:
        if item.position is not None and item.position < self.floor:
            return False
        fingerprint = _fingerprint(item.id)
        if fingerprint in self._given:
            return False
        self._given.add(fingerprint)
        self._remember(fingerprint, item.position)
        return fingerprint not in self.seen

    def _remember(self, fingerprint: str, position: datetime | None) -> None:
        assert self.upper is not None
        if position is not None and position < self.upper - self.overlap:
            return
        if len(self.fresh) < self.remembered:
            self.fresh.append(fingerprint)
        elif position is not None:
            self.fresh_from = max(self.fresh_from or position, position)

    def _go_on(
        self, positions: list[datetime], token: str | None, deeper: bool, *, got_further: bool
    ) -> None:
        if positions:
            self.oldest = min([*positions, *([self.oldest] if self.oldest else [])])
        if positions and max(positions) < self.floor:
            self.done = True
        elif token is not None and (token != self.token or got_further):
            # Instagram's token may keep its value and yet advance: what it brings tells.
            self.token = token
        else:
            self._next_window(deeper and got_further)

    def _next_window(self, deeper: bool) -> None:
        """No token, yet the floor was not met: a search stops after so many hits; ask below them."""
        if not deeper or self.oldest is None or self.oldest <= self.floor:
            self.done = True
            return
        self.token, self.until = None, self.oldest + _TICK

    def without_token(self) -> bool:
        """Go on by date where the server forgot its page token; False where there was none."""
        if self.token is None:
            return False
        self.token, self.until = None, self.oldest + _TICK if self.oldest else None
        return True

    def _forgotten(self) -> datetime | None:
        """What stands here or below was given, and is not remembered: there the next walk ends.

        A walk that could not go down its whole overlap remembers nothing below its floor.
        """
        if self.floor <= (self.upper or self.mark) - self.overlap:
            return self.fresh_from
        return max(self.floor - _TICK, self.fresh_from or self.floor - _TICK)

    def cursor(self) -> Cursor:
        if self.done or self.upper is None:
            return {
                "v": 1,
                "mark": (self.upper or self.mark).isoformat(),
                "seen": self.fresh,
                "seen_from": _iso(self._forgotten()),
                **({"newest": _iso(self.newest)} if self.newest != self.upper else {}),
            }
        return {
            "v": 1,
            "mark": self.mark.isoformat(),
            "seen": sorted(self.seen),
            "walk": {
                "upper": self.upper.isoformat(),
                "floor": self.floor.isoformat(),
                "token": self.token,
                "oldest": _iso(self.oldest),
                "newest": _iso(self.newest),
                "until": _iso(self.until),
                "fresh": list(self.fresh),
                "fresh_from": _iso(self.fresh_from),
            },
        }


def begin(cursor: Cursor | None, window: Window, at: datetime) -> Walk:
    """The walk that a cursor holds, or the next one; without a cursor only `look_back` is read."""
    kept = mapping(cursor)
    mark, overlap = instant(kept.get("mark")), window.overlap
    if mark is None:
        since = at - window.look_back
        return Walk(mark=since, floor=since, overlap=overlap, remembered=window.remembered)
    floor, forgotten = mark - overlap, instant(kept.get("seen_from"))
    if forgotten is not None:
        floor = max(floor, forgotten + _TICK)  # what stands at it was given, and is not remembered
    walk = Walk(
        mark=mark,
        floor=floor,
        overlap=overlap,
        seen=frozenset(strings(kept.get("seen"))),
        remembered=window.remembered,
    )
    return _resumed(walk, mapping(kept.get("walk")))


def without_marks(cursor: Cursor, before: datetime) -> Cursor:
    """A finished walk in a few bytes, where all that it gave is older than `before`: what is listed
    late, and is no younger than the newest of it, is not read."""
    newest = instant(cursor.get("newest")) or instant(cursor.get("mark"))
    if "walk" in cursor or not cursor.get("seen") or newest is None or newest >= before:
        return cursor
    return {**cursor, "seen": [], "seen_from": newest.isoformat()}


async def walk_back(
    feed: str,
    cursor: Cursor | None,
    fetch: Fetch,
    *,
    window: Window,
    clock: Clock,
    given: set[str] | None = None,
    max_pages: int = _MAX_PAGES,
) -> AsyncIterator[Page]:
    """Read a newest-first list from the top down to where the last poll ended, page by page.

    An unfinished walk is ended first, then what came since it began is read. `given` holds the
    `Found.id`s that other lists of the same poll gave already, and grows. What `fetch` raises ends
    the walk and loses nothing: the cursor of the last page resumes it.
    """
    left = max_pages
    while True:
        walk = begin(cursor, window, clock())
        resumed = walk.under_way
        while not walk.done:
            if left == 0:
                return
            left -= 1
            listing = await _fetched(fetch, walk)
            new = walk.take(listing.found, listing.token, may_go_deeper=listing.may_go_deeper)
            yield _page(feed, walk, _not_given(new, given), listing, last=not resumed)
        if not resumed:
            return
        cursor = walk.cursor()


async def _fetched(fetch: Fetch, walk: Walk) -> Listing:
    try:
        return await fetch(walk)
    except StaleToken:
        if not walk.without_token():
            raise
        return await fetch(walk)


def _not_given(new: list[Found], given: set[str] | None) -> list[Found]:
    if given is None:
        return new
    left = [item for item in new if item.id not in given]
    given.update(item.id for item in left)
    return left


def _page(feed: str, walk: Walk, new: Sequence[Found], listing: Listing, *, last: bool) -> Page:
    return Page(
        feed=feed,
        mentions=[mention for item in new for mention in item.mentions],
        engagements=[figures for item in new for figures in item.engagements],
        deletions=[deletion for item in new for deletion in item.deletions],
        rejects=listing.rejects,
        cursor=walk.cursor(),
        complete=walk.done and last,
    )


def _resumed(walk: Walk, kept: dict[str, Any]) -> Walk:
    upper = instant(kept.get("upper"))
    if upper is None:
        return walk
    walk.upper = upper
    walk.floor = instant(kept.get("floor")) or walk.floor
    walk.token = string(kept.get("token"))
    walk.oldest, walk.until = instant(kept.get("oldest")), instant(kept.get("until"))
    walk.newest = instant(kept.get("newest"))
    walk.fresh = list(strings(kept.get("fresh")))
    walk.fresh_from = instant(kept.get("fresh_from"))
    walk._given.update(walk.fresh)
    return walk


def _fingerprint(item_id: str) -> str:
    return blake2b(item_id.encode(), digest_size=8).hexdigest()


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None
