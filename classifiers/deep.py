"""The deep tier: an encoder's vectors through trained heads, and how they are fused with words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable

import numpy as np
from numpy.typing import NDArray

from classifiers.encoder.base import Encoder, Vectors
from classifiers.features import Floats
from classifiers.fusion import Fusion
from classifiers.memory import Memory
from classifiers.outputs import INNER
from classifiers.shelf import Arrays, assembled, read_model

FORMAT = 2
TOLD = 3_000  # stories whose vectors are remembered
CACHED = 20_000  # texts whose logits are remembered: a crisis repeats itself


@dataclass(kw_only=True)
class DeepTier:
    """`weights`: (width + 1) × INNER, the last row is the intercept."""

    encoder: Encoder
    version: str
    weights: NDArray[np.float32]
    with_words: Fusion  # where the lexical model of the language knows all outputs
    with_tone: Fusion  # where it knows a tone only
    by_itself: Fusion  # where no lexical model knows the language
    _known: Memory = field(default_factory=lambda: Memory(CACHED))
    _told: Memory = field(default_factory=lambda: Memory(TOLD))

    def logits(self, texts: Sequence[str]) -> Floats:
        """len(texts) × INNER. A text met lately is not encoded again."""
        found = self._known.rows(texts, self._judge, len(INNER))
        return np.asarray(found, dtype=np.float64)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """The encoder's unit vectors, likewise remembered."""
        found = self._told.rows(texts, self.encoder.encode, None)
        return np.asarray(found, dtype=np.float32)

    def _judge(self, texts: Sequence[str]) -> NDArray[np.floating]:
        logits = self.encoder.read(texts) @ self.weights[:-1] + self.weights[-1]
        return np.asarray(logits, dtype=np.float64)

    def fused(self, decisions: Floats, logits: Floats, signals: Floats, *, labels: bool) -> Floats:
        """Probabilities, texts × OUTPUTS, of texts that a lexical model read too.

        `labels`: whether it knows more than a tone.
        """
        fusion = self.with_words if labels else self.with_tone
        return fusion.chances([decisions, logits], signals)

    def alone(self, logits: Floats, signals: Floats | None) -> Floats:
        """Probabilities of texts that no lexical model reads."""
        return self.by_itself.chances([logits], signals)


def load_deep(encoder: Encoder, kind: str, folder: Traversable | None = None) -> DeepTier:
    """The heads trained for an encoder of this kind. ModelError where they are not to be had."""
    name = f"deep-{kind}"
    arrays, version = read_model(name, folder)
    return assembled(name, lambda: assemble(arrays, encoder, version))


def assemble(arrays: Arrays, encoder: Encoder, version: str) -> DeepTier:
    """Heads over `encoder`. ValueError where they were trained for another width or format."""
    weights = arrays["weights"].astype(np.float32)
    if int(arrays["format"].item()) != FORMAT or weights.shape != (encoder.width + 1, len(INNER)):
        raise ValueError("another format")
    return DeepTier(
        encoder=encoder,
        version=f"{encoder.version}-{version}",
        weights=weights,
        with_words=Fusion.of(arrays, "words"),
        with_tone=Fusion.of(arrays, "tone"),
        by_itself=Fusion.of(arrays, "alone"),
    )
