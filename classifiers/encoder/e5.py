"""The multilingual encoder: multilingual-e5-small from its carrier package, in our own numpy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from classifiers.encoder import carrier
from classifiers.encoder.adapter import Adapter
from classifiers.encoder.base import Vectors
from classifiers.encoder.transformer import Transformer
from classifiers.encoder.unigram import Tokenizer
from classifiers.text import sanitise

PREFIX = "query: "  # what the model was trained to see before a text that is compared or classified
MAX_PIECES = 256  # read of a text, some 1,000 characters
MAX_CHARS = 6 * MAX_PIECES
BATCH_PIECES = 512  # padded, of one pass: what a core's cache holds of the activations


class E5Encoder:
    """384 numbers a text. EncoderUnavailable where the carrier is missing or altered."""

    def __init__(self, adapter: Adapter | None = None) -> None:
        path, version = carrier.find()
        source = carrier.read(path)
        adapter = adapter or Adapter(arrays={})
        self.version = f"e5-{version}-{adapter.version}"
        self.width = source.shape.width
        self._tokenizer = Tokenizer(source.pieces)
        self._transformer = Transformer(source, adapter)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """len(texts) × 384, rows of length 1."""
        pieces = [self._pieces(text) for text in texts]
        vectors = np.zeros((len(texts), self.width), dtype=np.float32)
        for indexes in batches([len(text) for text in pieces]):
            vectors[indexes] = self._transformer.pooled([pieces[i] for i in indexes])
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        vectors /= np.maximum(lengths, 1e-9)
        return vectors

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
