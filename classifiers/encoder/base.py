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
        """Numbers in a vector."""
        ...

    def encode(self, texts: Sequence[str]) -> Vectors:
        """len(texts) × width, rows of length 1. Any text is taken: it is sanitised first."""
        ...
