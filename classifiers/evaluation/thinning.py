"""Bursts at a hospital's volume: labelled counts of busier names, with most mentions dropped."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from numpy.random import Generator

from classifiers.evaluation.bursts import detect, figures, outcome
from classifiers.evaluation.series import Series, read_series, read_windows, windows_of


def evaluate(
    files: Sequence[Path], windows: Path, *, per_day: float = 40.0, draws: int = 5, seed: int = 0
) -> dict[str, Any]:
    """Figures of `files` thinned to `per_day` mentions a day, means over so many random `draws`.

    ValueError as for whole files.
    """
    labelled = read_windows(windows)
    rng = np.random.default_rng(seed)
    series = [read_series(path) for path in files]
    drawn = []
    for _ in range(draws):
        thin = [thinned(one, per_day, rng) for one in series]
        outcomes = [outcome(one, detect(one), windows_of(one.name, labelled)) for one in thin]
        drawn.append(figures(outcomes, labelled=True))
    means = {
        key: fmean(draw[key] for draw in drawn)
        for key in ("windows_found", "windows", "false_alarms_per_month")
    }
    profiles = drawn[0]["nab"]
    nab = {name: fmean(draw["nab"][name] for draw in drawn) for name in profiles}
    return {"nab": nab, **means, "draws": draws}


def thinned(series: Series, per_day: float, rng: Generator) -> Series:
    """Each mention kept with the probability that leaves `per_day` a day, at most 1."""
    mean = sum(series.counts) / series.days
    kept = rng.binomial(series.counts, min(1.0, per_day / mean) if mean else 1.0)
    return series.replaced(kept.tolist())
