"""Heads over an operator's own encoder, from the packaged posts and what people labelled here.

No tweets are in the package: the general tone is learned from the posts as well, and what resembles
hospital posts is what is about a hospital.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from classifiers.deep import FORMAT, DeepTier, load_deep
from classifiers.encoder.base import Encoder
from classifiers.features import Floats, read_batch
from classifiers.fusion import SENTIMENTS, TONES
from classifiers.judge import Judge
from classifiers.linear import LinearModel, load
from classifiers.outputs import CLASSES, FAMILIAR, GENERAL, INNER, OUTPUTS
from classifiers.text import tidy
from classifiers.training.calibrate import Stacker, fusion_arrays
from classifiers.training.data import read_corpus
from classifiers.training.deep import fit_heads, logits, rounded
from classifiers.training.examples import UNKNOWN, Examples
from classifiers.training.fit import save
from classifiers.training.recipes import POST_WEIGHT
from classifiers.training.shelf import shelve
from classifiers.training.site_lesson import Labels

NAME = "deep-own"


def build_own(encoder: Encoder, labels: Labels, folder: Path) -> DeepTier:
    """deep-own.npz and the manifest in `folder`, read back as the scorer will. OSError."""
    local = _examples(labels, np.flatnonzero(~labels.held), 1.0)
    taught = _posts("train") + local if local.size else _posts("train")
    weights = fit_heads(rounded(encoder, taught), taught)
    fused = _posts("validation")
    here = logits(rounded(encoder, fused), weights)
    words = _words(load("lexical-fr"), fused)
    alone = Stacker(tiers=[here], examples=fused).fit()
    arrays: dict[str, Any] = {
        "format": np.array(FORMAT, dtype=np.int32),
        "weights": weights,
        **fusion_arrays("words", Stacker(tiers=[words, here], examples=fused).fit()),
        **fusion_arrays("alone", alone),
        **fusion_arrays("tone", _words_unheard(alone)),
    }
    path = folder / f"{NAME}.npz"
    save(path, arrays)
    shelve(path)
    return load_deep(encoder, "own", folder)


def judges(tier: DeepTier) -> tuple[Judge, Judge]:
    """What it is compared with, the fast tier alone; and itself."""
    return Judge(), Judge(tier)


def _posts(part: str) -> Examples:
    labels = Labels.of_posts(read_corpus(part))
    return _examples(labels, np.arange(len(labels.texts)), POST_WEIGHT)


def _examples(labels: Labels, chosen: Any, weight: float) -> Examples:
    truth = np.full((len(chosen), len(INNER)), UNKNOWN, dtype=np.int8)
    truth[:, : len(OUTPUTS)] = labels.truth[chosen]
    truth[:, [INNER.index(name) for name in GENERAL]] = truth[:, : len(CLASSES)]
    truth[:, INNER.index(FAMILIAR)] = truth[:, INNER.index("about_hospital")]
    return Examples(
        texts=[labels.texts[i] for i in chosen.tolist()],
        truth=truth,
        weights=np.full(len(chosen), weight),
        groups=np.arange(len(chosen)),
        drills=np.zeros(len(chosen), dtype=bool),
    )


def _words(model: LinearModel, examples: Examples) -> Floats:
    return model.decide(read_batch([tidy(text) for text in examples.texts], model.lexicon))


def _words_unheard(alone: Mapping[str, Floats]) -> dict[str, Floats]:
    """Beside a model of a tone in another language, of which nothing was learned: as if alone."""
    silent = np.zeros((len(TONES), SENTIMENTS))
    return {
        "hospital": np.vstack([silent, alone["hospital"]]),
        "general": np.vstack([silent, alone["general"]]),
        "labels": np.vstack([np.zeros((1, alone["labels"].shape[1])), alone["labels"]]),
        "privacy": alone["privacy"],
    }
