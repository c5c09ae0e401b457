"""What a network lets us spend – calls, units, money – counted so that a restart forgets nothing.

Our own count comes before the network's: it holds a hard budget in money, and shares a quota
between polls. Where a budget is spent, its feed waits and the others go on.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from hashlib import blake2b
from typing import Literal, Protocol, runtime_checkable

from connectors.connector import Clock, RateLimited

_SLOTS = 24  # into which a rolling window is cut


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """So much of a unit, every calendar day or month of `zone`, or in any stretch as long as `every`.

    `limit` and costs are counted in 1/`scale` of `unit`: 1000 for thousandths of a dollar.
    `account` says whose budget it is where several sources share one (see `account_of`).
    """

    name: str
    limit: int | None  # None: only counted
    unit: str = "requests"
    scale: int = 1
    every: Literal["day", "month"] | timedelta = "day"
    zone: tzinfo = UTC
    account: str = ""

    def since(self, at: datetime) -> datetime:
        """Where the window that holds `at` begins; slots that begin before count no more."""
        if isinstance(self.every, timedelta):
            return at - self.every
        local = at.astimezone(self.zone).replace(hour=0, minute=0, second=0, microsecond=0)
        return (local.replace(day=1) if self.every == "month" else local).astimezone(UTC)

    def slot(self, at: datetime) -> datetime:
        """The instant under which what is spent at `at` is counted; of a rolling window the end of its
        part: counted from the beginning it would be forgotten before the network forgets it.
        """
        if not isinstance(self.every, timedelta):
            return self.since(at)
        width = self.every.total_seconds() / _SLOTS
        return datetime.fromtimestamp(-(-at.timestamp() // width) * width, tz=UTC)

    def resets_at(self, at: datetime, oldest: datetime | None = None) -> datetime:
        """When something is free again: the next day or month, or as `oldest`, a slot, leaves."""
        if isinstance(self.every, timedelta):
            return (oldest or self.slot(at)) + self.every
        local = self.since(at).astimezone(self.zone)
        # 32 days or 26 hours on, whatever the month or the clock change, then back to its midnight.
        onward = timedelta(days=32) if self.every == "month" else timedelta(hours=36)
        return self.since(local + onward)


class BudgetSpent(RateLimited):
    """Our own budget is spent: nothing was asked of the network."""

    def __init__(self, budget: Budget, *, retry_after: timedelta) -> None:
        super().__init__(f"the budget {budget.name!r} is spent", retry_after=retry_after)
        self.budget = budget


class Ledger(Protocol):
    """Counts what is spent, atomically, for all who share an account."""

    async def spend(self, cost: int, *budgets: Budget) -> None:
        """Count `cost` in every budget, or raise BudgetSpent and count it in none."""
        ...

    async def give_back(self, cost: int, *budgets: Budget) -> None:
        """What was counted before an answer and turned out not to be spent."""
        ...

    async def exhaust(self, budget: Budget) -> None:
        """The network says that it is spent, whatever we counted."""
        ...

    async def first_time(self, budget: Budget, items: Collection[str]) -> frozenset[str]:
        """Those not met before in the window, each now counted as 1; or BudgetSpent, counting none.

        With a `limit` of None: a memory of what was charged already (X charges a post once a day).
        """
        ...

    async def met(self, budget: Budget, items: Collection[str]) -> frozenset[str]:
        """Those that `first_time` met before in the window; counts none."""
        ...

    async def used(self, budget: Budget) -> int: ...


@runtime_checkable
class Metered(Protocol):
    """A connector that spends: built with `ledger=`, and its budgets are shown to operators."""

    def budgets(self) -> Sequence[Budget]: ...


def account_of(secret: str) -> str:
    """A name for whoever holds this credential, that does not tell it."""
    return blake2b(secret.encode(), digest_size=8, person=b"budget").hexdigest()


def spent(budget: Budget, at: datetime, oldest: datetime | None = None) -> BudgetSpent:
    return BudgetSpent(budget, retry_after=budget.resets_at(at, oldest) - at)


@dataclass(slots=True)
class MemoryLedger:
    """Counts as long as the process lives."""

    clock: Clock = field(default=lambda: datetime.now(UTC))
    _slots: dict[tuple[str, str], dict[datetime, int]] = field(default_factory=dict)
    _items: dict[tuple[str, str], dict[str, datetime]] = field(default_factory=dict)

    async def spend(self, cost: int, *budgets: Budget) -> None:
        at = self.clock()
        for budget in budgets:
            slots = self._current(budget, at)
            if budget.limit is not None and sum(slots.values()) + cost > budget.limit:
                raise spent(budget, at, min(slots, default=None))
        for budget in budgets:
            slots = self._current(budget, at)
            slots[budget.slot(at)] = slots.get(budget.slot(at), 0) + cost

    async def give_back(self, cost: int, *budgets: Budget) -> None:
        await self.spend(-cost, *budgets)

    async def exhaust(self, budget: Budget) -> None:
        if budget.limit is not None:
            await self.spend(max(0, budget.limit - await self.used(budget)), budget)

    async def first_time(self, budget: Budget, items: Collection[str]) -> frozenset[str]:
        at = self.clock()
        known = self._items.setdefault((budget.account, budget.name), {})
        begins = budget.since(at)
        for item in [item for item, since in known.items() if since < begins]:
            del known[item]
        new = frozenset(items) - known.keys()
        if budget.limit is not None and len(known) + len(new) > budget.limit:
            raise spent(budget, at, min(known.values(), default=None))
        known.update(dict.fromkeys(new, budget.slot(at)))
        return new

    async def met(self, budget: Budget, items: Collection[str]) -> frozenset[str]:
        known, begins = (
            self._items.get((budget.account, budget.name), {}),
            budget.since(self.clock()),
        )
        return frozenset(item for item in items if item in known and known[item] >= begins)

    async def used(self, budget: Budget) -> int:
        return sum(self._current(budget, self.clock()).values())

    def _current(self, budget: Budget, at: datetime) -> dict[datetime, int]:
        """The slots that still count; `give_back` may make one negative, never their sum."""
        kept: Mapping[datetime, int] = self._slots.get((budget.account, budget.name), {})
        current = {slot: used for slot, used in kept.items() if slot >= budget.since(at)}
        self._slots[budget.account, budget.name] = current
        return current
