"""A linear model over hashed n-grams: loading, calibrated probabilities, and why."""

from __future__ import annotations

import hashlib
import io
import json
import math
import zipfile
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from importlib.resources.abc import Traversable

import numpy as np
from numpy.typing import NDArray

from classifiers.classifier import ModelError
from classifiers.features import BITS, BUCKETS, FIGURES, Batch, Floats, Grams, Ints, Lexicon

GRID = 1024  # idf and term frequencies are multiples of 1/GRID: the same on every processor
MOST = 255  # repeats of one n-gram that still count
FORMAT = 1

_FREQUENCY = np.array(
    [0.0] + [round((1 + math.log(n)) * GRID) / GRID for n in range(1, MOST + 1)], dtype=np.float64
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighted:
    """A sparse matrix of unit rows: one entry a document and n-gram, in document order."""

    document: Ints
    bucket: Ints
    value: Floats


def weigh(grams: Grams, idf: NDArray[np.floating], size: int) -> Weighted:
    """Sublinear TF-IDF, each document's row brought to length 1; unknown n-grams left out."""
    known = idf[grams.bucket] > 0
    keys = (grams.document[known] << BITS) | grams.bucket[known]
    keys, counts = np.unique(keys, return_counts=True)
    document, bucket = keys >> BITS, keys & (BUCKETS - 1)
    value = _FREQUENCY[np.minimum(counts, MOST)] * idf[bucket]
    length = np.sqrt(np.bincount(document, value * value, minlength=size))
    return Weighted(document=document, bucket=bucket, value=value / length[document])


@dataclass(frozen=True, kw_only=True)
class Block:
    """Weights of one kind of n-gram: dense tables by bucket, rebuilt from the known buckets."""

    idf: NDArray[np.float32]  # BUCKETS; on the grid, so exact
    weights: NDArray[np.float32]  # classes × BUCKETS

    def decide(self, grams: Grams, size: int) -> Floats:
        """size × classes."""
        seen = weigh(grams, self.idf, size)
        columns = [
            np.bincount(seen.document, seen.value * row[seen.bucket], minlength=size)
            for row in self.weights
        ]
        return np.stack(columns, axis=1)


@dataclass(frozen=True, kw_only=True)
class LinearModel:
    """`classes` × n-grams and figures, then a calibration that makes probabilities of decisions."""

    classes: tuple[str, ...]
    version: str
    words: Block
    characters: Block
    figures: Floats  # len(FIGURES) × classes
    lexicon: Lexicon
    calibration: Floats  # (classes + 1) × classes, the last row is the intercept

    def decide(self, batch: Batch) -> Floats:
        """Decision values before calibration, size × classes."""
        dense = (batch.figures[:, :, None] * self.figures).sum(axis=1)
        by_words = self.words.decide(batch.words, batch.size)
        by_characters = self.characters.decide(batch.characters, batch.size)
        decisions: Floats = dense + by_words + by_characters
        return decisions

    def predict_proba(self, batch: Batch) -> Floats:
        """Calibrated probabilities, size × classes; rows sum to 1."""
        return calibrate(self.decide(batch), self.calibration)

    @cached_property
    def _leaning(self) -> tuple[Floats, NDArray[np.float32], NDArray[np.float32]]:
        """What each figure, word and run of characters says for a class against the others."""
        parts = (self.figures.T, self.words.weights, self.characters.weights)
        figures, words, characters = (part - part.mean(axis=0) for part in parts)
        return figures.T, words, characters

    def token_shares(self, batch: Batch, chosen: Ints) -> Floats:
        """How far each token of the batch speaks for its document's chosen class.

        Repeats are not discounted here, as they are in `decide`: this orders tokens, no more.
        """
        tokens, size = batch.tokens, len(batch.tokens.hash)
        figures, words, characters = self._leaning
        shares = np.zeros(size)
        for grams, block, table in (
            (batch.words, self.words, words),
            (batch.characters, self.characters, characters),
        ):
            value = table[chosen[grams.document], grams.bucket] * block.idf[grams.bucket]
            squares = block.idf[grams.bucket] ** 2
            length = np.sqrt(np.bincount(grams.document, squares, minlength=batch.size))
            value = value / np.maximum(length, 1e-9)[grams.document]
            shares += np.bincount(grams.token, value, minlength=size)[:size]
        valence = self.lexicon.look_up(tokens.hash)
        spread = np.sqrt(np.bincount(tokens.document, minlength=batch.size) + 4.0)
        side = np.where(valence > 0, FIGURES.index("positive"), FIGURES.index("negative"))
        lean = figures[side, chosen[tokens.document]]
        total: Floats = shares + np.abs(valence) * lean / spread[tokens.document]
        return total


def calibrate(decisions: Floats, calibration: Floats) -> Floats:
    """Multinomial logistic calibration of decision values."""
    logits = calibration[-1] + (decisions[:, :, None] * calibration[:-1]).sum(axis=1)
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), dtype=np.float64)


def load(name: str, folder: Traversable | None = None) -> LinearModel:
    """The shipped model `name`, checked against the manifest. ModelError says what to do."""
    folder = folder or files("classifiers").joinpath("models")
    content, version = _verified(folder, f"{name}.npz")
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            return _assemble(dict(arrays), f"{name}-{version}")
    except (KeyError, ValueError, IndexError, zipfile.BadZipFile) as error:
        raise ModelError(f"{name}.npz was written for another version: {_REMEDY}") from error


_REMEDY = "reinstall the package, or rebuild it with `make train DATA=<folder of the data>`"


def _verified(folder: Traversable, name: str) -> tuple[bytes, str]:
    path = folder.joinpath(name)
    try:
        manifest = json.loads(folder.joinpath("manifest.json").read_bytes())
        expected = manifest[name]["sha256"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{folder}/manifest.json does not list {name}: {_REMEDY}") from error
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path} is missing or unreadable: {_REMEDY}") from error
    if hashlib.sha256(content).hexdigest() != expected:
        raise ModelError(f"{path} is not the file that was measured (sha256): {_REMEDY}")
    return content, str(expected)[:8]


def _assemble(arrays: dict[str, NDArray[np.generic]], version: str) -> LinearModel:
    if int(arrays["format"].item()) != FORMAT:
        raise ValueError("another format")
    return LinearModel(
        classes=tuple(str(name) for name in arrays["classes"]),
        version=version,
        words=_block(arrays, "words"),
        characters=_block(arrays, "characters"),
        figures=arrays["figures"].astype(np.float64),
        lexicon=Lexicon(
            hashes=arrays["lexicon_hashes"].astype(np.uint64),
            valences=arrays["lexicon_valences"].astype(np.float32),
        ),
        calibration=arrays["calibration"].astype(np.float64),
    )


def _block(arrays: dict[str, NDArray[np.generic]], name: str) -> Block:
    bucket = arrays[f"{name}_bucket"].astype(np.int64)
    idf = np.zeros(BUCKETS, dtype=np.float32)
    idf[bucket] = arrays[f"{name}_idf"].astype(np.float32) / GRID
    steps = arrays[f"{name}_weights"].astype(np.float64)
    weights = np.zeros((steps.shape[1], BUCKETS), dtype=np.float32)
    weights[:, bucket] = (steps * arrays[f"{name}_step"].astype(np.float64)).T
    return Block(idf=idf, weights=weights)
