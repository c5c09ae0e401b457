"""Spends a day's budget evenly: a quota that is gone by noon leaves the evening unread.

At any instant of the Pacific day, as much may have been begun as that part of the day stands for,
plus what `ahead` grants at its start (one round of all searches). What was begun may go on for a
fifth of the budget more, so that a spike of videos is read to its end. The ledger counts: sources
that share a key, and a listener that starts again, share the pace.
"""

from __future__ import annotations

from connectors.budget import Budget, Ledger, spent
from connectors.connector import Clock, ConnectorError

_RESERVE = 0.2  # of the budget


class NotYet(ConnectorError):
    """Our own pace: the walk goes on at a later poll; nothing is wrong."""


class Pace:
    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock

    async def may_begin(self, budget: Budget, *, ahead: int = 0) -> bool:
        """BudgetSpent where nothing is left although the day is not nearly over."""
        if budget.limit is None:
            return True
        used, due = await self._ledger.used(budget), self._due(budget, budget.limit, ahead)
        if used >= budget.limit and due < budget.limit - 1:
            raise spent(budget, self._clock())
        return used < due

    async def may_go_on(self, budget: Budget, *, ahead: int = 0) -> bool:
        if budget.limit is None:
            return True
        due = self._due(budget, budget.limit, ahead) + _RESERVE * budget.limit
        return await self._ledger.used(budget) < min(budget.limit, due)

    def _due(self, budget: Budget, limit: int, ahead: int) -> float:
        at, since = self._clock(), budget.since(self._clock())
        elapsed = (at - since) / (budget.resets_at(at) - since)
        ahead = min(ahead, limit)
        return ahead + (limit - ahead) * elapsed
