"""Where the reading of one feed stands: pure, and kept as the feed's cursor.

A server files a post that reaches it late under the id of its date, behind what was already read.
So the mark trails: it is the newest id older than the overlap (or KEPT posts back, where that is
nearer), every catch-up starts there, and `seen` holds the ids above it that were already given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from connectors.connector import Cursor
from connectors.dates import EARLIEST, believable

VERSION = 1
KEPT = 200
"""Five pages are read again at most: a spike must not make every later poll slow."""
SLACK = timedelta(hours=1)
"""How far behind the mark's own date a walk goes on, where the mark itself was deleted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One item of a page, as far as paging is concerned."""

    id: str
    created_at: datetime | None = None


class _Walk(BaseModel):
    """A walk backwards that is not over: `top` holds the newest ids it met, newest first."""

    model_config = ConfigDict(frozen=True)
    next: str
    top: tuple[str, ...] = ()
    upper: str | None = None
    floor: AwareDatetime | None = None


class _Saved(BaseModel):
    v: int
    mark: str | None = None
    floor: AwareDatetime
    seen: tuple[str, ...] = ()
    walk: _Walk | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """`floor` is the instant before which nothing is looked for."""

    floor: datetime
    mark: str | None = None
    seen: tuple[str, ...] = ()  # newest first
    walk: _Walk | None = None

    @classmethod
    def load(cls, cursor: Cursor | None, *, first_floor: datetime) -> Self:
        """An absent or unreadable cursor means a first poll."""
        try:
            saved = _Saved.model_validate(cursor)
        except ValidationError:
            return cls(floor=first_floor)
        if saved.v != VERSION:
            return cls(floor=first_floor)
        return cls(mark=saved.mark, floor=saved.floor, seen=saved.seen, walk=saved.walk)

    def dump(self) -> Cursor:
        saved = _Saved(v=VERSION, mark=self.mark, floor=self.floor, seen=self.seen, walk=self.walk)
        cursor: dict[str, Any] = saved.model_dump(mode="json", exclude_none=True)
        return cursor

    def ascended(self, entries: Sequence[Entry], *, at: datetime, overlap: timedelta) -> Self:
        """After a page read upwards; ids are decimal, so that they can be put in order here."""
        settled = [int(e.id) for e in entries if _older(e, at - overlap)]
        low = max([int(self.mark or 0), *settled])
        ids = sorted({int(i) for i in self.seen} | {int(e.id) for e in entries}, reverse=True)
        above = [number for number in ids if number > low]
        if len(above) > KEPT:
            low = above[KEPT]
        seen = tuple(str(number) for number in above[:KEPT])
        return replace(self, mark=str(low), seen=seen, floor=self._risen(entries, at, overlap))

    def arrived(self, entry: Entry) -> Self:
        """After one post of the stream, in the order of arrival."""
        ids = [entry.id, *(i for i in self.seen if i != entry.id)]
        if all(i.isdecimal() for i in (*ids, self.mark or "0")):
            if int(entry.id) <= int(self.mark or "0"):
                return self  # late, behind the mark, and now given
            ids.sort(key=int, reverse=True)
        mark = ids[KEPT] if len(ids) > KEPT else self.mark
        return replace(self, seen=tuple(ids[:KEPT]), mark=mark)

    def descended(
        self, entries: Sequence[Entry], next_id: str, *, at: datetime, overlap: timedelta
    ) -> Self:
        """After a page read downwards, newest first; `next_id` bounds the next one."""
        walk = self.walk or _Walk(next=next_id)
        top, upper = list(walk.top), walk.upper
        for entry in entries:
            if upper is not None:
                break
            if len(top) >= KEPT or _older(entry, at - overlap):
                upper = entry.id
            else:
                top.append(entry.id)
        floor = self._risen(entries, at, overlap) if self.walk is None else walk.floor
        walk = _Walk(next=next_id, top=tuple(top), upper=upper, floor=floor)
        return replace(self, walk=walk)

    def landed(self) -> Self:
        """After the walk backwards has met the mark or the floor: only now the mark moves."""
        if self.walk is None:
            return self
        if self.walk.upper is None:
            return replace(self, seen=self.walk.top, walk=None)
        floor = max(self.floor, self.walk.floor or self.floor)
        return replace(self, mark=self.walk.upper, seen=self.walk.top, floor=floor, walk=None)

    def _risen(self, entries: Sequence[Entry], at: datetime, overlap: timedelta) -> datetime:
        """The floor follows the newest post, at a distance that forgives late arrivals."""
        dates = [d for e in entries if (d := believable(e.created_at, at)) is not None]
        newest = max(dates, default=self.floor)
        return max(self.floor, newest - overlap - SLACK)


def below_floor(entry: Entry, floor: datetime, at: datetime) -> bool:
    """A date that cannot be believed says nothing: such a post is kept."""
    date = believable(entry.created_at, at)
    return date is not None and date < floor


def _older(entry: Entry, than: datetime) -> bool:
    return entry.created_at is not None and EARLIEST <= entry.created_at <= than
