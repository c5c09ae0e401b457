"""How often somebody's number may come with a wrong code: a short one could be found by trying."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

AT_MOST = 10
WITHIN = timedelta(hours=1)


@dataclass(slots=True)
class Guesses:
    """Kept in memory: a restart forgives ten more, of eight hundred thousand."""

    _failed: dict[str, deque[datetime]] = field(default_factory=dict)

    def may(self, person: str, at: datetime) -> bool:
        failed = self._failed.get(person, deque())
        while failed and at - failed[0] > WITHIN:
            failed.popleft()
        return len(failed) < AT_MOST

    def failed(self, person: str, at: datetime) -> None:
        self._failed.setdefault(person, deque(maxlen=AT_MOST)).append(at)
