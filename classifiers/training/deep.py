"""The deep tier's heads: a sentence encoder's vectors into every output, then fused with the words.

The encoder stays as published. Heads learn from the training posts and tweets; how far to trust
each tier is learnt on texts that neither has seen: the validation writers' and a part of the tweets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from classifiers.deep import FORMAT
from classifiers.encoder.base import Encoder, Vectors
from classifiers.features import Floats, read_batch
from classifiers.fusion import SENTIMENTS
from classifiers.linear import LinearModel, load
from classifiers.outputs import OUTPUTS
from classifiers.text import tidy
from classifiers.training.calibrate import FUSION_GRID, fit_fusion, fusion_arrays
from classifiers.training.data import read_corpus, read_tweets
from classifiers.training.examples import Examples, of_posts, of_tweets
from classifiers.training.fit import save
from classifiers.training.recipes import OTHERS, POST_WEIGHT, french_examples
from classifiers.training.shelf import shelve

C = 0.003  # of standardised numbers, far more of them than texts to learn from
FOREIGN_WEIGHT = 0.3  # a tweet in another language teaches less than a French one
HEAD_DECIMALS = 4
VECTOR_DECIMALS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Deepened:
    """What the heads learn from, what the fusion learns from, and the foreign part of the latter."""

    taught: Examples
    french: Examples
    foreign: Examples


def gather(data: Path) -> Deepened:
    """The texts, by what they are for."""
    validation = of_tweets(read_tweets(data, "french", "train").part(held=True))
    kept = reduce(add, (_tweets(data, folder, held=False) for folder in OTHERS.values()))
    return Deepened(
        taught=french_examples(data) + kept.weighted(FOREIGN_WEIGHT),
        french=of_posts(read_corpus("validation"), POST_WEIGHT) + validation,
        foreign=reduce(add, (_tweets(data, folder, held=True) for folder in OTHERS.values())),
    )


def build_deep(kind: str, encoder: Encoder, data: Path, out: Path) -> None:
    """deep-KIND: heads over this encoder, fused with the lexical models that lie in `out`."""
    texts = gather(data)
    weights = fit_heads(rounded(encoder, texts.taught.texts), texts.taught)
    french, multi = load("lexical-fr", out), load("lexical-multi", out)
    here = _logits(encoder, weights, texts.french)
    there = _logits(encoder, weights, texts.foreign)
    words, foreign_words = _words(french, texts.french), _words(multi, texts.foreign)
    arrays: Mapping[str, NDArray[np.generic]] = {
        "format": np.array(FORMAT, dtype=np.int32),
        "weights": weights,
        **fusion_arrays("words", fit_fusion([words, here], texts.french)),
        **fusion_arrays("alone", fit_fusion([here], texts.french)),
        **_foreign(fit_fusion([here], texts.french), foreign_words, there, texts.foreign),
    }
    path = out / f"deep-{kind}.npz"
    save(path, dict(arrays))
    shelve(path)


def fit_heads(vectors: Vectors, examples: Examples) -> NDArray[np.float32]:
    """(width + 1) × outputs; each output learns from the texts that are labelled for it."""
    mean, scale = vectors.mean(axis=0), np.maximum(vectors.std(axis=0), 1e-6)
    rows = ((vectors - mean) / scale).astype(np.float64)
    known = np.flatnonzero((examples.truth[:, :SENTIMENTS] >= 0).all(axis=1))
    chosen = examples.truth[known, :SENTIMENTS].argmax(axis=1)
    model = _logistic().fit(rows[known], chosen, examples.weights[known])
    fitted = [(model.coef_[k], model.intercept_[k]) for k in range(SENTIMENTS)]
    for number in range(SENTIMENTS, len(OUTPUTS)):
        known, truth, weights = examples.target(number)
        label = _logistic("balanced").fit(rows[known], truth, weights)
        fitted.append((label.coef_[0], label.intercept_[0]))
    # The scaling goes into the weights, so that a text costs one product.
    columns = [np.append(w / scale, b - (w * mean / scale).sum()) for w, b in fitted]
    return np.round(np.stack(columns, axis=1), HEAD_DECIMALS).astype(np.float32)


def rounded(encoder: Encoder, texts: Sequence[str]) -> Vectors:
    """Vectors on a coarse grid, so that the last bits of a processor's sums do not matter."""
    return np.round(encoder.read(texts), VECTOR_DECIMALS)


def _logits(encoder: Encoder, weights: NDArray[np.float32], examples: Examples) -> Floats:
    vectors = rounded(encoder, examples.texts).astype(np.float64)
    logits: Floats = np.round(vectors @ weights[:-1] + weights[-1], FUSION_GRID)
    return logits


def _words(model: LinearModel, examples: Examples) -> Floats:
    """A lexical model's decisions, padded to all outputs where it knows the sentiments only."""
    batch = read_batch([tidy(text) for text in examples.texts], model.lexicon)
    decisions = np.zeros((examples.size, len(OUTPUTS)))
    decisions[:, : len(model.outputs)] = model.decide(batch)
    return np.round(decisions, FUSION_GRID)


def _foreign(
    alone: Mapping[str, Floats], words: Floats, deep: Floats, examples: Examples
) -> dict[str, NDArray[np.generic]]:
    """Sentiments fused on foreign tweets; labels as the deep tier alone judges them."""
    slope, intercept = alone["labels"]
    fused = fit_fusion([words, deep], examples.sentiments_only())
    labels = np.stack([np.zeros_like(slope), slope, intercept])
    return fusion_arrays(
        "sentiment",
        {"sentiments": fused["sentiments"], "labels": labels, "privacy": alone["privacy"]},
    )


def _tweets(data: Path, folder: str, *, held: bool) -> Examples:
    return of_tweets(read_tweets(data, folder, "train").part(held=held))


def _logistic(balance: str | None = None) -> LogisticRegression:
    return LogisticRegression(C=C, class_weight=balance, tol=1e-5, max_iter=1000)
