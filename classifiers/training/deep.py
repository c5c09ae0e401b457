"""The deep tier's heads: a sentence encoder's vectors into every output, then fused with the words.

The encoder stays as published. Heads learn from the training posts and tweets; how far to trust
each tier is learnt on texts that neither has seen: the validation writers' and a part of the tweets.
"""

from __future__ import annotations

from collections.abc import Sequence
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
from classifiers.fusion import SENTIMENTS, TONES
from classifiers.linear import LinearModel, load
from classifiers.outputs import CLASSES, FAMILIAR, GENERAL, INNER, LABELS
from classifiers.text import tidy
from classifiers.training.calibrate import Arrays, Stacker, fusion_arrays
from classifiers.training.data import read_corpus, read_tweets
from classifiers.training.examples import Examples, of_posts, of_tweets
from classifiers.training.fit import save
from classifiers.training.recipes import OTHERS, POST_WEIGHT, french_examples
from classifiers.training.shelf import shelve

C = 0.003  # of standardised numbers, far more of them than texts to learn from
FOREIGN_WEIGHT = 0.5  # a tweet in another language teaches less than a French one
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
    here, there = (_logits(encoder, weights, held) for held in (texts.french, texts.foreign))
    words = _words(load("lexical-fr", out), texts.french)
    foreign_words = _words(load("lexical-multi", out), texts.foreign)
    alone = Stacker(tiers=[here], examples=texts.french).fit()
    arrays = {
        "format": np.array(FORMAT, dtype=np.int32),
        "weights": weights,
        **fusion_arrays("words", Stacker(tiers=[words, here], examples=texts.french).fit()),
        **fusion_arrays("alone", _everywhere(alone, there, texts.foreign)),
        **fusion_arrays("tone", _beside_a_tone(alone, foreign_words, there, texts.foreign)),
    }
    path = out / f"deep-{kind}.npz"
    save(path, arrays)
    shelve(path)


def fit_heads(vectors: Vectors, examples: Examples) -> NDArray[np.float32]:
    """(width + 1) × INNER; each output learns from the texts that are labelled for it."""
    mean, scale = vectors.mean(axis=0), np.maximum(vectors.std(axis=0), 1e-6)
    rows = ((vectors - mean) / scale).astype(np.float64)
    fitted: dict[str, tuple[Floats, float]] = {}
    for names in (CLASSES, GENERAL):
        known, chosen, weights = examples.tones(names)
        tone = _logistic().fit(rows[known], chosen, weights)
        fitted |= {name: (tone.coef_[k], tone.intercept_[k]) for k, name in enumerate(names)}
    for name in (*LABELS, FAMILIAR):
        known, truth, weights = examples.target(name)
        label = _logistic("balanced").fit(rows[known], truth, weights)
        fitted[name] = (label.coef_[0], label.intercept_[0])
    # The scaling goes into the weights, so that a text costs one product.
    columns = [
        np.append(weight / scale, bias - (weight * mean / scale).sum())
        for weight, bias in (fitted[name] for name in INNER)
    ]
    return np.round(np.stack(columns, axis=1), HEAD_DECIMALS).astype(np.float32)


def rounded(encoder: Encoder, texts: Sequence[str]) -> Vectors:
    """Vectors on a coarse grid, so that the last bits of a processor's sums do not matter."""
    return np.round(encoder.read(texts), VECTOR_DECIMALS)


def _logits(encoder: Encoder, weights: NDArray[np.float32], examples: Examples) -> Floats:
    vectors = rounded(encoder, examples.texts).astype(np.float64)
    return np.asarray(vectors @ weights[:-1] + weights[-1], dtype=np.float64)


def _words(model: LinearModel, examples: Examples) -> Floats:
    """A lexical model's decisions on texts that it was not trained on."""
    return model.decide(read_batch([tidy(text) for text in examples.texts], model.lexicon))


def _everywhere(alone: Arrays, deep: Floats, foreign: Examples) -> Arrays:
    """The deep tier by itself, in languages of which no words are known: as in foreign tweets."""
    general = Stacker(tiers=[deep], examples=foreign).tone(GENERAL)
    return {**alone, "general": general}


def _beside_a_tone(alone: Arrays, words: Floats, deep: Floats, foreign: Examples) -> Arrays:
    """The general tone from both; all else as the deep tier alone judges it."""
    silent = np.zeros((len(TONES), SENTIMENTS))
    return {
        "hospital": np.vstack([silent, alone["hospital"]]),
        "general": Stacker(tiers=[words, deep], examples=foreign).tone(GENERAL),
        "labels": np.vstack([np.zeros((1, alone["labels"].shape[1])), alone["labels"]]),
        "privacy": alone["privacy"],
    }


def _tweets(data: Path, folder: str, *, held: bool) -> Examples:
    return of_tweets(read_tweets(data, folder, "train").part(held=held))


def _logistic(balance: str | None = None) -> LogisticRegression:
    return LogisticRegression(C=C, class_weight=balance, tol=1e-5, max_iter=1000)
