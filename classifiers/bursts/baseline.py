"""What is usual at an hour of the week: rates that lean on one another until each is known."""

from __future__ import annotations

from dataclasses import dataclass, field

DAY, WEEK = 24, 168  # hours
# Pseudo-hours of the coarser rate that a finer one starts with: three days for an hour of the day,
# three weeks for an hour of the week. The gamma prior of a Poisson rate.
LEANING = 3.0
# A burst must not become usual: more than this times the usual, and a few, is not learnt.
CAP, SLACK = 3.0, 3.0


@dataclass(slots=True)
class Rate:
    """Mentions and hours watched, both fading."""

    mentions: float = 0.0
    hours: float = 0.0

    def given(self, prior: float) -> float:
        return (self.mentions + LEANING * prior) / (self.hours + LEANING)

    def learn(self, mentions: float, hours: float, keep: float) -> None:
        self.mentions = self.mentions * keep + mentions
        self.hours = self.hours * keep + hours


@dataclass(slots=True)
class HourOfWeek:
    """Mentions an hour, by hour of the week, from the first count on.

    An hour of the week leans on its hour of the day, which leans on the overall rate
    (Gamma-Poisson shrinkage). Only watched time counts, and only it makes the old fade.
    """

    half_life: float  # days
    hours: float  # an interval's
    overall: Rate = field(default_factory=Rate)
    of_day: list[Rate] = field(default_factory=lambda: [Rate() for _ in range(DAY)])
    of_week: list[Rate] = field(default_factory=lambda: [Rate() for _ in range(WEEK)])
    watched: float = 0.0  # hours

    def rate(self, hour: int) -> float:
        """Mentions an hour at `hour` of the week (0 = Monday, midnight); 0 before any count."""
        overall = self.overall.mentions / self.overall.hours if self.overall.hours else 0.0
        return self.of_week[hour].given(self.of_day[hour % DAY].given(overall))

    def learn(self, hour: int, count: float, expected: float) -> None:
        """One interval's `count` at `hour` of the week, where `expected` were."""
        if self.watched >= DAY:
            count = min(count, CAP * expected + SLACK)
        self.watched += self.hours
        # An hour of the day comes by once a day: an hour of it is a day's worth of fading.
        keep = 0.5 ** (self.hours / self.half_life)
        self.overall.learn(count, self.hours, 0.5 ** (self.hours / DAY / self.half_life))
        self.of_day[hour % DAY].learn(count, self.hours, keep)
        self.of_week[hour].learn(count, self.hours, keep**7)
