"""XING's own: signatures, what updates and comments become, lists of any form, errors by name."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.connector import (
    ConnectorError,
    Malformed,
    Page,
    RateLimited,
    Unauthorized,
    Unavailable,
    Unseen,
)
from connectors.http import NotFound
from connectors.mention import Kind, Mention
from connectors.xing import XingConnector, XingSettings
from connectors.xing.signing import Signer
from tests.connectors.case import NOON, Case
from tests.connectors.cases.xing import connector
from tests.connectors.contract import Bench, bench, ids
from tests.networks.standin import Fault
from tests.networks.xing import ACCESS, COMPANY, CONSUMER, Xing, error

WELL = {
    "consumer_key": "a",
    "consumer_secret": "b",
    "access_token": "c",
    "access_token_secret": "d",
    "companies": [COMPANY],
}
SECRETS = (CONSUMER[1], ACCESS[0], ACCESS[1])


@asynccontextmanager
async def source(**keys: Any) -> AsyncIterator[Bench]:
    async with bench(Case("xing", Xing, partial(connector, **keys))) as ready:
        yield ready


def mentions(pages: list[Page]) -> list[Mention]:
    return [mention for page in pages for mention in page.mentions]


def test_a_signature_is_that_of_the_specification_s_own_example() -> None:
    """https://oauth.net/core/1.0a/#sig_base_example"""
    signer = Signer(
        consumer_key="dpf43f3p2l4k3l03",
        consumer_secret="kd94hf93k423kf44",
        token="nnch734d00sl2jdk",
        token_secret="pfkkdhi9sl3r4s00",
    )
    header = signer.header(
        "GET",
        "http://Photos.example.net:80/photos",
        {"file": "vacation.jpg", "size": "original"},
        datetime.fromtimestamp(1191242096, tz=UTC),
        nonce="kllo9940pd9333jh",
    )
    assert 'oauth_signature="tR3%2BTy81lMeYAr%2FFid0kMTYa%2FWM%3D"' in header


@pytest.mark.parametrize("signature", ["HMAC-SHA1", "PLAINTEXT"])
async def test_both_signatures_are_accepted_and_no_nonce_comes_twice(signature: str) -> None:
    async with source(signature=signature, page_size=2) as ready:
        ready.network.publish(9)
        assert len(ids(await ready.drain())) == 9
        assert set(ready.network.methods) == {signature}
        assert len(ready.network.nonces) == len(ready.network.requests)


async def test_an_update_and_its_comments_become_a_post_and_comments() -> None:
    async with source() as ready:
        update = ready.network.update(link="https://www.chu-valmont.example/portes-ouvertes")
        ready.network.comment(update, content="Honte", likes={"amount": 7})
        pages = await ready.drain()
    post, comment = mentions(pages)
    assert (post.kind, comment.kind) == (Kind.POST, Kind.COMMENT)
    assert post.title == "Journée portes ouvertes"
    assert post.links == ("https://www.chu-valmont.example/portes-ouvertes",)
    assert (comment.parent_id, comment.root_id) == (update["id"], update["id"])
    assert comment.text == "Honte"
    assert (comment.author.handle, comment.author.name) == ("Claire_Vasseur", "Claire Vasseur")
    assert comment.published_at == datetime(2026, 3, 2, 8, 0, 2, tzinfo=UTC)
    figures = {one.key.external_id: one for page in pages for one in page.engagements}
    assert figures[update["id"]].replies == 1
    assert figures[comment.external_id].reactions == 7
    assert figures[comment.external_id].views is None


async def test_figures_are_given_again_once_they_change_and_unknown_ones_are_left_out() -> None:
    async with source(comments=False) as ready:
        update = ready.network.update(likes=None, comments=None)
        first = await ready.drain()
        update["likes"] = {"amount": 40}
        second = await ready.drain()
    assert [len(page.engagements) for page in first] == [0]
    (figures,) = [one for page in second for one in page.engagements]
    assert (figures.reactions, figures.replies) == (40, None)
    assert mentions(second) == []


async def test_new_comments_are_found_under_older_updates_as_long_as_they_are_followed() -> None:
    async with source(follow="3d") as ready:
        update = ready.network.update()
        await ready.drain()
        ready.means.clock.at += timedelta(days=2)
        late = ready.network.comment(update, created_at="2026-03-04T09:00:00Z")
        assert ids(await ready.drain()) == [late["id"]]
        ready.means.clock.at += timedelta(days=2)
        ready.network.comment(update, created_at="2026-03-06T09:00:00Z")
        assert ids(await ready.drain()) == []


