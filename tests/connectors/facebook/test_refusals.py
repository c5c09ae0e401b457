"""Refusals, quotas, retired fields and broken answers: told by name, and no list pays for another."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connectors.connector import Cursors, Malformed, RateLimited, Unauthorized, Unavailable
from connectors.graph import Denied
from tests.connectors.case import NOON, Now
from tests.connectors.facebook.support import EARLIER, Make, drained, mentions, read
from tests.networks.facebook import TOKEN, Facebook
from tests.networks.facebook_wire import error
from tests.networks.standin import Fault


async def test_a_list_that_is_denied_is_told_once_and_asked_again_after_an_hour(
    make: Make, network: Facebook, now: Now
) -> None:
    network.denied["tagged"] = 10
    cursors: Cursors = {}
    network.post(at=EARLIER)
    pages = await drained(make().poll({}), cursors)
    assert len(mentions(pages)) == 1
    (gap,) = [gap for page in pages for gap in page.gaps]
    assert "permission" in gap.reason and TOKEN not in gap.reason
    network.requests.clear()
    now.at += timedelta(minutes=50)
    assert not [gap for page in await drained(make().poll(cursors), cursors) for gap in page.gaps]
    assert network.calls("tagged") == []
    now.at += timedelta(minutes=50)
    assert not [gap for page in await drained(make().poll(cursors), cursors) for gap in page.gaps]
    assert len(network.calls("tagged")) == 1
    network.denied.clear()
    network.post("tagged", at=NOON + timedelta(minutes=95))
    now.at += timedelta(minutes=70)
    assert len(await read(make(), cursors)) == 1


async def test_where_every_list_is_denied_the_source_is_refused(
    make: Make, network: Facebook
) -> None:
    network.denied = dict.fromkeys(("feed", "visitor_posts", "tagged", "ratings"), 200)
    cursors: Cursors = {}
    with pytest.raises(Denied) as raised:
        await drained(make().poll(cursors), cursors)
    assert "feed" not in cursors
    assert TOKEN not in str(raised.value)


async def test_a_token_that_has_ended_stops_the_poll(make: Make, network: Facebook) -> None:
    network.token = "un-autre"
    with pytest.raises(Unauthorized) as raised:
        await drained(make().poll({}))
    assert len(network.requests) == 1
    assert TOKEN not in repr(raised.value)


async def test_a_quota_stops_the_round_and_says_how_long(make: Make, network: Facebook) -> None:
    network.post(at=EARLIER)
    network.quota = 1
    with pytest.raises(RateLimited) as raised:
        await drained(make().poll({}))
    assert raised.value.retry_after == timedelta(minutes=7)
    assert len(network.requests) == 2


async def test_one_list_in_trouble_holds_up_no_other(make: Make, network: Facebook) -> None:
    network.post("tagged", at=EARLIER)
    network.faults.extend([Fault(status=200, body=b"<html>")])
    pages = []
    with pytest.raises(Malformed):
        async for page in make().poll({}):
            pages.append(page)
    assert len(mentions(pages)) == 1


async def test_a_field_that_a_version_no_longer_knows_costs_no_post(
    make: Make, network: Facebook
) -> None:
    network.unknown_fields = {"is_hidden", "attachments"}
    made = network.post(at=EARLIER)
    (mention,) = await read(make(ratings=False))
    assert mention.external_id == made["id"] and mention.text


async def test_a_list_that_a_version_no_longer_knows_is_told_once(
    make: Make, network: Facebook
) -> None:
    network.post(at=EARLIER)
    network.denied["visitor_posts"] = 100
    cursors: Cursors = {}
    pages = await drained(make().poll({}), cursors)
    assert len(mentions(pages)) == 1
    assert len([gap for page in pages for gap in page.gaps]) == 1
    assert await read(make(), cursors) == []


async def test_where_no_count_is_told_comments_are_looked_for_once_an_hour(
    make: Make, network: Facebook, now: Now
) -> None:
    network.unknown_fields = {"is_hidden"}
    post = network.post(at=EARLIER)["id"]
    connector = make(ratings=False)
    cursors: Cursors = {}
    await read(connector, cursors)
    made = network.comment(post, at=NOON + timedelta(minutes=1))
    now.at += timedelta(minutes=10)
    assert await read(connector, cursors) == []
    now.at += timedelta(minutes=60)
    assert [mention.external_id for mention in await read(connector, cursors)] == [made["id"]]


async def test_too_much_data_is_asked_for_in_smaller_pages_for_a_day(
    make: Make, network: Facebook, now: Now
) -> None:
    async def too_much(_request: object) -> object:
        return error(1, "Please reduce the amount of data you're asking for", status=500)

    network.faults.extend([Fault(handler=too_much)] * 3)  # type: ignore[arg-type]
    connector = make(visitor_posts=False, tagged=False, ratings=False)
    with pytest.raises(Unavailable):
        await drained(connector.poll({}))
    network.requests.clear()
    await drained(connector.poll({}))
    now.at += timedelta(days=1)
    await drained(connector.poll({}))
    assert [request.query["limit"] for request in network.calls("feed")] == ["50", "100"]


async def test_a_page_token_that_the_network_forgot_is_replaced_by_a_date(
    make: Make, network: Facebook
) -> None:
    published = network.publish(300)

    async def forgotten(_request: object) -> object:
        return error(100, "Invalid cursor")

    network.faults.extend([None, Fault(handler=forgotten)])  # type: ignore[arg-type]
    given = [mention.external_id for mention in await read(make())]
    assert sorted(given) == sorted(published)
