"""The way back through a newest-first list to where the last poll ended, kept in the feed's cursor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

from connectors.bluesky.reading import instant, mapping, string, strings
from connectors.bluesky.wire import Seen
from connectors.connector import Cursor

_MAX_SEEN = 2_000  # marks kept of posts near the upper end, 19 bytes each in the cursor
_TICK = timedelta(milliseconds=1)  # the network's own precision


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
    until: datetime | None = None
    fresh: list[str] = field(default_factory=list)
    fresh_from: datetime | None = None  # where `fresh` had to stop
    done: bool = False
    _given: set[str] = field(default_factory=set)

    @property
    def under_way(self) -> bool:
        return self.upper is not None and not self.done

    def take(
        self, items: Sequence[Seen], token: str | None, *, may_go_deeper: bool = False
    ) -> list[Seen]:
        """Read one page: what is new in it, each once. Afterwards `done` says whether to go on.

        `may_go_deeper`: the list can be asked below a date, and this page does not look like its end.
        """
        positions = [item.position for item in items if item.position is not None]
        if self.upper is None:
            self.upper = max([self.mark, *positions])
        before = len(self._given)
        new = [item for item in items if self._is_new(item)]
        self._go_on(positions, token, may_go_deeper and len(self._given) > before)
        return new

    def _is_new(self, item: Seen) -> bool:
        if item.position is not None and item.position < self.floor:
            return False
        fingerprint = blake2b(item.mention.external_id.encode(), digest_size=8).hexdigest()
        if fingerprint in self._given:
            return False
        self._given.add(fingerprint)
        self._remember(fingerprint, item.position)
        return fingerprint not in self.seen

    def _remember(self, fingerprint: str, position: datetime | None) -> None:
        assert self.upper is not None
        if position is not None and position < self.upper - self.overlap:
            return
        if len(self.fresh) < _MAX_SEEN:
            self.fresh.append(fingerprint)
        elif position is not None:
            self.fresh_from = max(self.fresh_from or position, position)

    def _go_on(self, positions: list[datetime], token: str | None, deeper: bool) -> None:
        if positions:
            self.oldest = min([*positions, *([self.oldest] if self.oldest else [])])
        if positions and max(positions) < self.floor:
            self.done = True
        elif token is not None and token != self.token:
            self.token = token
        else:
            self._next_window(deeper)

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

    def cursor(self) -> Cursor:
        if self.done or self.upper is None:
            return {
                "v": 1,
                "mark": (self.upper or self.mark).isoformat(),
                "seen": self.fresh,
                "seen_from": _iso(self.fresh_from),
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
                "until": _iso(self.until),
                "fresh": list(self.fresh),
                "fresh_from": _iso(self.fresh_from),
            },
        }


def begin(cursor: Cursor | None, *, look_back: timedelta, overlap: timedelta, at: datetime) -> Walk:
    """The walk that a cursor holds, or the next one; without a cursor only `look_back` is read."""
    kept = mapping(cursor)
    mark = instant(kept.get("mark"))
    if mark is None:
        return Walk(mark=at - look_back, floor=at - look_back, overlap=overlap)
    floor = max(mark - overlap, instant(kept.get("seen_from")) or mark - overlap)
    walk = Walk(mark=mark, floor=floor, overlap=overlap, seen=frozenset(strings(kept.get("seen"))))
    return _resumed(walk, mapping(kept.get("walk")))


def _resumed(walk: Walk, kept: dict[str, Any]) -> Walk:
    upper = instant(kept.get("upper"))
    if upper is None:
        return walk
    walk.upper = upper
    walk.floor = instant(kept.get("floor")) or walk.floor
    walk.token = string(kept.get("token"))
    walk.oldest, walk.until = instant(kept.get("oldest")), instant(kept.get("until"))
    walk.fresh = list(strings(kept.get("fresh")))
    walk.fresh_from = instant(kept.get("fresh_from"))
    walk._given.update(walk.fresh)
    return walk


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None
