"""Calibration and fusion: logits of held-back texts into probabilities (Platt 1999; stacking)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from classifiers.features import Floats
from classifiers.fusion import PRIVACY, SENTIMENTS
from classifiers.judge import SIGNALS, signals
from classifiers.training.examples import Examples

FUSION_GRID = 4  # decimals of a logit that calibration sees, the same on every processor
_DECIMALS = 2


def fit_fusion(tiers: Sequence[Floats], examples: Examples) -> dict[str, Floats]:
    """The arrays of a `Fusion` from each tier's logits, texts × outputs, on texts not trained on."""
    known = np.flatnonzero((examples.truth[:, :SENTIMENTS] >= 0).all(axis=1))
    beside = np.hstack([tier[known, :SENTIMENTS] for tier in tiers])
    chosen = examples.truth[known, :SENTIMENTS].argmax(axis=1)
    model = _logistic(beside, chosen, examples.weights[known])
    labels = np.zeros((len(tiers) + 1, len(examples.outputs) - SENTIMENTS))
    privacy = np.zeros(len(SIGNALS))
    for number in range(labels.shape[1]):
        known, truth, weights = examples.target(SENTIMENTS + number)
        beside = np.stack([tier[known, SENTIMENTS + number] for tier in tiers], axis=1)
        if number == PRIVACY:
            beside = np.hstack([beside, signals([examples.texts[i] for i in known.tolist()])])
        fitted = _logistic(beside, truth, weights)
        labels[:, number] = [*fitted.coef_[0, : len(tiers)], fitted.intercept_[0]]
        if number == PRIVACY:
            privacy = fitted.coef_[0, len(tiers) :]
    return {
        "sentiments": np.round(np.vstack([model.coef_.T, model.intercept_]), _DECIMALS),
        "labels": np.round(labels, _DECIMALS),
        "privacy": np.round(privacy, _DECIMALS),
    }


def fusion_arrays(name: str, parts: dict[str, Floats]) -> dict[str, NDArray[np.generic]]:
    """As `Fusion.of` reads them back."""
    return {f"{name}_{part}": values for part, values in parts.items()}


def _logistic(logits: Floats, truth: NDArray[np.generic], weights: Floats) -> LogisticRegression:
    return LogisticRegression(C=10.0, tol=1e-8, max_iter=2000).fit(
        logits, truth, sample_weight=weights
    )
