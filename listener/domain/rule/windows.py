"""Windows that slide over sorted instants: the latest that breaches, and how long they do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from listener.domain.rule.settings import CountRule, WindowRule

Instants = Sequence[tuple[datetime, bool | None]]
"""When each mention occurred, oldest first, and whether it was negative (None: unscored)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spell:
    """A stretch of time without a break in which a rule's threshold was crossed.

    It ended at `until` (exclusive), unless it is `ongoing`; the figures are its last.
    """

    since: datetime
    until: datetime
    ongoing: bool
    total: int
    scored: int
    negative: int


def densest(
    instants: Instants, rule: WindowRule, *, not_before: datetime | None = None
) -> tuple[datetime, int, int, int] | None:
    """The latest window that breaches, else None, over instants sorted by time.

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


def spells(
    instants: Instants,
    rule: WindowRule,
    *,
    start: datetime,
    until: datetime,
    since: datetime | None = None,
) -> list[Spell]:
    """Every spell between `start` and `until`, oldest first.

    `since`: one went on at `start`, and had begun then. Once begun, a spell goes on while the
    window holds what the rule's clear threshold asks for. Linear.
    """
    found: list[Spell] = []
    began = since if since is not None and since <= start else None
    sliding = _Sliding(instants, rule)
    figures = (0, 0, 0)
    for end in sliding.ends(until):
        if end < start:
            continue
        crossed = sliding.reaches() if began is None else sliding.lingers()
        if crossed:
            began = end if began is None else began
            figures = (sliding.total, sliding.scored, sliding.negative)
        elif began is not None:
            found.append(_spell(began, end, figures, ongoing=False))
            began = None
    if began is not None:
        now = (sliding.total, sliding.scored, sliding.negative)
        found.append(_spell(began, until, now, ongoing=True))
    return found


def _spell(
    since: datetime, until: datetime, figures: tuple[int, int, int], *, ongoing: bool
) -> Spell:
    total, scored, negative = figures
    return Spell(
        since=since,
        until=until,
        ongoing=ongoing,
        total=total,
        scored=scored,
        negative=negative,
    )


class _Sliding:
    """One window moved over sorted instants, stopping wherever its figures change."""

    def __init__(self, instants: Instants, rule: WindowRule) -> None:
        self._instants = instants
        self._rule = rule
        self.total = self.scored = self.negative = 0

    def reaches(self) -> bool:
        return reaches(self._rule, total=self.total, scored=self.scored, negative=self.negative)

    def lingers(self) -> bool:
        return lingers(self._rule, total=self.total, scored=self.scored, negative=self.negative)

    def ends(self, until: datetime | None = None) -> Iterator[datetime]:
        """When a mention enters, and when one leaves: a share may rise as praise grows old.

        To the last instant; or to `until`, while mentions leave.
        """
        start = end = 0
        window, count = self._rule.window, len(self._instants)
        while end < count or (until is not None and start < end):
            moments = [self._instants[start][0] + window] if start < end else []
            moments += [self._instants[end][0]] if end < count else []
            moment = min(moments)
            if until is not None and moment > until:
                return
            while start < end and self._instants[start][0] + window <= moment:
                self._count(self._instants[start][1], -1)
                start += 1
            while end < count and self._instants[end][0] == moment:
                self._count(self._instants[end][1], 1)
                end += 1
            yield moment

    def _count(self, is_negative: bool | None, by: int) -> None:
        self.total += by
        self.scored += by * (is_negative is not None)
        self.negative += by * bool(is_negative)


def reaches(rule: WindowRule, *, total: int, scored: int, negative: int) -> bool:
    """Whether a window's figures cross a rule's threshold."""
    if isinstance(rule, CountRule):
        return total >= rule.at_least
    return scored >= rule.minimum and negative >= rule.share * scored


def lingers(rule: WindowRule, *, total: int, scored: int, negative: int) -> bool:
    """Whether a window that breached is not calm yet: above the clear threshold, where there is one.

    A share with such a threshold is followed down to half of its minimum: else it would come and
    go with every mention around that.
    """
    if isinstance(rule, CountRule):
        return total >= (rule.at_least if rule.clear is None else rule.clear)
    if rule.clear_share is None:
        return reaches(rule, total=total, scored=scored, negative=negative)
    return scored >= -(-rule.minimum // 2) and negative >= rule.clear_share * scored
