"""The spend meter: a hard budget that stops spending, not listening."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from connectors.budget import BudgetSpent
from connectors.connector import RateLimited, Unavailable
from connectors.oauth import OAuthClient
from connectors.tokens import MemoryTokens, Token
from tests.connectors.x.support import NOON, Desk, Now, ids, refreshed
from tests.networks.standin import Fault
from tests.networks.x import OWN_TOKEN, START, X, user


def paid(network: X) -> int:
    """What X would charge in thousandths of a dollar, each resource once."""
    return len(network.bill["posts"]) * 5 + len(network.bill["users"]) * 10 + network.counted * 5


async def test_what_is_counted_is_what_x_charges(desk: Desk, network: X) -> None:
    network.publish(30)
    await desk.drain(desk.make(authors=True))
    assert await desk.used() == await desk.used("x month") == paid(network) == 30 * 5 + 10


async def test_the_same_post_is_counted_once_a_utc_day(desk: Desk, network: X, now: Now) -> None:
    posts = [network.post() for _ in range(3)]
    await desk.drain(desk.make())
    connector = desk.make()
    await refreshed(connector, *posts)
    await refreshed(connector, *posts)
    assert await desk.used() == 15
    now.at = datetime(2026, 3, 3, 0, 1, tzinfo=NOON.tzinfo)
    await refreshed(connector, *posts)
    assert await desk.used() == 15 and await desk.used("x month") == 30


async def test_money_is_counted_before_the_request_and_survives_a_crash(
    desk: Desk, network: X
) -> None:
    network.publish(3)
    network.faults.extend([Fault(status=503)] * 9)
    with pytest.raises(Unavailable):
        await desk.drain(desk.make())
    assert await desk.used() == 500  # a whole page, for who knows what X has charged


async def test_an_outage_costs_one_page_however_long_it_lasts(desk: Desk, network: X) -> None:
    network.publish(3)
    connector = desk.make()
    network.faults.extend([Fault(status=503)] * 60)
    for _ in range(4):
        with pytest.raises(Unavailable):
            await desk.drain(connector)
    assert await desk.used() == 500
    network.faults.clear()
    desk.now.later(minutes=15)
    assert len(ids(await desk.drain(connector))) == 3
    assert await desk.used() == 15


async def test_a_refusal_is_charged_nothing(desk: Desk, network: X) -> None:
    network.publish(3)
    network.quota = 0
    with pytest.raises(RateLimited):
        await desk.drain(desk.make())
    assert await desk.used() == 0


async def test_a_spent_budget_stops_the_walk_and_the_rest_is_kept(
    desk: Desk, network: X, now: Now
) -> None:
    published = network.publish(500)
    # No overlap: at a post a second, two minutes of it would be bought anew each day.
    money = {"daily_budget": 1.0, "monthly_budget": 30.0, "search_share": 1.0, "overlap": "0s"}
    given = ids(await desk.drain(desk.make(**money)))
    assert given == published[::-1][:200]  # one dollar, the newest
    with pytest.raises(BudgetSpent) as spent:
        await desk.drain(desk.make(**money))
    assert spent.value.retry_after is not None
    assert spent.value.retry_after <= timedelta(hours=1)  # what is free goes on
    assert paid(network) == 1000

    now.at = NOON + timedelta(days=1)
    fresh = [network.post(at=now.at - timedelta(minutes=m))["id"] for m in (3, 2, 1)]
    second = ids(await desk.drain(desk.make(**money)))
    assert second[:3] == fresh[::-1]  # today's news before yesterday's rest
    given += second
    assert paid(network) <= 2000
    now.at = NOON + timedelta(days=2)
    given += ids(await desk.drain(desk.make(**money)))
    assert sorted(given) == sorted([*published, *fresh])
    assert paid(network) == 503 * 5


async def test_own_lists_that_money_cut_short_are_read_on_too(
    desk: Desk, network: X, now: Now
) -> None:
    network.users["77"] = user("77", "chuvalmont")
    addressed = [network.post(to="users/77/mentions")["id"] for _ in range(150)]
    money = {"daily_budget": 0.51, "monthly_budget": 30.0, "search_share": 1.0, "overlap": "0s"}
    own = {"accounts": ("chuvalmont",), "own_posts": False}
    given = ids(await desk.drain(desk.make(**money, **own)))
    assert len(given) == 100
    now.at = NOON + timedelta(days=1)
    late = network.post(to="users/77/mentions", at=now.at - timedelta(minutes=1))["id"]
    second = ids(await desk.drain(desk.make(**money, **own)))
    assert second[0] == late
    assert sorted([*given, *second]) == sorted([*addressed, late])


async def test_what_leaves_the_window_before_it_is_read_is_told_as_a_gap(
    desk: Desk, network: X, now: Now
) -> None:
    published = network.publish(500)
    money = {"daily_budget": 1.0, "monthly_budget": 30.0, "search_share": 1.0}
    await desk.drain(desk.make(**money))
    now.at = NOON + timedelta(days=9)
    pages = await desk.drain(desk.make(**money))
    (gap, *others) = [gap for page in pages for gap in page.gaps]
    assert any("seven-day window" in g.reason for g in (gap, *others))
    reached = START + timedelta(seconds=published.index(published[300]))
    assert any(g.since is not None and g.since < reached <= g.until for g in (gap, *others))
    assert not any(page.gaps for page in await desk.drain(desk.make(**money)))


async def test_smaller_pages_use_what_is_left(desk: Desk, network: X) -> None:
    network.publish(30)
    money = {"daily_budget": 0.1, "monthly_budget": 1.0, "search_share": 1.0}
    assert len(ids(await desk.drain(desk.make(**money)))) == 20
    (request,) = network.calls("/recent")[:1]
    assert request.query["max_results"] == "20"


async def test_a_month_that_is_spent_stops_a_day_that_is_not(desk: Desk, network: X) -> None:
    network.publish(30)
    money = {"daily_budget": 0.1, "monthly_budget": 0.1, "search_share": 1.0}
    await desk.drain(desk.make(**money))
    desk.now.later(days=1)
    network.publish(3)
    with pytest.raises(BudgetSpent) as spent:
        await desk.drain(desk.make(**money))
    assert spent.value.budget.name == "x month"


async def test_a_new_connector_with_the_same_ledger_has_no_more_money(
    desk: Desk, network: X
) -> None:
    network.publish(40)
    money = {"daily_budget": 0.1, "monthly_budget": 1.0, "search_share": 1.0}
    await desk.drain(desk.make(**money))
    desk.cursors.clear()
    with pytest.raises(BudgetSpent):
        await desk.drain(desk.make(**money))
    assert len(network.calls("/tweets/search/recent")) == 1


async def test_two_sources_of_one_app_share_its_money(desk: Desk, network: X) -> None:
    first, second = desk.make(), desk.make(rule_prefix="autre")
    assert {b.account for b in first.budgets()} == {b.account for b in second.budgets()}
    assert "jeton" not in repr(first.budgets())


async def test_a_count_is_bought_only_where_no_page_can_be_risked(desk: Desk, network: X) -> None:
    money = {"daily_budget": 0.04, "monthly_budget": 1.0, "search_share": 1.0}
    new = network.publish(3)
    assert sorted(ids(await desk.drain(desk.make(**money)))) == sorted(new)
    assert network.counted == 1 and await desk.used() == 5 + 15
    desk.now.later(minutes=15)
    assert ids(await desk.drain(desk.make(**money))) == []
    assert network.counted == 2 and len(network.calls("/tweets/search/recent")) == 1
    assert await desk.used() == 25


async def test_with_money_enough_no_count_is_bought(desk: Desk, network: X) -> None:
    network.publish(3)
    await desk.drain(desk.make())
    assert network.counted == 0


async def test_a_count_over_what_is_left_buys_nothing(desk: Desk, network: X) -> None:
    money = {"daily_budget": 0.04, "monthly_budget": 1.0, "search_share": 1.0}
    network.publish(30)
    with pytest.raises(BudgetSpent):
        await desk.drain(desk.make(**money))
    assert not network.calls("/tweets/search/recent") and await desk.used() == 5


async def test_authors_get_their_share_and_no_more(desk: Desk, network: X) -> None:
    for number in range(600, 640):
        network.users[str(number)] = user(str(number), f"valmontois_{number}")
        network.post(author_id=str(number))
    money = {"daily_budget": 1.0, "monthly_budget": 9.0, "authors_share": 0.1, "authors": True}
    (page,) = await desk.drain(desk.make(**money))
    assert sum(mention.author.handle is not None for mention in page.mentions) == 10
    assert await desk.used("x authors") == 100


async def test_a_known_author_is_not_asked_for_again(desk: Desk, network: X, now: Now) -> None:
    network.publish(2)
    connector = desk.make(authors=True)
    await desk.drain(connector)
    network.publish(2)
    await desk.drain(connector)
    assert len(network.calls("/users")) == 1
    now.later(days=31)
    network.post(at=now.at - timedelta(minutes=1))
    await desk.drain(connector)
    assert len(network.calls("/users")) == 2


async def test_no_cursor_nor_ledger_holds_an_authors_id(desk: Desk, network: X) -> None:
    network.users["987654321"] = user("987654321", "claire_v")
    network.post(author_id="987654321")
    await desk.drain(desk.make(authors=True))
    kept = f"{desk.cursors} {desk.ledger._items}"
    assert "987654321" not in kept and "claire_v" not in kept


async def test_mentions_go_on_with_the_share_kept_for_them(
    desk: Desk, network: X, tokens: MemoryTokens
) -> None:
    client = OAuthClient(client_id="appli", token_url="")
    await tokens.save(Token(access=OWN_TOKEN, made_for=client.made_for))
    network.users["77"] = user("77", "chuvalmont")
    money = {"daily_budget": 0.2, "monthly_budget": 1.0, "search_share": 0.5}
    own = {"accounts": ("chuvalmont",), "client_id": "appli", "owns_app": True, "own_posts": False}
    network.publish(60)
    await desk.drain(desk.make(**money, **own))
    addressed = [network.post(to="users/77/mentions")["id"] for _ in range(8)]
    assert sorted(ids(await desk.drain(desk.make(**money, **own)))) == sorted(addressed)
    assert await desk.used() == 10 + 100 + 8
    authorized = network.calls("/mentions")[-1].headers["Authorization"]
    assert authorized == f"Bearer {OWN_TOKEN}"


async def test_free_access_counts_nothing(desk: Desk, network: X) -> None:
    network.publish(30)
    free = {"price_post": 0, "price_user": 0, "price_counts": 0, "daily_budget": 0}
    assert len(ids(await desk.drain(desk.make(**free)))) == 30
    assert await desk.used() == 0


async def test_a_price_below_a_thousandth_is_rounded_up(desk: Desk, network: X) -> None:
    network.publish(10)
    await desk.drain(desk.make(price_post=0.0001))
    assert await desk.used() == 10


async def test_midnight_between_question_and_answer_forgets_no_money(
    desk: Desk, network: X, now: Now
) -> None:
    network.publish(4)
    now.at = datetime(2026, 3, 2, 23, 59, 59, tzinfo=NOON.tzinfo)
    answer = network.served

    def slowly(item: object) -> object:
        now.at = datetime(2026, 3, 3, 0, 0, 2, tzinfo=NOON.tzinfo)
        return answer(item)

    network.served = slowly  # type: ignore[method-assign]
    await desk.drain(desk.make())
    assert await desk.used() == 20
    assert await desk.used("x month") == 20
