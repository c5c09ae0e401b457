"""What a hospital's own finished posts teach, network by network.

A head is a linear correction of the experts' outlook, shrunk towards none: so many finished posts
against PRIOR imagined ones on which the experts were right (ridge regression; the posterior mean
under a Gaussian prior). With no history there is no head, and the experts speak alone.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from classifiers.classifier import Reading, Sample
from classifiers.virality.snapshots import MIN_AGE, MIN_COUNT, Curves, Floats, read_curves

if TYPE_CHECKING:
    from classifiers.virality.forecaster import Forecaster

COVARIATES = ("one", "growth", "count", "age", "sine", "cosine", "reply", "length", "link", "asks")
PRIOR = 20.0  # imagined posts that support the experts
AGES = (600.0, 1800.0, 3600.0, 4 * 3600.0, 12 * 3600.0)  # s at which a finished post is looked at
WATCHED = 24 * 3600.0  # s: a post read for less is not finished
OUTLIER = 3.0  # typical errors: beyond, a post teaches no more
REPLIES = frozenset({"comment", "reply"})
FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A network's correction, learned from so many `posts`."""

    posts: int
    weights: tuple[float, ...]  # of COVARIATES
    spread: float  # factor of the experts' typical error

    def shift(self, known: Floats) -> Floats:
        """To be added to the growth; `known` is posts × COVARIATES."""
        return np.asarray((known * np.array(self.weights)).sum(axis=1))


def covariates(samples: Sequence[Sample], curves: Curves, growth: Floats) -> Floats:
    """Posts × COVARIATES, each of the order of one."""
    return np.column_stack(
        [
            np.ones(len(samples)),
            growth,
            np.log1p(curves.current) / 4 - 1,
            (np.log1p(curves.age) - 8) / 2,
            np.array([_from_post(sample) for sample in samples]).reshape(-1, 6),
        ]
    )


def _from_post(sample: Sample) -> tuple[float, ...]:
    hour = sample.hour if sample.hour is not None and math.isfinite(sample.hour) else None
    turn = 0.0 if hour is None else hour * math.pi / 12
    return (
        math.sin(turn),
        0.0 if hour is None else math.cos(turn),
        float(sample.kind in REPLIES),
        math.log1p(len(sample.text)) / 5 - 1,
        float("http" in sample.text),
        float("?" in sample.text),
    )


def learn(forecaster: Forecaster, history: Sequence[Sample]) -> dict[str, Head]:
    """Heads from finished posts: every reading of each, the last one WATCHED or later.

    Posts read for less, without a network, or too small ever to be forecast teach nothing.
    """
    by_network: dict[str, list[tuple[Sample, float]]] = defaultdict(list)
    for sample, final in zip(history, _finals(history), strict=True):
        if final is not None and sample.network:
            by_network[sample.network].append((sample, final))
    heads = {}
    for network, posts in by_network.items():
        past = [
            (i, replace(sample, readings=_until(sample, age)), final)
            for i, (sample, final) in enumerate(posts)
            for age in AGES
        ]
        curves = read_curves([sample.readings for _, sample, _ in past])
        kept = np.flatnonzero((curves.current >= MIN_COUNT) & (curves.age >= MIN_AGE))
        if len(kept):
            heads[network] = _fit(forecaster, [past[i] for i in kept], curves[kept])
    return heads


def _fit(forecaster: Forecaster, past: Sequence[tuple[int, Sample, float]], curves: Curves) -> Head:
    samples = [sample for _, sample, _ in past]
    finals = np.array([final for _, _, final in past])
    outlook = forecaster.outlook(samples, curves)
    known = covariates(samples, curves, outlook.growth)
    true = np.log1p(finals) - np.log1p(curves.current)
    missed = np.clip((true - outlook.growth) / outlook.error, -OUTLIER, OUTLIER) * outlook.error
    _, place, times = np.unique(
        [post for post, _, _ in past], return_inverse=True, return_counts=True
    )
    weight = 1 / times[place]  # a post counts once, at however many ages it is looked at
    weighted = known * weight[:, None]
    shrunk = weighted.T @ known + PRIOR * np.eye(len(COVARIATES))
    weights = np.linalg.solve(shrunk, weighted.T @ missed)
    left = np.clip(abs(true - outlook.growth - known @ weights) / outlook.error, 0.0, OUTLIER)
    return Head(
        posts=len(times),
        weights=tuple(round(float(w), 6) for w in weights),
        spread=round(float((PRIOR + (weight * left).sum()) / (PRIOR + len(times))), 6),
    )


def _finals(history: Sequence[Sample]) -> list[float | None]:
    curves = read_curves([sample.readings for sample in history])
    pairs = zip(curves.age.tolist(), curves.current.tolist(), strict=True)
    return [count if age >= WATCHED else None for age, count in pairs]


def _until(sample: Sample, age: float) -> tuple[Reading, ...]:
    return tuple(reading for reading in sample.readings if reading.age <= age)


def write_heads(heads: Mapping[str, Head]) -> str:
    """As JSON, to be stored by the application."""
    rows = {
        network: {"posts": head.posts, "weights": head.weights, "spread": head.spread}
        for network, head in heads.items()
    }
    return json.dumps({"format": FORMAT, "covariates": COVARIATES, "heads": rows}, sort_keys=True)


def read_heads(text: str) -> dict[str, Head]:
    """ValueError if `text` is not what `write_heads` writes."""
    try:
        stored = json.loads(text)
        if stored["format"] != FORMAT or tuple(stored["covariates"]) != COVARIATES:
            raise ValueError("heads of another version: train again")
        return {str(network): _head(row) for network, row in stored["heads"].items()}
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not stored heads: {error!r}") from error


def _head(row: Mapping[str, Any]) -> Head:
    weights = tuple(float(w) for w in row["weights"])
    spread = float(row["spread"])
    if len(weights) != len(COVARIATES) or not all(map(math.isfinite, (*weights, spread))):
        raise ValueError("heads of another version: train again")
    return Head(posts=int(row["posts"]), weights=weights, spread=max(spread, 0.1))
