"""What vanished: Google tells of no deletion, so the whole list is read again once a week.

Ids are opaque and kept whole, since a deletion must name what is gone; what a list under way has
shown is kept as digests. What a list no longer shows is asked for by itself before it counts as
gone: lists move while they are read. A total that falls has the list read at once.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

from connectors.connector import Clock, Cursor, Page
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


@dataclass(slots=True, kw_only=True)
class _State:
    at: datetime | None  # when the last complete list began
    known: dict[str, None]  # ids of reviews and answers
    expected: int | None  # reviews that the total should tell
    began: datetime | None = None  # the list under way
    token: str | None = None
    ended: bool = False
    listed: set[str] = field(default_factory=set)
    new: dict[str, None] = field(default_factory=dict)

    @classmethod
    def load(cls, cursor: Cursor | None) -> _State:
        kept = mapping(cursor) if mapping(cursor).get("v") == 1 else {}
        walk = mapping(kept.get("walk"))
        return cls(
            at=instant(kept.get("at")),
            known=dict.fromkeys(strings(kept.get("ids"))),
            expected=count(kept.get("expected")),
            began=instant(walk.get("began")),
            token=string(walk.get("token")),
            ended=walk.get("ended") is True,
            listed=set(strings(walk.get("listed"))),
            new=dict.fromkeys(strings(walk.get("new"))),
        )

    def dump(self) -> Cursor:
        cursor: Cursor = {
            "v": 1,
            "at": self.at and self.at.isoformat(),
            "ids": list(self.known),
            "expected": self.expected,
        }
        if self.began is not None:
            cursor["walk"] = {
                "began": self.began.isoformat(),
                "token": self.token,
                "ended": self.ended,
                "listed": sorted(self.listed),
                "new": list(self.new),
            }
        return cursor

    def begin(self, at: datetime) -> None:
        self.began, self.token, self.ended = at, None, False
        self.listed, self.new = set(), {}

    def saw(self, external_id: str) -> None:
        self.listed.add(_digest(external_id))
        if external_id not in self.known:
            self.new[external_id] = None

    def vanished(self) -> list[str]:
        return [i for i in self.known if _digest(i) not in self.listed]

    def finish(self, gone: Collection[str], total: int | None) -> None:
        for external_id in gone:
            del self.known[external_id]
        self.known.update(self.new)
        self.at, self.began, self.expected = self.began, None, total
        self.listed, self.new = set(), {}


class FullListing:
    def __init__(self, reviews: Reviews, settings: GoogleReviewsSettings, clock: Clock) -> None:
        self._reviews = reviews
        self._settings = settings
        self._clock = clock

    async def pages(
        self, feed: str, cursor: Cursor | None, location: Location, given: Iterable[Mention]
    ) -> AsyncIterator[Page]:
        """`given`: what the walk of the newest has just yielded, to be missed if it vanishes."""
        state, total = _State.load(cursor), self._reviews.total(location)
        learnt = _learn(state, given)
        if state.began is None and not self._is_due(state, total):
            if learnt:
                yield Page(feed=feed, cursor=state.dump(), complete=True)
            return
        if state.began is None:
            state.begin(self._clock())
        while not state.ended:
            yield await self._next(feed, state, location)
        gone = await self._confirmed(location, state.vanished())
        state.finish(gone, total)
        at = self._clock()
        deletions = [Deletion(network=NETWORK, external_id=i, seen_at=at) for i in gone]
        yield Page(feed=feed, deletions=deletions, cursor=state.dump(), complete=True)

    def _is_due(self, state: _State, total: int | None) -> bool:
        if state.at is None:
            return True
        since = self._clock() - state.at
        fell = total is not None and state.expected is not None and total < state.expected
        return since >= self._settings.full_every or (fell and since >= _AT_ONCE)

    async def _next(self, feed: str, state: _State, location: Location) -> Page:
        try:
            answer = await self._reviews.page(location, state.token)
        except StaleToken:
            state.begin(self._clock())
            answer = await self._reviews.page(location, None)
        late: list[Mention] = []
        for review in answer["reviews"]:
            late += self._seen(mapping(review), state, location)
        token, before = string(answer.get("nextPageToken")), state.token
        state.token, state.ended = token, token is None or token == before
        return Page(feed=feed, mentions=late, cursor=state.dump())

    def _seen(self, review: dict[str, Any], state: _State, location: Location) -> list[Mention]:
        """Late answers to reviews that are too old for the walk of the newest."""
        try:
            review_id, reply = review_id_of(review), read_reply(review, location, self._clock())
        except ValueError:
            return []  # told by the walk of the newest
        state.saw(review_id)
        if reply is None:
            return []
        is_new = reply.external_id not in state.known
        state.saw(reply.external_id)
        changed, began = instant(review.get("updateTime")), state.began or self._clock()
        is_old = changed is not None and changed < began - self._settings.overlap
        return [reply] if state.at is not None and is_new and is_old else []

    async def _confirmed(self, location: Location, vanished: Collection[str]) -> list[str]:
        """Those that are really gone, each review asked for once."""
        gone: list[str] = []
        for review_id in dict.fromkeys(review_of(i) for i in vanished):
            left: set[str] = set()
            try:
                review = await self._reviews.one(location, review_id)
            except NotFound:
                pass
            else:
                left.add(review_id)
                if read_reply({**review, "reviewId": review_id}, location, self._clock()):
                    left.add(reply_id(review_id))
            asked = (review_id, reply_id(review_id))
            gone += [i for i in asked if i in vanished and i not in left]
        return gone


def _learn(state: _State, given: Iterable[Mention]) -> bool:
    new = [m for m in given if m.external_id not in state.known]
    for mention in new:
        state.known[mention.external_id] = None
    if state.expected is not None:
        state.expected += sum(1 for mention in new if mention.parent_id is None)
    if state.began is not None:
        # It came after the list began: that the list does not show it says nothing.
        state.listed.update(_digest(mention.external_id) for mention in new)
    return bool(new)


def _digest(external_id: str) -> str:
    return blake2b(external_id.encode(), digest_size=8).hexdigest()
