"""Tokens of two kinds, the day's budgets, refusals by name, settings that say what would be right."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import ValidationError

from connectors.budget import BudgetSpent, Metered
from connectors.connector import (
    ConnectorError,
    Malformed,
    PartlyBlind,
    RateLimited,
    Refreshing,
    Unauthorized,
    Unavailable,
)
from connectors.oauth import LoggingIn, begin_consent
from connectors.tiktok import TiktokSettings
from connectors.tokens import Expiring
from tests.connectors.case import NOON
from tests.connectors.tiktok.support import OWN, Bench, ids
from tests.networks.standin import Fault
from tests.networks.tiktok import KEY, SECRET, refusal

MIDNIGHT = datetime(2026, 3, 3, tzinfo=UTC)


def fault(status: int, code: str, message: str = "refused") -> Fault:
    body = refusal(status, code, message).body
    assert isinstance(body, bytes)
    return Fault(status=status, body=body)


async def test_the_application_s_token_lasts_two_hours_and_is_renewed(ready: Bench) -> None:
    connector = ready.connector(comments=False)
    await ready.poll(connector)
    await ready.poll(connector)
    assert ready.network.granted == 1
    ready.clock.at += timedelta(hours=2)
    await ready.poll(connector)
    assert ready.network.granted == 2
    ready.network.tokens.clear()
    await ready.poll(connector)
    assert ready.network.granted == 3
    told = [str(request.url) for request in ready.network.requests]
    assert not [url for url in told if "clt." in url or SECRET in url]


async def test_a_wrong_secret_is_refused_and_never_told(ready: Bench) -> None:
    connector = ready.connector(
        client_secret="mauvais-secret", accounts=["chuvalmont"], audience=True
    )
    with pytest.raises(Unauthorized) as refused:
        await ready.poll(connector)
    assert "mauvais-secret" not in str(refused.value) + repr(connector)


async def test_own_videos_need_the_account_s_login(ready: Bench) -> None:
    assert ready.connector().oauth() is None
    connector = ready.connector(**OWN)
    for ability in (Refreshing, PartlyBlind, Metered, LoggingIn, Expiring):
        assert isinstance(connector, ability)
    with pytest.raises(Unauthorized, match="listener login"):
        await ready.poll(connector)
    client = connector.oauth()
    assert client is not None
    asked = parse_qs(urlsplit(begin_consent(client, "https://chu.example/").url).query)
    assert asked["client_key"] == [KEY]
    assert asked["scope"] == ["user.info.basic,video.list"]
    assert SECRET not in str(asked)


async def test_the_login_is_renewed_by_itself_until_it_ends(ready: Bench) -> None:
    await ready.log_in(
        refresh="encore",
        expires_at=NOON + timedelta(hours=24),
        refresh_expires_at=NOON + timedelta(days=365),
    )
    new = ready.network.publish(1)
    ready.clock.at += timedelta(hours=25)
    ready.network.kind = "own"
    assert ids(await ready.poll(**OWN)) == new
    ends = await ready.connector(**OWN).access_ends_at()
    assert ends == ready.clock.at + timedelta(days=365)
    assert await ready.connector().access_ends_at() is None


async def test_the_research_grant_opens_no_account(ready: Bench) -> None:
    """What one way is refused, the other one reads all the same."""
    new = ready.network.publish(2)
    pages = await ready.poll(own_videos=True, comments=False)
    assert sorted(ids(pages)) == sorted(new)
    assert len([gap for page in pages for gap in page.gaps]) == 1


async def test_the_budget_of_requests_survives_a_new_connector_and_ends_at_midnight(
    ready: Bench,
) -> None:
    keys: dict[str, Any] = {"requests_per_day": 2, "comments": False}
    await ready.poll(**keys)
    ready.clock.at += timedelta(minutes=20)
    await ready.poll(**keys)
    ready.clock.at += timedelta(minutes=20)
    with pytest.raises(BudgetSpent) as refused:
        await ready.poll(**keys)
    assert refused.value.retry_after == MIDNIGHT - ready.clock.at
    ready.clock.at = MIDNIGHT
    await ready.poll(**keys)


async def test_only_records_that_were_given_count(ready: Bench) -> None:
    ready.network.publish(130)
    connector = ready.connector(comments=False)
    await ready.poll(connector)
    requests, records = connector.budgets()
    assert await ready.ledger.used(records) == 130
    assert await ready.ledger.used(requests) == 2
    ready.network.faults.append(Fault(status=500))
    ready.clock.at += timedelta(minutes=20)
    with pytest.raises(Unavailable):
        await ready.poll(connector)
    assert await ready.ledger.used(records) == 130
    assert await ready.ledger.used(requests) == 3, "TikTok counts what failed, too"


async def test_records_that_are_spent_cost_no_request(ready: Bench) -> None:
    ready.network.publish(130)
    keys: dict[str, Any] = {"records_per_day": 120, "page_size": 50, "comments": False}
    assert len(ids(await ready.poll(**keys))) == 100
    with pytest.raises(BudgetSpent) as refused:
        await ready.poll(**keys)
    assert refused.value.budget.name == "tiktok.records"
    requests, records = ready.connector().budgets()
    assert await ready.ledger.used(records) == 100
    assert await ready.ledger.used(requests) == 2


async def test_once_half_of_the_day_is_spent_a_search_waits_a_while(ready: Bench) -> None:
    keys: dict[str, Any] = {"requests_per_day": 4, "comments": False}
    for _ in range(6):
        await ready.poll(**keys)
    assert len(ready.network.asked("video/query")) == 2
    ready.clock.at += timedelta(minutes=15)
    await ready.poll(**keys)
    assert len(ready.network.asked("video/query")) == 3


async def test_a_quota_that_tiktok_calls_spent_waits_for_midnight(ready: Bench) -> None:
    ready.network.faults.extend([None, fault(429, "daily_quota_limit_exceeded")])
    with pytest.raises(BudgetSpent) as refused:
        await ready.poll(comments=False)
    assert refused.value.retry_after == MIDNIGHT - NOON
    asked = len(ready.network.requests)
    with pytest.raises(BudgetSpent):
        await ready.poll(comments=False)
    assert len(ready.network.requests) == asked


@pytest.mark.parametrize(
    ("status", "code", "named"),
    [
        (429, "rate_limit_exceeded", RateLimited),
        (200, "rate_limit_exceeded", RateLimited),
        (403, "scope_not_authorized", Unauthorized),
        (200, "scope_not_authorized", Unauthorized),
        (401, "access_token_invalid", Unauthorized),
        (400, "invalid_params", Malformed),
        (200, "invalid_params", Malformed),
        (200, "internal_error", Unavailable),
        (200, "jamais_vu", Malformed),
    ],
)
async def test_an_error_is_named_by_its_code_whatever_the_status(
    ready: Bench, status: int, code: str, named: type[ConnectorError]
) -> None:
    connector = ready.connector(comments=False)
    await ready.poll(connector)
    ready.network.faults.extend([fault(status, code, "CHU de Valmont")] * 9)
    ready.network.tokens.clear()
    with pytest.raises(named) as refused:
        await ready.poll(connector)
    assert "Valmont" not in str(refused.value)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"research": False}, "own_videos"),
        ({"accounts": ["CHU de Valmont"]}, "handle"),
        ({"regions": ["fr"]}, "pattern"),
        ({"follow": "60d"}, "30 days"),
        ({"verify_every": "60d"}, "30 days"),
        ({"page_size": 101}, "less than or equal to 100"),
        ({"client_secret": None}, "valid string"),
        ({"jamais_vu": 1}, "Extra inputs"),
    ],
)
def test_settings_say_what_would_be_right(keys: dict[str, Any], said: str) -> None:
    told = {"client_key": KEY, "client_secret": SECRET}
    with pytest.raises(ValidationError, match=said):
        TiktokSettings.model_validate(told | keys)


def test_the_base_is_tiktok_s_own() -> None:
    settings = TiktokSettings.model_validate({"client_key": KEY, "client_secret": SECRET})
    assert settings.base_url == "https://open.tiktokapis.com/v2/research/"
    assert settings.v2 == "https://open.tiktokapis.com/v2"
    assert not settings.own_videos and settings.research
    assert SECRET not in repr(settings)
