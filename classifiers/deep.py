"""The deep tier: an encoder's vectors through trained heads, and how they are fused with words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.resources.abc import Traversable

import numpy as np
from numpy.typing import NDArray

from classifiers.encoder.base import Encoder, Vectors
from classifiers.features import Floats
from classifiers.fusion import SENTIMENTS, Fusion
from classifiers.memory import Memory
from classifiers.outputs import INNER
from classifiers.shelf import Arrays, assembled, read_model

FORMAT = 2
TOLD = 3_000  # stories whose vectors are remembered
CACHED = 20_000  # texts whose logits are remembered: a crisis repeats itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Tongue:
    """A language whose tone, in texts of any subject, is read by a head of its own as well.

    `columns`: its logits'; `general`: the general reading of a Fusion that counts them.
    """

    columns: slice
    general: Floats


@dataclass(kw_only=True)
class DeepTier:
    """`weights`: (width + 1) × (INNER, then three columns a tongue); the last row is the intercept."""

    encoder: Encoder
    version: str
    weights: NDArray[np.float32]
    tongues: Mapping[str, Tongue]  # by language
    with_words: Fusion  # where the lexical model of the language knows all outputs
    with_tone: Fusion  # where it knows a tone only
    by_itself: Fusion  # where no lexical model knows the language
    _known: Memory = field(default_factory=lambda: Memory(CACHED))
    _told: Memory = field(default_factory=lambda: Memory(TOLD))

    @property
    def columns(self) -> int:
        """Of the logits."""
        return int(self.weights.shape[1])

    def logits(self, texts: Sequence[str]) -> Floats:
        """len(texts) × columns. A text met lately is not encoded again."""
        found = self._known.rows(texts, self._judge, self.columns)
        return np.asarray(found, dtype=np.float64)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """The encoder's unit vectors, likewise remembered."""
        found = self._told.rows(texts, self.encoder.encode, None)
        return np.asarray(found, dtype=np.float32)

    def _judge(self, texts: Sequence[str]) -> NDArray[np.floating]:
        logits = self.encoder.read(texts) @ self.weights[:-1] + self.weights[-1]
        return np.asarray(logits, dtype=np.float64)

    def fused(
        self, decisions: Floats, logits: Floats, signals: Floats, *, labels: bool, language: str
    ) -> Floats:
        """Probabilities, texts × OUTPUTS, of texts in one language that a lexical model read too.

        `labels`: whether it knows more than a tone.
        """
        fusion, own = self.with_words if labels else self.with_tone, []
        if tongue := self.tongues.get(language):
            fusion, own = replace(fusion, general=tongue.general), [logits[:, tongue.columns]]
        return fusion.chances([decisions, logits], signals, own)

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
    tongues = dict(_tongues(arrays))
    shape = (encoder.width + 1, len(INNER) + SENTIMENTS * len(tongues))
    if int(arrays["format"].item()) != FORMAT or weights.shape != shape:
        raise ValueError("another format")
    return DeepTier(
        encoder=encoder,
        version=f"{encoder.version}-{version}",
        weights=weights,
        tongues=tongues,
        with_words=Fusion.of(arrays, "words"),
        with_tone=Fusion.of(arrays, "tone"),
        by_itself=Fusion.of(arrays, "alone"),
    )


def _tongues(arrays: Arrays) -> Iterator[tuple[str, Tongue]]:
    """None in a file without them: heads learned on site know posts alone."""
    languages = arrays["tongues"].tolist() if "tongues" in arrays else []
    for number, language in enumerate(languages):
        first = len(INNER) + SENTIMENTS * number
        general = arrays[f"tongue_{language}"].astype(np.float64)
        yield language, Tongue(columns=slice(first, first + SENTIMENTS), general=general)
