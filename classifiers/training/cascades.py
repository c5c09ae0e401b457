"""Reshare cascades and counts of shares, read as posts with snapshots."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from classifiers.classifier import Reading, Sample
from classifiers.virality.forecast import HOURS
from classifiers.virality.snapshots import Curves, Floats, features, followers_of, read_curves

FOLDER = Path("cascades")
POLL = 300.0  # s between two snapshots, as the daemon polls young posts
SHARES_STEP = 1200.0  # s between two counts of facebook_shares
REGULAR = (300.0, 600.0, 900.0, 1200.0, 1800.0, 2700.0, 3600.0, 5400.0, 7200.0)  # s
HOURLY = (1200.0, 2400.0, 3600.0, 7200.0, 14_400.0, 28_800.0, 57_600.0, 86_400.0)  # s
IRREGULAR = 5  # ages of each post looked at with snapshots at irregular times
OLDEST = 48 * 3600.0  # s
CHUNK = 500  # posts of which features are made at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Cascade:
    """How engagement with one post went, to its end."""

    ages: Floats  # s, rising
    counts: Floats  # engagement so far at each of `ages`
    published: float  # orders the posts of one set
    followers: int | None

    def at(self, ages: Floats) -> Floats:
        place = np.searchsorted(self.ages, ages, side="right")
        return np.concatenate([[0.0], self.counts])[place]

    @property
    def final(self) -> float:
        return float(self.counts[-1]) if len(self.counts) else 0.0

    def times(self) -> Floats:
        """One age (s) an interaction, that at which it was first counted."""
        gained = np.diff(self.counts, prepend=0.0).astype(np.int64)
        return np.repeat(self.ages, np.maximum(gained, 0))

    def readings(self, ages: Sequence[float]) -> tuple[Reading, ...]:
        """What polls at `ages` (s) would have read."""
        counts = self.at(np.asarray(ages)).tolist()
        return tuple(Reading(age=age, shares=int(n)) for age, n in zip(ages, counts, strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Posts at some ages, to learn from."""

    features: Floats  # rows × FEATURES
    ages: Floats  # s
    counts: Floats  # engagement by then
    growth: Floats  # rows × (HOURS, end): log of (count + 1) then, less now
    post: Floats  # rank of the row's post by publication, 0 to 1

    def take(self, chosen: np.ndarray) -> Rows:
        return Rows(
            features=self.features[chosen],
            ages=self.ages[chosen],
            counts=self.counts[chosen],
            growth=self.growth[chosen],
            post=self.post[chosen],
        )


def read_cascades(data: Path, name: str) -> list[Cascade]:
    """One of the sets of resharing times, the oldest post first."""
    with gzip.open(data / FOLDER / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        posts = [json.loads(line) for line in lines]
    return sorted((_cascade(post) for post in posts), key=lambda cascade: cascade.published)


def _cascade(post: dict[str, object]) -> Cascade:
    ages = np.sort(np.array(post["t"], dtype=np.float64))
    return Cascade(
        ages=ages,
        counts=np.arange(1.0, len(ages) + 1),
        published=float(post.get("t0", post.get("t0_day", 0.0))),  # type: ignore[arg-type]
        followers=post.get("followers0"),  # type: ignore[arg-type]
    )


def read_shares(data: Path) -> list[Cascade]:
    """facebook_shares: a count every 20 minutes for 48 hours, -1 before it was first read."""
    with gzip.open(data / FOLDER / "facebook_shares.csv.gz", "rt", encoding="utf-8") as lines:
        table = np.array(list(csv.reader(lines))[1:], dtype=np.float64)
    ages = SHARES_STEP * np.arange(1, table.shape[1])
    known = [(row[0], row[1:] >= 0, row[1:]) for row in table]
    return [
        Cascade(ages=ages[seen], counts=counts[seen], published=post, followers=None)
        for post, seen, counts in sorted(known, key=lambda row: row[0])
        if seen.any()
    ]


def thin(cascades: Sequence[Cascade], random: np.random.Generator, least: float) -> list[Cascade]:
    """Each cascade as if far fewer people had seen it: its reshares kept at random.

    Final figures are spread evenly on the logarithmic scale from `least` to the true one. Shapes
    in time remain, and sets that were collected because their posts were large lose that mark.
    """
    thinned = []
    for cascade in cascades:
        wanted = np.exp(random.uniform(np.log(least), np.log(max(cascade.final, least))))
        kept = random.random(len(cascade.ages)) * cascade.final < wanted
        ages = cascade.ages[kept]
        thinned.append(
            replace(cascade, ages=ages, counts=np.arange(1.0, len(ages) + 1), followers=None)
        )
    return thinned


def polls(age: float, step: float = POLL) -> list[float]:
    """Every `step` seconds up to `age`, and at `age`."""
    regular = [step * k for k in range(1, int(age // step) + 1)]
    return regular if regular and regular[-1] == age else [*regular, age]


def make_rows(
    cascades: Sequence[Cascade], random: np.random.Generator, regular: Sequence[float], step: float
) -> Rows:
    """Every post at the `regular` ages, polled every `step`, and at irregular ones."""
    schedules = [
        (place, schedule)
        for place, cascade in enumerate(cascades)
        for schedule in (*(polls(age, step) for age in regular), *_irregular(random))
        if not len(cascade.ages) or cascade.ages[0] <= schedule[-1] or step == POLL
    ]
    parts = [
        _rows(cascades, schedules[start : start + CHUNK])
        for start in range(0, len(schedules), CHUNK)
    ]
    names = ("features", "ages", "counts", "growth", "post")
    return Rows(**{name: np.concatenate([getattr(p, name) for p in parts]) for name in names})


def _irregular(random: np.random.Generator) -> list[list[float]]:
    """Polls at random times: from one reading alone to dozens, at ages up to OLDEST."""
    schedules = []
    for _ in range(IRREGULAR):
        age = float(np.round(np.exp(random.uniform(np.log(600.0), np.log(OLDEST)))))
        earlier = random.uniform(0.02, 1.0, random.integers(0, 20)) ** random.choice([1.0, 2.0])
        schedules.append([*sorted((earlier * age).tolist()), age])
    return schedules


def _rows(cascades: Sequence[Cascade], schedules: Sequence[tuple[int, list[float]]]) -> Rows:
    samples = [
        Sample(
            text="",
            followers=cascades[place].followers,
            readings=cascades[place].readings(schedule),
        )
        for place, schedule in schedules
    ]
    curves = read_curves([sample.readings for sample in samples])
    return Rows(
        features=features(curves, followers_of(samples)),
        ages=curves.age,
        counts=curves.current,
        growth=_growth(cascades, [place for place, _ in schedules], curves),
        post=np.array([place / len(cascades) for place, _ in schedules]),
    )


def _growth(cascades: Sequence[Cascade], places: Sequence[int], curves: Curves) -> Floats:
    later = curves.age[:, None] + 3600.0 * np.array(HOURS)
    ends = [
        [*cascades[place].at(ages), cascades[place].final]
        for place, ages in zip(places, later, strict=True)
    ]
    growth = np.log1p(np.array(ends)) - np.log1p(curves.current)[:, None]
    return np.round(growth * 1024) / 1024  # the same on every processor
