"""Fitting, calibrating and saving one lexical model, the same bits every time.

What touches a weight is either sequential double arithmetic in compiled code without run-time
dispatch (liblinear's dual coordinate descent with its own seeded generator, numpy's bincount) or
is rounded to a coarse grid first; archives are stored, not compressed. The bits then depend on the
data and on the versions of numpy, scipy and scikit-learn, not on the processor or its BLAS.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack
from sklearn.svm import LinearSVC

from classifiers.features import BUCKETS, Batch, Floats, Grams, Lexicon, read_batch
from classifiers.linear import FORMAT, GRID, Weighted, weigh
from classifiers.outputs import CLASSES, GENERAL, INNER
from classifiers.text import tidy
from classifiers.training.calibrate import Stacker, fusion_arrays, tone_alone
from classifiers.training.examples import FOLDS, Examples

MIN_DOCUMENTS = 2  # an n-gram of one document teaches nothing of others
C = 0.2
SEED = 20261122
STEP = 1 / 4096  # weights are multiples of it
FIGURE_GRID = 4  # decimals


@dataclass(frozen=True, slots=True, kw_only=True)
class LexicalTrainer:
    """Word and character n-grams, lexicon figures, one linear SVM an output, then calibration."""

    lexicon: Lexicon

    def fit(self, examples: Examples) -> dict[str, NDArray[np.generic]]:
        """The arrays of the model file."""
        matrix, idfs = self._features(examples)
        coefficients = fit_outputs(matrix, examples)
        return {
            "format": np.array(FORMAT, dtype=np.int32),
            "outputs": np.array(examples.outputs),
            **_block("words", idfs[0], coefficients[:, :BUCKETS]),
            **_block("characters", idfs[1], coefficients[:, BUCKETS : 2 * BUCKETS]),
            "figures": np.round(coefficients[:, 2 * BUCKETS :].T / STEP) * STEP,
            "lexicon_hashes": self.lexicon.hashes,
            "lexicon_valences": self.lexicon.valences,
            **fusion_arrays("alone", _calibrated(_unseen(matrix, examples), examples)),
        }

    def unseen(self, examples: Examples) -> Floats:
        """Decisions about each text by a model that knows nothing of its writer, texts × INNER."""
        return _unseen(self._features(examples)[0], examples)

    def _features(self, examples: Examples) -> tuple[csr_matrix, list[Floats]]:
        """The texts as one matrix, and the inverse frequencies of its two kinds of n-grams."""
        batch = read_batch([tidy(text) for text in examples.texts], self.lexicon)
        idfs = [inverse_frequency(grams, batch.size) for grams in (batch.words, batch.characters)]
        return features(batch, idfs), idfs


def _unseen(matrix: csr_matrix, examples: Examples) -> Floats:
    decisions = np.zeros((examples.size, len(INNER)))
    columns = np.array([INNER.index(name) for name in examples.outputs])
    for known, held in examples.folds(FOLDS):
        coefficients = fit_outputs(matrix[known], examples.take(known))
        decisions[np.ix_(held, columns)] = matrix[held] @ coefficients.T
    return decisions


def _calibrated(decisions: Floats, examples: Examples) -> dict[str, Floats]:
    """Platt's method, on decisions about texts whose writers were left out of each fit."""
    if set(examples.outputs) == set(GENERAL):
        return tone_alone(decisions, examples)
    return Stacker(tiers=[decisions], examples=examples).fit()


def fit_outputs(matrix: csr_matrix, examples: Examples) -> Floats:
    """Coefficients, outputs × columns; each output learns from the texts labelled for it."""
    rows = []
    for output in examples.outputs:
        known, truth, weights = examples.target(output)
        rows.append(_svm(output).fit(matrix[known], truth, sample_weight=weights).coef_[0])
    return np.stack(rows)


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


def _svm(output: str) -> LinearSVC:
    # A bias among the figures makes liblinear's own needless. Labels are rare, sentiments are not.
    return LinearSVC(
        C=C,
        dual=True,
        fit_intercept=False,
        random_state=SEED,
        tol=1e-3,
        max_iter=20_000,
        class_weight=None if output in (*CLASSES, *GENERAL) else "balanced",
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
