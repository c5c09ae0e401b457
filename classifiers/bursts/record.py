"""The highest count over a span that there was."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field

MEMORY_HALF_LIVES = 4  # after which a record is worth a sixteenth, and dropped


@dataclass(slots=True)
class Record:
    """The highest count seen, whole for `remembered` watched days, then halved every `half_life`.

    It must be told of a span only once that has wholly passed: else a rising count would raise,
    interval by interval, what it is compared with. Kept as one maximum a day. A record that fades from its first hour falls into the bulk of a
    light-tailed series, and is then beaten every few days; a plateau is beaten once in its length.
    """

    remembered: float  # days
    half_life: float  # days
    days: deque[float] = field(init=False)
    before: float = 0.0
    today: float = 0.0
    ceiling: float = math.inf  # of what is learnt

    def __post_init__(self) -> None:
        length = math.ceil(self.remembered + MEMORY_HALF_LIVES * self.half_life)
        self.days = deque(maxlen=length)

    @property
    def value(self) -> float:
        return max(self.before, self.today)

    def learn(self, count: int) -> None:
        self.today = max(self.today, min(count, self.ceiling))

    def end_day(self) -> None:
        self.days.appendleft(self.today)
        self.today = 0.0
        faded = (count * self._weight(age) for age, count in enumerate(self.days, start=1))
        self.before = max(faded)

    def _weight(self, age: int) -> float:
        return float(0.5 ** (max(0.0, age - self.remembered) / self.half_life))
