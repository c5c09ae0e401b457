"""Logits of one tier or several into calibrated probabilities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifiers.features import Floats
from classifiers.outputs import CLASSES, LABELS

SENTIMENTS = len(CLASSES)
PRIVACY = LABELS.index("patient_privacy")


@dataclass(frozen=True, kw_only=True, eq=False)
class Fusion:
    """Weights of logits laid side by side; the last row is the intercept.

    `sentiments`: (SENTIMENTS × tiers + 1) × SENTIMENTS, multinomial. `labels`: (tiers + 1) × LABELS,
    each label from its own logits alone. `privacy`: what names and numbers found add to it.
    """

    sentiments: Floats
    labels: Floats
    privacy: Floats

    def chances(self, tiers: Sequence[Floats], signals: Floats | None) -> Floats:
        """Probabilities, texts × outputs, of each tier's logits."""
        sentiments = np.concatenate([tier[:, :SENTIMENTS] for tier in tiers], axis=1)
        labels = sum(
            tier[:, SENTIMENTS:] * weight for tier, weight in zip(tiers, self.labels, strict=False)
        )
        labels = labels + self.labels[-1]
        if signals is not None:
            labels[:, PRIVACY] += (signals * self.privacy).sum(axis=1)
        said = calibrate(sentiments, self.sentiments)
        return np.concatenate([said, sigmoid(labels)], axis=1)

    @classmethod
    def of(cls, arrays: Mapping[str, NDArray[np.generic]], name: str) -> Fusion:
        """From the arrays of a model file whose names begin with `name`."""
        parts = ("sentiments", "labels", "privacy")
        return cls(**{part: arrays[f"{name}_{part}"].astype(np.float64) for part in parts})


def calibrate(decisions: Floats, calibration: Floats) -> Floats:
    """Multinomial logistic calibration of decision values."""
    logits = calibration[-1] + (decisions[:, :, None] * calibration[:-1]).sum(axis=1)
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), dtype=np.float64)


def sigmoid(logits: Floats) -> Floats:
    """Odds' logarithms as probabilities, without overflow."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * logits)), dtype=np.float64)
