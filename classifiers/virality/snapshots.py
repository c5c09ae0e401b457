"""Engagement snapshots of a batch of posts, made one clean curve each, and its features."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifiers.classifier import Reading, Sample

Floats = NDArray[np.float64]

FRACTIONS = (0.125, 0.25, 0.5, 0.75)  # of the post's age
LAGS = (300.0, 900.0, 3600.0, 14_400.0)  # s before the latest reading
EARLY = (300.0, 600.0, 900.0, 1800.0, 3600.0)  # s after publication
FEATURES = (
    "age",
    "count",
    *(f"since {fraction} of the age" for fraction in FRACTIONS),
    *(f"since {lag:.0f} s before" for lag in LAGS),
    *(f"at {age:.0f} s" for age in EARLY),
    "followers",
    "first reading",
    "previous reading",
)
UNKNOWN = -1.0  # every known feature is above
GRID = 256  # features are multiples of 1/GRID: the same on every processor
BIGGEST = 1e12  # interactions or seconds; more is a broken counter
MIN_COUNT = 5  # interactions: below, nothing calibrated can be said of the end
MIN_AGE = 300.0  # s: remote counts lag by minutes
MOST = 256  # readings of one post that are looked at


@dataclass(frozen=True, slots=True, kw_only=True)
class Curves:
    """One row a post: points (age, engagement so far), the first at (0, 0), the last repeated."""

    ages: Floats  # s, posts × points, rising
    counts: Floats  # posts × points, never falling
    points: NDArray[np.int64]  # usable readings a post

    @property
    def age(self) -> Floats:
        """Of the latest reading, 0 where there is none."""
        return self.ages[:, -1]

    @property
    def current(self) -> Floats:
        return self.counts[:, -1]

    def __getitem__(self, rows: NDArray[np.int64]) -> Curves:
        return Curves(ages=self.ages[rows], counts=self.counts[rows], points=self.points[rows])

    def at(self, ages: Floats) -> Floats:
        """Engagement at `ages` (posts × any), between readings by straight lines."""
        if self.ages.size == 0:
            return np.zeros_like(ages)
        last = self.ages.shape[1] - 1
        before = (self.ages[:, None, :] <= ages[:, :, None]).sum(axis=2) - 1
        after = np.minimum(before + 1, last)
        row = np.arange(len(self.ages))[:, None]
        start, count = self.ages[row, before], self.counts[row, before]
        span = np.maximum(self.ages[row, after] - start, 1e-9)
        part = np.clip((ages - start) / span, 0.0, 1.0)
        return np.asarray(count + part * (self.counts[row, after] - count), dtype=np.float64)


def read_curves(posts: Sequence[Sequence[Reading]]) -> Curves:
    """Readings in any order, repeated, irregular, with fields missing, as curves.

    A figure that falls was corrected by the network, so what came before is brought down to it;
    a field first published late had its first known value before, so that it is no gain.
    """
    usable = [_usable(readings) for readings in posts]
    points = np.array([len(readings) for readings in usable], dtype=np.int64)
    shape = (len(posts), int(points.max(initial=0)) + 1)
    ages, fields = np.full(shape, np.nan), np.full((*shape, 3), np.nan)
    ages[:, 0] = 0.0
    flat = _sorted(usable, points)
    row = flat[:, 0].astype(np.int64)
    starts = np.concatenate([[0], np.cumsum(points)[:-1]]) if len(points) else points
    column = np.arange(len(flat)) - starts[row] + 1
    ages[row, column], fields[row, column] = flat[:, 1], np.clip(flat[:, 2:], 0, BIGGEST)
    counts = np.asarray(np.nansum(_settle(fields), axis=2), dtype=np.float64)
    counts[:, 0] = 0.0
    return Curves(ages=_forward(ages), counts=counts, points=points)


def _usable(readings: Sequence[Reading]) -> list[Reading]:
    kept = [
        r
        for r in readings
        if 0 <= r.age <= BIGGEST
        and not (r.reactions is None and r.replies is None and r.shares is None)
    ]
    if len(kept) <= MOST:
        return kept
    kept.sort(key=lambda r: r.age)
    return kept[:: -math.ceil(len(kept) / MOST)]  # the latest is always among them


def _sorted(posts: Sequence[Sequence[Reading]], points: NDArray[np.int64]) -> Floats:
    """Readings × (post, age, reactions, replies, shares), in the order of post and age."""
    every = [r for readings in posts for r in readings]
    columns = [
        [r.age for r in every],
        [r.reactions for r in every],
        [r.replies for r in every],
        [r.shares for r in every],
    ]
    table = np.array(columns, dtype=np.float64).T
    flat = np.column_stack([np.repeat(np.arange(len(points)), points), table])
    return np.asarray(flat[np.lexsort(flat[:, ::-1].T)], dtype=np.float64)


def _settle(fields: Floats) -> Floats:
    """Each field without gaps and never falling; nan where never known."""
    size = fields.shape[1]
    place = np.where(np.isnan(fields), -1, np.arange(size)[None, :, None])
    latest = np.maximum(place.max(axis=1, keepdims=True), 0)
    filled = np.where(
        np.arange(size)[None, :, None] > latest, np.take_along_axis(fields, latest, 1), fields
    )
    settled: Floats = np.fmin.accumulate(filled[:, ::-1], axis=1)[:, ::-1]
    return settled


def _forward(ages: Floats) -> Floats:
    filled: Floats = np.fmax.accumulate(ages, axis=1)
    return filled


def features(curves: Curves, followers: Floats) -> Floats:
    """Posts × FEATURES. `followers` of each author, nan where unknown."""
    age, count = curves.age[:, None], curves.current[:, None]
    back = age - np.array(LAGS)
    early = np.broadcast_to(np.array(EARLY), (len(age), len(EARLY)))
    asked = np.concatenate([age * np.array(FRACTIONS), np.maximum(back, 0.0), early], axis=1)
    then = np.log1p(curves.at(np.minimum(asked, age)))
    now = np.log1p(count)
    share = 1 / np.maximum(age, 1.0)
    cut, end = len(FRACTIONS), len(FRACTIONS) + len(LAGS)
    first = curves.ages[:, 1:2] if curves.ages.shape[1] > 1 else age
    columns = [
        np.log1p(age),
        now,
        now - then[:, :cut],
        np.where(back > 0, now - then[:, cut:end], UNKNOWN),
        np.where(early <= age, then[:, end:], UNKNOWN),
        np.where(np.isnan(followers), UNKNOWN, np.log1p(np.clip(followers, 0, BIGGEST)))[:, None],
        first * share,
        _previous(curves)[:, None] * share,
    ]
    return np.asarray(np.round(np.concatenate(columns, axis=1) * GRID) / GRID)


def _previous(curves: Curves) -> Floats:
    """Age (s) of the reading before the latest one, 0 where there is none."""
    older = curves.ages < curves.age[:, None]
    return np.asarray(np.where(older, curves.ages, 0.0).max(axis=1, initial=0.0))


def followers_of(samples: Sequence[Sample]) -> Floats:
    known = np.array([sample.followers for sample in samples], dtype=np.float64)
    return np.where(np.isfinite(known) & (known >= 0), known, np.nan)
