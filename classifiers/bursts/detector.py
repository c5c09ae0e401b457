"""Bursts: one count at a time, past only, a score and the figures it rests on."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Literal

from classifiers.bursts.baseline import DAY, HourOfWeek
from classifiers.bursts.counts import Counts, Span
from classifiers.bursts.record import Record
from classifiers.bursts.settings import BurstSettings
from classifiers.bursts.slow import CumulativeSum

THRESHOLD = 0.5  # of the score: the evidence is as strong as an alarm needs
LAST_SECOND = 2.0**37  # since 1970: in the year 6325
HALF_MENTION = 0.5  # what a record of nothing counts as
HELD = 0.4  # what a score is worth while the detector must keep quiet: never an alarm
ONE_HOUR, ONE_DAY = timedelta(hours=1), timedelta(days=1)
DEFAULTS = BurstSettings()

Detector = Literal["record", "slow"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """What one count said. `score` is comparable over all volumes; an alarm is `score >= 0.5`.

    Over the `span` that ends at `instant`, `observed` mentions were counted, `expected` are usual
    at that hour of the week, and `record` is the most there were before. `detector` is the one
    that spoke loudest: "record" for a sudden burst, "slow" for a level that stays high. A burst is
    `ongoing` from its alarm until the level has calmed; meanwhile there is no other alarm.
    """

    instant: datetime
    score: float
    alarm: bool
    observed: int
    expected: float
    record: float
    span: timedelta
    detector: Detector
    ongoing: bool


class BurstDetector:
    """Finds bursts in one series of counts; constant memory, no clock, no look ahead.

    Feed it each interval's count, zeroes too, at the interval's end and in order. What is older
    than the latest instant is ignored: let the caller count by when mentions were received, so
    that nothing is late but by a step of the clock. A step back is believed after a day of it.
    """

    def __init__(self, settings: BurstSettings = DEFAULTS) -> None:
        self.settings = settings
        self._seconds = settings.interval.total_seconds()
        self._hours = hours = self._seconds / 3600.0
        self._a_day = max(1, round(DAY / hours))  # intervals
        lengths = sorted({settings.intervals(span) for span in settings.spans})
        self._spans = [Span(length) for length in lengths]
        self._level = Span(settings.intervals(settings.slow_span))
        self._counts = Counts([*self._spans, self._level])
        memory = settings.remembered / ONE_DAY, settings.half_life / ONE_DAY
        self._records = [Record(*memory) for _ in lengths]
        self._usual = HourOfWeek(settings.baseline_half_life / ONE_DAY, hours)
        limits = settings.slow_drift, settings.slow_clip, settings.slow_limit
        self._sum = CumulativeSum(*limits, hours)
        self._latest = -math.inf  # s since 1970, of the counts taken in
        self._slot: int | None = None  # the interval that is open, counted from 1970
        self._hour = 0  # of the week, of that interval
        self._watched = False  # was it, so far?
        self._days_end = self._a_day  # watched intervals until it
        self._quiet = False
        self._calm = 0.0  # hours
        self._late: tuple[int, int] | None = None  # the first and the latest of a run of late slots

    def __eq__(self, other: object) -> bool:
        return isinstance(other, BurstDetector) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]

    def update(self, instant: datetime, count: int, *, covered: bool = True) -> Burst:
        """Take in the `count` of the interval that ends at `instant`.

        `covered=False` says that the time since the latest instant was not wholly watched: the
        count is then neither a burst nor learnt. So is the first one after a longer gap, which may
        hold what was caught up. ValueError: a naive instant or a negative count.
        """
        if instant.tzinfo is None:
            raise ValueError(f"a naive instant: {instant}")
        if count < 0:
            raise ValueError(f"a negative count: {count}")
        seconds = instant.timestamp()
        slot = math.floor(seconds / self._seconds + 0.5)
        if self._is_late(seconds, slot):
            return self._silence(instant)
        self._latest = seconds
        if slot != self._slot:
            self._move_to(slot, covered)
        elif not covered and self._watched:
            self._watched = False
            self._counts.void()
        if not self._watched:
            return self._silence(instant)
        self._counts.add(count)
        return self._judge(instant)

    def _is_late(self, seconds: float, slot: int) -> bool:
        if seconds >= self._latest:
            self._late = None
            return False
        first, latest = self._late or (slot, slot)
        self._late = (first, slot) if slot >= latest else (slot, slot)
        if slot - self._late[0] < self._a_day:
            return True
        self._late = self._slot = None
        self._watched = False
        self._counts.clear()
        return False

    def _move_to(self, slot: int, covered: bool) -> None:
        """End the interval that is open and those without a count; open the one of `slot`."""
        missing = 0 if self._slot is None else slot - self._slot - 1
        if self._watched:
            self._learn()
        self._watched = covered and missing < self.settings.longest_gap
        for late in range(min(missing, len(self._counts)), 0, -1):
            self._open(slot - late)
            if self._watched:
                self._measure()
                self._learn()
        self._open(slot)

    def _open(self, slot: int) -> None:
        self._slot = slot
        if not self._watched:
            self._counts.open(0.0)
            return
        self._hour = hour_of_week(slot * self._seconds, self.settings.zone)
        self._counts.open(self._usual.rate(self._hour) * self._hours)
        for span, record in zip(self._spans, self._records, strict=True):
            record.learn(span.earlier)

    def _learn(self) -> None:
        """What the interval that ends teaches, of which no score before it may know."""
        level = self._level
        if self._quiet:
            self._wait_for_calm()
        else:
            self._sum.learn(level.residual / level.scale.sigma)
        self._usual.learn(self._hour, *self._counts.latest)
        for span in (*self._spans, level):
            span.scale.learn(span.residual, self._hours / DAY)
        self._days_end -= 1
        if self._days_end == 0:
            self._days_end = self._a_day
            for record in self._records:
                record.end_day()

    def _wait_for_calm(self) -> None:
        usual = self._level.expected
        ceiling = self.settings.calm_factor * usual + 2.0 * math.sqrt(max(0.0, usual)) + 1.0
        self._calm = self._calm + self._hours if self._level.observed <= ceiling else 0.0
        self._quiet = self._calm < self.settings.calm_for / ONE_HOUR
        if not self._quiet:
            for record in self._records:
                record.ceiling = math.inf

    def _measure(self) -> None:
        for span in self._spans:
            span.measure()
        self._level.measure()

    def _judge(self, instant: datetime) -> Burst:
        self._measure()
        strength, index = max((self._newness(i), i) for i in range(len(self._spans)))
        detector: Detector = "record"
        if (slow := self._slowness()) > strength:
            strength, index, detector = slow, len(self._spans) - 1, "slow"
        score = strength / (1.0 + strength)
        if self._quiet or self._usual.watched < self.settings.warm_up / ONE_HOUR:
            return self._burst(instant, HELD * score, index, detector)
        if score >= THRESHOLD:
            self._fall_quiet()
        return self._burst(instant, score, index, detector)

    def _fall_quiet(self) -> None:
        self._quiet, self._calm, self._sum.total = True, 0.0, 0.0
        for index, record in enumerate(self._records):
            highest = self.settings.crisis_factor * self._to_beat(index)
            record.ceiling = highest + self.settings.min_mentions

    def _to_beat(self, index: int) -> float:
        """The record over a span; in the first week no less than what may yet prove usual."""
        days = max(self._usual.watched, self._hours) / DAY
        doubt = 1.0 + self.settings.newcomer * max(0.0, 1.0 / days - 1.0 / 7.0)
        return max(self._records[index].value, doubt * self._spans[index].expected)

    def _newness(self, index: int) -> float:
        """How new the count over a span is: 1 where it beats all that it must, by just enough."""
        settings, span = self.settings, self._spans[index]
        beaten = self._to_beat(index) + HALF_MENTION
        spread = settings.poisson_sigmas + settings.excess_sigmas * (span.scale.sigma - 1.0)
        evidence = (
            span.observed / (settings.margin * beaten),
            span.residual / spread,
            span.observed / settings.min_mentions,
        )
        return max(0.0, min(evidence))

    def _slowness(self) -> float:
        settings = self.settings
        if self._usual.watched < settings.slow_warm_up / ONE_HOUR:
            return 0.0
        total = self._sum.preview(self._level.residual / self._level.scale.sigma)
        return min(total / settings.slow_limit, self._spans[-1].observed / settings.min_mentions)

    def _silence(self, instant: datetime) -> Burst:
        return self._burst(instant, 0.0, 0, "record")

    def _burst(self, instant: datetime, score: float, index: int, detector: Detector) -> Burst:
        span = self._spans[index]
        return Burst(
            instant=instant,
            score=score,
            alarm=score >= THRESHOLD,
            observed=span.observed,
            expected=max(0.0, span.expected),
            record=self._records[index].value,
            span=span.length * self.settings.interval,
            detector=detector,
            ongoing=self._quiet,
        )


def hour_of_week(seconds: float, zone: tzinfo) -> int:
    """0 on a Monday from midnight to one o'clock, as the zone's clocks show it."""
    # An absurd clock must not stop the watch: years that no zone can express are those nearest.
    local = datetime.fromtimestamp(min(max(seconds, 0.0), LAST_SECOND), zone)
    return local.weekday() * DAY + local.hour


def fold(
    counts: Iterable[tuple[datetime, int | None]], settings: BurstSettings = DEFAULTS
) -> BurstDetector:
    """The detector as it would be, had it run live over the committed `counts`.

    None stands for an interval that was not wholly watched.
    """
    detector = BurstDetector(settings)
    for instant, count in counts:
        detector.update(instant, count or 0, covered=count is not None)
    return detector
