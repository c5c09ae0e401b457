"""Tokens, the version's end, refusals by name, and what is counted against the day's limit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from connectors.budget import BudgetSpent, Metered
from connectors.connector import (
    Malformed,
    PartlyBlind,
    RateLimited,
    Refreshing,
    Unauthorized,
    Unseen,
)
from connectors.linkedin import LinkedinSettings
from connectors.oauth import LoggingIn, begin_consent
from connectors.tokens import Expiring, MemoryTokens, Token
from tests.connectors.linkedin.support import NOON, SECRET, Bench, ids
from tests.networks.linkedin import PAGE, TOKEN
from tests.networks.standin import Fault

APPLICATION = {"client_id": "78valmont", "client_secret": SECRET, "access_token": None}


async def test_it_can_do_what_the_listener_asks_for(ready: Bench) -> None:
    connector = ready.connector(**APPLICATION)
    for ability in (Refreshing, PartlyBlind, Metered, LoggingIn, Expiring):
        assert isinstance(connector, ability)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=426),
        Fault(
            status=426,
            body=b'{"status":426,"code":"NONEXISTENT_VERSION","message":"Requested version 20250801 is not active"}',
        ),
        Fault(
            status=400, body=b'{"status":400,"message":"Requested version 20250801 is not active"}'
        ),
    ],
)
async def test_a_version_that_has_ended_is_named_with_its_key(ready: Bench, fault: Fault) -> None:
    ready.network.faults.extend([fault] * 5)
    with pytest.raises(Unauthorized, match=r"202508.*`version`"):
        await ready.poll(posts=True, version="202508")


async def test_the_network_refuses_an_old_version_and_takes_a_current_one(ready: Bench) -> None:
    post = ready.network.post()
    with pytest.raises(Unauthorized, match="version"):
        await ready.poll(posts=True, version="202401")
    assert ids(await ready.poll(posts=True)) == [post["id"]]


@pytest.mark.parametrize("version", ["2026", "202613", "v202610", "20261001", ""])
def test_a_version_is_a_year_and_a_month(version: str) -> None:
    with pytest.raises(ValidationError, match="202610"):
        LinkedinSettings.model_validate({"organizations": [PAGE], "version": version})


async def test_the_end_of_the_version_is_told_ahead(ready: Bench) -> None:
    assert await ready.connector(version="202610").access_ends_at() == datetime(
        2027, 10, 1, tzinfo=UTC
    )
    later = ready.connector(version="202610", version_lives="400d")
    assert await later.access_ends_at() == datetime(2027, 11, 5, tzinfo=UTC)


@pytest.mark.parametrize("refresh", [None, "encore"])
async def test_the_earlier_end_is_told_of_login_and_version(
    ready: Bench, refresh: str | None
) -> None:
    ready.tokens = MemoryTokens()
    connector = ready.connector(**APPLICATION)
    client = connector.oauth()
    assert client is not None
    kept = Token(
        access=TOKEN,
        refresh=refresh,
        expires_at=NOON + timedelta(days=60),
        refresh_expires_at=NOON + timedelta(days=365),
        made_for=client.made_for,
    )
    await ready.tokens.save(kept)
    ends = NOON + timedelta(days=60 if refresh is None else 365)
    assert await connector.access_ends_at() == ends
    sooner = ready.connector(**APPLICATION, version="202504")
    assert await sooner.access_ends_at() == datetime(2026, 4, 1, tzinfo=UTC)


async def test_a_token_is_renewed_before_it_ends_and_when_it_is_refused(ready: Bench) -> None:
    post = ready.network.post()
    connector = ready.connector(posts=True, **APPLICATION)
    client = connector.oauth()
    assert client is not None
    await ready.tokens.save(
        Token(
            access="vieux",
            refresh="encore",
            expires_at=NOON + timedelta(days=9),
            made_for=client.made_for,
        )
    )
    assert ids(await ready.poll(connector)) == [post["id"]]  # 401, renewed, asked again
    ready.clock.at += timedelta(days=60)
    await ready.poll(connector)
    assert [form["grant_type"] for form in ready.network.renewals] == ["refresh_token"] * 2


async def test_a_token_that_cannot_be_renewed_asks_for_a_login(ready: Bench) -> None:
    connector = ready.connector(posts=True, **APPLICATION)
    with pytest.raises(Unauthorized, match="listener login"):
        await ready.poll(connector)
    client = connector.oauth()
    assert client is not None
    await ready.tokens.save(Token(access="vieux", refresh="fini", made_for=client.made_for))
    with pytest.raises(Unauthorized) as refused:
        await ready.poll(connector)
    assert "fini" not in str(refused.value) and SECRET not in str(refused.value)


async def test_the_login_page_asks_for_the_configured_scopes(ready: Bench) -> None:
    chosen = {**APPLICATION, "base_url": "https://api.linkedin.com/rest/"}
    connector = ready.connector(**chosen, scopes=["rw_organization_admin"])
    client = connector.oauth()
    assert client is not None
    consent = begin_consent(client, "https://veille.valmont.example/retour")
    assert consent.url.startswith("https://www.linkedin.com/oauth/v2/authorization?")
    assert "scope=rw_organization_admin" in consent.url
    assert SECRET not in repr(client) + repr(consent)
    assert connector.hosts() == ("api.linkedin.com:443", "www.linkedin.com:443")
    assert ready.connector().oauth() is None


@pytest.mark.parametrize(
    ("status", "body", "named"),
    [
        (401, b'{"serviceErrorCode":65600,"message":"Invalid access token","status":401}', Unauthorized),
        (403, b'{"message":"Not enough permissions","status":403}', Unauthorized),
        (400, b'{"message":"Invalid (non-integer) start/count parameters","status":400}', Malformed),
    ],
)  # fmt: skip
async def test_errors_are_named_by_the_next_move_and_tell_no_secret(
    ready: Bench, status: int, body: bytes, named: type[Exception]
) -> None:
    ready.network.faults.extend([Fault(status=status, body=body)] * 9)
    connector = ready.connector(posts=True)
    with pytest.raises(named) as raised:
        await ready.poll(connector)
    assert TOKEN not in str(raised.value) + repr(connector)


async def test_after_a_few_refusals_linkedin_is_left_alone_until_midnight(ready: Bench) -> None:
    ready.network.quota = 0
    waits = []
    for _ in range(3):
        with pytest.raises(RateLimited) as refused:
            await ready.poll(posts=True)  # a new connector each time: the count outlives it
        waits.append(refused.value.retry_after)
    assert waits == [timedelta(minutes=15), timedelta(minutes=15), timedelta(hours=12)]
    ready.network.quota = None
    asked = len(ready.network.requests)
    with pytest.raises(BudgetSpent):
        await ready.poll(posts=True)
    with pytest.raises(BudgetSpent):
        [page async for page in ready.connector().refresh([])]
    assert len(ready.network.requests) == asked
    ready.clock.at += timedelta(hours=12)
    post = ready.network.post()
    assert ids(await ready.poll(posts=True)) == [post["id"]]


async def test_the_day_s_own_limit_is_held_over_restarts(ready: Bench) -> None:
    posts = [ready.network.post() for _ in range(5)]
    keys = {"posts": True, "notifications": True, "daily_requests": 3, "page_size": 2}
    given = ids(await ready.poll(**keys))
    with pytest.raises(BudgetSpent) as spent:
        await ready.poll(**keys)
    assert spent.value.retry_after == timedelta(hours=12)
    assert len(ready.network.requests) == 3
    ready.clock.at += timedelta(hours=12)
    given += ids(await ready.poll(**keys))
    assert sorted(given) == sorted(post["id"] for post in posts)


async def test_what_cannot_be_seen_is_said(ready: Bench) -> None:
    keys = {"comments": True, "notifications": True, "client_secret": SECRET}
    whole = ready.connector(**keys, webhook=True)
    assert list(whole.unseen()) == [Unseen.ELSEWHERE, Unseen.AUTHORS]
    # The secret of a login says nothing of a webhook.
    assert Unseen.INSTANT in ready.connector(**keys).unseen()
    bare = ready.connector(posts=True)
    assert {Unseen.INSTANT, Unseen.COMMENTS} <= set(bare.unseen())


@pytest.mark.parametrize("odd", ["chu-valmont", "urn:li:person:1", "", "12 34"])
def test_a_page_is_named_by_its_number(odd: str) -> None:
    with pytest.raises(ValidationError, match="number"):
        LinkedinSettings.model_validate({"organizations": [odd]})


def test_a_page_may_be_named_by_its_urn() -> None:
    settings = LinkedinSettings.model_validate({"organizations": ["1234567", PAGE]})
    assert settings.organizations == (PAGE, PAGE)


def test_an_application_needs_its_secret() -> None:
    with pytest.raises(ValidationError, match="client_secret"):
        LinkedinSettings.model_validate({"organizations": [PAGE], "client_id": "78"})
