"""How far posts will go: forecasts of a batch from their snapshots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from classifiers.classifier import Reason, Sample
from classifiers.virality.experts import HIGH, LEVELS, LOW, Experts, Outlook, load
from classifiers.virality.forecast import HOURS, THRESHOLDS, Forecast
from classifiers.virality.heads import Head, covariates
from classifiers.virality.snapshots import (
    MIN_AGE,
    MIN_COUNT,
    Curves,
    Floats,
    features,
    followers_of,
    read_curves,
)

TOO_FEW = Reason(code="too_few_readings")
LIVE = "live"  # the expert on networks that have none of their own
RISING, FADING = 1.25, 0.5  # speed over the latest quarter of the age, to the mean speed


class Forecaster:
    """Forecasts by experts, corrected by what a hospital's own finished posts taught.

    `heads`: by network, from `classifiers.virality.heads`. A post of a named network is taken for
    an ordinary one, most of which stay small; without a network, for one of an archive of large
    cascades, whichever it resembles.
    """

    def __init__(
        self, experts: Experts | None = None, heads: Mapping[str, Head] | None = None
    ) -> None:
        self.experts = experts
        self.heads = heads or {}

    @cached_property
    def experts_(self) -> Experts:
        """The experts at work: those given, else the shipped ones. ModelError."""
        return self.experts or load()

    @property
    def version(self) -> str:
        return self.experts_.version

    def warm_up(self) -> None:
        """Load the model now. ModelError if its file is missing or altered."""
        _ = self.experts_

    def forecasts(
        self, samples: Sequence[Sample], thresholds: Sequence[int] = THRESHOLDS
    ) -> list[Forecast | Reason]:
        """One a sample, in order; a Reason where it cannot be said yet."""
        curves = read_curves([sample.readings for sample in samples])
        speaks = (curves.current >= MIN_COUNT) & (curves.age >= MIN_AGE)
        said = np.flatnonzero(speaks)
        found: list[Forecast | Reason] = [
            TOO_FEW
            if age < MIN_AGE
            else Reason(code="too_little_engagement", detail=f"{count:.0f}")
            for age, count in zip(curves.age, curves.current, strict=True)
        ]
        if len(said):
            chosen = [samples[i] for i in said.tolist()]
            for i, forecast in zip(
                said.tolist(), self._say(chosen, curves[said], thresholds), strict=True
            ):
                found[i] = forecast
        return found

    def outlook(self, samples: Sequence[Sample], curves: Curves) -> Outlook:
        """Before any head: what the shipped experts think."""
        rows = features(curves, followers_of(samples))
        names = np.array([self.basis(sample.network) for sample in samples])
        outlook: Outlook | None = None
        for name in np.unique(names):
            at = np.flatnonzero(names == name)
            outlook = _place(outlook, self._one(str(name), rows[at], curves.age[at]), at, len(rows))
        if outlook is None:
            raise ValueError("no sample")
        return outlook

    def basis(self, network: str) -> str:
        """The expert that speaks for `network`: "archive", "live" or one of its own."""
        if not network:
            return "archive"
        return network if network in self.experts_.experts else LIVE

    def _one(self, name: str, rows: Floats, ages: Floats) -> Outlook:
        if name == "archive":
            return self.experts_.archive_outlook(rows, ages)
        return self.experts_.experts[name].outlook(rows, ages)

    def _say(
        self, samples: Sequence[Sample], curves: Curves, thresholds: Sequence[int]
    ) -> list[Forecast]:
        outlook = self._correct(samples, curves, self.outlook(samples, curves))
        now = np.log1p(curves.current)
        spread = outlook.spread()
        low, high = (
            np.maximum(np.expm1(now + outlook.growth + spread[:, -1] * row), curves.current)
            for row in (outlook.residuals[:, -1, LOW], outlook.residuals[:, -1, HIGH])
        )
        expected = np.clip(np.expm1(now + outlook.growth), low, high)
        crossing = crossing_probabilities(outlook, spread, curves.current, thresholds)
        within = crossing[:, :, :-1].reshape(len(now), -1).tolist()
        keys = [(threshold, hours) for threshold in thresholds for hours in HOURS]
        reasons = self._reasons(samples, curves)
        columns = (curves.age, curves.current, expected, low, high)
        figures = zip(*(column.tolist() for column in columns), strict=True)
        return [
            Forecast(
                age=age,
                current=int(current),
                expected=middle,
                low=bottom,
                high=top,
                crossing=dict(zip(keys, soon, strict=True)),
                reaching=dict(zip(thresholds, ever, strict=True)),
                version=self.version,
                reasons=why,
            )
            for (age, current, middle, bottom, top), soon, ever, why in zip(
                figures, within, crossing[:, :, -1].tolist(), reasons, strict=True
            )
        ]

    def _correct(self, samples: Sequence[Sample], curves: Curves, outlook: Outlook) -> Outlook:
        if not any(sample.network in self.heads for sample in samples):
            return outlook
        growth, error = outlook.growth.copy(), outlook.error.copy()
        names = np.array([sample.network for sample in samples])
        known = covariates(samples, curves, outlook.growth)
        for network, head in self.heads.items():
            at = names == network
            growth[at] = np.maximum(growth[at] + head.shift(known[at]), 0.0)
            error[at] *= head.spread
        return replace(outlook, growth=growth, error=error)

    def _reasons(self, samples: Sequence[Sample], curves: Curves) -> list[tuple[Reason, ...]]:
        age, current = curves.age, curves.current
        before = curves.at(np.stack([np.maximum(age - 3600, 0.0), age * 0.75], axis=1))
        speed = (current - before[:, 0]) * 3600 / np.minimum(age, 3600.0)
        pace = (current - before[:, 1]) * 4 / current
        return [
            self._why(*row)
            for row in zip(samples, current.tolist(), speed.tolist(), pace.tolist(), strict=True)
        ]

    def _why(self, sample: Sample, current: float, speed: float, pace: float) -> tuple[Reason, ...]:
        curve = "rising" if pace > RISING else "fading" if pace < FADING else "steady"
        head = self.heads.get(sample.network)
        basis = f"own {head.posts}" if head else self.basis(sample.network)
        reasons = (
            Reason(code="count", detail=f"{current:.0f}"),
            Reason(code="speed", detail=f"{speed:.0f}"),
            Reason(code="curve", detail=curve),
            Reason(code="basis", detail=basis),
        )
        if sample.followers is None:
            return reasons
        return (*reasons, Reason(code="followers", detail=f"{sample.followers}"))


def _place(whole: Outlook | None, part: Outlook, at: NDArray[np.int64], size: int) -> Outlook:
    """`part` written into the rows `at` of `whole`."""
    if len(at) == size:
        return part
    names = ("growth", "error", "parts", "residuals")
    values = {}
    for name in names:
        piece = getattr(part, name)
        target = getattr(whole, name) if whole else np.zeros((size, *piece.shape[1:]))
        target[at] = piece
        values[name] = target
    return Outlook(**values)


def crossing_probabilities(
    outlook: Outlook, spread: Floats, current: Floats, thresholds: Sequence[int]
) -> Floats:
    """Posts × thresholds × HORIZONS: never falls with the horizon, nor rises with the threshold."""
    wanted = np.asarray(thresholds, dtype=np.float64)
    needed = np.log((wanted[None, :] + 0.5) / (current[:, None] + 1))
    ends = outlook.growth[:, None] * outlook.parts
    distance = (needed[:, :, None] - ends[:, None, :]) / spread[:, None, :]
    below = _cumulative(distance, outlook.residuals[:, None])
    within = np.maximum.accumulate(1 - below, axis=2)
    crossed = wanted[None, :, None] <= current[:, None, None]
    return np.asarray(np.where(crossed, 1.0, within), dtype=np.float64)


def _cumulative(distance: Floats, table: Floats) -> Floats:
    """P(residual ≤ distance), between the levels of the table by straight lines."""
    place = (table <= distance[..., None]).sum(axis=-1)
    left, right = np.clip(place - 1, 0, None), np.clip(place, None, len(LEVELS) - 1)
    table = np.broadcast_to(table, (*distance.shape, table.shape[-1]))
    start = np.take_along_axis(table, left[..., None], -1)[..., 0]
    end = np.take_along_axis(table, right[..., None], -1)[..., 0]
    part = np.clip((distance - start) / np.maximum(end - start, 1e-9), 0.0, 1.0)
    inner = LEVELS[left] + part * (LEVELS[right] - LEVELS[left])
    # Beyond the table nothing was seen: half of the outermost level.
    beyond = np.where(place == len(LEVELS), 1 - LEVELS[0] / 2, inner)
    return np.asarray(np.where(place == 0, LEVELS[0] / 2, beyond), dtype=np.float64)
