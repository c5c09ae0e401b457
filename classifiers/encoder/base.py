"""The contract of an encoder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


class EncoderUnavailable(Exception):
    """This encoder cannot be had here: says what is missing or altered. Try the next one."""


class Encoder(Protocol):
    """Texts to unit vectors. Deterministic, and each text's vector is its own, whatever the batch."""

    @property
    def version(self) -> str:
        """Names the weights: what a score's version repeats, and what trained heads depend on."""
        ...

    @property
    def width(self) -> int:
        """Numbers that `read` gives of a text."""
        ...

    def read(self, texts: Sequence[str]) -> Vectors:
        """len(texts) × width: all that heads are trained on. Any text is taken, sanitised first."""
        ...

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Rows of length 1, whose products tell how near two texts are in meaning."""
        ...


def unit(vectors: Vectors) -> Vectors:
    """Each row brought to length 1; a row of zeroes stays."""
    found: Vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    return found
