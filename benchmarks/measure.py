"""One figure of a benchmark, and the target it is held against."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import orjson


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """`at_least` or `at_most` is the target; without either the figure is only told."""

    name: str
    value: float
    unit: str
    at_least: float | None = None
    at_most: float | None = None

    @property
    def passed(self) -> bool | None:
        if self.at_least is not None:
            return self.value >= self.at_least
        if self.at_most is not None:
            return self.value <= self.at_most
        return None

    @property
    def target(self) -> str:
        if self.at_least is not None:
            return f"≥ {figure(self.at_least)}"
        return "" if self.at_most is None else f"≤ {figure(self.at_most)}"

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Measure:
        return cls(**stored)


def figure(value: float) -> str:
    """As a table shows it: three digits that mean something, thousands apart."""
    if abs(value) >= 100:
        return f"{value:,.0f}".replace(",", "\u202f")
    return f"{value:.3g}"


def tell(measures: Iterable[Measure]) -> None:
    """What a benchmark's process says to the one that started it: JSON on stdout."""
    sys.stdout.buffer.write(orjson.dumps([asdict(measure) for measure in measures]) + b"\n")
    sys.stdout.flush()
