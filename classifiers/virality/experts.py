"""Experts on kinds of posts: each says how far a post will go, and how sure it is.

An expert predicts, in logarithms of the growth from now on, the final figure, its own typical
error, and the part of the growth that comes within each of HOURS. What its errors looked like on
posts it had not seen, by age, gives intervals and probabilities (conformal prediction: Vovk,
Gammerman and Shafer 2005; scaled by the predicted error: Lei et al. 2018). Where several may speak
of a post, what they hold possible is mixed, not averaged (the linear opinion pool: Stone 1961).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources.abc import Traversable

import numpy as np
from numpy.typing import NDArray

from classifiers.shelf import assembled, read_model
from classifiers.virality.forecast import HOURS
from classifiers.virality.forest import Forest, read_forest
from classifiers.virality.snapshots import Floats

FORMAT = 1
NAME = "virality"
LEVELS = np.array([0.005, 0.01, 0.025, *(np.arange(1, 20) / 20), 0.975, 0.99, 0.995])
# Chance that each level stands for: up to halfway to its neighbours.
MASS = np.diff((LEVELS[1:] + LEVELS[:-1]) / 2, prepend=0.0, append=1.0)
LOW, HIGH = int(np.argmin(abs(LEVELS - 0.1))), int(np.argmin(abs(LEVELS - 0.9)))
# The final figure with the least relative error lies a little under the median.
AIM = 0.4
AGE_STEPS = np.array([450.0, 900.0, 2700.0, 7200.0, 6 * 3600.0, 24 * 3600.0])  # s
SMALLEST = 0.02  # of a typical error, in logarithms: two hundredths are below any rounding
HORIZONS = len(HOURS) + 1  # the last one is the end


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What is thought of a batch of posts, in logarithms of (count + 1); one row a post."""

    growth: Floats  # from now to the end
    error: Floats  # typical, of growth
    parts: Floats  # posts × HORIZONS, of the growth; rising to 1
    residuals: Floats  # posts × HORIZONS × LEVELS, in typical errors

    def spread(self) -> Floats:
        """Typical error at each horizon, posts × HORIZONS: little growth, little error."""
        return error_at(self.error[:, None], self.parts)

    def ends(self) -> Floats:
        """Growth at each horizon and level, posts × HORIZONS × LEVELS, rising with the level."""
        centre = self.growth[:, None] * self.parts
        return np.asarray(centre[:, :, None] + self.spread()[:, :, None] * self.residuals)


def error_at(error: Floats, parts: Floats) -> Floats:
    """Typical error where only a part of the growth has come."""
    return np.asarray(SMALLEST + error * np.sqrt(parts), dtype=np.float64)


def parts_of(outputs: Floats) -> Floats:
    """Posts × HORIZONS from the forest's raw parts: within 0 and 1, never falling."""
    within = np.maximum.accumulate(np.clip(outputs, 0.0, 1.0), axis=1)
    return np.concatenate([within, np.ones((len(within), 1))], axis=1)


def age_step(ages: Floats) -> NDArray[np.int64]:
    """Which row of an expert's table of residuals an age (s) belongs to."""
    return np.searchsorted(AGE_STEPS, ages, side="right")


@dataclass(frozen=True, slots=True, kw_only=True)
class Expert:
    """What one kind of posts taught."""

    name: str
    forest: Forest
    residuals: Floats  # ages × HORIZONS × LEVELS

    def outlook(self, rows: Floats, ages: Floats) -> Outlook:
        """From FEATURES and ages (s)."""
        outputs = self.forest.predict(rows)
        return Outlook(
            growth=np.maximum(outputs[:, 0], 0.0),
            error=np.maximum(outputs[:, 1], SMALLEST),
            parts=parts_of(outputs[:, 2:]),
            residuals=self.residuals[age_step(ages)],
        )


