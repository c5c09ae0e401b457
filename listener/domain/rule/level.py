"""How grave a breach is, and thereby whom it reaches and when."""

from __future__ import annotations

from enum import StrEnum


class Level(StrEnum):
    INFO = "info"  # digest and console
    WARNING = "warning"  # the team's channel in working hours, held until morning otherwise
    CRITICAL = "critical"  # pages the person on call at once, at any hour

    @property
    def rank(self) -> int:
        return list(Level).index(self)

    @property
    def above(self) -> Level:
        """The next graver one; the gravest stays."""
        return list(Level)[min(self.rank + 1, len(Level) - 1)]
