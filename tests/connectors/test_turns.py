"""One poll over several feeds: who fails stops nobody else, and what failed is told or raised."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from connectors.budget import Budget, BudgetSpent
from connectors.connector import ConnectorError, Page, RateLimited, Unauthorized, Unavailable
from connectors.turns import Turn, in_turn, longest_waiting_first

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SPENT = BudgetSpent(Budget(name="calls", limit=1), retry_after=timedelta(hours=1))


def turn(feed: str, error: ConnectorError | None = None, pages: int = 1) -> Turn:
    async def read() -> AsyncIterator[Page]:
        for _ in range(pages):
            yield Page(feed=feed)
        if error is not None:
            raise error

    return Turn(feed=feed, kind="network", read=read)


async def run(*turns: Turn, refused: set[str] | None = None) -> list[str]:
    told: list[str] = []
    memory = set() if refused is None else refused
    async for page in in_turn(turns, refused=memory, clock=lambda: NOON):
        told.append(f"{page.feed} refused" if page.gaps else page.feed)
    return told


async def test_a_lasting_refusal_is_told_once_and_again_after_it_was_lifted() -> None:
    refused: set[str] = set()
    denied = turn("b", Unauthorized("no"), pages=0)
    assert await run(turn("a"), denied, turn("c"), refused=refused) == ["a", "c", "b refused"]
    assert await run(turn("a"), denied, refused=refused) == ["a"]
    assert await run(turn("a"), turn("b"), refused=refused) == ["a", "b"]
    assert await run(turn("a"), denied, refused=refused) == ["a", "b refused"]


async def test_a_refusal_that_was_told_is_not_raised_where_nothing_else_is_due() -> None:
    idle, denied = turn("a", pages=0), turn("b", Unauthorized("no"), pages=0)
    assert await run(idle, denied, refused={"b"}) == []
    with pytest.raises(Unauthorized):
        await run(idle, denied)
    with pytest.raises(Unauthorized):
        await run(denied, turn("c", Unauthorized("no"), pages=0), refused={"b", "c"})


async def test_what_may_pass_is_raised_after_the_others_were_read() -> None:
    given: list[str] = []
    with pytest.raises(Unavailable):
        turns = [turn("a", Unavailable("away"), pages=0), turn("b")]
        async for page in in_turn(turns, refused=set(), clock=lambda: NOON):
            given.append(page.feed)
    assert given == ["b"]


async def test_the_network_s_wait_ends_the_round_and_our_own_budget_only_its_feed() -> None:
    given: list[str] = []
    with pytest.raises(RateLimited):
        turns = [turn("a", RateLimited("wait")), turn("b")]
        async for page in in_turn(turns, refused=set(), clock=lambda: NOON):
            given.append(page.feed)
    assert given == ["a"]
    assert await run(turn("a", SPENT, pages=0), turn("b")) == ["b"]


async def test_with_nothing_read_the_refusal_is_raised_rather_than_the_budget() -> None:
    with pytest.raises(Unauthorized):
        await run(turn("a", SPENT, pages=0), turn("b", Unauthorized("no"), pages=0))
    with pytest.raises(BudgetSpent):
        await run(turn("a", SPENT, pages=0))


def test_the_feed_that_waited_longest_is_read_first() -> None:
    cursors = {"a": {"mark": "2026-03-02T11:00:00+00:00"}, "b": {"mark": []}}
    turns = longest_waiting_first([turn("a"), turn("b"), turn("c")], cursors)
    assert [one.feed for one in turns] == ["b", "c", "a"]
