"""Two models on the same labelled texts: is one worse, beyond what chance would make it?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifiers.features import Floats
from classifiers.fusion import SENTIMENTS
from classifiers.outputs import LABELS, THRESHOLDS

RESAMPLES = 2000
SEED = 20261129
LEVEL = 0.95  # one-sided
# Of macro-F1. Two readers differ by ten times as much; a hospital's own ways of labelling cost a little
# on everybody else's posts, and paired differences show it however small.
MARGIN = 0.005
UNKNOWN = -1

Truth = NDArray[np.int8]
_LIMITS = np.array([THRESHOLDS[label] for label in LABELS])


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Macro-F1 of two models on `n` texts, and 90 % of a paired bootstrap's differences."""

    n: int
    before: float
    after: float
    low: float
    high: float

    @property
    def worse(self) -> bool:
        """Whether the second is worse by more than MARGIN, at the level of 5 %."""
        return self.high < -MARGIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Hits:
    """Texts × classes of true positives, false positives and false negatives."""

    true: NDArray[np.float64]
    false: NDArray[np.float64]
    missed: NDArray[np.float64]

    @classmethod
    def of(
        cls, truth: NDArray[np.bool_], found: NDArray[np.bool_], known: NDArray[np.bool_]
    ) -> Hits:
        """Of what is known; the rest counts for nothing."""
        parts = (truth & found, ~truth & found, truth & ~found)
        true, false, missed = ((part & known).astype(np.float64) for part in parts)
        return cls(true=true, false=false, missed=missed)

    def macro_f1(self, draws: Floats, occurring: NDArray[np.int64]) -> Floats:
        """One figure a draw (draws × texts, how often each is drawn), over the classes that occur."""
        hits = draws @ self.true[:, occurring]
        wrong = draws @ (self.false + self.missed)[:, occurring]
        return np.asarray((2 * hits / np.maximum(2 * hits + wrong, 1e-12)).mean(axis=1))


def compare_tone(truth: Truth, before: Floats, after: Floats) -> Pair | None:
    """Macro-F1 of the sentiment; None where no text says one. Arrays are texts × OUTPUTS."""
    known = np.flatnonzero((truth[:, :SENTIMENTS] != UNKNOWN).all(axis=1))
    if not len(known):
        return None
    right = truth[known, :SENTIMENTS] == 1
    one, other = (_likeliest(chances[known]) for chances in (before, after))
    everywhere = np.ones_like(right)
    return _pair(right, one, other, everywhere)


def compare_labels(truth: Truth, before: Floats, after: Floats) -> Pair | None:
    """Macro-F1 of the themes and flags that occur; None where none does."""
    wanted = truth[:, SENTIMENTS:]
    known = wanted != UNKNOWN
    said = np.flatnonzero(known.any(axis=1))
    right = wanted == 1
    if not right.any():
        return None
    one, other = (chances[:, SENTIMENTS:] >= _LIMITS for chances in (before, after))
    return _pair(right[said], one[said], other[said], known[said])


def _likeliest(chances: Floats) -> NDArray[np.bool_]:
    best = chances[:, :SENTIMENTS].argmax(axis=1)
    return np.asarray(best[:, None] == np.arange(SENTIMENTS))


def _pair(
    right: NDArray[np.bool_],
    one: NDArray[np.bool_],
    other: NDArray[np.bool_],
    known: NDArray[np.bool_],
) -> Pair:
    size, occurring = len(right), np.flatnonzero(right.any(axis=0))
    random = np.random.default_rng(SEED)
    draws = random.multinomial(size, np.full(size, 1 / size), RESAMPLES).astype(np.float64)
    whole = np.ones((1, size))
    first, second = Hits.of(right, one, known), Hits.of(right, other, known)
    gains = np.subtract(second.macro_f1(draws, occurring), first.macro_f1(draws, occurring))
    low, high = np.quantile(gains, [1 - LEVEL, LEVEL])
    return Pair(
        n=size,
        before=float(first.macro_f1(whole, occurring)[0]),
        after=float(second.macro_f1(whole, occurring)[0]),
        low=float(low),
        high=float(high),
    )
