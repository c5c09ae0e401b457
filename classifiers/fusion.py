"""Logits of one tier or several into calibrated probabilities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifiers.features import Floats
from classifiers.outputs import CLASSES, FAMILIAR, GENERAL, INNER, LABELS

SENTIMENTS = len(CLASSES)
PRIVACY = LABELS.index("patient_privacy")
# Columns of a tier's logits, texts × INNER.
TONES = [INNER.index(name) for name in (*CLASSES, *GENERAL)]
ALONE = [INNER.index(name) for name in (*LABELS, FAMILIAR)]


@dataclass(frozen=True, kw_only=True, eq=False)
class Fusion:
    """Weights of logits laid side by side, tier after tier; the last row is the intercept.

    `hospital` and `general`: (TONES × tiers + 1) × SENTIMENTS, the multinomial readings of a text
    that resembles hospital posts and of one that does not. `labels`: (tiers + 1) × ALONE, each
    label from its own logits. `privacy`: what a search for names and numbers adds to it.
    Where a language has a reading of its own, `general` has three rows more before the last.
    """

    hospital: Floats
    general: Floats
    labels: Floats
    privacy: Floats

    def chances(
        self,
        tiers: Sequence[Floats],
        signals: Floats | None = None,
        own: Sequence[Floats] = (),
    ) -> Floats:
        """Probabilities, texts × OUTPUTS, of each tier's logits, whose first columns are INNER.

        `own`: the reading that the texts' language has for itself, texts × SENTIMENTS, or nothing.
        """
        beside = np.concatenate([tier[:, TONES] for tier in tiers], axis=1)
        labels = np.tile(self.labels[-1], (len(beside), 1))
        for tier, weight in zip(tiers, self.labels[:-1], strict=True):
            labels += tier[:, ALONE] * weight
        if signals is not None:
            labels[:, PRIVACY] += (signals * self.privacy).sum(axis=1)
        alone = sigmoid(labels)
        familiar = alone[:, -1:]
        said = familiar * calibrate(beside, self.hospital)
        said += (1 - familiar) * calibrate(np.concatenate([beside, *own], axis=1), self.general)
        return np.concatenate([said, alone[:, :-1]], axis=1)

    @classmethod
    def of(cls, arrays: Mapping[str, NDArray[np.generic]], name: str) -> Fusion:
        """From the arrays of a model file whose names begin with `name`."""
        parts = ("hospital", "general", "labels", "privacy")
        return cls(**{part: arrays[f"{name}_{part}"].astype(np.float64) for part in parts})


def calibrate(decisions: Floats, calibration: Floats) -> Floats:
    """Multinomial logistic calibration of decision values."""
    logits = calibration[-1] + (decisions[:, :, None] * calibration[:-1]).sum(axis=1)
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), dtype=np.float64)


def sigmoid(logits: Floats) -> Floats:
    """Odds' logarithms as probabilities, without overflow."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * logits)), dtype=np.float64)
