"""Fitting, calibrating and saving one linear sentiment model, the same bits every time.

What touches a weight is either sequential double arithmetic in compiled code without run-time
dispatch (liblinear's dual coordinate descent with its own seeded generator, numpy's bincount) or
is rounded to a coarse grid first; archives are stored, not compressed. The bits then depend on the
data and on the versions of numpy, scipy and scikit-learn, not on the processor or its BLAS.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import LinearSVC

from classifiers.features import BUCKETS, Batch, Floats, Grams, Lexicon, read_batch
from classifiers.linear import FORMAT, GRID, Weighted, weigh
from classifiers.sentiment import CLASSES
from classifiers.text import tidy
from classifiers.training.data import Labelled

MIN_DOCUMENTS = 2  # an n-gram of one document teaches nothing of others
C = 0.2
FOLDS = 5
SEED = 20261122
STEP = 1 / 4096  # weights are multiples of it
FIGURE_GRID = 4  # decimals


class SentimentTrainer:
    """Word and character n-grams, lexicon figures, one-against-rest SVM, then calibration."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.lexicon = lexicon

    def fit(self, data: Labelled, weights: Floats) -> dict[str, NDArray[np.generic]]:
        """The arrays of the model file; `weights`: how much each text counts."""
        batch = read_batch([tidy(text) for text in data.texts], self.lexicon)
        labels = np.array([CLASSES.index(label) for label in data.labels])
        idfs = [inverse_frequency(grams, batch.size) for grams in (batch.words, batch.characters)]
        matrix = features(batch, idfs)
        model = _svm().fit(matrix, labels, sample_weight=weights)
        calibration = self._calibrate(matrix, labels, weights)
        return {
            "format": np.array(FORMAT, dtype=np.int32),
            "classes": np.array(CLASSES),
            **_block("words", idfs[0], model.coef_[:, :BUCKETS]),
            **_block("characters", idfs[1], model.coef_[:, BUCKETS : 2 * BUCKETS]),
            "figures": np.round(model.coef_[:, 2 * BUCKETS :].T / STEP) * STEP,
            "lexicon_hashes": self.lexicon.hashes,
            "lexicon_valences": self.lexicon.valences,
            "calibration": calibration,
        }

    def _calibrate(self, matrix: csr_matrix, labels: NDArray[np.int64], weights: Floats) -> Floats:
        """Platt's method for three classes, on decisions about texts left out of each fit."""
        decisions = np.zeros((len(labels), len(CLASSES)))
        folds = StratifiedKFold(FOLDS, shuffle=True, random_state=SEED)
        for known, held in folds.split(labels, labels):
            model = _svm().fit(matrix[known], labels[known], sample_weight=weights[known])
            decisions[held] = model.decision_function(matrix[held])
        decisions = np.round(decisions, FIGURE_GRID)
        logistic = LogisticRegression(C=10.0, tol=1e-8, max_iter=1000)
        logistic.fit(decisions, labels, sample_weight=weights)
        return np.round(np.vstack([logistic.coef_.T, logistic.intercept_]), 2)


def inverse_frequency(grams: Grams, size: int) -> Floats:
    """Smoothed idf a bucket on the model's grid, 0 below MIN_DOCUMENTS."""
    pairs = np.unique(grams.document * BUCKETS + grams.bucket)
    counts = np.bincount(pairs % BUCKETS, minlength=BUCKETS).tolist()
    idf = [
        round((math.log((1 + size) / (1 + n)) + 1) * GRID) / GRID if n >= MIN_DOCUMENTS else 0.0
        for n in counts
    ]
    return np.array(idf)


def features(batch: Batch, idfs: list[Floats]) -> csr_matrix:
    """What LinearModel.decide multiplies, as one matrix: words, characters, figures."""
    words, characters = (
        _matrix(weigh(grams, idf, batch.size), batch.size)
        for grams, idf in zip((batch.words, batch.characters), idfs, strict=True)
    )
    figures = csr_matrix(np.round(batch.figures, FIGURE_GRID))
    return hstack([words, characters, figures]).tocsr()


def save(path: Path, arrays: dict[str, NDArray[np.generic]]) -> None:
    """Stored, not compressed: compressors differ from one build of Python to another."""
    with path.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)


def _svm() -> LinearSVC:
    # A bias among the figures makes liblinear's own needless.
    return LinearSVC(
        C=C, dual=True, fit_intercept=False, random_state=SEED, tol=1e-4, max_iter=20_000
    )


def _matrix(weighted: Weighted, size: int) -> csr_matrix:
    at = (weighted.document, weighted.bucket)
    return csr_matrix((weighted.value, at), shape=(size, BUCKETS))


def _block(name: str, idf: Floats, weights: Floats) -> dict[str, NDArray[np.generic]]:
    bucket = np.flatnonzero(idf)
    steps = np.round(weights[:, bucket].T / STEP)
    return {
        f"{name}_bucket": bucket.astype(np.int32),
        f"{name}_idf": np.round(idf[bucket] * GRID).astype(np.uint16),
        f"{name}_weights": np.clip(steps, -32768, 32767).astype(np.int16),
        f"{name}_step": np.array(STEP),
    }