def mix(outlooks: list[Outlook], weights: Floats) -> Outlook:
    """One outlook of several, by `weights` (posts × outlooks): the mixture of their distributions.

    Where experts are far apart, neither is half right: the growth is what the likelier one says,
    and the interval reaches as far as the others make likely.
    """
    if len(outlooks) == 1:
        return outlooks[0]
    ends = np.concatenate([o.ends() for o in outlooks], axis=2)
    mass = (weights[:, :, None] * MASS).reshape(len(weights), 1, -1)
    held = _quantiles(ends, np.broadcast_to(mass, ends.shape), np.append(LEVELS, AIM))
    growth = np.maximum(held[:, -1, -1], 0.0)
    errors = np.stack([o.error for o in outlooks], axis=1)
    growths = np.stack([o.growth for o in outlooks], axis=1)
    error = np.sqrt((weights * (errors**2 + (growths - growth[:, None]) ** 2)).sum(axis=1))
    parts = _blend([o.parts for o in outlooks], weights)
    missed = held[:, :, :-1] - (growth[:, None] * parts)[:, :, None]
    residuals = missed / error_at(error[:, None], parts)[:, :, None]
    return Outlook(growth=growth, error=error, parts=parts, residuals=residuals)


def _quantiles(values: Floats, mass: Floats, levels: Floats) -> Floats:
    """Along the last axis, of `values` that weigh `mass` (in all 1), by straight lines."""
    order = np.argsort(values, axis=-1, kind="stable")
    values, mass = (np.take_along_axis(a, order, axis=-1) for a in (values, mass))
    below = np.cumsum(mass, axis=-1) - mass / 2
    after = np.stack([(below < level).sum(axis=-1) for level in levels], axis=-1)
    right = np.minimum(after, values.shape[-1] - 1)
    left = np.maximum(after - 1, 0)
    start, end = (np.take_along_axis(values, at, axis=-1) for at in (left, right))
    low, high = (np.take_along_axis(below, at, axis=-1) for at in (left, right))
    part = np.clip((levels - low) / np.maximum(high - low, 1e-12), 0.0, 1.0)
    return np.asarray(start + part * (end - start), dtype=np.float64)


def _blend(values: list[Floats], weights: Floats) -> Floats:
    total = np.zeros_like(values[0])
    for value, weight in zip(values, weights.T, strict=True):
        total += value * weight.reshape(-1, *[1] * (value.ndim - 1))
    return total


@dataclass(frozen=True, slots=True, kw_only=True)
class Experts:
    """All experts; `gate` tells which of `archives` a post of no named network resembles."""

    version: str
    experts: Mapping[str, Expert]
    archives: tuple[str, ...]
    gate: Forest | None  # none where there is one archive

    def archive_outlook(self, rows: Floats, ages: Floats) -> Outlook:
        outlooks = [self.experts[name].outlook(rows, ages) for name in self.archives]
        return mix(outlooks, self.resemblance(rows))

    def resemblance(self, rows: Floats) -> Floats:
        """Posts × archives, each row sums to 1."""
        if self.gate is None:
            return np.ones((len(rows), 1))
        logits = self.gate.predict(rows)
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True))

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """As saved in the model file."""
        saved: dict[str, NDArray[np.generic]] = {
            "format": np.array(FORMAT),
            "experts": np.array(list(self.experts)),
            "archives": np.array(self.archives),
        }
        for name, expert in self.experts.items():
            saved |= expert.forest.arrays(name)
            saved[f"{name}_residuals"] = expert.residuals.astype(np.float32)
        return saved | (self.gate.arrays("gate") if self.gate else {})


def load(folder: Traversable | None = None) -> Experts:
    """The shipped experts, checked against the manifest. ModelError says what to do."""
    arrays, version = read_model(NAME, folder)
    return assembled(NAME, lambda: read_experts(arrays, f"{NAME}-{version}"))


def read_experts(arrays: Mapping[str, NDArray[np.generic]], version: str) -> Experts:
    """From the arrays of a model file; ValueError or KeyError if they are another format's."""
    if int(arrays["format"].item()) != FORMAT:
        raise ValueError("another format")
    names = [str(name) for name in arrays["experts"]]
    return Experts(
        version=version,
        experts={name: _read_expert(arrays, name) for name in names},
        archives=tuple(str(name) for name in arrays["archives"]),
        gate=read_forest(arrays, "gate") if "gate_roots" in arrays else None,
    )


def _read_expert(arrays: Mapping[str, NDArray[np.generic]], name: str) -> Expert:
    residuals = arrays[f"{name}_residuals"].astype(np.float64)
    if residuals.shape != (len(AGE_STEPS) + 1, HORIZONS, len(LEVELS)):
        raise ValueError("another format")
    return Expert(name=name, forest=read_forest(arrays, name), residuals=residuals)
