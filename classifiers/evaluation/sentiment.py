"""How well sentiment is read: `listener evaluate sentiment`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifiers.evaluation.judging import judge
from classifiers.evaluation.texts import read_rows
from classifiers.fusion import SENTIMENTS
from classifiers.outputs import CLASSES
from classifiers.settings import Tier

RESAMPLES = 2000
SEED = 20261122
BINS = 10
DECIMALS = 4

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def evaluate(path: Path, tier: Tier = "whole", *, binary: bool = False) -> dict[str, Any]:
    """Figures on labelled texts (columns text, label), as fractions.

    `binary` leaves the neutral texts out, and asks of the others which of the two is likelier.
    ValueError, naming file and line: a file or label that cannot be read.
    """
    rows = read_rows(path, ("text", "label"))
    for line, row in rows:
        if row["label"] not in CLASSES:
            raise ValueError(f"{path}, line {line}: label is {row['label']!r}, not {CLASSES}")
    if binary:
        rows = [(line, row) for line, row in rows if row["label"] != "neutral"]
        if not rows:
            raise ValueError(f"{path}: every row is neutral")
    judged = judge([row["text"] for _, row in rows], tier)
    chances, speed = judged.chances, judged.speed
    classes = tuple(c for c in CLASSES if not binary or c != "neutral")
    columns = [CLASSES.index(name) for name in classes]
    chances = chances[:, :SENTIMENTS][:, columns]
    chances = chances / np.maximum(chances.sum(axis=1, keepdims=True), 1e-12)
    truth = np.array([classes.index(row["label"]) for _, row in rows])
    return {"n": len(rows), "tier": judged.tier} | figures(chances, truth, classes, speed)


def figures(
    chances: Floats, truth: Ints, classes: tuple[str, ...], speed: float | None = None
) -> dict[str, Any]:
    """JSON-ready figures of probabilities, texts × classes, against the true classes' numbers."""
    found = chances.argmax(axis=1)
    return {
        "macro_f1": round(macro_f1(truth, found, len(classes)), DECIMALS),
        "interval_95": [round(x, DECIMALS) for x in interval(truth, found, len(classes))],
        "accuracy": round(float((truth == found).mean()), DECIMALS),
        "ece": round(calibration_error(chances, truth), DECIMALS),
        "per_class": {
            name: dict(zip(("precision", "recall", "f1"), _three(truth, found, k), strict=True))
            for k, name in enumerate(classes)
        },
        "confusion": {
            name: {
                other: int(((truth == k) & (found == j)).sum()) for j, other in enumerate(classes)
            }
            for k, name in enumerate(classes)
        },
        "texts_per_second": None if speed is None else round(speed, 1),
    }


def macro_f1(truth: Ints, found: Ints, classes: int) -> float:
    """Mean F1 of the classes."""
    return sum(one_f1(truth == k, found == k) for k in range(classes)) / classes


def one_f1(truth: NDArray[np.bool_], found: NDArray[np.bool_]) -> float:
    """F1 of one class; 0 where it was neither there nor found."""
    both = int((truth & found).sum())
    return 2 * both / max(1, int(truth.sum()) + int(found.sum()))


def calibration_error(chances: Floats, truth: Ints) -> float:
    """Expected calibration error of the likeliest class, over ten bins (Guo et al. 2017)."""
    confidence = chances.max(axis=1)
    right = chances.argmax(axis=1) == truth
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gaps = [
        (bins == b).mean() * abs(confidence[bins == b].mean() - right[bins == b].mean())
        for b in np.unique(bins)
    ]
    return float(sum(gaps))


def interval(truth: Ints, found: Ints, classes: int) -> tuple[float, float]:
    """95 % bootstrap interval of the macro-F1, over texts."""
    random = np.random.default_rng(SEED)
    draws = random.integers(0, len(truth), (RESAMPLES, len(truth)))
    scores = [macro_f1(truth[draw], found[draw], classes) for draw in draws]
    low, high = np.percentile(scores, [2.5, 97.5])
    return float(low), float(high)


def _three(truth: Ints, found: Ints, k: int) -> tuple[float, float, float]:
    hits = int(((truth == k) & (found == k)).sum())
    precision = hits / max(1, int((found == k).sum()))
    recall = hits / max(1, int((truth == k).sum()))
    parts = (precision, recall, one_f1(truth == k, found == k))
    return tuple(round(part, DECIMALS) for part in parts)  # type: ignore[return-value]
