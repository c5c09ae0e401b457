"""Severity from 0 to 100: how much one mention deserves a person's attention, and why.

Points are added up: what is said (negativity, rating, the gravest theme), then how far it carries
(forecast, reach), counted only as far as it is negative: a thank-you that goes viral wakes nobody.
Danger to somebody's life counts whatever the tone. The sum is multiplied by the chance that a
hospital is spoken of at all, and by the source's weight. Every step rises with P(negative), the
themes' probabilities, forecast, growth, followers and weight, and falls with the rating: severity
is monotone in each.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from classifiers.classifier import UNREAD, Reason, Sample, Score

VERSION = "points-2"
CALM_GROWTH, FULL_GROWTH = 1.0, 50.0  # times the usual; counted in logarithm between the two
CALM_FORECAST, FULL_FORECAST = 20, 20_000  # interactions in the end, likewise
CALM_REACH, FULL_REACH = 200, 1_000_000  # followers, likewise
MAX_WEIGHT = 4.0
URGENT = frozenset({"person_in_danger"})  # counted whatever the tone

GRAVITY: Mapping[str, float] = MappingProxyType(
    {
        "person_in_danger": 1.0,
        "death": 0.8,
        "violence": 0.8,
        "confidentiality": 0.7,
        "medical_error": 0.7,
        "cyberattack": 0.7,
        "discrimination": 0.6,
        "hygiene": 0.5,
        "rumour": 0.5,
        "staff_attitude": 0.3,
        "staffing": 0.3,
        "public_health": 0.3,
        "billing": 0.2,
        "waiting": 0.2,
        "premises": 0.2,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Points:
    """What each part is worth at its fullest, and how grave each theme is (0 to 1)."""

    negativity: float = 55.0  # a certain complaint, by nobody in particular, seen by nobody
    rating: float = 10.0  # one star; nothing from four stars on
    gravity: float = 25.0  # the gravest theme, certain
    forecast: float = 20.0  # or growth, where nothing can be forecast yet
    reach: float = 15.0  # at FULL_REACH followers
    themes: Mapping[str, float] = field(default_factory=lambda: dict(GRAVITY))


DEFAULT = Points()


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the other classifiers say of the mention, None where they cannot."""

    negative: float  # probability
    themes: Mapping[str, float] = field(default_factory=dict)  # probabilities
    about: float | None = None  # probability that a hospital is spoken of
    growth: float | None = None  # times the usual
    forecast: float | None = None  # interactions in the end


def told_by(scores: Mapping[str, Score], sample: Sample) -> Told:
    """What these scores, by classifier, say of the sample that they are of.

    What nobody could read is no complaint. What stands under the hospital's own page is about it.
    """
    tone, viral = scores.get("sentiment"), scores.get("virality")
    themes, flags = scores.get("themes"), scores.get("flags")
    if tone and tone.version == UNREAD and sample.rating is None:
        tone = None
    about = flags.probabilities.get("about_hospital") if flags else None
    return Told(
        negative=tone.probabilities.get("negative", 0.0) if tone else 0.0,
        themes=themes.probabilities if themes else {},
        about=None if sample.stands else about,
        growth=viral.figures.get("growth") if viral else None,
        forecast=viral.value if viral else None,
    )


def weighed(scores: Sequence[Score], sample: Sample, points: Points = DEFAULT) -> list[Score]:
    """The scores with the severity that follows from the others, in place of one among them."""
    found = {score.classifier: score for score in scores}
    found["severity"] = severity(sample, told_by(found, sample), points)
    return list(found.values())


def severity(sample: Sample, told: Told, points: Points = DEFAULT) -> Score:
    """A score whose value is 0 to 100, and whose reasons give each part's share."""
    negative = _fraction(told.negative)
    theme, gravity = _gravest(told.themes, negative, points.themes)
    spread = _spread(told)
    reach = _logarithmic(sample.followers, CALM_REACH, FULL_REACH)
    parts = {
        "negativity": points.negativity * negative,
        "rating": points.rating * _low_rating(sample.rating),
        f"theme:{theme}": points.gravity * gravity,
        spread[0]: points.forecast * negative * spread[1],
        "reach": points.reach * negative * reach,
    }
    total = sum(parts.values())
    weight = min(max(sample.weight, 0.0), MAX_WEIGHT) if math.isfinite(sample.weight) else 1.0
    about = 1.0 if told.about is None else _fraction(told.about)
    return Score(
        classifier="severity",
        version=VERSION,
        value=round(min(100.0, total * weight * about), 2),
        reasons=_reasons(parts, total, _details(sample, told, spread[0])) + _factors(weight, about),
    )


def _gravest(
    themes: Mapping[str, float], negative: float, gravity: Mapping[str, float]
) -> tuple[str, float]:
    """The theme that weighs most, and its part of the fullest gravity."""
    weighed = {
        theme: _fraction(chance) * gravity[theme] * (1.0 if theme in URGENT else negative)
        for theme, chance in themes.items()
        if theme in gravity
    }
    worst = max(weighed, key=weighed.__getitem__, default="")
    return worst, _fraction(weighed.get(worst, 0.0))


def _spread(told: Told) -> tuple[str, float]:
    """How far it carries: the forecast or the growth, whichever says more."""
    forecast = _logarithmic(told.forecast, CALM_FORECAST, FULL_FORECAST)
    growth = _logarithmic(told.growth, CALM_GROWTH, FULL_GROWTH)
    return ("forecast", forecast) if forecast >= growth else ("growth", growth)


def _reasons(
    parts: Mapping[str, float], total: float, details: Mapping[str, str]
) -> tuple[Reason, ...]:
    reasons = []
    for code, part in parts.items():
        if part <= 0:
            continue
        code, _, theme = code.partition(":")
        detail = theme or details[code]
        reasons.append(Reason(code=code, share=round(part / total, 4), detail=detail))
    return tuple(sorted(reasons, key=lambda reason: -reason.share))


def _factors(weight: float, about: float) -> tuple[Reason, ...]:
    factors = (("source_weight", weight), ("about_hospital", round(about, 2)))
    return tuple(Reason(code=code, detail=f"{by:g}") for code, by in factors if by != 1.0)


def _details(sample: Sample, told: Told, spread: str) -> dict[str, str]:
    carried = told.forecast if spread == "forecast" else told.growth
    return {
        "negativity": f"{told.negative:.2f}",
        "rating": "" if sample.rating is None else f"{sample.rating:g}",
        spread: "" if carried is None else f"{carried:.1f}",
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
