"""A feed's cursor: what was seen, the walk that is not finished, and what HTTP told us to remember."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from connectors.connector import Cursor
from connectors.dates import parse_date
from connectors.mention import Engagement, Mention
from connectors.response import Validators

VERSION = 1
FLOOR = 200
"""How many of the newest known entries are kept as the mark that a walk must meet."""
MIN_SEEN = 2_000
SIGHTINGS = 3
"""Polls that must see a permanent redirect before it is believed: some are mistakes of an hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """A reading that goes back through older pages until it meets the floor."""

    floor: frozenset[str]
    since: datetime
    next: str = ""  # the page to resume at; "" begins again at the head


@dataclass(slots=True, kw_only=True)
class FeedState:
    seen: dict[str, str] = field(default_factory=dict)  # entry → its content and its counts
    read_at: datetime | None = None
    validators: Validators = field(default_factory=Validators)
    walk: Walk | None = None
    moved_to: str = ""
    moved_times: int = 0
    closed: bool = False

    @classmethod
    def load(cls, cursor: Cursor | None) -> Self:
        """A cursor of another version, or damaged, starts afresh: reading twice harms nobody."""
        if not cursor or cursor.get("v") != VERSION:
            return cls()
        try:
            return cls(
                seen=dict(cursor["seen"]),
                read_at=parse_date(cursor.get("read_at")),
                validators=Validators(**cursor.get("validators", {})),
                walk=_load_walk(cursor.get("walk")),
                moved_to=str(cursor.get("moved_to", "")),
                moved_times=int(cursor.get("moved_times", 0)),
                closed=bool(cursor.get("closed")),
            )
        except (KeyError, TypeError, ValueError):
            return cls()

    def dump(self) -> Cursor:
        walk = self.walk
        return {
            "v": VERSION,
            "seen": dict(self.seen),
            "read_at": self.read_at.isoformat() if self.read_at else None,
            "validators": {
                "etag": self.validators.etag,
                "last_modified": self.validators.last_modified,
            },
            "walk": walk
            and {
                "floor": sorted(walk.floor),
                "since": walk.since.isoformat(),
                "next": walk.next,
            },
            "moved_to": self.moved_to,
            "moved_times": self.moved_times,
            "closed": self.closed,
        }

    def begin(self, since: datetime) -> Walk:
        """The walk that was left unfinished, else a new one down to what is known now."""
        if self.walk is None:
            self.walk = Walk(floor=frozenset(list(self.seen)[:FLOOR]), since=since)
        return self.walk

    def finish(self, newest_first: Sequence[str], at: datetime, validators: Validators) -> None:
        """Forget what left the feed long ago; the newest entries become the next floor."""
        ordered = dict.fromkeys((*newest_first, *self.seen))
        limit = max(MIN_SEEN, 2 * len(newest_first))
        self.seen = {key: self.seen[key] for key in list(ordered)[:limit] if key in self.seen}
        self.walk = None
        self.read_at = at
        self.validators = validators

    def saw_redirect(self, to: str | None) -> None:
        if not to:
            return
        self.moved_times = self.moved_times + 1 if to == self.moved_to else 1
        self.moved_to = to

    def address(self, configured: str) -> str:
        return self.moved_to if self.moved_times >= SIGHTINGS else configured

    def forget_redirect(self) -> None:
        self.moved_to, self.moved_times = "", 0


def seen_key(external_id: str) -> str:
    return hashlib.blake2b(external_id.encode("utf-8", "replace"), digest_size=8).hexdigest()


def content_mark(mention: Mention) -> str:
    """Changes when what is said changes: an edited entry is yielded again."""
    said = "\0".join((mention.title or "", mention.text, mention.url or ""))
    return hashlib.blake2b(said.encode("utf-8", "replace"), digest_size=4).hexdigest()


def count_mark(engagement: Engagement | None) -> str:
    if engagement is None:
        return ""
    return f"{engagement.views}/{engagement.reactions}/{engagement.replies}"


def _load_walk(walk: Any) -> Walk | None:
    if not walk:
        return None
    since = parse_date(walk["since"])
    return (
        Walk(floor=_strings(walk["floor"]), since=since, next=str(walk["next"])) if since else None
    )


def _strings(values: Iterable[Any]) -> frozenset[str]:
    return frozenset(str(value) for value in values)
