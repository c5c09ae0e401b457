"""The latest counts, interval by interval, and their sums over several spans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from classifiers.bursts.scale import Scale, anscombe


@dataclass(slots=True)
class Span:
    """Sums over the latest `length` intervals, and over as many before those (`earlier`)."""

    length: int
    observed: int = 0
    expected: float = 0.0
    earlier: int = 0
    residual: float = 0.0
    scale: Scale = field(default_factory=Scale)

    def measure(self) -> None:
        self.residual = anscombe(self.observed, self.expected)


@dataclass(slots=True)
class Counts:
    """A ring of counts and of what was expected, as long as twice the longest span.

    An interval that nobody watched holds no mention, and none is expected of it.
    """

    spans: Sequence[Span]
    counts: list[int] = field(init=False)
    expected: list[float] = field(init=False)
    at: int = 0

    def __post_init__(self) -> None:
        length = 2 * max(span.length for span in self.spans) + 1
        self.counts = [0] * length
        self.expected = [0.0] * length

    def __len__(self) -> int:
        return len(self.counts)

    @property
    def latest(self) -> tuple[int, float]:
        """Observed and expected in the interval that is open."""
        return self.counts[self.at], self.expected[self.at]

    def open(self, expected: float) -> None:
        """Begin an interval in which `expected` mentions would be usual."""
        ring, usual, size = self.counts, self.expected, len(self.counts)
        at = self.at = (self.at + 1) % size
        for span in self.spans:
            leaving = at - span.length  # a negative index is the ring's other end
            count = ring[leaving]
            span.observed -= count
            span.earlier += count - ring[leaving - span.length]
            span.expected += expected - usual[leaving]
        ring[at], usual[at] = 0, expected

    def add(self, count: int) -> None:
        """Add mentions to the interval that is open."""
        self.counts[self.at] += count
        for span in self.spans:
            span.observed += count

    def void(self) -> None:
        """The interval that is open was not watched after all."""
        count, expected = self.counts[self.at], self.expected[self.at]
        for span in self.spans:
            span.observed -= count
            span.expected -= expected
        self.counts[self.at], self.expected[self.at] = 0, 0.0

    def clear(self) -> None:
        """None of what the ring held was watched, or it is no longer the latest."""
        size = len(self.counts)
        self.counts, self.expected = [0] * size, [0.0] * size
        for span in self.spans:
            span.observed, span.earlier, span.expected = 0, 0, 0.0
