"""What the virality forecasts are worth on reshare cascades: `listener evaluate virality FILE`.

A file holds a cascade a line, JSON, plain or gzipped: "t", seconds after the post of each
reshare; "followers0", of the author, or none; "network", or none. The forecaster sees what a
daemon would: a count every five minutes up to the age asked for, and the author's followers.
The final figure is the size at the end of the record. Errors are |expected - final| / final,
over the cascades of which the forecaster spoke ("n"; the others are "abstained").

"brier" and "auc_top_decile" judge the probability that the final figure is among the largest
tenth of those cascades; "crossing_brier" is about reaching each default threshold not reached yet within
each horizon. Two baselines judge the same cascades, fitted on their very finals, which flatters
them: "constant" says their median; "szabo_huberman" (Szabó and Huberman, Communications of the ACM
53(8), 2010) multiplies the current count by their mean growth, on the logarithmic scale.
"""

from __future__ import annotations

import gzip
import json
import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri
from scipy.stats import kendalltau, rankdata

from classifiers.classifier import Reading, Reason, Sample
from classifiers.virality.forecast import Forecast
from classifiers.virality.forecaster import Forecaster

Floats = NDArray[np.float64]

POLL = 300  # s between two snapshots
TOP = 0.9  # quantile of the finals from which a cascade is among the largest tenth
COVERAGE = 0.8
BATCH = 1000  # cascades forecast at once
RESAMPLES = 1000
SEED = 20261129
MAGIC = b"\x1f\x8b"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cascade:
    """One line of the file."""

    times: Floats  # s after the post, rising
    followers: int | None
    network: str

    def sample(self, age: int) -> Sample:
        """What a daemon that polls every POLL seconds knows at `age`: nothing that comes later."""
        ages = [*range(0, age, POLL), age]
        counts = np.searchsorted(self.times, ages, side="right").tolist()
        readings = tuple(
            Reading(age=float(at), shares=count) for at, count in zip(ages, counts, strict=True)
        )
        return Sample(text="", network=self.network, followers=self.followers, readings=readings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """One method's word on the cascades of an age; a row each."""

    expected: Floats
    low: Floats
    high: Floats
    top: Floats  # probability of being among the largest tenth


def evaluate(
    path: Path, ages: Sequence[int], forecaster: Forecaster | None = None
) -> dict[str, Any]:
    """Figures at each age (s), ready for JSON. ValueError names the file and the line."""
    if not ages or any(age <= 0 for age in ages):
        raise ValueError(f"ages must be positive seconds, not {list(ages)}")
    cascades = read(path)
    forecaster = forecaster or Forecaster()
    found = {str(age): evaluate_at(cascades, age, forecaster) for age in sorted(set(ages))}
    return {"cascades": len(cascades), "version": forecaster.version, "at": found}


def read(path: Path) -> list[Cascade]:
    """All cascades of a JSONL file, plain or gzipped. ValueError names the file and the line."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror or error}") from error
    try:
        text = (gzip.decompress(content) if content.startswith(MAGIC) else content).decode()
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: neither JSON lines nor gzipped ones ({error})") from error
    lines = [(n, line) for n, line in enumerate(text.split("\n"), 1) if line.strip()]
    if not lines:
        raise ValueError(f"{path}: no cascade in it")
    return [_parse(line, f"{path}:{number}") for number, line in lines]


def _parse(line: str, where: str) -> Cascade:
    try:
        post = json.loads(line)
    except ValueError as error:
        raise ValueError(f"{where}: not JSON ({error})") from error
    if not isinstance(post, dict) or not isinstance(post.get("t"), list):
        raise ValueError(f'{where}: needs "t", a list of seconds after the post')
    if not all(_is_number(t) and t >= 0 for t in post["t"]):
        raise ValueError(f'{where}: "t" must hold seconds after the post, none below 0')
    followers = post.get("followers0")
    if followers is not None and not (_is_number(followers) and followers >= 0):
        raise ValueError(f'{where}: "followers0" must be a count or null, not {followers!r}')
    return Cascade(
        times=np.sort(np.array(post["t"], dtype=np.float64)),
        followers=None if followers is None else int(followers),
        network=str(post.get("network") or ""),
    )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def evaluate_at(cascades: Sequence[Cascade], age: int, forecaster: Forecaster) -> dict[str, Any]:
    """Figures at one age (s), as in `evaluate`."""
    said: list[tuple[Cascade, Forecast]] = []
    for start in range(0, len(cascades), BATCH):
        batch = cascades[start : start + BATCH]
        forecasts = forecaster.forecasts([cascade.sample(age) for cascade in batch])
        pairs = zip(batch, forecasts, strict=True)
        said += [(c, f) for c, f in pairs if not isinstance(f, Reason)]
    counts = {"n": len(said), "abstained": len(cascades) - len(said)}
    if not said:
        return counts
    final = np.array([float(len(cascade.times)) for cascade, _ in said])
    current = np.array([float(forecast.current) for _, forecast in said])
    threshold = float(np.quantile(final, TOP))
    own = _own(forecaster, [cascade.sample(age) for cascade, _ in said], threshold)
    return {
        **counts,
        **_figures(own, final, threshold),
        "median_relative_error_95": _interval(abs(own.expected - final) / final),
        "crossing_brier": _crossing(said),
        "constant": _figures(_constant(final, threshold), final, threshold),
        "szabo_huberman": _figures(_scaled(current, final, threshold), final, threshold),
    }


def _own(forecaster: Forecaster, samples: Sequence[Sample], threshold: float) -> Guess:
    asked = math.ceil(threshold)
    forecasts = [f for f in forecaster.forecasts(samples, [asked]) if not isinstance(f, Reason)]
    return Guess(
        expected=np.array([forecast.expected for forecast in forecasts]),
        # A count is whole: an end at 12.3 to 40.7 is one at 12 to 41.
        low=np.floor([forecast.low for forecast in forecasts]),
        high=np.ceil([forecast.high for forecast in forecasts]),
        top=np.array([forecast.reaching[asked] for forecast in forecasts]),
    )


def _constant(final: Floats, threshold: float) -> Guess:
    low, middle, high = np.quantile(final, [(1 - COVERAGE) / 2, 0.5, (1 + COVERAGE) / 2])
    always = np.ones(len(final))
    top = float((final >= threshold).mean())
    return Guess(expected=middle * always, low=low * always, high=high * always, top=top * always)


def _scaled(current: Floats, final: Floats, threshold: float) -> Guess:
    grown = np.log(final / current)
    mean, width = float(grown.mean()), max(float(grown.std()), 1e-9)
    reach = ndtri((1 + COVERAGE) / 2) * width
    return Guess(
        expected=current * np.exp(mean),
        low=current * np.exp(mean - reach),
        high=current * np.exp(mean + reach),
        top=1 - ndtr((np.log(threshold / current) - mean) / width),
    )


def _figures(guess: Guess, final: Floats, threshold: float) -> dict[str, float | None]:
    error = abs(guess.expected - final) / final
    top = final >= threshold
    tau = kendalltau(guess.expected, final).statistic if len(final) > 1 else math.nan
    return {
        "median_relative_error": _rounded(np.median(error)),
        "p75_relative_error": _rounded(np.quantile(error, 0.75)),
        "coverage_80": _rounded(((guess.low <= final) & (final <= guess.high)).mean()),
        "kendall_tau": _rounded(tau),
        "auc_top_decile": _rounded(auc(guess.top, top)),
        "brier": _rounded(((guess.top - top) ** 2).mean()),
    }


def _interval(errors: Floats) -> list[float]:
    """95 % bootstrap interval of the median, over cascades."""
    draws = np.random.default_rng(SEED).integers(0, len(errors), (RESAMPLES, len(errors)))
    low, high = np.quantile(np.median(errors[draws], axis=1), [0.025, 0.975])
    return [round(float(low), 4), round(float(high), 4)]


def auc(scores: Floats, positive: NDArray[np.bool_]) -> float:
    """Probability that a positive is ranked before a negative; nan where there is one class."""
    above, below = int(positive.sum()), int((~positive).sum())
    if not above or not below:
        return math.nan
    ranks = rankdata(scores)[positive].sum()
    return float((ranks - above * (above + 1) / 2) / (above * below))


def _crossing(said: Sequence[tuple[Cascade, Forecast]]) -> float | None:
    """Mean over cascades, thresholds not reached yet, and horizons; None if all are reached."""
    squares = [
        (probability - (np.searchsorted(cascade.times, end, side="right") >= threshold)) ** 2
        for cascade, forecast in said
        for (threshold, hours), probability in forecast.crossing.items()
        if threshold > forecast.current
        for end in [forecast.age + 3600 * hours]
    ]
    return _rounded(np.mean(squares)) if squares else None


def _rounded(value: float | np.floating[Any]) -> float | None:
    """Four decimals; None for what cannot be computed, as JSON has no nan."""
    return round(float(value), 4) if math.isfinite(value) else None
