"""Texts with what is known of each: a sentiment, and for the project's own posts every label."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import GroupKFold

from classifiers.features import Floats
from classifiers.outputs import CLASSES, FAMILIAR, GENERAL, INNER, OUTPUTS
from classifiers.training.data import Labelled, Post

UNKNOWN = -1
FOLDS = 5
DRILLERS = frozenset(f"w{n}" for n in range(19, 33))  # writers with one subject each
PARTS = 10  # groups of texts whose writers are not known
Indexes = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Examples:
    """`truth`: texts × outputs of 0, 1 or UNKNOWN; `groups` keep a writer's texts together.

    `drills`: texts written about one subject, with what only looks like it. They teach; how likely
    anything is in a crowd's posts cannot be learned from them.
    """

    texts: Sequence[str]
    truth: NDArray[np.int8]
    weights: Floats
    groups: NDArray[np.int64]
    drills: NDArray[np.bool_]
    outputs: tuple[str, ...] = INNER

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
            drills=np.concatenate([self.drills, other.drills]),
            outputs=self.outputs,
        )

    def take(self, indexes: Indexes) -> Examples:
        """The texts at these places."""
        return Examples(
            texts=[self.texts[i] for i in indexes],
            truth=self.truth[indexes],
            weights=self.weights[indexes],
            groups=self.groups[indexes],
            drills=self.drills[indexes],
            outputs=self.outputs,
        )

    def weighted(self, factor: float) -> Examples:
        """The same texts, each counting `factor` times what it did."""
        return replace(self, weights=self.weights * factor)

    def of(self, outputs: tuple[str, ...]) -> Examples:
        """The same texts, as a model that knows these outputs alone sees them."""
        columns = [self.outputs.index(name) for name in outputs]
        return replace(self, truth=self.truth[:, columns], outputs=outputs)

    def column(self, output: str) -> NDArray[np.int8]:
        """What is known of one output, a text."""
        return self.truth[:, self.outputs.index(output)]

    def target(self, output: str) -> tuple[Indexes, NDArray[np.int8], Floats]:
        """Of one output: the texts labelled for it, 0 or 1 for each, and how much each counts."""
        column = self.column(output)
        known = np.flatnonzero(column != UNKNOWN)
        return known, column[known], self.weights[known]

    def tones(self, names: Sequence[str]) -> tuple[Indexes, Indexes, Floats]:
        """Of three outputs that exclude each other: texts labelled, each one's class, its weight."""
        columns = np.stack([self.column(name) for name in names], axis=1)
        known = np.flatnonzero((columns != UNKNOWN).all(axis=1))
        return known, columns[known].argmax(axis=1), self.weights[known]

    def folds(self, count: int) -> Iterator[tuple[Indexes, Indexes]]:
        """Known and held-back indexes, no group in both."""
        return iter(GroupKFold(count).split(self.groups, groups=self.groups))


def of_posts(posts: Sequence[Post], weight: float) -> Examples:
    """The project's own posts: all but the general tone is known, groups are writers."""
    truth = np.full((len(posts), len(INNER)), UNKNOWN, dtype=np.int8)
    truth[:, : len(CLASSES)] = [[p.sentiment == name for name in CLASSES] for p in posts]
    truth[:, len(CLASSES) : len(OUTPUTS)] = [p.labels for p in posts]
    truth[:, INNER.index(FAMILIAR)] = 1
    writers = sorted({p.writer for p in posts})
    return Examples(
        texts=[p.text for p in posts],
        truth=truth,
        weights=np.full(len(posts), weight),
        groups=np.array([writers.index(p.writer) for p in posts]),
        drills=np.array([p.writer in DRILLERS for p in posts]),
    )


def of_tweets(tweets: Labelled) -> Examples:
    """Texts of other subjects, of which the tone is known."""
    said = np.array([[label == name for name in CLASSES] for label in tweets.labels])
    truth = np.full((len(tweets.texts), len(INNER)), UNKNOWN, dtype=np.int8)
    for names in (CLASSES, GENERAL):
        truth[:, [INNER.index(name) for name in names]] = said
    truth[:, INNER.index(FAMILIAR)] = 0
    return Examples(
        texts=tweets.texts,
        truth=truth,
        weights=np.ones(len(tweets.texts)),
        groups=np.arange(len(tweets.texts)) % PARTS,
        drills=np.zeros(len(tweets.texts), dtype=bool),
    )


def of_label(texts: Sequence[str], label: str, truth: Sequence[bool], weight: float) -> Examples:
    """Texts of which one label alone is known."""
    known = np.full((len(texts), len(INNER)), UNKNOWN, dtype=np.int8)
    known[:, INNER.index(label)] = truth
    return Examples(
        texts=texts,
        truth=known,
        weights=np.full(len(texts), weight),
        groups=np.arange(len(texts)) % PARTS,
        drills=np.zeros(len(texts), dtype=bool),
    )
