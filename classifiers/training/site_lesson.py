"""What a site's labels are as arrays, and what the shipped models say of their texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifiers.evaluation.paired import UNKNOWN, Truth
from classifiers.features import Floats
from classifiers.fusion import SENTIMENTS
from classifiers.judge import HOME, Judge
from classifiers.outputs import CLASSES, OUTPUTS
from classifiers.site import Correction
from classifiers.training.data import Post


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """Texts with what people say of them; `held` are the ones never learned from."""

    texts: tuple[str, ...]
    truth: Truth  # texts × OUTPUTS
    held: NDArray[np.bool_]

    @classmethod
    def of(cls, rows: Sequence[Mapping[str, object]]) -> Labels:
        """From rows of text, word ({"sentiment": class, label: yes or no}) and held."""
        truth = np.full((len(rows), len(OUTPUTS)), UNKNOWN, dtype=np.int8)
        for row, said in zip(truth, (row["word"] for row in rows), strict=True):
            if not isinstance(said, Mapping):
                raise ValueError("a word is a mapping of names to values")
            _write(row, said)
        return cls(
            texts=tuple(str(row["text"]) for row in rows),
            truth=truth,
            held=np.array([bool(row["held"]) for row in rows], dtype=bool),
        )

    @classmethod
    def of_posts(cls, posts: Sequence[Post]) -> Labels:
        """Of the project's own posts, every output is known."""
        tones = [[post.sentiment == name for name in CLASSES] for post in posts]
        labels = [post.labels for post in posts]
        return cls(
            texts=tuple(post.text for post in posts),
            truth=np.hstack([np.array(tones), np.stack(labels)]).astype(np.int8),
            held=np.ones(len(posts), dtype=bool),
        )


def _write(row: NDArray[np.int8], said: Mapping[str, str]) -> None:
    for name, value in said.items():
        if name == "sentiment":
            row[:SENTIMENTS] = [value == label for label in CLASSES]
        else:
            row[OUTPUTS.index(name)] = value == "yes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """Labelled texts as the shipped models read them."""

    labels: Labels
    chances: Floats  # texts × OUTPUTS

    def under(self, correction: Correction | None) -> Floats:
        """The chances as this correction has them."""
        return correction.corrected(self.chances) if correction else self.chances


def read(judge: Judge, labels: Labels) -> Read:
    """As the judge says, which knows nothing of the site."""
    said = judge.judge(labels.texts, [HOME] * len(labels.texts), explain=False)
    silent = [1 / SENTIMENTS] * SENTIMENTS
    rows = [
        [*(one.sentiment or silent), *(one.labels.get(name, 0.0) for name in OUTPUTS[SENTIMENTS:])]
        for one in said
    ]
    return Read(labels=labels, chances=np.array(rows).reshape(len(rows), len(OUTPUTS)))
