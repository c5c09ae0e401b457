"""Severity from 0 to 100: how much one mention deserves a person's attention, and why.

Points are added up: what is said (negativity, rating), then how far it carries (growth, reach),
counted only as far as it is negative: a thank-you that goes viral wakes nobody. The sum is
multiplied by the source's weight. Every step rises with P(negative), growth, followers and weight,
and falls with the rating: severity is monotone in each.
"""

from __future__ import annotations

import math

from classifiers.classifier import Reason, Sample, Score

VERSION = "points-1"
NEGATIVITY_POINTS = 55.0  # a certain complaint, by nobody in particular, seen by nobody
RATING_POINTS = 10.0  # one star; nothing from four stars on
GROWTH_POINTS = 20.0  # at FULL_GROWTH times the usual
REACH_POINTS = 15.0  # at FULL_REACH followers
FULL_GROWTH = 50.0  # times the usual; counted in logarithm from CALM_GROWTH on
CALM_GROWTH = 1.0
FULL_REACH = 1_000_000  # followers; counted in logarithm from CALM_REACH on
CALM_REACH = 200
MAX_WEIGHT = 4.0


def severity(sample: Sample, *, negative: float, growth: float | None) -> Score:
    """`negative`: probability from 0 to 1; `growth`: times the usual, None where unknown."""
    negative = _fraction(negative)
    points = {
        "negativity": NEGATIVITY_POINTS * negative,
        "rating": RATING_POINTS * _low_rating(sample.rating),
        "growth": GROWTH_POINTS * negative * _logarithmic(growth, CALM_GROWTH, FULL_GROWTH),
        "reach": REACH_POINTS * negative * _logarithmic(sample.followers, CALM_REACH, FULL_REACH),
    }
    total = sum(points.values())
    weight = min(max(sample.weight, 0.0), MAX_WEIGHT) if math.isfinite(sample.weight) else 1.0
    return Score(
        classifier="severity",
        version=VERSION,
        value=round(min(100.0, total * weight), 2),
        reasons=_reasons(points, total, weight, _details(sample, negative, growth)),
    )


def _reasons(
    points: dict[str, float], total: float, weight: float, details: dict[str, str]
) -> tuple[Reason, ...]:
    parts = [
        Reason(code=code, share=round(part / total, 4), detail=details[code])
        for code, part in points.items()
        if part > 0
    ]
    parts.sort(key=lambda reason: -reason.share)
    if weight != 1.0:
        parts.append(Reason(code="source_weight", detail=f"{weight:g}"))
    return tuple(parts)


def _details(sample: Sample, negative: float, growth: float | None) -> dict[str, str]:
    return {
        "negativity": f"{negative:.2f}",
        "rating": "" if sample.rating is None else f"{sample.rating:g}",
        "growth": "" if growth is None else f"{growth:.1f}",
        "reach": "" if sample.followers is None else f"{sample.followers}",
    }


def _fraction(value: float) -> float:
    return min(max(value, 0.0), 1.0) if math.isfinite(value) else 0.0


def _low_rating(rating: float | None) -> float:
    return 0.0 if rating is None else _fraction((4.0 - rating) / 3.0)


def _logarithmic(value: float | None, calm: float, full: float) -> float:
    """0 up to `calm`, 1 from `full` on, in equal steps for equal factors."""
    if value is None or not value > calm:
        return 0.0
    return min(1.0, math.log(value / calm) / math.log(full / calm))
