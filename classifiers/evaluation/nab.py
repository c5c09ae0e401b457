"""The Numenta Anomaly Benchmark's score of detections against windows.

Lavin and Ahmad, Evaluating Real-time Anomaly Detection Algorithms - the Numenta Anomaly Benchmark
(ICMLA 2015). A detection in a window is worth more the earlier it comes, and only the window's best
counts; one outside costs more the farther it lies behind the window before it. The sum is scaled so
that finding nothing gives 0 and finding each window in its first row, nothing else, 100.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

PROBATION = 0.15  # of the rows, and of no more than
PROBATION_ROWS = 5000  # rows: detectors learn in peace
FAR = 3.0  # widths behind a window, where a false alarm costs all it can


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What a detection is worth, and what a false alarm and a missed window cost."""

    found: float = 1.0
    false_alarm: float
    missed: float


PROFILES = {
    "standard": Profile(false_alarm=0.11, missed=1.0),
    "low_fp": Profile(false_alarm=0.22, missed=1.0),
    "low_fn": Profile(false_alarm=0.11, missed=2.0),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Detections:
    """Of one series: its length, the rows detected, and the first and last row of each window."""

    rows: int
    detected: tuple[int, ...]
    windows: tuple[tuple[int, int], ...]

    @property
    def scored(self) -> tuple[int, ...]:
        """Those after the probationary period, in order."""
        start = probation(self.rows)
        return tuple(sorted(row for row in self.detected if row >= start))

    @property
    def first(self) -> dict[tuple[int, int], int]:
        """The first detection in each window that has one."""
        found: dict[tuple[int, int], int] = {}
        for row in self.scored:
            if (window := self._window(row)) is not None:
                found.setdefault(window, row)
        return found

    @property
    def false(self) -> tuple[int, ...]:
        """Detections outside every window."""
        return tuple(row for row in self.scored if self._window(row) is None)

    def _window(self, row: int) -> tuple[int, int] | None:
        return next((window for window in self.windows if window[0] <= row <= window[1]), None)


def probation(rows: int) -> int:
    """How many rows at the beginning are not scored."""
    return math.floor(PROBATION * min(rows, PROBATION_ROWS))


def score(series: Sequence[Detections], profile: Profile) -> float | None:
    """Of all series together, 0 to 100 (less than 0 for false alarms alone); None without windows."""
    windows = sum(len(one.windows) for one in series)
    if not windows:
        return None
    null, perfect = -profile.missed * windows, profile.found * windows
    return 100.0 * (raw_score(series, profile) - null) / (perfect - null)


def raw_score(series: Iterable[Detections], profile: Profile) -> float:
    """What detections are worth together, not yet scaled."""
    return sum(_worth(one, profile) for one in series)


def _worth(one: Detections, profile: Profile) -> float:
    found = one.first
    # The sigmoid falls all along a window, so that the first detection is the best one.
    hits = sum(_earliness(window, row) for window, row in found.items())
    missed = len(one.windows) - len(found)
    strays = sum(_stray(one.windows, row) for row in one.false)
    return profile.found * hits - profile.missed * missed - profile.false_alarm * strays


def _earliness(window: tuple[int, int], row: int) -> float:
    """1 in the window's first row, falling to almost 0 in its last."""
    start, end = window
    return _sigmoid(-(end - row + 1) / (end - start + 1)) / _sigmoid(-1.0)


def _stray(windows: Sequence[tuple[int, int]], row: int) -> float:
    """Almost 0 just behind a window, 1 far from any."""
    behind = [window for window in windows if window[1] < row]
    if not behind:
        return 1.0
    start, end = max(behind, key=lambda window: window[1])
    return -_sigmoid((row - end) / max(1, end - start))


def _sigmoid(position: float) -> float:
    """From almost 1 a width before a window's end, through 0 at it, to -1 far behind."""
    if position >= FAR:
        return -1.0
    return 2.0 / (1.0 + math.exp(5.0 * position)) - 1.0
