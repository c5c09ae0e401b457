"""The deep tier's heads: a sentence encoder's vectors into every output, then fused with the words.

The encoder stays as published. Heads learn from the training posts and tweets; how far to trust
each tier is learnt on decisions about the same texts by models that have not seen their writers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import reduce
from operator import add
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from classifiers.deep import FORMAT, load_deep
from classifiers.encoder.base import Encoder, Vectors
from classifiers.features import Floats
from classifiers.fusion import SENTIMENTS, TONES
from classifiers.outputs import CLASSES, FAMILIAR, GENERAL, INNER, LABELS
from classifiers.training.calibrate import Arrays, Stacker, fusion_arrays
from classifiers.training.data import read_emoji, read_lexicon, read_tweets
from classifiers.training.deep_card import write_deep_card
from classifiers.training.examples import FOLDS, Examples, Indexes, of_tweets
from classifiers.training.fit import LexicalTrainer, save
from classifiers.training.measure import Measure, measured
from classifiers.training.recipes import OTHERS, french_examples
from classifiers.training.shelf import shelve

# Of standardised numbers, of which there are far more than a label has texts to learn from.
TONE_C = 0.001
LABEL_C = 0.003
FOREIGN_WEIGHT = 0.5  # a tweet in another language teaches less than a French one
HEAD_DECIMALS = 4
VECTOR_DECIMALS = 4
FITS = 2  # side by side; each has one thread of the library of matrices

Spoken = Mapping[str, Indexes]  # where the tweets of each language that has its own head stand


@dataclass(frozen=True, slots=True, kw_only=True)
class Taught:
    """All that the heads learn from: `examples` begin with the `french` ones."""

    examples: Examples
    french: int
    spoken: Spoken

    @property
    def home(self) -> Indexes:
        return np.arange(self.french)

    @property
    def abroad(self) -> Indexes:
        return np.arange(self.french, self.examples.size)


def gather(data: Path) -> Taught:
    """The texts, and which are tweets of which language."""
    french = french_examples(data)
    tweets = {code: of_tweets(read_tweets(data, name, "train")) for code, name in OTHERS.items()}
    general = french.target(GENERAL[0])[0]
    spoken, start = {"fr": general}, french.size
    for code, part in tweets.items():
        spoken[code] = np.arange(start, start + part.size)
        start += part.size
    foreign = reduce(add, tweets.values()).weighted(FOREIGN_WEIGHT)
    return Taught(examples=french + foreign, french=french.size, spoken=spoken)


def build_deep(kind: str, encoder: Encoder, data: Path, out: Path) -> dict[str, Measure]:
    """deep-KIND and its card: heads over this encoder, fused with the lexical models' decisions."""
    taught = gather(data)
    vectors = rounded(encoder, taught.examples)
    weights = fit_heads(vectors, taught.examples, taught.spoken)
    deep, words = unseen(vectors, taught), _words(taught, data)
    tongues = dict(_tongues(taught, words, deep))
    arrays = {
        "format": np.array(FORMAT, dtype=np.int32),
        "weights": weights,
        "tongues": np.array(list(tongues)),
        **_fusions(taught, words, deep),
        **{f"tongue_{code}": stacker.tone(GENERAL) for code, stacker in tongues.items()},
    }
    path = out / f"deep-{kind}.npz"
    save(path, arrays)
    shelve(path)
    facts = {
        "tweets": sum(len(at) for at in taught.spoken.values()),
        "decimals": VECTOR_DECIMALS,
        "head_decimals": HEAD_DECIMALS,
    }
    folded = {code: measured(*stacker.folded()) for code, stacker in tongues.items()}
    tier = load_deep(encoder, kind, out)
    return write_deep_card(kind, tier, data, out, facts=facts, folded=folded)


def _words(taught: Taught, data: Path) -> Floats:
    """The lexical models' decisions on texts whose writers they have not seen, texts × INNER."""
    home, abroad = taught.examples.take(taught.home), taught.examples.take(taught.abroad)
    here = LexicalTrainer(lexicon=read_lexicon(data)).unseen(home)
    there = LexicalTrainer(lexicon=read_emoji(data)).unseen(abroad.of(GENERAL))
    return np.concatenate([here, there])


