"""How far a collection has been read: oldest first, so that every page moves the mark."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from connectors.connector import Cursor
from connectors.dates import parse_date
from connectors.mention import Mention
from connectors.wordpress.given import Given

VERSION = 1
OVERLAP = timedelta(hours=2)
"""Sites filter by local time: the night when clocks go back has an hour twice."""
SKEW = timedelta(minutes=15)
"""How far a site's clock may lag behind ours."""
DEEP_EVERY = timedelta(hours=1)
KEPT = 500
"""Items whose content is remembered, to know an edit that the site does not date."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One way to list a collection. `by` is the member that it is sorted by."""

    by: str
    after: str  # the parameter that sets the floor
    orderby: str

    @property
    def tells_edits(self) -> bool:
        return self.by == "modified_gmt"


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

    def start(self, at: datetime, look_back: timedelta, moderation: timedelta | None) -> datetime:
        """The floor of this poll; `moderation` None: this listing has no need to look deeper."""
        if self.mark is None:
            self.mark = at - look_back
            self.walking = True
            self.deep_at = at
        if self.walking:
            return self.mark
        self.page, self.walking = 1, True
        due = self.deep_at is None or at - self.deep_at >= DEEP_EVERY
        if moderation is None or not due:
            return self.mark - OVERLAP
        self.deep, self.deep_at = True, at
        return deepest(self.mark, moderation) - OVERLAP

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
    seen: dict[str, str] = field(default_factory=dict)  # number → its content, the latest KEPT
    given: Given = field(default_factory=Given)
    read_at: datetime | None = None  # when the last complete poll began

    @classmethod
    def load(cls, cursor: Cursor | None) -> Self:
        """A cursor of another version, or damaged, starts afresh: reading twice harms nobody."""
        if not cursor or cursor.get("v") != VERSION:
            return cls()
        try:
            return cls(
                places={by: Place.load(node) for by, node in cursor["places"].items()},
                seen=dict(cursor["seen"]),
                given=Given.load(cursor["given"]),
                read_at=parse_date(cursor.get("read_at")),
            )
        except (KeyError, TypeError, ValueError, AttributeError):
            return cls()

    def dump(self) -> Cursor:
        return {
            "v": VERSION,
            "places": {by: place.dump() for by, place in self.places.items()},
            "seen": dict(self.seen),
            "given": self.given.dump(),
            "read_at": self.read_at.isoformat() if self.read_at else None,
        }

    def note(self, number: int, mention: Mention, edited: datetime | None = None) -> bool:
        """Remember an item; whether it says something new.

        `edited` is when the site says that it was, where the listing is of edits.
        """
        before, now = self.seen.pop(str(number), None), _digest(mention)
        self.seen[str(number)] = now
        if len(self.seen) > KEPT:
            del self.seen[next(iter(self.seen))]
        published = mention.published_at
        known = published is not None and self.given.has(number, published)
        if published is not None:
            self.given.add(number, published)
        if before is not None:
            return before != now
        if known and mention.edited_at is None:
            return False
        if edited is not None and self.read_at is not None:
            return edited > self.read_at - SKEW
        return not known

    def finish(self, at: datetime, moderation: timedelta) -> None:
        """The poll is complete: forget what no later one can show again."""
        self.read_at = at
        place = self.places.get("date_gmt")
        if place is not None and place.mark is not None:
            self.given.forget_before(deepest(place.mark, moderation))


def deepest(mark: datetime, moderation: timedelta) -> datetime:
    """The day from which late approvals and deletions are looked for."""
    return (mark - moderation).replace(hour=0, minute=0, second=0, microsecond=0)


def _digest(mention: Mention) -> str:
    said = f"{mention.title}\0{mention.text}".encode("utf-8", "replace")
    return hashlib.blake2b(said, digest_size=4).hexdigest()


def as_parameter(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
