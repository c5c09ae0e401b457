"""How far counts usually stray from the expected ones."""

from __future__ import annotations

import math
from dataclasses import dataclass

SCALE_DAYS = 28.0  # over which the scale is averaged
FASTEST = 0.2  # the most that one interval weighs in the scale, at the start
CLIP = 3.0  # scales: bursts say nothing about how far counts usually stray
MEAN_TO_SIGMA = 1.25  # sqrt(pi / 2): the mean deviation of a normal law, made a standard one


def anscombe(count: float, expected: float) -> float:
    """How far a count is from the expected one; of unit variance, did chance alone decide.

    Anscombe, The transformation of Poisson, binomial and negative-binomial data (1948).
    """
    return 2.0 * (math.sqrt(count + 0.375) - math.sqrt(max(expected, 0.0) + 0.375))


@dataclass(slots=True)
class Scale:
    """A robust standard deviation of Anscombe residuals; at least 1, which is chance."""

    sigma: float = 1.0
    watched: float = 0.0  # days

    def learn(self, residual: float, days: float) -> None:
        self.watched += days
        weight = min(FASTEST, days / min(self.watched, SCALE_DAYS))
        deviation = MEAN_TO_SIGMA * min(abs(residual), CLIP * self.sigma)
        self.sigma = max(1.0, self.sigma + weight * (deviation - self.sigma))
