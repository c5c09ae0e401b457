"""Crises injected into quiet counts: how often, and how soon, is one found?"""

from __future__ import annotations

import copy
import gzip
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from classifiers.bursts import BurstDetector, BurstSettings
from classifiers.evaluation.bursts import detect, outcome
from classifiers.evaluation.series import Series, Window, read_series, read_windows, windows_of
from classifiers.evaluation.thinning import thinned

POSTED = "%a %b %d %H:%M:%S %z %Y"  # created_at of the network's API, version 1.1
BEGINS = 0.1  # of the busiest hour's mentions: the first hour to hold so many begins a crisis
HORIZON = timedelta(hours=48)  # of a crisis, into which the extra mentions fall
LEARNING = timedelta(days=7)  # before the first injection
CLEAR = timedelta(days=1)  # between an injection and what is labelled

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """So many mentions more than usual, to be found in that time from the first of them."""

    extra: int
    within: timedelta

    @property
    def name(self) -> str:
        return f"{self.extra}_within_{self.within // timedelta(hours=1)}h"


CHALLENGES = (
    Challenge(extra=540, within=timedelta(hours=3)),
    Challenge(extra=180, within=timedelta(hours=24)),
)


def evaluate(
    crises: Sequence[Path],
    quiet: Sequence[Path],
    windows: Path | None = None,
    *,
    per_day: float = 40.0,
    trials: int = 5,
    seed: int = 0,
) -> dict[str, Any]:
    """Share of injected crises found, over `trials` of each crisis in each quiet series.

    `crises` are files of timestamps (gzip, a header, one a line), `quiet` files of counts, thinned
    to `per_day` mentions a day. Injections keep clear of `windows`, where they are given. False
    alarms are those of the series without any crisis, outside of windows, a month and a series.
    """
    labelled = read_windows(windows) if windows else {}
    rng = np.random.default_rng(seed)
    curves = {path.name.split(".")[0]: onset_curve(read_crisis(path)) for path in crises}
    series = [thinned(read_series(path), per_day, rng) for path in quiet]
    busy = [windows_of(one.name, labelled) if labelled else () for one in series]
    found = {
        challenge.name: _found(challenge, curves, list(zip(series, busy, strict=True)), trials, rng)
        for challenge in CHALLENGES
    }
    outcomes = [outcome(one, detect(one), own) for one, own in zip(series, busy, strict=True)]
    false = sum(len(one.detections.false) for one in outcomes)
    return {**found, "false_alarms_per_month": false / sum(one.months for one in outcomes)}


def _found(
    challenge: Challenge,
    curves: Mapping[str, Floats],
    quiet: Sequence[tuple[Series, Sequence[Window]]],
    trials: int,
    rng: Generator,
) -> dict[str, Any]:
    found: dict[str, list[bool]] = {name: [] for name in curves}
    for series, windows in quiet:
        rows = rng.choice(_calm_rows(series, windows), size=(len(curves), trials))
        plan = [(int(r), name) for name, own in zip(curves, rows, strict=True) for r in own]
        for row, name, detector in _states(series, sorted(plan)):
            extra = injected(series, row, curves[name], challenge.extra, rng)
            found[name].append(_alarms(detector, extra, row, challenge.within))
    shares = {name: float(np.mean(own)) for name, own in found.items()}
    tried = [one for own in found.values() for one in own]
    return {"found": float(np.mean(tried)), "trials": len(tried), "crises": shares}


def _calm_rows(series: Series, windows: Sequence[Window]) -> list[int]:
    """Rows at which a crisis may begin."""
    first, last = series.instants[0] + LEARNING, series.instants[-1] - CLEAR
    rows = [
        row
        for row, at in enumerate(series.instants)
        if first <= at <= last and not any(a - CLEAR <= at <= b + CLEAR for a, b in windows)
    ]
    if not rows:
        raise ValueError(f"{series.name}: too short, or too full of windows, to inject a crisis")
    return rows


def _states(
    series: Series, plan: Sequence[tuple[int, str]]
) -> list[tuple[int, str, BurstDetector]]:
    """The detector as it stands before each planned row, so that the past is run only once."""
    detector = BurstDetector(BurstSettings(interval=series.interval))
    states, at = [], 0
    for row, name in plan:
        for instant, count in zip(series.instants[at:row], series.counts[at:row], strict=True):
            detector.update(instant, count)
        at = row
        states.append((row, name, copy.deepcopy(detector)))
    return states


def _alarms(detector: BurstDetector, series: Series, row: int, within: timedelta) -> bool:
    end = bisect_left(series.instants, series.instants[row] + within)
    counts = zip(series.instants[row:end], series.counts[row:end], strict=True)
    return any(detector.update(instant, count).alarm for instant, count in counts)


def injected(series: Series, row: int, curve: Floats, extra: int, rng: Generator) -> Series:
    """`extra` mentions more, drawn from a crisis's `curve` (s after its beginning), from `row` on."""
    seconds = rng.choice(curve, size=extra, replace=extra > len(curve))
    counts = np.array(series.counts)
    start = series.instants[row]
    starts = np.array([(at - start).total_seconds() for at in series.instants[row:]])
    rows = row + np.searchsorted(starts, seconds, side="right") - 1
    np.add.at(counts, rows, 1)
    return series.replaced(counts.tolist())


def read_crisis(path: Path) -> Floats:
    """Timestamps in s, in order. ValueError, naming file and line: one that cannot be read."""
    instants = []
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line, text in enumerate(file, start=1):
            if line == 1 or not text.strip():
                continue
            instants.append(_posted(path, line, text.strip()).timestamp())
    if not instants:
        raise ValueError(f"{path}:2: no timestamp")
    return np.sort(np.array(instants, dtype=np.float64))


def _posted(path: Path, line: int, text: str) -> datetime:
    try:
        return datetime.strptime(text, POSTED).astimezone(UTC)
    except ValueError as error:
        raise ValueError(f"{path}:{line}: not a timestamp: {text!r}") from error


def onset_curve(seconds: Floats) -> Floats:
    """When a crisis's mentions came, in s after it began, up to the horizon.

    Files begin with mentions of something else, hours or days before. A crisis begins with the
    first mention whose following hour holds a tenth of what the busiest one does.
    """
    hourly = np.searchsorted(seconds, seconds + 3600.0) - np.arange(len(seconds))
    first = seconds[np.argmax(hourly >= BEGINS * hourly.max())]
    curve = seconds[seconds >= first] - first
    return np.asarray(curve[curve < HORIZON.total_seconds()])
