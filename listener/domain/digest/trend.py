"""When a difference between two periods is a change: stated with its interval, else it is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from math import sqrt
from statistics import median

from listener.domain.digest.figures import SHARE_FROM, Band

Z = 1.959964  # 95 %, two-sided
SHARP = 1.5  # times as many, or as few
SHARP_POINTS = 0.10  # of a share
LEAST = 5  # mentions in either period: fewer are an anecdote, whatever they were before
WEEKS_KNOWN = 4  # before a weekday has anything usual
WEEKS_USUAL = 8  # of the past that it is made of


class Trend(StrEnum):
    SHARP_RISE = "sharp_rise"
    RISE = "rise"
    STABLE = "stable"
    FALL = "fall"
    SHARP_FALL = "sharp_fall"

    @property
    def rises(self) -> bool:
        return self in (Trend.RISE, Trend.SHARP_RISE)

    @property
    def falls(self) -> bool:
        return self in (Trend.FALL, Trend.SHARP_FALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """95 % of it, as shares of one."""

    low: float
    high: float


def wilson(part: int, whole: int) -> Interval | None:
    """Wilson's score interval of a share (Wilson 1927, JASA 22); None of nothing."""
    if whole <= 0:
        return None
    share, spread = part / whole, Z * Z / whole
    middle = (share + spread / 2) / (1 + spread)
    half = Z * sqrt(share * (1 - share) / whole + spread / (4 * whole)) / (1 + spread)
    return Interval(low=max(0.0, middle - half), high=min(1.0, middle + half))


def share_trend(now: tuple[int, int], before: tuple[int, int]) -> Trend | None:
    """Of two shares (part, whole): a change where Newcombe's interval of their difference excludes 0.

    None where either rests on too little to be a share. Newcombe 1998, Statistics in Medicine 17,
    method 10.
    """
    if min(now[1], before[1]) < SHARE_FROM:
        return None
    one, other = wilson(*now), wilson(*before)
    assert one is not None and other is not None
    share, was = now[0] / now[1], before[0] / before[1]
    difference = share - was
    low = difference - sqrt((share - one.low) ** 2 + (other.high - was) ** 2)
    high = difference + sqrt((one.high - share) ** 2 + (was - other.low) ** 2)
    if low <= 0 <= high:
        return Trend.STABLE
    sharp = abs(difference) >= SHARP_POINTS
    if difference > 0:
        return Trend.SHARP_RISE if sharp else Trend.RISE
    return Trend.SHARP_FALL if sharp else Trend.FALL


def volume_trend(now: Mapping[date, int], before: Mapping[date, int]) -> Trend:
    """Of two periods' counts by day: a change where it is more than days differ among themselves.

    Counts of one story come in crowds: the days' own unevenness, weekday by weekday, widens what
    chance may do (a quasi-Poisson dispersion, McCullagh and Nelder 1989, chapter 6). Periods of
    another length are compared by the day.
    """
    total, was = sum(now.values()), sum(before.values())
    if max(total, was) < LEAST or not now or not before:
        return Trend.STABLE
    rate, rate_before = total / len(now), was / len(before)
    noise = _dispersion(now, before) * (1 / len(now) + 1 / len(before))
    if abs(2 * (sqrt(rate) - sqrt(rate_before))) < Z * sqrt(noise):
        return Trend.STABLE
    if rate > rate_before:
        return Trend.SHARP_RISE if rate >= SHARP * rate_before else Trend.RISE
    return Trend.SHARP_FALL if rate_before >= SHARP * rate else Trend.FALL


def _dispersion(now: Mapping[date, int], before: Mapping[date, int]) -> float:
    """How much more than chance the days differ, once weekdays and the two totals are allowed for."""
    rows = [_by_weekday(now), _by_weekday(before)]
    totals = [sum(row.values()) for row in rows]
    grand = sum(totals)
    chi, cells = 0.0, 0
    for weekday in range(7):
        column = sum(row.get(weekday, 0) for row in rows)
        if not column:
            continue
        cells += 1
        for row, total in zip(rows, totals, strict=True):
            expected = column * total / grand
            if expected:
                chi += (row.get(weekday, 0) - expected) ** 2 / expected
    return max(1.0, chi / (cells - 1)) if cells > 1 else 1.0


def _by_weekday(counts: Mapping[date, int]) -> Mapping[int, int]:
    found: dict[int, int] = {}
    for day, count in counts.items():
        found[day.weekday()] = found.get(day.weekday(), 0) + count
    return found


def usual(counts: Sequence[int]) -> Band | None:
    """What the same weekday brought in the last weeks; None of fewer than four."""
    known = sorted(counts)
    if len(known) < WEEKS_KNOWN:
        return None
    return Band(low=_quantile(known, 0.1), middle=float(median(known)), high=_quantile(known, 0.9))


def _quantile(ascending: Sequence[int], part: float) -> float:
    place = part * (len(ascending) - 1)
    below = int(place)
    above = min(below + 1, len(ascending) - 1)
    return ascending[below] + (ascending[above] - ascending[below]) * (place - below)
