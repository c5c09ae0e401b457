"""Fits a correction on what people labelled: logistic regression over the shipped models' logits.

The shipped logits are an offset that is not touched; what is learned is added to them, reads the
chances of all outputs, and is shrunk towards nothing (a Gaussian prior at zero: with few labels the
shipped models speak alone). It adds nothing to the usual text: people label what is wrong or
doubtful, so that how often an output holds among labels does not say how often it holds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from classifiers.evaluation.paired import UNKNOWN
from classifiers.features import Floats
from classifiers.fusion import SENTIMENTS, sigmoid
from classifiers.outputs import OUTPUTS
from classifiers.site import Correction, logits

# Chosen on writers of the corpus that each stood for a hospital of its own.
PRIOR = 2.0  # inverse variance of each weight
RARE = 1.5  # what a text that has a label counts for it: most texts have not
DECIMALS = 4

Objective = Callable[[Floats], tuple[float, Floats]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """Texts with what the shipped models say of them, and how much each counts.

    `chances` and `truth` are texts × OUTPUTS, a truth from 0 to 1 or UNKNOWN; `usual` are the
    chances of the usual text.
    """

    chances: Floats
    truth: Floats
    weights: Floats
    usual: Floats

    def known(self, columns: slice) -> tuple[Floats, Floats, Floats, Floats]:
        """Of the texts labelled for all of these outputs: features, offset, truth, weights."""
        at = np.flatnonzero((self.truth[:, columns] != UNKNOWN).all(axis=1))
        offset = logits(self.chances[at])[:, columns]
        return self.chances[at] - self.usual, offset, self.truth[at, columns], self.weights[at]


def fit(lesson: Lesson) -> Correction:
    """Its version is yet to be given."""
    weights = np.zeros((len(OUTPUTS), len(OUTPUTS)))
    weights[:, :SENTIMENTS] = _fit_tone(*lesson.known(slice(0, SENTIMENTS)))
    for number in range(SENTIMENTS, len(OUTPUTS)):
        weights[:, number] = _fit_label(*lesson.known(slice(number, number + 1)))
    return Correction(
        version="",
        usual=np.round(lesson.usual, DECIMALS),
        weights=np.round(weights, DECIMALS),
    )


def _fit_tone(features: Floats, offset: Floats, truth: Floats, weights: Floats) -> Floats:
    def loss(flat: Floats) -> tuple[float, Floats]:
        added = flat.reshape(-1, SENTIMENTS)
        moved = offset + features @ added
        moved = moved - moved.max(axis=1, keepdims=True)
        moved -= np.log(np.exp(moved).sum(axis=1, keepdims=True))
        error = weights[:, None] * (np.exp(moved) - truth)
        value = -(weights[:, None] * truth * moved).sum() + 0.5 * PRIOR * (added**2).sum()
        return float(value), (features.T @ error + PRIOR * added).ravel()

    return _lowest(loss, features.shape[1] * SENTIMENTS).reshape(-1, SENTIMENTS)


def _fit_label(features: Floats, offset: Floats, truth: Floats, weights: Floats) -> Floats:
    offset, truth = offset[:, 0], truth[:, 0]
    counts = weights * np.where(truth == 1, RARE, 1.0)

    def loss(added: Floats) -> tuple[float, Floats]:
        moved = offset + features @ added
        value = (counts * (np.logaddexp(0.0, moved) - truth * moved)).sum()
        slope = features.T @ (counts * (sigmoid(moved) - truth)) + PRIOR * added
        return float(value + 0.5 * PRIOR * (added**2).sum()), slope

    return _lowest(loss, features.shape[1])


def _lowest(loss: Objective, size: int) -> Floats:
    done = minimize(loss, np.zeros(size), jac=True, method="L-BFGS-B", options={"maxiter": 200})
    return np.asarray(done.x, dtype=np.float64)
