"""Budgets hold across restarts, days, months and daemons, in memory and in both databases."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from connectors.budget import Budget, BudgetSpent, Ledger, MemoryLedger, account_of
from listener.storage import spending
from listener.storage.database import Database
from listener.storage.spending import StoredLedger

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
SEARCHES = Budget(name="search", limit=100)
MONEY = Budget(name="month", limit=50_000, unit="USD", scale=1000, every="month")
HASHTAGS = Budget(name="hashtags", limit=3, unit="hashtags", every=timedelta(days=7))


class Now:
    at = NOON

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def now() -> Now:
    return Now()


@pytest.fixture(params=["memory", "stored"])
def make(request: pytest.FixtureRequest, database: Database, now: Now) -> Callable[[], Ledger]:
    """A new ledger each time, as after a restart, over the same counts."""
    if request.param == "memory":
        kept = MemoryLedger(now)
        return lambda: kept
    return lambda: StoredLedger(database=database, clock=now, source_id="youtube")


async def test_what_is_spent_stays_spent_until_the_day_ends(
    make: Callable[[], Ledger], now: Now
) -> None:
    for _ in range(2):
        await make().spend(50, SEARCHES)
    with pytest.raises(BudgetSpent) as refused:
        await make().spend(1, SEARCHES)
    assert refused.value.retry_after == timedelta(hours=12)
    assert await make().used(SEARCHES) == 100
    now.at += timedelta(hours=12)
    await make().spend(100, SEARCHES)


async def test_one_of_two_budgets_that_cannot_bear_it_leaves_both_as_they_were(
    make: Callable[[], Ledger],
) -> None:
    await make().spend(99, SEARCHES)
    with pytest.raises(BudgetSpent, match="search"):
        await make().spend(2, MONEY, SEARCHES)
    assert await make().used(MONEY) == 0
    assert await make().used(SEARCHES) == 99


async def test_what_was_counted_too_much_is_given_back(make: Callable[[], Ledger]) -> None:
    await make().spend(100, SEARCHES)
    await make().give_back(60, SEARCHES)
    assert await make().used(SEARCHES) == 40
    await make().spend(60, SEARCHES)


async def test_a_network_that_says_spent_is_believed(make: Callable[[], Ledger]) -> None:
    await make().spend(3, SEARCHES)
    await make().exhaust(SEARCHES)
    with pytest.raises(BudgetSpent):
        await make().spend(1, SEARCHES)


async def test_only_what_is_met_for_the_first_time_counts(
    make: Callable[[], Ledger], now: Now
) -> None:
    assert await make().first_time(HASHTAGS, ["a", "b"]) == {"a", "b"}
    assert await make().first_time(HASHTAGS, ["b", "c"]) == {"c"}
    with pytest.raises(BudgetSpent) as refused:
        await make().first_time(HASHTAGS, ["c", "d"])
    # Its window is cut into parts of seven hours: never earlier than the network frees it.
    wait = refused.value.retry_after or timedelta()
    assert timedelta(days=7) <= wait <= timedelta(days=7, hours=7)
    assert await make().first_time(HASHTAGS, ["a", "b", "c"]) == set()
    assert await make().met(HASHTAGS, ["a", "d"]) == {"a"}, "asking counts nothing"
    assert await make().met(HASHTAGS, ["d"]) == set()
    now.at += timedelta(days=8)
    assert await make().first_time(HASHTAGS, ["d"]) == {"d"}


async def test_a_memory_without_limit_holds_a_day(make: Callable[[], Ledger], now: Now) -> None:
    charged = Budget(name="posts", limit=None)
    many = [str(number) for number in range(1_200)]
    assert await make().first_time(charged, many) == set(many)
    assert await make().first_time(charged, [*many, "new"]) == {"new"}
    now.at += timedelta(days=1)
    assert await make().first_time(charged, ["7"]) == {"7"}


async def test_a_rolling_window_frees_what_left_it(make: Callable[[], Ledger], now: Now) -> None:
    queries = Budget(name="queries", limit=10, every=timedelta(hours=24))
    await make().spend(6, queries)
    now.at += timedelta(hours=12)
    await make().spend(4, queries)
    with pytest.raises(BudgetSpent) as refused:
        await make().spend(1, queries)
    assert timedelta(hours=11) <= (refused.value.retry_after or timedelta()) <= timedelta(hours=12)
    now.at += timedelta(hours=13)
    await make().spend(6, queries)


@pytest.mark.parametrize("minutes", [0, 1, 59, 61, 90])
async def test_no_stretch_as_long_as_a_rolling_window_holds_more_than_its_limit(
    make: Callable[[], Ledger], now: Now, minutes: int
) -> None:
    queries = Budget(name="queries", limit=10, every=timedelta(hours=24))
    now.at += timedelta(minutes=minutes)
    await make().spend(10, queries)
    now.at += timedelta(hours=24) - timedelta(seconds=1)
    with pytest.raises(BudgetSpent):
        await make().spend(1, queries)
    now.at += timedelta(hours=1, seconds=2)
    await make().spend(10, queries)


async def test_sources_with_one_key_share_its_budget_and_others_do_not(
    database: Database, now: Now
) -> None:
    def ledger(source: str) -> StoredLedger:
        return StoredLedger(database=database, clock=now, source_id=source)

    shared = Budget(name="units", limit=10, account=account_of("one-key"))
    await ledger("hospital").spend(6, shared)
    with pytest.raises(BudgetSpent):
        await ledger("peers").spend(6, shared)
    own = Budget(name="units", limit=10)
    await ledger("hospital").spend(6, own)
    await ledger("peers").spend(6, own)


async def test_many_at_once_never_pass_the_limit(database: Database, now: Now) -> None:
    ledger = StoredLedger(database=database, clock=now, source_id="youtube")
    results = await asyncio.gather(
        *(ledger.spend(7, SEARCHES) for _ in range(30)), return_exceptions=True
    )
    assert sum(result is None for result in results) == 14
    assert await ledger.used(SEARCHES) == 98


async def test_spending_that_no_window_reaches_is_forgotten(database: Database, now: Now) -> None:
    ledger = StoredLedger(database=database, clock=now, source_id="youtube")
    await ledger.spend(5, SEARCHES)
    await ledger.first_time(HASHTAGS, ["a"])
    async with database.write() as connection:
        await spending.expire(connection, at=NOON + timedelta(days=368))
    assert await ledger.used(SEARCHES) == 0
    assert await ledger.first_time(HASHTAGS, ["a"]) == {"a"}


@pytest.mark.parametrize(
    ("at", "resets"),
    [
        (datetime(2026, 3, 7, 20, tzinfo=UTC), datetime(2026, 3, 8, 8, tzinfo=UTC)),
        # The night the clocks go forward, and the one they go back.
        (datetime(2026, 3, 8, 20, tzinfo=UTC), datetime(2026, 3, 9, 7, tzinfo=UTC)),
        (datetime(2026, 11, 1, 7, 30, tzinfo=UTC), datetime(2026, 11, 2, 8, tzinfo=UTC)),
        (datetime(2026, 7, 1, 6, 59, tzinfo=UTC), datetime(2026, 7, 1, 7, tzinfo=UTC)),
    ],
)
def test_a_day_ends_at_its_zone_s_midnight_whatever_the_clock_change(
    at: datetime, resets: datetime
) -> None:
    pacific = Budget(name="units", limit=1, zone=ZoneInfo("America/Los_Angeles"))
    assert pacific.resets_at(at) == resets


def test_a_month_ends_with_its_last_day() -> None:
    for month in range(1, 13):
        at = datetime(2026, month, 28, 23, tzinfo=UTC)
        following = MONEY.resets_at(at)
        assert (following.day, following.month) == (1, month % 12 + 1)
