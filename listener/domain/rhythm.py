"""When a source usually brings something, and whether its silence is longer than that explains."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from listener.domain.burst import INTERVAL

WEEKEND = 5  # weekday() from Saturday on
SLOTS = 48  # hours of a working day, then those of a day of the weekend
KNOWN_AFTER = timedelta(days=7)  # watched; before, nobody knows what its weekend is like
KNOWN_FROM = 30  # intervals that brought something
FLOOR = timedelta(hours=3)  # a shorter silence is nobody's business
MISSED = 8.0  # intervals that should have brought something meanwhile
BEYOND = 1.5  # times its longest silences
KEPT, RARE = 64, 1000  # silences; of a thousand, one is set aside as a breakdown of its own


@dataclass(slots=True)
class Rhythm:
    """Takes the watched intervals one by one; time that nobody watched is no silence.

    Mentions come in crowds: intervals that brought any are counted, not the mentions.
    """

    watched: list[int] = field(default_factory=lambda: [0] * SLOTS)
    brought: list[int] = field(default_factory=lambda: [0] * SLOTS)
    waiting: list[int] = field(default_factory=lambda: [0] * SLOTS)  # since it last did
    silences: int = 0  # that ended
    longest: list[int] = field(default_factory=list)  # a heap of some of them
    latest: datetime | None = None  # the end of the interval that last brought something

    def take(self, until: datetime, *, brought: bool) -> None:
        """One interval that ends at `until`, in the hospital's zone."""
        slot = until.hour + (24 if until.weekday() >= WEEKEND else 0)
        if not brought:
            self.waiting[slot] += self.latest is not None
            return
        self._learn_silence()
        self.watched[slot] += 1
        self.brought[slot] += 1
        self.latest = until

    def _learn_silence(self) -> None:
        """Only once it has ended: what goes on must not be compared with itself."""
        length = sum(self.waiting)
        if not length:
            return
        self.silences += 1
        push = heapq.heappush if len(self.longest) < KEPT else heapq.heappushpop
        push(self.longest, length)
        self.watched = [a + b for a, b in zip(self.watched, self.waiting, strict=True)]
        self.waiting = [0] * SLOTS

    @property
    def silence(self) -> timedelta:
        return sum(self.waiting) * INTERVAL

    @property
    def usual(self) -> timedelta:
        """The longest silence there was, but for one, or one in a thousand: a breakdown."""
        aside = min(max(1, self.silences // RARE), KEPT - 1)
        known = heapq.nlargest(aside + 1, self.longest)
        return known[-1] * INTERVAL if len(known) > aside else timedelta()

    @property
    def missed(self) -> float:
        """Intervals that would have brought something during this silence, were it as ever."""
        rates = (b / w if w else 0.0 for b, w in zip(self.brought, self.watched, strict=True))
        return sum(n * rate for n, rate in zip(self.waiting, rates, strict=True))

    def is_silent(self) -> bool:
        """Beyond what it ever did and what chance explains; never of a source that is new."""
        if sum(self.watched) * INTERVAL < KNOWN_AFTER or sum(self.brought) < KNOWN_FROM:
            return False
        if self.silence < FLOOR or self.silence <= BEYOND * self.usual:
            return False
        return self.missed >= MISSED
