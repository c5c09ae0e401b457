"""The deep tier: an encoder's vectors through trained heads, and how they are fused with words."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable

import numpy as np
from numpy.typing import NDArray

from classifiers.encoder.base import Encoder
from classifiers.features import Floats
from classifiers.fusion import Fusion
from classifiers.outputs import INNER
from classifiers.shelf import Arrays, assembled, read_model

FORMAT = 2
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
    _known: OrderedDict[bytes, Floats] = field(default_factory=OrderedDict)

    def logits(self, texts: Sequence[str]) -> Floats:
        """len(texts) × INNER. A text met lately is not encoded again."""
        keys = [_key(text) for text in texts]
        missing = {key: i for i, key in enumerate(keys) if key not in self._known}
        found = {key: self._known[key] for key in keys if key in self._known}
        if missing:
            vectors = self.encoder.read([texts[i] for i in missing.values()])
            logits = vectors @ self.weights[:-1] + self.weights[-1]
            found |= dict(zip(missing, logits.astype(np.float64), strict=True))
        for key in keys:
            self._known[key] = found[key]
            self._known.move_to_end(key)
        while len(self._known) > CACHED:
            self._known.popitem(last=False)
        return np.stack([found[key] for key in keys]) if keys else np.zeros((0, len(INNER)))

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


def _key(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
