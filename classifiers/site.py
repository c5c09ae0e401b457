"""What was learned on site: a correction of what the shipped models say, and virality heads.

A correction reads what the shipped models say of a text, all outputs at once, and adds to the logits
of each: "what looks like a strike is neutral here". It knows no word, so that nothing of the texts
it was learned from can be found in it. It is learned for one tier, the fast or the whole one, and
speaks of texts in the language of the house.
"""

from __future__ import annotations

import io
import logging
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import numpy as np

from classifiers import site_store
from classifiers.classifier import ModelError
from classifiers.features import Floats
from classifiers.fusion import SENTIMENTS, sigmoid
from classifiers.outputs import OUTPUTS
from classifiers.settings import Tier
from classifiers.shelf import Arrays
from classifiers.virality.heads import Head, read_heads, write_heads

log = logging.getLogger(__name__)

FORMAT = 1
_LEAST = 1e-6  # as probabilities are rounded


@dataclass(frozen=True, kw_only=True, eq=False)
class Correction:
    """`usual`: mean chances of the posts around which it was learned; `weights`: OUTPUTS × OUTPUTS."""

    version: str
    usual: Floats
    weights: Floats

    def corrected(self, chances: Floats) -> Floats:
        """Probabilities, texts × OUTPUTS, as they are said on site."""
        return shifted(chances, ((chances - self.usual)[:, :, None] * self.weights).sum(axis=1))

    def arrays(self, tier: Tier) -> Arrays:
        """As `of` reads them back."""
        return {f"{tier}_usual": self.usual, f"{tier}_weights": self.weights}

    @classmethod
    def of(cls, arrays: Arrays, tier: Tier, version: str) -> Correction:
        """ValueError or KeyError where they are no correction's."""
        usual = arrays[f"{tier}_usual"].astype(np.float64)
        weights = arrays[f"{tier}_weights"].astype(np.float64)
        size = len(OUTPUTS)
        if usual.shape != (size,) or weights.shape != (size, size):
            raise ValueError("of another shape")
        if not np.isfinite(usual).all() or not np.isfinite(weights).all():
            raise ValueError("not numbers")
        return cls(version=version, usual=usual, weights=weights)


def logits(chances: Floats) -> Floats:
    """What is added to: logarithms of the sentiments' chances, log-odds of each label's."""
    bounded = np.clip(chances, _LEAST, 1 - _LEAST)
    found: Floats = np.log(bounded)
    found[:, SENTIMENTS:] -= np.log1p(-bounded[:, SENTIMENTS:])
    return found


def shifted(chances: Floats, shift: Floats) -> Floats:
    """Chances whose logits are `shift` higher; the sentiments of a row still sum to 1."""
    moved = logits(chances) + shift
    tones = moved[:, :SENTIMENTS]
    powers = np.exp(tones - tones.max(axis=1, keepdims=True))
    said = powers / powers.sum(axis=1, keepdims=True)
    return np.concatenate([said, sigmoid(moved[:, SENTIMENTS:])], axis=1)


@dataclass(frozen=True, kw_only=True, eq=False)
class Site:
    """One version: corrections by tier, heads by network.

    `bases`: by tier, the version of the models that its correction was learned over.
    """

    version: str
    bases: Mapping[Tier, str] = field(default_factory=dict)
    corrections: Mapping[Tier, Correction] = field(default_factory=dict)
    heads: Mapping[str, Head] = field(default_factory=dict)

    def over(self, tier: Tier, base: str) -> Correction | None:
        """What was learned for this tier over these models; None, said in the log, over others."""
        if tier not in self.corrections:
            return None
        if self.bases[tier] == base:
            return self.corrections[tier]
        log.warning(
            "site.outdated the shipped models speak alone: version=%s learned_over=%s now=%s",
            *(self.version, self.bases[tier], base),
        )
        return None


def load_site(folder: Path, version: str | None = None) -> Site | None:
    """The version in force (or this one); None where the shipped models speak alone. ModelError."""
    version = version or site_store.current(folder)
    if version == site_store.SHIPPED:
        return None
    content = site_store.read_weights(folder, version)
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            return assemble(dict(archive), version)
    except (KeyError, ValueError, IndexError, zipfile.BadZipFile) as error:
        raise ModelError(f"{version} was written for another version: train again") from error


def assemble(arrays: Arrays, version: str) -> Site:
    """ValueError or KeyError where the arrays are no site's."""
    if int(arrays["format"].item()) != FORMAT:
        raise ValueError("another format")
    if tuple(str(name) for name in arrays["outputs"]) != OUTPUTS:
        raise ValueError("other outputs")
    tiers = [cast(Tier, str(tier)) for tier in arrays["tiers"]]
    bases = [str(base) for base in arrays["bases"]]
    heads = str(arrays["heads"].item())
    return Site(
        version=version,
        bases=dict(zip(tiers, bases, strict=True)),
        corrections={tier: Correction.of(arrays, tier, version) for tier in tiers},
        heads=read_heads(heads) if heads else {},
    )


def disassemble(site: Site) -> Arrays:
    """What `assemble` reads back."""
    arrays: Arrays = {
        "format": np.array(FORMAT, dtype=np.int32),
        "outputs": np.array(OUTPUTS),
        "tiers": np.array(list(site.corrections), dtype="U8"),
        "bases": np.array([site.bases[tier] for tier in site.corrections], dtype="U160"),
        "heads": np.array(write_heads(site.heads) if site.heads else ""),
    }
    for tier, correction in site.corrections.items():
        arrays |= correction.arrays(tier)
    return arrays


def site_in_force(folder: Path | None) -> Site | None:
    """What is laid over the shipped models; None where there is none, or it cannot be had.

    Whatever became of what was learned, the shipped models go on speaking: the log says why.
    """
    if folder is None:
        return None
    try:
        return load_site(folder)
    except ModelError as error:
        log.warning("site.unavailable the shipped models speak alone: detail=%s", error)
        return None
