"""What vanished: Google tells of no deletion, so the whole list is read again once a week.

Ids are opaque and kept whole, since a deletion must name what is gone: a thousand a cursor. A list
under way is remembered by this object alone; a restart begins it again. What a list no longer shows
is asked for by itself before it counts as gone: lists move while they are read. A total that falls
has the list read at once.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from connectors.connector import Clock, Cursor, Cursors, Page
from connectors.google_reviews.reviews import Reviews
from connectors.google_reviews.settings import GoogleReviewsSettings
from connectors.google_reviews.wire import (
    NETWORK,
    Location,
    read_reply,
    reply_id,
    review_id_of,
    review_of,
)
from connectors.http import NotFound
from connectors.mention import Deletion, Mention
from connectors.reading import count, instant, mapping, string, strings
from connectors.walk import StaleToken

_AT_ONCE = timedelta(hours=6)
"""No sooner than this after the last list, whatever the total says: totals lag."""
_A_CURSOR = 1_000  # ids, of some hundred characters
_DOUBTS = 20
"""So many that are missing from a list and yet there, and none that is gone: the list was wrong."""


@dataclass(slots=True)
class _Known:
    """Ids of reviews and answers, in sheets that a cursor each can hold."""

    sheets: list[dict[str, None]]
    changed: set[int] = field(default_factory=set)

    @classmethod
    def load(cls, feed: str, cursors: Cursors) -> _Known:
        sheets: list[dict[str, None]] = []
        while (name := sheet_name(feed, len(sheets))) in cursors or not sheets:
            sheets.append(dict.fromkeys(strings(mapping(cursors.get(name)).get("ids"))))
        return cls(sheets)

    def __contains__(self, external_id: str) -> bool:
        return any(external_id in sheet for sheet in self.sheets)

    def __iter__(self) -> Iterator[str]:
        return (external_id for sheet in self.sheets for external_id in sheet)

    def add(self, external_id: str) -> None:
        if external_id in self:
            return
        number = next((n for n, sheet in enumerate(self.sheets) if len(sheet) < _A_CURSOR), None)
        if number is None:
            number = len(self.sheets)
            self.sheets.append({})
        self.sheets[number][external_id] = None
        self.changed.add(number)

    def remove(self, gone: Collection[str]) -> dict[int, list[str]]:
        """By sheet, what stood in it."""
        found = {n: [i for i in gone if i in sheet] for n, sheet in enumerate(self.sheets)}
        for number, removed in found.items():
            for external_id in removed:
                del self.sheets[number][external_id]
            self.changed.update({number} if removed else ())
        return found


@dataclass(slots=True, kw_only=True)
class _Walk:
    """A list under way. `new` holds what was not known, with what must be told of it."""

    began: datetime
    token: str | None = None
    ended: bool = False
    listed: set[str] = field(default_factory=set)
    new: dict[str, Mention | None] = field(default_factory=dict)
    left: dict[str, set[str]] = field(default_factory=dict)  # by review asked for, what is there


@dataclass(slots=True, kw_only=True)
class _State:
    at: datetime | None  # when the last complete list began
    expected: int | None  # reviews that the total should tell
    known: _Known

    @classmethod
    def load(cls, feed: str, cursors: Cursors) -> _State:
        kept = mapping(cursors.get(feed))
        return cls(
            at=instant(kept.get("at")),
            expected=count(kept.get("expected")),
            known=_Known.load(feed, cursors),
        )

    def dump(self, number: int) -> Cursor:
        ids = {"v": 1, "ids": list(self.known.sheets[number])}
        if number:
            return ids
        return {**ids, "at": self.at and self.at.isoformat(), "expected": self.expected}


class FullListing:
    def __init__(self, reviews: Reviews, settings: GoogleReviewsSettings, clock: Clock) -> None:
        self._reviews = reviews
        self._settings = settings
        self._clock = clock
        self._walks: dict[str, _Walk] = {}

    async def pages(
        self, feed: str, cursors: Cursors, location: Location, given: Iterable[Mention]
    ) -> AsyncIterator[Page]:
        """`given`: what the walk of the newest has just yielded, to be missed if it vanishes."""
        state, total = _State.load(feed, cursors), self._reviews.total(location)
        walk = self._walks.get(location.name)
        learnt = _learn(state, walk, given)
        if walk is None and not self._is_due(state, total):
            for number in _last_first(state.known.changed) if learnt else ():
                cursor = state.dump(number)
                yield Page(feed=sheet_name(feed, number), cursor=cursor, complete=True)
            return
        walk = self._walks.setdefault(location.name, walk or _Walk(began=self._clock()))
        while not walk.ended:
            await self._next(walk, state, location)
            yield Page(feed=feed)
        gone = await self._confirmed(
            location, walk, [i for i in state.known if i not in walk.listed]
        )
        for page in self._finished(feed, state, walk, gone, total):
            yield page
        del self._walks[location.name]

    def _finished(
        self, feed: str, state: _State, walk: _Walk, gone: Collection[str], total: int | None
    ) -> Iterator[Page]:
        """Each sheet with what it no longer or newly holds; the first, which ends the list, last."""
        removed, at = state.known.remove(gone), self._clock()
        late = {i: reply for i, reply in walk.new.items() if reply is not None}
        for external_id in walk.new:
            state.known.add(external_id)
        state.at, state.expected = walk.began, total
        for number in _last_first(state.known.changed | {0}):
            sheet = state.known.sheets[number]
            yield Page(
                feed=sheet_name(feed, number),
                mentions=[reply for i, reply in late.items() if i in sheet],
                deletions=[
                    Deletion(network=NETWORK, external_id=i, seen_at=at)
                    for i in removed.get(number, ())
                ],
                cursor=state.dump(number),
                complete=True,
            )

    def _is_due(self, state: _State, total: int | None) -> bool:
        if state.at is None:
            return True
        since = self._clock() - state.at
        fell = total is not None and state.expected is not None and total < state.expected
        return since >= self._settings.full_every or (fell and since >= _AT_ONCE)

    async def _next(self, walk: _Walk, state: _State, location: Location) -> None:
        try:
            answer = await self._reviews.page(location, walk.token)
        except StaleToken:
            walk.listed.clear()
            walk.new.clear()
            walk.token, walk.began = None, self._clock()
            answer = await self._reviews.page(location, None)
        for review in answer["reviews"]:
            self._see(mapping(review), walk, state, location)
        token, before = string(answer.get("nextPageToken")), walk.token
        walk.token, walk.ended = token, token is None or token == before

    def _see(self, review: dict[str, Any], walk: _Walk, state: _State, location: Location) -> None:
        """Late answers to reviews that are too old for the walk of the newest are told from here."""
        try:
            review_id, reply = review_id_of(review), read_reply(review, location, self._clock())
        except ValueError:
            return  # told by the walk of the newest
        walk.listed.add(review_id)
        if review_id not in state.known:
            walk.new[review_id] = None
        if reply is None:
            return
        walk.listed.add(reply.external_id)
        if reply.external_id not in state.known:
            changed = instant(review.get("updateTime"))
            is_old = changed is not None and changed < walk.began - self._settings.overlap
            walk.new[reply.external_id] = reply if state.at is not None and is_old else None

    async def _confirmed(
        self, location: Location, walk: _Walk, vanished: Sequence[str]
    ) -> list[str]:
        """Those that are really gone, each review asked for once."""
        gone: list[str] = []
        missing = frozenset(vanished)
        for review_id in dict.fromkeys(review_of(i) for i in vanished):
            if review_id not in walk.left:
                walk.left[review_id] = await self._left(location, review_id)
            asked = (review_id, reply_id(review_id))
            gone += [i for i in asked if i in missing and i not in walk.left[review_id]]
            if not gone and len(walk.left) >= _DOUBTS:
                break
        return gone

    async def _left(self, location: Location, review_id: str) -> set[str]:
        try:
            review = await self._reviews.one(location, review_id)
        except NotFound:
            return set()
        answer = read_reply({**review, "reviewId": review_id}, location, self._clock())
        return {review_id, reply_id(review_id)} if answer else {review_id}


def sheet_name(feed: str, number: int) -> str:
    return f"{feed}:{number}" if number else feed


def _learn(state: _State, walk: _Walk | None, given: Iterable[Mention]) -> bool:
    new = [m for m in given if m.external_id not in state.known]
    for mention in new:
        state.known.add(mention.external_id)
    if state.expected is not None:
        state.expected += sum(1 for mention in new if mention.parent_id is None)
    if walk is not None:
        # It came after the list began: that the list does not show it says nothing.
        walk.listed.update(mention.external_id for mention in new)
    return bool(new)


def _last_first(numbers: Iterable[int]) -> list[int]:
    return sorted(numbers, reverse=True)
