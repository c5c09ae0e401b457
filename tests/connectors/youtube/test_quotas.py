"""Two budgets of a day in California, spread over it, shared by all who use the key."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.budget import BudgetSpent, Metered
from connectors.connector import RateLimited, Watched
from tests.connectors.youtube.support import HOSPITAL, Desk, ids
from tests.networks.standin import Fault
from tests.networks.youtube import OWN
from tests.networks.youtube_wire import refusal

MIDNIGHT = datetime(2026, 3, 3, 8, tzinfo=UTC)  # in Los Angeles


async def _poll_every(desk: Desk, step: timedelta, until: datetime, watched: Watched) -> list[int]:
    """How many searches had been made at each poll."""
    made = []
    while desk.now.at < until:
        await desk.poll(desk.connector(watched, comments=False))
        made.append(len(desk.network.calls("search")))
        desk.now.at += step
    return made


async def test_searches_are_spread_over_the_day_and_never_exceed_it(desk: Desk) -> None:
    desk.now.at = MIDNIGHT
    watched = Watched(terms=("CHU de Valmont", "hôpital Valmont", "Valmont urgences"))
    made = await _poll_every(desk, timedelta(minutes=5), MIDNIGHT + timedelta(days=1), watched)
    assert made[0] == 3, "each search once, at once"
    assert 50 <= made[len(made) // 2] <= 56, "noon finds half of them left"
    assert 97 <= made[-1] <= 100
    await desk.poll(desk.connector(watched, comments=False))
    assert len(desk.network.calls("search")) > made[-1], "the next day has its own"


async def test_searches_take_turns(desk: Desk) -> None:
    watched = Watched(terms=("un", "deux", "trois"))
    await _poll_every(desk, timedelta(minutes=5), desk.now.at + timedelta(hours=8), watched)
    asked = [request.query["q"] for request in desk.network.calls("search")]
    counts = {term: asked.count(term) for term in ("un", "deux", "trois")}
    assert max(counts.values()) - min(counts.values()) <= 1, counts


async def test_a_spike_is_read_on_with_the_reserve_and_finished_later(desk: Desk) -> None:
    desk.now.at = datetime(2026, 3, 2, 9, tzinfo=UTC)  # an hour into the day: four searches
    made = [desk.network.video(searched=True)["id"] for _ in range(2_000)]
    given = ids(await desk.poll(desk.connector(HOSPITAL, comments=False)))
    assert 20 <= len(desk.network.calls("search")) <= 27
    assert len(given) < len(made)
    for _ in range(40):
        desk.now.at += timedelta(minutes=30)
        given += ids(await desk.poll(desk.connector(HOSPITAL, comments=False)))
    assert sorted(given) == sorted(made)


async def test_searches_that_are_spent_stop_no_comment(desk: Desk) -> None:
    video, thread = desk.network.video(OWN), desk.network.comment()
    desk.network.searches_left = 0
    found = ids(await desk.poll(desk.connector(HOSPITAL, channels=(OWN,))))
    assert sorted(found) == sorted([video["id"], thread["id"]])
    asked = len(desk.network.calls("search"))
    desk.network.comment()
    desk.now.at += timedelta(hours=3)
    assert len(ids(await desk.poll(desk.connector(HOSPITAL, channels=(OWN,))))) == 1
    assert len(desk.network.calls("search")) == asked, "it is not asked again that day"


async def test_a_quota_that_google_calls_spent_waits_for_midnight_in_california(
    desk: Desk,
) -> None:
    desk.network.units_left = 0
    with pytest.raises(BudgetSpent) as refused:
        await desk.poll(desk.connector(channels=(OWN,), comments=False))
    assert refused.value.retry_after == MIDNIGHT - desk.now.at
    new = desk.network.publish(1)
    asked = len(desk.network.requests)
    with pytest.raises(BudgetSpent):
        await desk.poll(desk.connector(channels=(OWN,), comments=False))
    assert len(desk.network.requests) == asked
    desk.now.at = MIDNIGHT
    assert ids(await desk.poll(desk.connector(channels=(OWN,), comments=False))) == new


async def test_our_own_count_survives_a_new_connector(desk: Desk) -> None:
    desk.network.publish(1)
    options: dict[str, Any] = {"channels": (OWN,), "comments": False, "units_per_day": 4}
    for _ in range(2):
        await desk.poll(desk.connector(**options))
    with pytest.raises(BudgetSpent):
        for _ in range(4):
            await desk.poll(desk.connector(**options))
    assert len(desk.network.requests) == 4


async def test_two_sources_share_the_budget_of_their_key_and_no_other(desk: Desk) -> None:
    one, same = desk.connector(channels=(OWN,)), desk.connector(HOSPITAL)
    other = desk.connector(HOSPITAL, api_key="une-autre-cle")
    assert isinstance(one, Metered)
    accounts = [{budget.account for budget in c.budgets()} for c in (one, same, other)]
    assert accounts[0] == accounts[1] != accounts[2]
    assert {budget.name for budget in one.budgets()} == {"youtube.searches", "youtube.units"}


async def test_the_older_price_of_a_search_can_be_configured(desk: Desk) -> None:
    connector = desk.connector(HOSPITAL, comments=False, units_per_search=100)
    await desk.poll(connector)
    searches, units = connector.budgets()
    assert await desk.ledger.used(searches) == 1
    assert await desk.ledger.used(units) == 100


async def test_a_search_without_units_left_for_its_figures_still_tells_what_it_found(
    desk: Desk,
) -> None:
    video = desk.network.video(searched=True)
    desk.network.units_left = 0
    pages = await desk.poll(desk.connector(HOSPITAL, comments=False))
    assert ids(pages) == [video["id"]]
    assert not any(page.engagements for page in pages)


@pytest.mark.parametrize("reason", ["rateLimitExceeded", "userRateLimitExceeded"])
async def test_going_too_fast_is_a_short_wait(desk: Desk, reason: str) -> None:
    answer = refusal(403, reason)
    desk.network.faults.append(Fault(status=403, body=answer.body, headers=answer.headers))  # type: ignore[arg-type]
    with pytest.raises(RateLimited) as refused:
        await desk.poll(desk.connector(channels=(OWN,)))
    assert not isinstance(refused.value, BudgetSpent)
    assert refused.value.retry_after == timedelta(minutes=1)


async def test_what_was_not_answered_is_not_counted_as_spent(desk: Desk) -> None:
    connector = desk.connector(channels=(OWN,), comments=False)
    desk.network.faults.extend([Fault(status=503)] * 10)
    with pytest.raises(Exception, match="503"):
        await desk.poll(connector)
    assert await desk.ledger.used(connector.budgets()[1]) == 0


async def test_google_s_own_count_is_full_again_at_midnight_in_california(desk: Desk) -> None:
    desk.network.units_a_day = desk.network.units_left = 3
    given: list[list[str]] = []
    for _hour in range(24):  # from four in the morning there
        desk.network.publish(1)
        try:
            given.append(ids(await desk.poll(desk.connector(channels=(OWN,), comments=False))))
        except BudgetSpent:
            given.append([])
        desk.now.at += timedelta(hours=1)
    assert [len(found) for found in given] == [1, *[0] * 19, 20, 0, 0, 0]
    assert len(desk.network.requests) == 2 * 3 + 2, "and once a day it is asked in vain"


@pytest.mark.parametrize(
    "said",
    [
        {"errors": [{"reason": "quotaExceeded"}]},
        {
            "errors": [{"reason": "rateLimitExceeded"}],
            "status": "RESOURCE_EXHAUSTED",
            "details": [
                {
                    "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                    "reason": "RATE_LIMIT_EXCEEDED",
                    "metadata": {"quota_limit": "SearchListRequestsPerDayPerProject"},
                }
            ],
        },
    ],
)
async def test_a_day_s_quota_that_is_told_as_too_many_requests_waits_for_midnight_too(
    desk: Desk, said: dict[str, Any]
) -> None:
    body = json.dumps({"error": {"code": 429, **said}}).encode()
    desk.network.faults.append(Fault(status=429, body=body))
    with pytest.raises(BudgetSpent) as refused:
        await desk.poll(desk.connector(HOSPITAL, comments=False))
    assert refused.value.retry_after == MIDNIGHT - desk.now.at
    asked = len(desk.network.requests)
    desk.now.at += timedelta(hours=5)
    with pytest.raises(BudgetSpent):
        await desk.poll(desk.connector(HOSPITAL, comments=False))
    assert len(desk.network.requests) == asked
