"""Keys, refusals by name, settings that say what would be right, several profiles."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import ValidationError

from connectors.connector import (
    PartlyBlind,
    RateLimited,
    Refreshing,
    Unauthorized,
    Unseen,
)
from connectors.http import Limits, NotFound
from connectors.trustpilot import TrustpilotSettings
from connectors.webhook import Receiving
from tests.connectors.trustpilot.support import Bench, ids
from tests.networks.trustpilot import KEY, SECRET, UNIT


async def test_the_key_travels_in_a_header_and_in_no_error(ready: Bench) -> None:
    await ready.poll()
    assert not [r for r in ready.network.requests if KEY in str(r.url)]
    connector = ready.connector(api_key="mauvaise-cle")
    with pytest.raises(Unauthorized, match="api_key") as refused:
        await ready.poll(connector)
    assert "mauvaise-cle" not in str(refused.value) + repr(connector)


async def test_a_wrong_secret_is_refused_without_being_told(ready: Bench) -> None:
    with pytest.raises(Unauthorized, match="api_secret") as refused:
        await ready.poll(private=True, api_secret="mauvais-secret")
    assert "mauvais-secret" not in str(refused.value)


async def test_a_refusal_without_a_word_of_when_is_waited_out(ready: Bench) -> None:
    ready.network.quota = 0
    with pytest.raises(RateLimited) as refused:
        await ready.poll()
    assert refused.value.retry_after == timedelta(minutes=5)


async def test_in_five_minutes_no_more_is_asked_than_trustpilot_recommends(ready: Bench) -> None:
    asked: list[Limits] = []
    ready.http.limit = lambda _host, limits: asked.append(limits)  # type: ignore[method-assign]
    ready.connector(requests_per_hour=100_000)
    ready.connector()
    for limits in asked:
        assert limits.burst + 300 * limits.rate <= 833
        assert limits.burst + 3_600 * limits.rate <= 10_000


async def test_a_domain_that_is_unknown_is_named(ready: Bench) -> None:
    with pytest.raises(NotFound, match=r"ailleurs\.example.*business_units"):
        await ready.poll(business_units=["ailleurs.example"])


async def test_a_profile_that_is_not_there_does_not_hide_the_others(ready: Bench) -> None:
    new = ready.network.publish(2)
    connector = ready.connector(business_units=["0" * 24, UNIT])
    pages = await ready.poll(connector)
    assert sorted(ids(pages)) == sorted(new)
    assert sum(len(page.gaps) for page in pages) == 1
    assert not sum(len(page.gaps) for page in await ready.poll(connector))
    assert not [feed for feed in ready.cursors if UNIT in feed]


async def test_with_a_webhook_alone_nothing_is_asked(ready: Bench) -> None:
    connector = ready.connector(api_key=None, webhook_secret=SECRET)
    (page,) = await ready.poll(connector)
    assert page.complete
    assert not [page async for page in connector.refresh([])]
    assert not ready.network.requests
    assert {Unseen.PAST, Unseen.FIGURES} <= set(connector.unseen())


async def test_what_cannot_be_seen_is_said(ready: Bench) -> None:
    connector = ready.connector()
    for ability in (Refreshing, PartlyBlind, Receiving):
        assert isinstance(connector, ability)
    assert list(connector.unseen()) == [Unseen.ELSEWHERE, Unseen.INSTANT]
    assert list(ready.connector(webhook_secret=SECRET).unseen()) == [Unseen.ELSEWHERE]
    assert connector.verify_every == timedelta(days=7)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"business_units": ["CHU de Valmont"]}, "domain"),
        ({"business_units": []}, "at least 1"),
        ({"api_key": None}, "webhook_secret"),
        ({"private": True}, "api_secret"),
        ({"private": True, "api_secret": "x", "listing": "all-reviews"}, "reviews"),
        ({"stars": [0]}, "greater than or equal to 1"),
        ({"jamais_vu": 1}, "Extra inputs"),
    ],
)
def test_settings_say_what_would_be_right(keys: dict, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        TrustpilotSettings.model_validate({"business_units": [UNIT], "api_key": "k", **keys})


def test_the_base_is_trustpilot_s_own() -> None:
    settings = TrustpilotSettings.model_validate({"business_units": [UNIT], "api_key": KEY})
    assert settings.base_url == "https://api.trustpilot.com/v1"
    assert KEY not in repr(settings)
