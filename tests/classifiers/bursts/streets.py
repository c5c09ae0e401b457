"""Invented counts of mentions: a daily rhythm, quieter weekends, more spread than chance."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import numpy as np

from classifiers.bursts import Burst, BurstDetector

MONDAY = datetime(2024, 1, 1, tzinfo=UTC)
STEP = timedelta(minutes=5)
A_DAY = 288  # steps


def rhythm(days, per_day, *, seed=0, spread=4.0):
    """Negative binomial counts (gamma shape `spread`) around a rhythm, from a Monday on."""
    rng = np.random.default_rng(seed)
    step = np.arange(days * A_DAY)
    hour, weekday = step / 12 % 24, step // A_DAY % 7
    mean = np.exp(0.9 * np.cos(2 * np.pi * (hour - 15) / 24)) * np.where(weekday >= 5, 0.6, 1.0)
    mean *= per_day / A_DAY / mean.mean()
    return rng.poisson(mean * rng.gamma(spread, 1 / spread, size=len(step))).tolist()


def rows(counts: Iterable[int], start=MONDAY, step=STEP):
    return [(start + i * step, count) for i, count in enumerate(counts)]


def run(detector: BurstDetector, counts) -> list[Burst]:
    return [detector.update(instant, count) for instant, count in counts]


def alarms(bursts) -> list[int]:
    return [row for row, burst in enumerate(bursts) if burst.alarm]
