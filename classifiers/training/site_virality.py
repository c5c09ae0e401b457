"""Virality heads from a hospital's own finished posts, kept only if they are no worse than none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from classifiers.classifier import Reason, Sample
from classifiers.evaluation.paired import LEVEL, RESAMPLES, SEED, Pair
from classifiers.features import Floats
from classifiers.virality.forecaster import Forecaster
from classifiers.virality.growth import engagement
from classifiers.virality.heads import Head, learn

LEAST = 40  # finished posts, a quarter of which only measure
AGES = (3600.0, 4 * 3600.0)  # s at which a finished post is forecast


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A post that was watched to its end; `held` ones are never learned from."""

    sample: Sample
    held: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """`error`: mean |log(forecast / final)| of the posts held back, before and after; less is better."""

    posts: int
    heads: Mapping[str, Head] = field(default_factory=dict)
    error: Pair | None = None

    @property
    def worth_it(self) -> bool:
        """Whether the heads are no worse than what they were compared with."""
        return bool(self.heads) and self.error is not None and not self.error.low > 0


def learn_heads(history: Sequence[Finished], before: Mapping[str, Head]) -> Learned:
    """Heads by network; none where too few posts are finished. Compared with those of `before`."""
    if len(history) < LEAST:
        return Learned(posts=len(history))
    heads = learn(Forecaster(), [post.sample for post in history if not post.held])
    held = [post.sample for post in history if post.held]
    one, other = _errors(Forecaster(heads=before), held), _errors(Forecaster(heads=heads), held)
    return Learned(posts=len(history), heads=heads, error=_pair(one, other))


def _errors(forecaster: Forecaster, posts: Sequence[Sample]) -> Floats:
    """One a post and age that can be forecast."""
    asked = [(_young(post, age), _final(post)) for post in posts for age in AGES]
    said = forecaster.forecasts([sample for sample, _ in asked])
    return np.array(
        [
            abs(np.log1p(forecast.expected) - np.log1p(final))
            for forecast, (_, final) in zip(said, asked, strict=True)
            if not isinstance(forecast, Reason)
        ],
        dtype=np.float64,
    )


def _young(post: Sample, age: float) -> Sample:
    return replace(post, readings=tuple(r for r in post.readings if r.age <= age))


def _final(post: Sample) -> int:
    return max((engagement(reading) or 0 for reading in post.readings), default=0)


def _pair(one: Floats, other: Floats) -> Pair | None:
    if not len(one):
        return None
    random = np.random.default_rng(SEED)
    draws = random.integers(0, len(one), (RESAMPLES, len(one)))
    low, high = np.quantile((other - one)[draws].mean(axis=1), [1 - LEVEL, LEVEL])
    return Pair(
        n=len(one),
        before=float(one.mean()),
        after=float(other.mean()),
        low=float(low),
        high=float(high),
    )
