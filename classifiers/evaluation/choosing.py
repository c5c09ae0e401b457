"""What the settings of bursts are worth on names they were not chosen by."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from classifiers.bursts import BurstSettings
from classifiers.evaluation import nab
from classifiers.evaluation.bursts import Outcome, detect, figures, outcome
from classifiers.evaluation.series import read_series, read_windows, windows_of
from classifiers.evaluation.thinning import thinned

MARGINS = (1.02, 1.05, 1.1)
SLOW_LIMITS = (5.0, 6.0, 7.0)
POISSON_SIGMAS = (2.5, 3.0, 3.5)
FALSE_ALARMS = 1.0  # a month, that a choice may make where it is made

# By name of the series, then by candidate.
Outcomes = Mapping[str, Sequence[Sequence[Outcome]]]


def candidates() -> list[BurstSettings]:
    """The defaults' neighbours in the three figures on which most depends."""
    grid = itertools.product(MARGINS, SLOW_LIMITS, POISSON_SIGMAS)
    return [BurstSettings(margin=m, slow_limit=s, poisson_sigmas=p) for m, s, p in grid]


def cross_validate(
    files: Sequence[Path],
    windows: Path,
    choices: Sequence[BurstSettings],
    *,
    per_day: float = 40.0,
    draws: int = 2,
    seed: int = 0,
) -> dict[str, Any]:
    """Each file scored under the settings that are best for all others, whole and thinned.

    Best is the highest NAB score (mean of standard and low_fp, of whole and thinned counts) among
    those with at most one false alarm a month; where none has as few, the fewest.
    """
    whole, thin = _outcomes(files, windows, choices, per_day, draws, seed)
    chosen = {
        name: _best([other for other in whole if other != name], whole, thin) for name in whole
    }
    held = {
        kind: figures([one for name in whole for one in own[name][chosen[name]]], labelled=True)
        for kind, own in (("whole", whole), ("thinned", thin))
    }
    return {**held, "chosen": {name: choices[index] for name, index in chosen.items()}}


def _outcomes(
    files: Sequence[Path],
    windows: Path,
    choices: Sequence[BurstSettings],
    per_day: float,
    draws: int,
    seed: int,
) -> tuple[Outcomes, Outcomes]:
    labelled = read_windows(windows)
    rng = np.random.default_rng(seed)
    whole: dict[str, list[list[Outcome]]] = {}
    thin: dict[str, list[list[Outcome]]] = {}
    for path in files:
        series = read_series(path)
        limits = windows_of(series.name, labelled)
        rare = [thinned(series, per_day, rng) for _ in range(draws)]
        for outcomes, counts in ((whole, [series]), (thin, rare)):
            outcomes[series.name] = [
                [
                    outcome(one, detect(one, replace(settings, interval=one.interval)), limits)
                    for one in counts
                ]
                for settings in choices
            ]
    return whole, thin


def _best(names: Iterable[str], *kinds: Outcomes) -> int:
    names = list(names)
    count = len(kinds[0][names[0]])
    worth = [
        _worth([[one for n in names for one in kind[n][i]] for kind in kinds]) for i in range(count)
    ]
    return max(range(count), key=worth.__getitem__)


def _worth(kinds: Sequence[Sequence[Outcome]]) -> tuple[float, float]:
    """Excess of false alarms (negated), then the score."""
    excess, score = 0.0, 0.0
    for outcomes in kinds:
        detections = [one.detections for one in outcomes]
        false = sum(len(one.false) for one in detections) / sum(one.months for one in outcomes)
        excess += max(0.0, false - FALSE_ALARMS)
        for name in ("standard", "low_fp"):
            score += nab.score(detections, nab.PROFILES[name]) or 0.0
    return -excess, score
