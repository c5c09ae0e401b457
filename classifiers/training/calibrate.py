"""Calibration and fusion: logits of held-back texts into probabilities (Platt 1999; stacking)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from classifiers.features import Floats
from classifiers.fusion import ALONE, PRIVACY, SENTIMENTS, TONES, calibrate
from classifiers.judge import SIGNALS, signals
from classifiers.outputs import CLASSES, FAMILIAR, GENERAL, INNER
from classifiers.training.examples import FOLDS, Examples, Indexes

FUSION_GRID = 4  # decimals of a logit that calibration sees, the same on every processor
_DECIMALS = 2
Arrays = Mapping[str, Floats]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stacker:
    """Fits the arrays of a `Fusion` on texts that no tier was trained on, drills left out.

    `tiers`: each one's logits, texts × INNER (and what else a tier has). `own`: the logits of a
    head for the language that all the texts are in, texts × SENTIMENTS, or nothing.
    """

    tiers: Sequence[Floats]
    examples: Examples
    own: Sequence[Floats] = ()

    def fit(self) -> dict[str, Floats]:
        """Both tones, and every label."""
        return {
            "hospital": self.tone(CLASSES),
            "general": self.tone(GENERAL),
            **self.labels(),
        }

    def tone(self, names: Sequence[str]) -> Floats:
        """(TONES × tiers + 1) × SENTIMENTS: of CLASSES from hospital posts alone, of GENERAL.

        `own` counts for GENERAL alone, in rows before the last.
        """
        known, chosen, weights = self.examples.tones(names)
        if names == CLASSES:
            here = self.examples.column(FAMILIAR) == 1
            kept = (here & ~self.examples.drills)[known]
            known, chosen, weights = known[kept], chosen[kept], weights[kept]
        return _tone(self._beside(names)[known], chosen, weights)

    def folded(self) -> tuple[Floats, Indexes]:
        """Of texts that all have a GENERAL tone: probabilities, texts × SENTIMENTS, by fusions that
        have not seen their writers, and the tone of each."""
        _, chosen, weights = self.examples.tones(GENERAL)
        beside = self._beside(GENERAL)
        said = np.zeros((len(chosen), SENTIMENTS))
        for known, held in self.examples.folds(FOLDS):
            said[held] = calibrate(
                beside[held], _tone(beside[known], chosen[known], weights[known])
            )
        return said, chosen

    def _beside(self, names: Sequence[str]) -> Floats:
        parts = [tier[:, TONES] for tier in self.tiers]
        beside: Floats = np.hstack([*parts, *(self.own if names == GENERAL else ())])
        return np.round(beside, FUSION_GRID)

    def labels(self) -> dict[str, Floats]:
        """ "labels" and "privacy"."""
        labels = np.zeros((len(self.tiers) + 1, len(ALONE)))
        privacy = np.zeros(len(SIGNALS))
        for number, column in enumerate(ALONE):
            known, truth, weights = self.examples.target(INNER[column])
            kept = ~self.examples.drills[known]
            known, truth, weights = known[kept], truth[kept], weights[kept]
            beside = np.stack([tier[known, column] for tier in self.tiers], axis=1)
            beside = np.round(beside, FUSION_GRID)
            if number == PRIVACY:
                found = signals([self.examples.texts[i] for i in known.tolist()])
                beside = np.hstack([beside, found])
            fitted = _logistic().fit(beside, truth, weights)
            count = len(self.tiers)
            labels[:, number] = [*fitted.coef_[0, :count], fitted.intercept_[0]]
            if number == PRIVACY:
                privacy = fitted.coef_[0, count:]
        return {"labels": np.round(labels, _DECIMALS), "privacy": np.round(privacy, _DECIMALS)}


def _tone(beside: Floats, chosen: Indexes, weights: Floats) -> Floats:
    model = _logistic().fit(beside, chosen, weights)
    return np.round(np.vstack([model.coef_.T, model.intercept_]), _DECIMALS)


def tone_alone(tier: Floats, examples: Examples) -> dict[str, Floats]:
    """Of one model that knows the general tone only: nothing is familiar to it."""
    tone = Stacker(tiers=[tier], examples=examples).tone(GENERAL)
    labels = np.zeros((2, len(ALONE)))
    labels[-1, -1] = UNFAMILIAR
    return {
        "hospital": np.zeros((len(TONES) + 1, SENTIMENTS)),
        "general": tone,
        "labels": labels,
        "privacy": np.zeros(len(SIGNALS)),
    }


UNFAMILIAR = -20.0  # the logit of what is never so


def fusion_arrays(name: str, parts: Arrays) -> dict[str, NDArray[np.generic]]:
    """As `Fusion.of` reads them back."""
    return {f"{name}_{part}": values for part, values in parts.items()}


def _logistic() -> LogisticRegression:
    return LogisticRegression(C=1.0, tol=1e-8, max_iter=2000)
