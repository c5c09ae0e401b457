"""Slow onsets: a cumulative sum of how far the level lies above the usual."""

from __future__ import annotations

from dataclasses import dataclass

CEILING = 2.0  # limits: a long crisis must not keep the sum up for days after it


@dataclass(slots=True)
class CumulativeSum:
    """One-sided CUSUM (Page, Continuous inspection schemes, 1954) of clipped robust residuals.

    Its unit is standard deviations x hours, so that it does not depend on the interval.
    """

    drift: float
    clip: float
    limit: float
    hours: float  # an interval's
    total: float = 0.0

    def preview(self, residual: float) -> float:
        """The sum, were the interval to end with this residual (in robust deviations)."""
        total = self.total + (min(residual, self.clip) - self.drift) * self.hours
        return min(max(0.0, total), CEILING * self.limit)

    def learn(self, residual: float) -> None:
        self.total = self.preview(residual)
