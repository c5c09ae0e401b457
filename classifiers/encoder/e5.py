"""The multilingual encoder: multilingual-e5-small from its carrier package, in our own numpy."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from classifiers.encoder import carrier
from classifiers.encoder.base import Vectors, unit
from classifiers.encoder.transformer import Transformer
from classifiers.encoder.unigram import Tokenizer
from classifiers.text import sanitise

PREFIX = "query: "  # what the model was trained to see before a text that is compared or classified
MAX_PIECES = 256  # read of a text, some 1,000 characters
MAX_CHARS = 6 * MAX_PIECES
THREADS = min(2, os.cpu_count() or 1)
BATCH_PIECES = 512  # padded, of one pass: what a core's cache holds of the activations


class E5Encoder:
    """EncoderUnavailable where the carrier is missing or altered.

    `threads` read batches side by side; the library of matrices is best left to one thread each.
    """

    def __init__(self, threads: int = THREADS) -> None:
        path, version = carrier.find()
        source = carrier.read(path)
        self.version = f"e5-{version}"
        self.threads = threads
        self._tokenizer = Tokenizer(source.pieces)
        self._transformer = Transformer(source)
        self.width = self._transformer.width
        self._meaning = self._transformer.meaning

    def read(self, texts: Sequence[str]) -> Vectors:
        """What several layers make of each text, len(texts) × 1,920."""
        pieces = [self._pieces(text) for text in texts]
        vectors = np.zeros((len(texts), self.width), dtype=np.float32)
        parts = list(batches([len(text) for text in pieces]))
        with ThreadPoolExecutor(self.threads) as readers:
            pooled = readers.map(
                lambda part: self._transformer.pooled([pieces[i] for i in part]), parts
            )
            for indexes, rows in zip(parts, pooled, strict=True):
                vectors[indexes] = rows
        return vectors

    def encode(self, texts: Sequence[str]) -> Vectors:
        """The published embedding, len(texts) × 384: the last layer's mean."""
        return unit(self.read(texts)[:, self._meaning])

    def _pieces(self, text: str) -> list[int]:
        return self._tokenizer.encode(PREFIX + sanitise(text, MAX_CHARS), MAX_PIECES)


def batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Indexes of texts, like lengths together, at most BATCH_PIECES padded pieces at once."""
    batch: list[int] = []
    for index in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batch and (len(batch) + 1) * lengths[index] > BATCH_PIECES:
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch
