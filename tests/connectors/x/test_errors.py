"""X's errors by what to do next."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from connectors.connector import ConnectorError, Malformed, RateLimited, Unauthorized
from connectors.x.api import Denied, NoCredits
from tests.connectors.x.support import NOON, Desk, Now, ids
from tests.networks.standin import Fault
from tests.networks.x import START, TOKEN, X, user

JSON = {"Content-Type": "application/json"}


def refusal(status: int, **body: Any) -> Fault:
    return Fault(status=status, body=json.dumps(body).encode(), headers=JSON)


def typed(kind: str) -> dict[str, str]:
    return {"title": kind, "type": f"https://api.twitter.com/2/problems/{kind}"}


@pytest.mark.parametrize(
    ("fault", "named", "said"),
    [
        (refusal(402, **typed("credits")), NoCredits, "add credits"),
        (refusal(402), NoCredits, "add credits"),
        (Fault(status=402, body=b"<html>"), NoCredits, "add credits"),
        (refusal(403, title="SpendCapReached"), NoCredits, "spending limit"),
        (refusal(403, **typed("usage-capped")), NoCredits, "credits"),
        (refusal(429, title="UsageCapExceeded", period="Monthly"), NoCredits, "credits"),
        (
            refusal(403, reason="client-not-enrolled", **typed("client-forbidden")),
            Unauthorized,
            "not enrolled",
        ),
        (refusal(403, **typed("unsupported-authentication")), Denied, "not open to this app"),
        (refusal(401, title="Unauthorized"), Unauthorized, "does not take the token"),
        (refusal(400, **typed("invalid-request")), Malformed, "invalid-request"),
        (refusal(200, errors=[typed("disallowed-resource")]), Malformed, "disallowed-resource"),
        (refusal(200, data={"id": "1"}), Malformed, "no list"),
        (refusal(200, meta={"result_count": 3}), Malformed, "no list"),
    ],
)
async def test_a_refusal_is_named(
    desk: Desk, network: X, fault: Fault, named: type[ConnectorError], said: str
) -> None:
    network.publish(1)
    network.faults.extend([fault] * 5)
    with pytest.raises(named, match=said) as refused:
        await desk.drain(desk.make())
    assert TOKEN not in f"{refused.value} {refused.value!r} {desk.make()!r}"


async def test_a_spent_window_is_waited_out_to_its_end(desk: Desk, network: X) -> None:
    network.quota = 0
    with pytest.raises(RateLimited) as asked:
        await desk.drain(desk.make())
    assert asked.value.retry_after == timedelta(minutes=10)


@pytest.mark.parametrize("headers", [{}, {"x-rate-limit-reset": str(int(NOON.timestamp()) + 9)}])
async def test_no_wait_is_shorter_than_a_minute(
    desk: Desk, network: X, headers: dict[str, str]
) -> None:
    network.faults.append(Fault(status=429, headers=headers))
    with pytest.raises(RateLimited) as asked:
        await desk.drain(desk.make())
    assert asked.value.retry_after == timedelta(seconds=60)


async def test_errors_beside_data_cost_no_data(desk: Desk, network: X) -> None:
    post = network.post()
    body = {
        "data": [post],
        "errors": [typed("resource-not-found")],
        "meta": {"result_count": 1},
    }
    network.faults.append(refusal(200, **body))
    assert ids(await desk.drain(desk.make())) == [post["id"]]


async def test_a_since_id_that_x_finds_too_old_becomes_a_start_time(
    desk: Desk, network: X, now: Now
) -> None:
    network.post()
    await desk.drain(desk.make())
    now.at = START + timedelta(days=7) - timedelta(minutes=3)
    late = network.post(at=now.at - timedelta(minutes=1))
    invalid = {
        "parameters": {"since_id": ["1"]},
        "message": "'since_id' must be a tweet id created",
    }
    network.faults.append(refusal(400, errors=[invalid], **typed("invalid-request")))
    assert ids(await desk.drain(desk.make())) == [late["id"]]
    assert "start_time" in network.calls("/recent")[-1].query


async def test_after_more_than_a_week_the_window_is_read_and_the_loss_told(
    desk: Desk, network: X, now: Now
) -> None:
    network.post()
    await desk.drain(desk.make())
    now.at = NOON + timedelta(days=20)
    network.post(at=NOON + timedelta(days=5))
    late = network.post(at=now.at - timedelta(days=2))
    (page,) = await desk.drain(desk.make())
    assert ids([page]) == [late["id"]] and page.complete
    (gap,) = page.gaps
    assert gap.since is not None and gap.since < NOON
    assert now.at - timedelta(days=7) <= gap.until <= now.at - timedelta(days=6)
    assert not any(page.gaps for page in await desk.drain(desk.make()))


async def test_a_page_token_that_x_forgot_is_gone_around(desk: Desk, network: X) -> None:
    published = network.publish(250)
    connector, given = desk.make(), []
    async for page in connector.poll({}):
        given += ids([page])
        desk.cursors[page.feed] = page.cursor
        break
    (cursor,) = desk.cursors.values()
    cursor["walk"]["token"] = "forgotten"
    given += ids(await desk.drain(desk.make()))
    assert sorted(given) == sorted(published)


async def test_a_list_that_is_denied_stops_no_other_and_is_told_once(
    desk: Desk, network: X
) -> None:
    network.users["77"] = user("77", "chuvalmont")
    connector = desk.make(accounts=("chuvalmont",), own_posts=False)
    await desk.drain(connector)
    for told in (1, 0):
        new = network.post()
        network.faults.append(refusal(403, **typed("unsupported-authentication")))
        pages = await desk.drain(connector)
        assert ids(pages) == [new["id"]]
        assert len([gap for page in pages for gap in page.gaps]) == told


@pytest.mark.parametrize("kind", ["resource-not-found", "not-authorized-for-resource"])
async def test_a_list_that_x_denies_with_status_200_is_told_once_and_fails_no_poll(
    desk: Desk, network: X, kind: str
) -> None:
    network.users["77"] = user("77", "chuvalmont")
    connector = desk.make(accounts=("chuvalmont",), own_posts=False)
    await desk.drain(connector)
    for told in (1, 0):
        new = network.post()
        network.faults.append(refusal(200, errors=[typed(kind)]))
        pages = await desk.drain(connector)
        assert ids(pages) == [new["id"]]
        assert len([gap for page in pages for gap in page.gaps]) == told
    used = await desk.used()
    network.faults.append(refusal(200, errors=[typed(kind)]))
    await desk.drain(connector)
    assert await desk.used() == used


async def test_a_quoted_post_that_is_gone_fails_nothing(desk: Desk, network: X) -> None:
    network.users["77"] = user("77", "chuvalmont")
    own = network.post(to="users/77/tweets", author_id="77")
    own["public_metrics"]["quote_count"] = 3
    connector = desk.make(accounts=("chuvalmont",), mentions=False)
    gone = refusal(200, errors=[typed("resource-not-found")])
    network.faults.extend([None, None, None, gone])  # account, its posts, search, then the quotes
    pages = await desk.drain(connector)
    assert ids(pages) == [own["id"]]
    assert len(network.calls("/quote_tweets")) == 1
    assert not any(page.gaps for page in pages)


async def test_feed_names_tell_neither_terms_nor_accounts(desk: Desk, network: X) -> None:
    network.users["77"] = user("77", "chuvalmont")
    network.publish(1)
    pages = await desk.drain(desk.make(accounts=("chuvalmont",)))
    names = " ".join(page.feed for page in pages)
    assert "Valmont" not in names and "chuvalmont" not in names and "77" not in names.split(":")
