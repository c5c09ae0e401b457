"""The spend meter: the dearest case is counted before a request, the difference given back after it.

https://docs.x.com/x-api/getting-started/pricing: a read is charged by what it returns, and the same
post or user once a UTC day however often it is asked. X calls that a soft guarantee.

A crash between request and answer leaves the dearest case counted. An answer that got lost on the
way (time-out, cut) may have been charged: its money stays counted, and pays for the next attempt
of the same feed, which brings the same posts. An outage hence costs no more than one page.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_CEILING, Decimal
from typing import Literal

from connectors.budget import Budget, BudgetSpent, Ledger, account_of
from connectors.connector import Clock, Closed, RateLimited, Refused, Unauthorized
from connectors.http import NotFound
from connectors.x.api import BadBound, BadPageToken
from connectors.x.ids import keyed
from connectors.x.settings import XSettings

SCALE = 1000  # thousandths of a dollar
_MAX_CHARGED = 100_000  # remembered of one day
# X said no, or was not asked: nothing was delivered, hence nothing charged.
_UNCHARGED = (RateLimited, Unauthorized, NotFound, Closed, Refused, BadBound, BadPageToken)


def units(dollars: float) -> int:
    """Rounded up: what is counted is never less than what is paid."""
    return int((Decimal(str(dollars)) * SCALE).to_integral_value(rounding=ROUND_CEILING))


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """What one resource costs, and the memory of those charged today (None: by request)."""

    price: int
    charged: Budget | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """Money counted for `count` resources that are not delivered yet."""

    key: str
    charge: Charge
    count: int
    budgets: tuple[Budget, ...]
    at: datetime


@dataclass(slots=True, kw_only=True)
class Paid:
    """So many resources may be asked for; whoever asks says which were delivered."""

    count: int
    delivered: list[str] = field(default_factory=list)


class Meter:
    """One app's money; items are remembered by keyed digests only."""

    def __init__(self, settings: XSettings, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock
        secret = settings.bearer_token.get_secret_value()
        self._account = account_of(secret)
        self.name_of: Callable[[str], str] = keyed(secret)
        daily = units(settings.daily_budget)
        self.day = self._budget("x", daily)
        self.month = self._budget("x month", units(settings.monthly_budget), every="month")
        self.searches = self._budget("x searches", int(daily * settings.search_share))
        self.authors = self._budget("x authors", int(daily * settings.authors_share))
        self.refreshes = self._budget("x refreshes", int(daily * settings.refresh_share))
        self.posts = self._charge(settings.price_post, "x posts charged")
        self.owned = self._charge(settings.price_owned, "x own posts charged")
        self.users = self._charge(settings.price_user, "x users charged")
        self.counts = Charge(price=units(settings.price_counts), charged=None)
        self._held: dict[str, Reservation] = {}
        self._today: tuple[datetime, set[str]] = (clock(), set())

    def budgets(self) -> Sequence[Budget]:
        return (self.day, self.month, self.searches, self.authors, self.refreshes)

    async def left(self, *purposes: Budget) -> int:
        """Thousandths of a dollar that may still be spent for these purposes."""
        budgets = (self.day, self.month, *purposes)
        return min([(b.limit or 0) - await self._ledger.used(b) for b in budgets])

    async def reserve(
        self, key: str, charge: Charge, want: int, *purposes: Budget, least: int = 1
    ) -> Reservation:
        """Count the money for `want` resources, or for as many as it reaches; BudgetSpent below `least`.

        `key` names the feed that asks: money it holds from an answer that got lost is used first.
        """
        budgets = (self.day, self.month, *purposes)
        at = self._clock()
        held = self._held.pop(key, None)
        if held is not None and held.charge == charge and held.count >= least and self.lasts(held):
            return held
        try:
            await self._ledger.spend(want * charge.price, *budgets)
        except BudgetSpent:
            reached = await self.left(*purposes) // max(charge.price, 1)
            want = max(least, min(want, reached))
            # Below `least` this raises, and names the budget that is in the way.
            await self._ledger.spend(want * charge.price, *budgets)
        return Reservation(key=key, charge=charge, count=want, budgets=budgets, at=at)

    @asynccontextmanager
    async def paying(
        self, key: str, charge: Charge, want: int, *purposes: Budget, least: int = 1
    ) -> AsyncIterator[Paid]:
        """Money for one request: reserved before, settled by what was delivered after."""
        reserved = await self.reserve(key, charge, want, *purposes, least=least)
        paid = Paid(count=min(want, reserved.count))
        try:
            yield paid
        except _UNCHARGED:
            await self.release(reserved)
            raise
        except BaseException:
            self.hold(reserved)
            raise
        await self.settle(reserved, paid.delivered)

    def lasts(self, held: Reservation) -> bool:
        """Yesterday's money was yesterday's: it stays counted there."""
        return self.day.since(held.at) == self.day.since(self._clock())

    async def settle(self, reserved: Reservation, delivered: Collection[str]) -> None:
        """Give back what was not delivered, and what had been charged today already.

        Where a day or month has ended meanwhile, its count stands and the new one bears the cost.
        """
        cost = await self._cost(reserved.charge, delivered)
        at = self._clock()
        current = [b for b in reserved.budgets if b.since(reserved.at) == b.since(at)]
        begun = [b for b in reserved.budgets if b.since(reserved.at) != b.since(at)]
        await self._correct(current, cost - reserved.count * reserved.charge.price)
        await self._correct(begun, cost)

    async def _cost(self, charge: Charge, delivered: Collection[str]) -> int:
        if charge.charged is None or not delivered:
            return len(delivered) * charge.price
        names = [self.name_of(item) for item in delivered]
        self._remember(names)
        return len(await self._ledger.first_time(charge.charged, names)) * charge.price

    async def _correct(self, budgets: Sequence[Budget], more: int) -> None:
        if more < 0 and budgets:
            await self._ledger.give_back(-more, *budgets)
        elif more > 0:
            await self._overrun(more, budgets)

    async def _overrun(self, more: int, budgets: Sequence[Budget]) -> None:
        """X delivered more than was asked: it is counted, and what cannot be ends the day."""
        for budget in budgets:
            try:
                await self._ledger.spend(more, budget)
            except BudgetSpent:
                await self._ledger.exhaust(budget)

    async def release(self, reserved: Reservation) -> None:
        """Nothing was asked, or X refused: nothing was charged."""
        at = self._clock()
        current = [b for b in reserved.budgets if b.since(reserved.at) == b.since(at)]
        await self._correct(current, -reserved.count * reserved.charge.price)

    def hold(self, reserved: Reservation) -> None:
        """The answer got lost: its money waits, counted, for the next attempt."""
        self._held[reserved.key] = reserved

    def charged_today(self, item: str) -> bool:
        """Whether reading it again costs nothing, as far as this process knows."""
        day, names = self._today
        return self.day.since(day) == self.day.since(self._clock()) and self.name_of(item) in names

    def _remember(self, names: Collection[str]) -> None:
        day, known = self._today
        at = self._clock()
        if self.day.since(day) != self.day.since(at) or len(known) > _MAX_CHARGED:
            known = set()
        known.update(names)
        self._today = (at, known)

    def _budget(self, name: str, limit: int, every: Literal["day", "month"] = "day") -> Budget:
        return Budget(
            name=name, limit=limit, unit="USD", scale=SCALE, every=every, account=self._account
        )

    def _charge(self, dollars: float, name: str) -> Charge:
        memory = Budget(name=name, limit=None, unit="resources", account=self._account)
        return Charge(price=units(dollars), charged=memory)
