"""Figures of a classifier on labelled texts, with their uncertainty."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from classifiers.evaluation.sentiment import calibration_error, interval, macro_f1, one_f1
from classifiers.features import Floats
from classifiers.outputs import CLASSES
from classifiers.sentiment import SentimentClassifier
from classifiers.training.data import Labelled
from classifiers.training.examples import Indexes


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """Fractions; intervals are 95 % bootstrap ones over texts."""

    size: int
    macro_f1: float
    macro_f1_interval: tuple[float, float]
    accuracy: float
    per_class: dict[str, float]  # F1
    calibration_error: float


def measure(classifier: SentimentClassifier, data: Labelled, language: str = "fr") -> Measure:
    """What `classifier` is worth on `data`, all in one language."""
    truth = np.array([CLASSES.index(label) for label in data.labels])
    return measured(classifier.predict_proba(data.texts, language), truth)


def measured(probabilities: Floats, truth: Indexes) -> Measure:
    """What these probabilities, texts × CLASSES, are worth; `truth` is each text's place in them."""
    found = probabilities.argmax(axis=1)
    return Measure(
        size=len(truth),
        macro_f1=macro_f1(truth, found, len(CLASSES)),
        macro_f1_interval=interval(truth, found, len(CLASSES)),
        accuracy=float((truth == found).mean()),
        per_class={name: one_f1(truth == k, found == k) for k, name in enumerate(CLASSES)},
        calibration_error=calibration_error(probabilities, truth),
    )
