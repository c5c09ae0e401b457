"""What a forecast says. Imports no numerical library."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from classifiers.classifier import Reason

HOURS = (1, 6, 24)  # horizons within which a threshold may be crossed
THRESHOLDS = (100, 1000, 10_000)  # interactions


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """Engagement (reactions, replies and shares together) that a post will have reached.

    `expected` is the final figure with the least expected relative error, so a little under the
    median; the final figure lies within `low` to `high` four times in five. `crossing` maps
    (threshold, hours) to the probability that the threshold is reached within so many hours of
    the latest reading, 1 where it already is; `reaching` maps a threshold to the probability that
    the final figure reaches it. Codes of `reasons`: "count", "speed" (an hour),
    "curve" ("rising", "steady" or "fading"), "followers", "basis" (which experience speaks).
    """

    age: float  # s after publication, of the latest reading
    current: int
    expected: float
    low: float
    high: float
    crossing: Mapping[tuple[int, int], float]
    reaching: Mapping[int, float]
    version: str
    reasons: Sequence[Reason] = ()
