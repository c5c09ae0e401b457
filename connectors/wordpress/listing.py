"""How far a collection has been read: oldest first, so that every page moves the mark."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from connectors.connector import Cursor
from connectors.dates import parse_date
from connectors.mention import Mention

VERSION = 1
OVERLAP = timedelta(hours=2)
"""Sites filter by local time: the night when clocks go back has an hour twice."""
DEEP_EVERY = timedelta(hours=1)
KEPT = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One way to list a collection. `by` is the member that it is sorted by."""

    by: str
    after: str  # the parameter that sets the floor
    orderby: str


# A scheduled post keeps its old modification date when it appears: one order would miss it.
LISTINGS = {
    "posts": (
        Listing(by="date_gmt", after="after", orderby="date"),
        Listing(by="modified_gmt", after="modified_after", orderby="modified"),
    ),
    "comments": (Listing(by="date_gmt", after="after", orderby="date_gmt"),),
}


@dataclass(slots=True, kw_only=True)
class Place:
    """Where one listing has been read to."""

    mark: datetime | None = None
    page: int = 1
    walking: bool = False  # interrupted: go on from the mark itself
    first: bool = True  # the look-back is not finished
    deep_at: datetime | None = None
    deep: bool = False
    unsupported: bool = False

    def start(self, at: datetime, look_back: timedelta, moderation: timedelta) -> datetime:
        """The floor of this poll."""
        if self.mark is None:
            self.mark = at - look_back
            self.walking = True
            self.deep_at = at
        if self.walking:
            return self.mark
        self.page, self.walking = 1, True
        self.deep = self.deep_at is None or at - self.deep_at >= DEEP_EVERY
        self.deep_at = at if self.deep else self.deep_at
        return self.mark - (moderation if self.deep else OVERLAP)

    def move(self, floor: datetime, last: datetime | None, at: datetime) -> datetime:
        """The next request's floor: by date, as pages shift while people write.

        Within one second (imports) the date does not tell items apart: there, page by page.
        """
        following = min(last, at) - timedelta(seconds=1) if last else floor
        if following > floor:
            self.page = 1
        else:
            following, self.page = floor, self.page + 1
        self.mark = following
        return following

    def finish(self) -> None:
        self.page, self.walking, self.first, self.deep = 1, False, False, False

    @classmethod
    def load(cls, node: dict[str, Any]) -> Self:
        return cls(
            mark=parse_date(node.get("mark")),
            page=max(1, int(node.get("page", 1))),
            walking=bool(node.get("walking")),
            first=bool(node.get("first", True)),
            deep_at=parse_date(node.get("deep_at")),
            unsupported=bool(node.get("unsupported")),
        )

    def dump(self) -> dict[str, Any]:
        return {
            "mark": self.mark.isoformat() if self.mark else None,
            "page": self.page,
            "walking": self.walking,
            "first": self.first,
            "deep_at": self.deep_at.isoformat() if self.deep_at else None,
            "unsupported": self.unsupported,
        }


@dataclass(slots=True, kw_only=True)
class Reading:
    """The cursor of one collection."""

    places: dict[str, Place] = field(default_factory=dict)  # by Listing.by
    seen: dict[str, str] = field(default_factory=dict)  # number → "content:published"

    @classmethod
    def load(cls, cursor: Cursor | None) -> Self:
        """A cursor of another version, or damaged, starts afresh: reading twice harms nobody."""
        if not cursor or cursor.get("v") != VERSION:
            return cls()
        try:
            places = {by: Place.load(node) for by, node in cursor["places"].items()}
            return cls(places=places, seen=dict(cursor["seen"]))
        except (KeyError, TypeError, ValueError, AttributeError):
            return cls()

    def dump(self) -> Cursor:
        places = {by: place.dump() for by, place in self.places.items()}
        return {"v": VERSION, "places": places, "seen": dict(self.seen)}

    def note(self, number: str, mention: Mention) -> bool:
        """Remember an item; whether it says something new."""
        said = f"{mention.title}\0{mention.text}".encode("utf-8", "replace")
        content = hashlib.blake2b(said, digest_size=4).hexdigest()
        before = self.seen.pop(number, "").partition(":")[0]
        published = mention.published_at
        self.seen[number] = f"{content}:{int(published.timestamp()) if published else 0}"
        return before != content

    def missing(self, since: datetime, until: datetime, found: Collection[str]) -> list[str]:
        """Items known in a stretch that a listing of all of it no longer shows."""
        low, high = since.timestamp() + 1, until.timestamp() - 1
        return [
            number
            for number, mark in self.seen.items()
            if low < int(mark.partition(":")[2] or 0) < high and number not in found
        ]

    def forget_before(self, instant: datetime) -> None:
        """Keep what a later overlap can show again: the recent, and the recently seen."""
        recent = set(list(self.seen)[-KEPT:])
        floor = instant.timestamp()
        self.seen = {
            number: mark
            for number, mark in self.seen.items()
            if int(mark.partition(":")[2] or 0) >= floor or number in recent
        }


def as_parameter(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
