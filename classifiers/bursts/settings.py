"""What the burst detectors go by: one frozen set of figures, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, timedelta, tzinfo


@dataclass(frozen=True, slots=True, kw_only=True)
class BurstSettings:
    """The defaults are the frozen ones: docs/quality.md says what each is worth when taken away."""

    interval: timedelta = timedelta(minutes=5)
    """Between two counts, as the caller makes them."""
    zone: tzinfo = UTC
    """Whose hours of the week the baseline learns."""

    spans: tuple[timedelta, ...] = (
        timedelta(minutes=15),
        timedelta(hours=2),
        timedelta(hours=6),
    )
    """Over which counts are compared with their record: a flash, an evening, a day's work."""
    remembered: timedelta = timedelta(days=14)
    """How long a record stands undiminished: two of each weekday, so that no Monday is news."""
    half_life: timedelta = timedelta(days=14)
    """How fast it fades thereafter: a crisis ten times the usual is forgotten in two months."""
    margin: float = 1.05
    """By how much a record must be beaten: half a mention and a twentieth."""
    crisis_factor: float = 3.0
    """A crisis counts as no more than so many times the record that it broke: a second one like it
    must be heard, however soon after the calm."""
    min_mentions: int = 5
    """Fewer are no burst, whatever they are compared with."""
    poisson_sigmas: float = 3.0
    """Beyond chance: the part of the spread that chance alone makes has known tails."""
    excess_sigmas: float = 6.0
    """Beyond habit: the spread over chance has unknown, heavier tails, and needs twice as much."""

    slow_span: timedelta = timedelta(hours=1)
    """The level that the cumulative sum adds up, and by which calm is judged."""
    slow_drift: float = 1.5
    """Robust standard deviations of the level that are nothing out of the ordinary."""
    slow_clip: float = 3.0
    """The most that one level adds, in those: a spike is the record's to find, not the sum's."""
    slow_limit: float = 6.0
    """Standard deviations x hours at which the sum speaks: four hours at the clip, or longer."""
    slow_warm_up: timedelta = timedelta(days=2)
    """Before two days are seen, a morning looks like a slow onset."""

    warm_up: timedelta = timedelta(hours=6)
    """Nothing can be a record before the longest span was watched once."""
    newcomer: float = 3.0
    """Of the first days' doubt: `1 + newcomer * (1 / days - 1 / 7)` times the usual is needed,
    until a week was watched and each day of it is known."""

    calm_factor: float = 2.0
    """Calm is a level under so many times the usual, and what chance adds to it."""
    calm_for: timedelta = timedelta(hours=12)
    """A crisis that sleeps for a night and wakes up is still the same one."""

    baseline_half_life: timedelta = timedelta(days=28)
    """Of what is usual: four of each hour of the week weigh as much as all those before."""
    longest_gap: int = 3
    """Intervals without a count after which the time between was not watched."""

    def __post_init__(self) -> None:
        if self.interval <= timedelta(0):
            raise ValueError(f"interval must be positive, not {self.interval}")
        if not self.spans or min(self.spans) <= timedelta(0):
            raise ValueError("spans must hold at least one, all positive")
        if self.margin <= 1:
            raise ValueError(f"margin must be above 1, not {self.margin}")

    def intervals(self, span: timedelta) -> int:
        """How many intervals a span holds, and at least one."""
        return max(1, round(span / self.interval))
