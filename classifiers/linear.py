"""A linear model over hashed n-grams: loading, calibrated probabilities, and why."""

from __future__ import annotations

import math
from dataclasses import dataclass
from importlib.resources.abc import Traversable

import numpy as np
from numpy.typing import NDArray

from classifiers.features import BITS, BUCKETS, FIGURES, Batch, Floats, Grams, Ints, Lexicon
from classifiers.fusion import SENTIMENTS, Fusion
from classifiers.outputs import INNER, LABELS
from classifiers.shelf import assembled, read_model

GRID = 1024  # idf and term frequencies are multiples of 1/GRID: the same on every processor
MOST = 255  # repeats of one n-gram that still count
FORMAT = 3

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


@dataclass(frozen=True, kw_only=True, eq=False)
class Block:
    """Weights of one kind of n-gram, a row a known bucket."""

    idf: NDArray[np.float32]  # a bucket, 0 where unknown
    row: NDArray[np.int32]  # a bucket, of `weights`
    weights: NDArray[np.float32]  # known buckets × outputs

    def decide(self, grams: Grams, size: int) -> Floats:
        """What these n-grams say, size × outputs."""
        seen = weigh(grams, self.idf, size)
        rows = self.weights[self.row[seen.bucket]]
        rows *= seen.value[:, None].astype(np.float32)
        return sums(rows, seen.document, size)


def sums(rows: NDArray[np.float32], document: Ints, size: int) -> Floats:
    """Rows added up by document, size × columns; `document` rises."""
    total = np.zeros((size, rows.shape[1]))
    if len(rows):
        starts = np.flatnonzero(np.diff(document, prepend=-1))
        total[document[starts]] = np.add.reduceat(rows, starts, axis=0)
    return total


@dataclass(frozen=True, kw_only=True, eq=False)
class LinearModel:
    """n-grams and figures × outputs, some or all of INNER; a fusion makes probabilities of them."""

    outputs: tuple[str, ...]
    version: str
    words: Block
    characters: Block
    figures: Floats  # len(FIGURES) × outputs
    lexicon: Lexicon
    calibration: Fusion

    @property
    def knows_labels(self) -> bool:
        """Whether it says more than a tone."""
        return set(LABELS) <= set(self.outputs)

    def decide(self, batch: Batch) -> Floats:
        """Decision values before calibration, size × INNER; 0 for outputs that it does not know."""
        decisions = (batch.figures[:, :, None] * self.figures).sum(axis=1)
        decisions += self.words.decide(batch.words, batch.size)
        decisions += self.characters.decide(batch.characters, batch.size)
        inner = np.zeros((batch.size, len(INNER)))
        inner[:, [INNER.index(name) for name in self.outputs]] = decisions
        return inner

    def place(self, output: str) -> int:
        """Where an output's weights stand; of a tone, the general one's if it knows no other."""
        return self.outputs.index(output if output in self.outputs else f"any_{output}")

    def calibrated(self, decisions: Floats, signals: Floats | None = None) -> Floats:
        """Probabilities, size × OUTPUTS: the sentiments of a row sum to 1."""
        return self.calibration.chances([decisions], signals)

    def token_shares(self, batch: Batch, chosen: Ints, wanted: NDArray[np.bool_]) -> Floats:
        """How far each token of the `wanted` documents speaks for its document's chosen output.

        `chosen`: a place among `outputs`, a document.

        A sentiment is judged against the other sentiments. Repeats are not discounted here, as
        they are in `decide`: this orders tokens, no more.
        """
        tokens, size = batch.tokens, len(batch.tokens.hash)
        shares = np.zeros(size)
        for grams, block in ((batch.words, self.words), (batch.characters, self.characters)):
            at = np.flatnonzero(wanted[grams.document])
            document, bucket = grams.document[at], grams.bucket[at]
            idf = block.idf[bucket]
            value = self._lean(block.weights, block.row[bucket], chosen[document]) * idf
            length = np.sqrt(np.bincount(document, idf * idf, minlength=batch.size))
            value /= np.maximum(length, 1e-9)[document]
            shares += np.bincount(grams.token[at], value, minlength=size)[:size]
        valence = self.lexicon.look_up(tokens.hash)
        spread = np.sqrt(np.bincount(tokens.document, minlength=batch.size) + 4.0)
        side = np.where(valence > 0, FIGURES.index("positive"), FIGURES.index("negative"))
        lean = self._lean(self.figures, side, chosen[tokens.document])
        shares += np.abs(valence) * lean / spread[tokens.document] * wanted[tokens.document]
        return shares

    @staticmethod
    def _lean(weights: NDArray[np.floating], rows: NDArray[np.integer], chosen: Ints) -> Floats:
        """What each row says for its output, for a sentiment against their mean."""
        own: Floats = weights[rows, chosen].astype(np.float64)
        if not (chosen < SENTIMENTS).any():
            return own
        mean = weights[rows, :SENTIMENTS].mean(axis=1)
        return np.asarray(np.where(chosen < SENTIMENTS, own - mean, own), dtype=np.float64)


def load(name: str, folder: Traversable | None = None) -> LinearModel:
    """The shipped model `name`, checked against the manifest. ModelError says what to do."""
    arrays, version = read_model(name, folder)
    return assembled(name, lambda: _assemble(arrays, f"{name}-{version}"))


def _assemble(arrays: dict[str, NDArray[np.generic]], version: str) -> LinearModel:
    if int(arrays["format"].item()) != FORMAT:
        raise ValueError("another format")
    return LinearModel(
        outputs=tuple(str(name) for name in arrays["outputs"]),
        version=version,
        words=_block(arrays, "words"),
        characters=_block(arrays, "characters"),
        figures=arrays["figures"].astype(np.float64),
        lexicon=Lexicon(
            hashes=arrays["lexicon_hashes"].astype(np.uint64),
            valences=arrays["lexicon_valences"].astype(np.float32),
        ),
        calibration=Fusion.of(arrays, "alone"),
    )


def _block(arrays: dict[str, NDArray[np.generic]], name: str) -> Block:
    bucket = arrays[f"{name}_bucket"].astype(np.int64)
    idf = np.zeros(BUCKETS, dtype=np.float32)
    idf[bucket] = arrays[f"{name}_idf"].astype(np.float32) / GRID
    row = np.zeros(BUCKETS, dtype=np.int32)
    row[bucket] = np.arange(len(bucket), dtype=np.int32)
    step = arrays[f"{name}_step"].astype(np.float32)
    weights = arrays[f"{name}_weights"].astype(np.float32) * step
    return Block(idf=idf, row=row, weights=weights)
