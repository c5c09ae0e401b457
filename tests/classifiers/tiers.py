"""A deep tier in miniature: an encoder that counts letters, heads and fusion of invented weights."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from classifiers.deep import FORMAT, DeepTier, assemble
from classifiers.encoder.base import Vectors, unit
from classifiers.fusion import ALONE, TONES
from classifiers.judge import SIGNALS
from classifiers.outputs import CLASSES, INNER
from classifiers.text import sanitise

TONGUES = ("fr", "de")  # languages with a head of their own


class LetterEncoder:
    """Letters counted by their code's last bits: the same for a text in any batch."""

    version = "letters-1"
    width = 16

    def __init__(self) -> None:
        self.asked: list[str] = []

    def read(self, texts: Sequence[str]) -> Vectors:
        self.asked += texts
        return self.encode(texts)

    def encode(self, texts: Sequence[str]) -> Vectors:
        rows = np.zeros((len(texts), self.width), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            codes = np.frombuffer(sanitise(text).encode("utf-32-le"), dtype="<u4")
            row += np.bincount(codes % self.width, minlength=self.width)
        return unit(rows)


def heads(width: int, seed: int = 7) -> dict[str, np.ndarray]:
    """What a file of heads over an encoder of this width holds."""
    random = np.random.default_rng(seed)
    columns = len(INNER) + len(CLASSES) * len(TONGUES)
    weights = random.normal(0, 3 / np.sqrt(width), (width + 1, columns))
    found = {"format": np.array(FORMAT), "weights": weights.astype(np.float32)}
    found["tongues"] = np.array(TONGUES)
    for language in TONGUES:
        sizes = (len(TONES) * 2 + len(CLASSES) + 1, len(CLASSES))
        found[f"tongue_{language}"] = random.normal(0, 1, sizes)
    for name, tiers in (("words", 2), ("tone", 2), ("alone", 1)):
        for reading in ("hospital", "general"):
            sizes = (len(TONES) * tiers + 1, len(CLASSES))
            found[f"{name}_{reading}"] = random.normal(0, 1, sizes)
        found[f"{name}_labels"] = random.uniform(0.2, 1, (tiers + 1, len(ALONE)))
        found[f"{name}_privacy"] = random.uniform(0.2, 1, len(SIGNALS))
    return found


def letter_tier() -> DeepTier:
    """Fresh: it has met no text yet."""
    return assemble(heads(LetterEncoder.width), LetterEncoder(), "invented")


def shelve(folder: Path, name: str, arrays: dict[str, np.ndarray]) -> Path:
    """Write `name`.npz into `folder` and list it in the manifest there."""
    folder.mkdir(parents=True, exist_ok=True)
    path, manifest = folder / f"{name}.npz", folder / "manifest.json"
    np.savez(path, **arrays)
    listed = json.loads(manifest.read_bytes()) if manifest.exists() else {}
    listed[path.name] = {"sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    manifest.write_text(json.dumps(listed))
    return path
