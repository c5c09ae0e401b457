"""Windows that slide over sorted instants: the latest that breaches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from listener.domain.rule.settings import CountRule, WindowRule


def densest(
    instants: Sequence[tuple[datetime, bool | None]],
    rule: WindowRule,
    *,
    not_before: datetime | None = None,
) -> tuple[datetime, int, int, int] | None:
    """The latest window that breaches, else None, over instants sorted by time.

    `instants` pairs when a mention occurred with whether it was negative (None: unscored).
    Windows that end before `not_before` are not looked at: what came before the first instant is
    unknown, and a share of half a window is a lie. A window holds what is younger than
    `rule.window` at its end. Gives (until, total, scored, negative). Linear.
    """
    found = None
    sliding = _Sliding(instants, rule)
    for until in sliding.ends():
        if (not_before is None or until >= not_before) and sliding.reaches():
            found = (until, sliding.total, sliding.scored, sliding.negative)
    return found


class _Sliding:
    """One window moved over sorted instants, stopping wherever its figures change."""

    def __init__(self, instants: Sequence[tuple[datetime, bool | None]], rule: WindowRule) -> None:
        self._instants = instants
        self._rule = rule
        self.total = self.scored = self.negative = 0

    def reaches(self) -> bool:
        return reaches(self._rule, total=self.total, scored=self.scored, negative=self.negative)

    def ends(self) -> Iterator[datetime]:
        """When a mention enters, and when one leaves: a share may rise as praise grows old."""
        start = end = 0
        window = self._rule.window
        while end < len(self._instants):
            leaves = self._instants[start][0] + window
            until = min(leaves, self._instants[end][0]) if start < end else self._instants[end][0]
            while start < end and self._instants[start][0] + window <= until:
                self._count(self._instants[start][1], -1)
                start += 1
            while end < len(self._instants) and self._instants[end][0] == until:
                self._count(self._instants[end][1], 1)
                end += 1
            yield until

    def _count(self, is_negative: bool | None, by: int) -> None:
        self.total += by
        self.scored += by * (is_negative is not None)
        self.negative += by * bool(is_negative)


def reaches(rule: WindowRule, *, total: int, scored: int, negative: int) -> bool:
    """Whether a window's figures cross a rule's threshold."""
    if isinstance(rule, CountRule):
        return total >= rule.at_least
    return scored >= rule.minimum and negative >= rule.share * scored
