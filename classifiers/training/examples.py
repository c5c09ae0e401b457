"""Texts with what is known of each: a sentiment, and for the project's own posts every label."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import GroupKFold

from classifiers.features import Floats
from classifiers.fusion import SENTIMENTS
from classifiers.outputs import CLASSES, LABELS, OUTPUTS
from classifiers.training.data import Labelled, Post

UNKNOWN = -1
Indexes = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Examples:
    """`truth`: texts × OUTPUTS of 0, 1 or UNKNOWN; `groups` keep a writer's texts together."""

    texts: Sequence[str]
    truth: NDArray[np.int8]
    weights: Floats
    groups: NDArray[np.int64]
    outputs: tuple[str, ...] = OUTPUTS

    @property
    def size(self) -> int:
        return len(self.texts)

    def __add__(self, other: Examples) -> Examples:
        groups = other.groups + (self.groups.max() + 1 if self.size else 0)
        return Examples(
            texts=[*self.texts, *other.texts],
            truth=np.vstack([self.truth, other.truth]),
            weights=np.concatenate([self.weights, other.weights]),
            groups=np.concatenate([self.groups, groups]),
            outputs=self.outputs,
        )

    def take(self, indexes: Indexes) -> Examples:
        """The texts at these places."""
        return Examples(
            texts=[self.texts[i] for i in indexes],
            truth=self.truth[indexes],
            weights=self.weights[indexes],
            groups=self.groups[indexes],
            outputs=self.outputs,
        )

    def weighted(self, factor: float) -> Examples:
        """The same texts, each counting `factor` times what it did."""
        return replace(self, weights=self.weights * factor)

    def sentiments_only(self) -> Examples:
        """The same texts, as a model that knows no label sees them."""
        return replace(self, truth=self.truth[:, :SENTIMENTS], outputs=self.outputs[:SENTIMENTS])

    def target(self, number: int) -> tuple[Indexes, NDArray[np.int8], Floats]:
        """Of one output: the texts labelled for it, 0 or 1 for each, and how much each counts."""
        known = np.flatnonzero(self.truth[:, number] != UNKNOWN)
        return known, self.truth[known, number], self.weights[known]

    def folds(self, count: int) -> Iterator[tuple[Indexes, Indexes]]:
        """Known and held-back indexes, no group in both."""
        return iter(GroupKFold(count).split(self.groups, groups=self.groups))


def of_posts(posts: Sequence[Post], weight: float) -> Examples:
    """The project's own posts: every output is known, groups are writers."""
    sentiments = np.array([[p.sentiment == name for name in CLASSES] for p in posts])
    labels = np.stack([p.labels for p in posts])
    writers = sorted({p.writer for p in posts})
    return Examples(
        texts=[p.text for p in posts],
        truth=np.hstack([sentiments, labels]).astype(np.int8),
        weights=np.full(len(posts), weight),
        groups=np.array([writers.index(p.writer) for p in posts]),
    )


def of_tweets(tweets: Labelled, outputs: tuple[str, ...] = OUTPUTS, parts: int = 10) -> Examples:
    """Texts of which the sentiment alone is known, in `parts` groups of their order."""
    truth = np.full((len(tweets.texts), len(outputs)), UNKNOWN, dtype=np.int8)
    truth[:, :SENTIMENTS] = np.array([[said == name for name in CLASSES] for said in tweets.labels])
    return Examples(
        texts=tweets.texts,
        truth=truth,
        weights=np.ones(len(tweets.texts)),
        groups=np.arange(len(tweets.texts)) % parts,
        outputs=outputs,
    )


def of_label(texts: Sequence[str], label: str, truth: Sequence[bool], weight: float) -> Examples:
    """Texts of which one label alone is known."""
    known = np.full((len(texts), len(OUTPUTS)), UNKNOWN, dtype=np.int8)
    known[:, SENTIMENTS + LABELS.index(label)] = truth
    return Examples(
        texts=texts,
        truth=known,
        weights=np.full(len(texts), weight),
        groups=np.arange(len(texts)) % 10,
    )
