"""Clocks: the machine's, and one that is set by hand for demos, drills and back-tests."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta


def utc_now() -> datetime:
    return datetime.now(UTC)


class SimulatedClock:
    """Stands where it is set; once `released`, it goes on at the world's pace from there."""

    def __init__(self, at: datetime) -> None:
        self._at = at
        self._released: float | None = None

    def __call__(self) -> datetime:
        if self._released is None:
            return self._at
        return self._at + timedelta(seconds=time.monotonic() - self._released)

    def set(self, at: datetime) -> None:
        """Move to an instant; never backwards, as no clock that cursors were read by may."""
        self._at = max(self._at, at)

    def release(self) -> None:
        if self._released is None:
            self._released = time.monotonic()