def _fusions(taught: Taught, words: Floats, deep: Floats) -> dict[str, NDArray[np.generic]]:
    """The fusions that every language has, from what each tier says of texts it has not seen."""
    home, abroad = taught.home, taught.abroad
    french, foreign = taught.examples.take(home), taught.examples.take(abroad)
    alone = Stacker(tiers=[deep[home]], examples=french).fit()
    general = Stacker(tiers=[deep[abroad]], examples=foreign).tone(GENERAL)
    beside = Stacker(tiers=[words[abroad], deep[abroad]], examples=foreign).tone(GENERAL)
    return {
        **fusion_arrays("words", Stacker(tiers=[words[home], deep[home]], examples=french).fit()),
        **fusion_arrays("alone", {**alone, "general": general}),
        **fusion_arrays("tone", _unheard(alone, beside)),
    }


def _tongues(taught: Taught, words: Floats, deep: Floats) -> Iterator[tuple[str, Stacker]]:
    """What the general reading of each language with a head of its own is learned from."""
    for number, (language, at) in enumerate(taught.spoken.items()):
        first = len(INNER) + SENTIMENTS * number
        own = deep[at, first : first + SENTIMENTS]
        examples = taught.examples.take(at)
        yield language, Stacker(tiers=[words[at], deep[at]], examples=examples, own=[own])


def fit_heads(
    vectors: Vectors, examples: Examples, spoken: Spoken | None = None
) -> NDArray[np.float32]:
    """(width + 1) × (INNER, then GENERAL a language spoken); each from the texts labelled for it."""
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
    heads = [fitted[name] for name in INNER]
    for at in (spoken or {}).values():
        _, chosen, _ = examples.take(at).tones(GENERAL)
        own = _logistic(TONE_C).fit(rows[at], chosen)
        heads += zip(own.coef_, own.intercept_, strict=True)
    # The scaling goes into the weights, so that a text costs one product.
    columns = [
        np.append(weight / scale, bias - (weight * mean / scale).sum()) for weight, bias in heads
    ]
    return np.round(np.stack(columns, axis=1), HEAD_DECIMALS).astype(np.float32)


def unseen(vectors: Vectors, taught: Taught) -> Floats:
    """Logits of every text by heads that know nothing of its writer, texts × columns."""
    examples = taught.examples

    def fit(fold: tuple[Indexes, Indexes]) -> tuple[Indexes, Floats]:
        known, held = fold
        place = np.full(examples.size, -1)
        place[known] = np.arange(len(known))
        spoken = {code: place[at][place[at] >= 0] for code, at in taught.spoken.items()}
        weights = fit_heads(vectors[known], examples.take(known), spoken)
        return held, logits(vectors[held], weights)

    with ThreadPoolExecutor(FITS) as fits:
        folds = list(fits.map(fit, examples.folds(FOLDS)))
    found = np.zeros((examples.size, folds[0][1].shape[1]))
    for held, said in folds:
        found[held] = said
    return found


def rounded(encoder: Encoder, examples: Examples) -> Vectors:
    """Vectors on a coarse grid, so that the last bits of a processor's sums do not matter."""
    return np.round(encoder.read(examples.texts), VECTOR_DECIMALS)


def logits(vectors: Vectors, weights: NDArray[np.float32]) -> Floats:
    """What heads say of vectors, texts × columns."""
    wide = vectors.astype(np.float64)
    return np.asarray(wide @ weights[:-1] + weights[-1], dtype=np.float64)


def _unheard(alone: Arrays, general: Floats) -> Arrays:
    """Beside words that know a tone: the general one from both, all else as the deep tier alone."""
    silent = np.zeros((len(TONES), SENTIMENTS))
    return {
        "hospital": np.vstack([silent, alone["hospital"]]),
        "general": general,
        "labels": np.vstack([np.zeros((1, alone["labels"].shape[1])), alone["labels"]]),
        "privacy": alone["privacy"],
    }


def _logistic(c: float, balance: str | None = None) -> LogisticRegression:
    return LogisticRegression(C=c, class_weight=balance, tol=1e-5, max_iter=1000)
