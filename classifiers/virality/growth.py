"""Growth: engagement gained per hour, against what the author's posts usually gain."""

from __future__ import annotations

import math
from collections.abc import Sequence

from classifiers.classifier import Reading, Reason, Sample, Score

VERSION = "growth-1"
WINDOW = 2 * 3600.0  # s: speed is judged on the latest two hours of readings
MIN_SPAN = 5 * 60.0  # s: remote counts lag by minutes, closer readings say nothing about speed
MIN_GAIN = 5  # interactions: below this many, speed is noise
MIN_USUAL = 1.0  # an hour: an author who usually gains nothing must not make one like look viral
ASSUMED_USUAL = 10.0  # an hour, where no usual is known: loud for most hospitals' mentions

_FIELDS = ("reactions", "replies", "shares")


def engagement(reading: Reading) -> int | None:
    """Reactions, replies and shares together (views are of another kind); None if none is known."""
    known = [n for field in _FIELDS if (n := getattr(reading, field)) is not None]
    return sum(known) if known else None


def virality(sample: Sample) -> Score:
    """Score whose value is "so many times the usual", None where it cannot say.

    Readings may be unordered, repeated, irregular, and lack fields; only fields that both ends
    publish are compared. A count that falls (a purge of false accounts) is a gain of zero.
    """
    span = _span(sample.readings)
    gain = _gain(*span) if span else None
    if span is None or gain is None:
        return _cannot_say("too_few_readings")
    speed = gain * 3600 / (span[1].age - span[0].age)
    # So little gained is a fact of its own where an hour was watched; otherwise it is too soon.
    if gain < MIN_GAIN and span[1].age - span[0].age < WINDOW / 2:
        return _cannot_say("too_little_engagement", f"{gain}")
    known = sample.usual is not None and math.isfinite(sample.usual)
    usual = max(sample.usual or 0.0, MIN_USUAL) if known else ASSUMED_USUAL
    return Score(
        classifier="virality",
        version=VERSION,
        value=round(speed / usual, 3),
        reasons=(
            Reason(code="growth", share=1.0, detail=f"{speed:.0f}"),
            Reason(code="usual_growth" if known else "assumed_growth", detail=f"{usual:.3g}"),
        ),
    )


def _cannot_say(code: str, detail: str = "") -> Score:
    reason = Reason(code=code, detail=detail)
    return Score(classifier="virality", version=VERSION, reasons=(reason,))


def _span(readings: Sequence[Reading]) -> tuple[Reading, Reading] | None:
    """The latest reading and the oldest of its window, or the nearest one before the window."""
    if len(readings) < 2:
        return None
    ordered = sorted((r for r in readings if _usable(r)), key=lambda r: r.age)
    if not ordered:
        return None
    last = ordered[-1]
    earlier = [r for r in ordered if last.age - r.age >= MIN_SPAN]
    if not earlier:
        return None
    recent = [r for r in earlier if last.age - r.age <= WINDOW]
    return (recent[0] if recent else earlier[-1]), last


def _usable(reading: Reading) -> bool:
    return math.isfinite(reading.age) and reading.age >= 0 and engagement(reading) is not None


def _gain(first: Reading, last: Reading) -> int | None:
    pairs = [(getattr(first, field), getattr(last, field)) for field in _FIELDS]
    gains = [max(0, new - old) for old, new in pairs if old is not None and new is not None]
    return sum(gains) if gains else None
