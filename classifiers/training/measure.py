"""Figures of a classifier on labelled texts, with their uncertainty."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifiers.outputs import CLASSES
from classifiers.sentiment import SentimentClassifier
from classifiers.training.data import Labelled

RESAMPLES = 2000
SEED = 20261122
BINS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """Fractions; intervals are 95 % bootstrap ones over texts."""

    size: int
    macro_f1: float
    macro_f1_interval: tuple[float, float]
    accuracy: float
    per_class: dict[str, tuple[float, float, float]]  # precision, recall, F1
    calibration_error: float
    texts_per_second: float


def measure(classifier: SentimentClassifier, data: Labelled, language: str = "fr") -> Measure:
    """What `classifier` is worth on `data`."""
    began = time.perf_counter()
    probabilities = classifier.predict_proba(data.texts, language)
    return judge(probabilities, data.labels, time.perf_counter() - began)


def judge(probabilities: NDArray[np.float64], labels: list[str], seconds: float) -> Measure:
    """What probabilities, found in so many seconds, are worth against the labels."""
    truth = np.array([CLASSES.index(label) for label in labels])
    found = probabilities.argmax(axis=1)
    return Measure(
        size=len(truth),
        macro_f1=macro_f1(truth, found),
        macro_f1_interval=_interval(truth, found),
        accuracy=float((truth == found).mean()),
        per_class={name: _figures(truth, found, k) for k, name in enumerate(CLASSES)},
        calibration_error=calibration_error(probabilities, truth),
        texts_per_second=len(truth) / seconds,
    )


def macro_f1(truth: NDArray[np.int64], found: NDArray[np.int64]) -> float:
    """Mean F1 of the three classes."""
    return sum(_figures(truth, found, k)[2] for k in range(len(CLASSES))) / len(CLASSES)


def calibration_error(probabilities: NDArray[np.float64], truth: NDArray[np.int64]) -> float:
    """Expected calibration error of the likeliest class, over ten bins (Guo et al. 2017)."""
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == truth
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gaps = [
        (bins == b).mean() * abs(confidence[bins == b].mean() - right[bins == b].mean())
        for b in np.unique(bins)
    ]
    return float(sum(gaps))


def _figures(
    truth: NDArray[np.int64], found: NDArray[np.int64], k: int
) -> tuple[float, float, float]:
    hits = float(((truth == k) & (found == k)).sum())
    precision = hits / max(1, int((found == k).sum()))
    recall = hits / max(1, int((truth == k).sum()))
    return precision, recall, 2 * precision * recall / max(precision + recall, 1e-12)


def _interval(truth: NDArray[np.int64], found: NDArray[np.int64]) -> tuple[float, float]:
    random = np.random.default_rng(SEED)
    draws = random.integers(0, len(truth), (RESAMPLES, len(truth)))
    scores = [macro_f1(truth[draw], found[draw]) for draw in draws]
    low, high = np.percentile(scores, [2.5, 97.5])
    return float(low), float(high)
