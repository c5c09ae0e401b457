"""What the sources have spent of their budgets, counted in the database: a restart forgets nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import blake2b

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.budget import Budget, spent
from connectors.connector import Clock
from listener.storage.database import Database
from listener.storage.dialect import chunks, insert, lock_subjects
from listener.storage.tables import spending, spending_items

LONGEST = timedelta(days=367)
"""No window is longer than a year."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredLedger:
    """A connectors.budget.Ledger over the database; `source_id` owns the budgets that name no account."""

    database: Database
    clock: Clock
    source_id: str

    async def spend(self, cost: int, *budgets: Budget) -> None:
        at = self.clock()
        owned = [self._owned(budget) for budget in budgets]
        async with self.database.write() as connection:
            await _alone(connection, owned)
            for budget in owned:
                slots = await _slots(connection, budget, at)
                if budget.limit is not None and sum(slots.values()) + cost > budget.limit:
                    raise spent(budget, at, min(slots, default=None))
            for budget in owned:
                await _count(connection, budget, cost, at)

    async def give_back(self, cost: int, *budgets: Budget) -> None:
        await self.spend(-cost, *budgets)

    async def exhaust(self, budget: Budget) -> None:
        at, budget = self.clock(), self._owned(budget)
        if budget.limit is None:
            return
        async with self.database.write() as connection:
            await _alone(connection, [budget])
            left = budget.limit - sum((await _slots(connection, budget, at)).values())
            await _count(connection, budget, max(0, left), at)

    async def first_time(self, budget: Budget, items: Collection[str]) -> frozenset[str]:
        at, budget = self.clock(), self._owned(budget)
        named = {_digest(item): item for item in items}
        async with self.database.write() as connection:
            await _alone(connection, [budget])
            await _expire(connection, budget, at)
            known = await _known(connection, budget, named, since=budget.since(at))
            new = {digest: item for digest, item in named.items() if digest not in known}
            if new and budget.limit is not None:
                count, oldest = await _extent(connection, budget)
                if count + len(new) > budget.limit:
                    raise spent(budget, at, oldest)
            if new:
                whose = {"account": budget.account, "budget": budget.name, "slot": budget.slot(at)}
                await connection.execute(
                    insert(connection, spending_items).on_conflict_do_nothing(),
                    [{**whose, "item": digest} for digest in new],
                )
        return frozenset(new.values())

    async def met(self, budget: Budget, items: Collection[str]) -> frozenset[str]:
        budget, named = self._owned(budget), {_digest(item): item for item in items}
        async with self.database.read() as connection:
            known = await _known(connection, budget, named, since=budget.since(self.clock()))
        return frozenset(named[digest] for digest in known)

    async def used(self, budget: Budget) -> int:
        async with self.database.read() as connection:
            return await used(connection, self._owned(budget), self.clock())

    def _owned(self, budget: Budget) -> Budget:
        return budget if budget.account else replace(budget, account=self.source_id)


async def used(connection: AsyncConnection, budget: Budget, at: datetime) -> int:
    """What was spent in the window that holds `at`, things counted once included."""
    items = select(func.count()).where(
        spending_items.c.account == budget.account,
        spending_items.c.budget == budget.name,
        spending_items.c.slot >= budget.since(at),
    )
    slots = await _slots(connection, budget, at)
    counted = 0 if budget.limit is None else int((await connection.execute(items)).scalar_one())
    return sum(slots.values()) + counted


async def oldest(connection: AsyncConnection, budget: Budget, at: datetime) -> datetime | None:
    """The slot that leaves the window first: with it, something is free again."""
    items = select(func.min(spending_items.c.slot)).where(
        spending_items.c.account == budget.account,
        spending_items.c.budget == budget.name,
        spending_items.c.slot >= budget.since(at),
    )
    first = (await connection.execute(items)).scalar_one()
    slots = await _slots(connection, budget, at)
    return min(filter(None, (first, *slots)), default=None)


async def expire(connection: AsyncConnection, *, at: datetime) -> None:
    """Forget what no window reaches any more, of budgets that nobody asks about either."""
    await connection.execute(delete(spending).where(spending.c.slot < at - LONGEST))
    await connection.execute(delete(spending_items).where(spending_items.c.slot < at - LONGEST))


async def _alone(connection: AsyncConnection, budgets: Collection[Budget]) -> None:
    """Two daemons that read the same remainder would both spend it."""
    await lock_subjects(connection, {f"budget:{b.account}:{b.name}" for b in budgets})


async def _slots(
    connection: AsyncConnection, budget: Budget, at: datetime
) -> Mapping[datetime, int]:
    rows = await connection.execute(
        select(spending.c.slot, spending.c.used).where(
            spending.c.account == budget.account,
            spending.c.budget == budget.name,
            spending.c.slot >= budget.since(at),
        )
    )
    return {row.slot: row.used for row in rows}


async def _count(connection: AsyncConnection, budget: Budget, cost: int, at: datetime) -> None:
    statement = insert(connection, spending).values(
        account=budget.account, budget=budget.name, slot=budget.slot(at), used=cost
    )
    more = spending.c.used + statement.excluded.used
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["account", "budget", "slot"], set_={"used": more}
        )
    )


async def _expire(connection: AsyncConnection, budget: Budget, at: datetime) -> None:
    await connection.execute(
        delete(spending_items).where(
            spending_items.c.account == budget.account,
            spending_items.c.budget == budget.name,
            spending_items.c.slot < budget.since(at),
        )
    )


async def _known(
    connection: AsyncConnection, budget: Budget, digests: Collection[str], *, since: datetime
) -> frozenset[str]:
    found: set[str] = set()
    for some in chunks(digests):
        rows = await connection.execute(
            select(spending_items.c.item).where(
                spending_items.c.account == budget.account,
                spending_items.c.budget == budget.name,
                spending_items.c.item.in_(some),
                spending_items.c.slot >= since,
            )
        )
        found.update(rows.scalars())
    return frozenset(found)


async def _extent(connection: AsyncConnection, budget: Budget) -> tuple[int, datetime | None]:
    row = (
        await connection.execute(
            select(func.count(), func.min(spending_items.c.slot)).where(
                spending_items.c.account == budget.account,
                spending_items.c.budget == budget.name,
            )
        )
    ).one()
    return int(row[0]), row[1]


def _digest(item: str) -> str:
    return blake2b(item.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