@pytest.mark.parametrize("oldest_first", [False, True])
@pytest.mark.parametrize("bare", [False, True])
async def test_lists_of_either_order_and_form_are_read_to_their_end(
    oldest_first: bool, bare: bool
) -> None:
    async with source(page_size=3) as ready:
        ready.network.oldest_first, ready.network.bare = oldest_first, bare
        update = ready.network.update()
        new = [update["id"], *(ready.network.comment(update)["id"] for _ in range(8))]
        assert sorted(ids(await ready.drain())) == sorted(new)
        later = ready.network.comment(update)["id"]
        assert ids(await ready.drain()) == [later]


async def test_what_is_new_is_found_behind_pages_of_what_is_old() -> None:
    async with source(page_size=3, comments=False) as ready:
        ready.network.oldest_first = True
        for month in range(1, 10):
            ready.network.update(created_at=f"2025-0{month}-01T08:00:00Z")
        new = ready.network.publish(2)
        assert sorted(ids(await ready.drain())) == sorted(new)


@pytest.mark.parametrize(
    ("status", "name", "named"),
    [
        (403, "RATE_LIMIT_EXCEEDED", RateLimited),
        (403, "THROTTLING", RateLimited),
        (429, "", RateLimited),
        (403, "ACCESS_DENIED", Unauthorized),
        (403, "JAMAIS_VU", Unauthorized),
        (401, "INVALID_OAUTH_TOKEN", Unauthorized),
        (401, "INVALID_OAUTH_SIGNATURE", Unauthorized),
        (401, "TIMESTAMP_EXPIRED", Unauthorized),
        (401, "NONCE_ALREADY_USED", Unavailable),
        (403, "INVALID_PARAMETERS", Malformed),
        (404, "COMPANY_NOT_FOUND", NotFound),
        (200, "JAMAIS_VU", Malformed),
    ],
)
async def test_an_error_is_named_by_what_to_do_next(
    status: int, name: str, named: type[ConnectorError]
) -> None:
    async with source(comments=False) as ready:
        said = error(status, name)
        assert isinstance(said.body, bytes)
        ready.network.faults.append(Fault(status=status, body=said.body))
        with pytest.raises(named) as caught:
            await ready.drain()
    if isinstance(caught.value, RateLimited) and status == 403:
        assert caught.value.retry_after == timedelta(minutes=15)
    assert not any(secret in repr(caught.value) for secret in SECRETS)


async def test_a_wrong_secret_and_a_wrong_clock_are_refusals() -> None:
    async with source(consumer_secret="tout-faux") as ready:
        with pytest.raises(Unauthorized, match="INVALID_OAUTH_SIGNATURE"):
            await ready.drain()
        ready.network.now = lambda: NOON + timedelta(days=2)
        with pytest.raises(Unauthorized, match="TIMESTAMP_EXPIRED"):
            await ready.drain()


async def test_a_call_that_fails_is_not_repeated_with_its_nonce() -> None:
    async with source(comments=False) as ready:
        ready.network.faults.append(Fault(status=502))
        with pytest.raises(Unavailable):
            await ready.drain()
        assert len(ready.network.requests) == 1


async def test_a_company_that_is_not_there_is_told_once_and_the_others_are_read() -> None:
    async with source(companies=["0815", COMPANY], comments=False) as ready:
        new = ready.network.publish(2)
        running = ready.connector()
        first = [page async for page in running.poll({})]
        second = [page async for page in running.poll({})]
    assert set(ids(first)) == set(new)
    assert [len([g for page in pages for g in page.gaps]) for pages in (first, second)] == [1, 0]


async def test_no_secret_stands_in_an_address_a_cursor_or_a_setting() -> None:
    async with source(signature="PLAINTEXT") as ready:
        ready.network.publish(2)
        await ready.drain()
        running = ready.connector()
        told = [str(request.url) for request in ready.network.requests]
        settings = XingSettings.model_validate(
            WELL | {"access_token": ACCESS[0], "access_token_secret": ACCESS[1]}
        )
        held = "".join(told) + repr(ready.cursors) + repr(settings) + repr(running.__dict__)
    assert not any(secret in held for secret in SECRETS)


async def test_a_source_says_what_it_cannot_see() -> None:
    async with source(comments=False) as ready:
        running = ready.connector()
        assert isinstance(running, XingConnector)
        assert set(running.unseen()) == {
            Unseen.ELSEWHERE,
            Unseen.COMMENTS,
            Unseen.DELETIONS,
            Unseen.INSTANT,
        }


@pytest.mark.parametrize(
    "keys",
    [{"companies": []}, {"companies": ["../users"]}, {"signature": "RSA-SHA1"}, {"oauth2": True}],
)
def test_settings_that_cannot_work_are_refused(keys: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        XingSettings.model_validate(WELL | keys)
