"""Tokens, refusals by name, settings that say what would be right."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.connector import (
    ConnectorError,
    Malformed,
    PartlyBlind,
    RateLimited,
    Refreshing,
    Unauthorized,
    Unseen,
    Watched,
)
from connectors.dailymotion import DailymotionSettings
from connectors.http import NotFound
from tests.connectors.dailymotion.support import PROFILE_ONLY, Bench, ids
from tests.networks.dailymotion import KEY, PROFILE, SECRET, refusal
from tests.networks.standin import Fault

LOGIN = {"api_key": KEY, "api_secret": SECRET}


async def test_public_videos_are_read_without_a_token(ready: Bench) -> None:
    new = ready.network.publish(2)
    assert sorted(ids(await ready.poll())) == sorted(new)
    assert "Authorization" not in ready.network.requests[-1].headers


async def test_a_token_is_made_once_travels_in_a_header_and_is_renewed(ready: Bench) -> None:
    connector = ready.connector(**PROFILE_ONLY, **LOGIN, scopes=["video.read"])
    new = ready.network.publish(1)
    assert ids(await ready.poll(connector)) == new
    (form,) = ready.network.token_requests
    assert (form["grant_type"], form["scope"]) == ("client_credentials", "video.read")
    lists = ready.network.asked("/profiles/")
    assert lists[-1].headers["Authorization"] == "Bearer jeton-1"
    assert not [r for r in ready.network.requests if "jeton" in str(r.url) or SECRET in str(r.url)]
    ready.network.tokens.clear()
    await ready.poll(connector)
    assert len(ready.network.token_requests) == 2
    ready.clock.at += timedelta(hours=10)
    await ready.poll(connector)
    assert len(ready.network.token_requests) == 3


async def test_a_token_that_the_legacy_api_does_not_take_is_left_away(ready: Bench) -> None:
    ready.network.legacy_takes_tokens = False
    new = ready.network.publish(1)
    connector = ready.connector(**LOGIN)
    assert ids(await ready.poll(connector)) == new
    before = len(ready.network.requests)
    await ready.poll(connector)
    assert len(ready.network.requests) == before + 1


async def test_a_wrong_secret_is_refused_and_never_told(ready: Bench) -> None:
    connector = ready.connector(**PROFILE_ONLY, api_key=KEY, api_secret="mauvais-secret")
    with pytest.raises(Unauthorized) as refused:
        await ready.poll(connector)
    assert "mauvais-secret" not in str(refused.value) + repr(connector)


@pytest.mark.parametrize(
    ("status", "kind", "named"),
    [
        (400, "invalid_parameter", Malformed),
        (401, "invalid_token", Unauthorized),
        (403, "access_forbidden", Unauthorized),
        (403, "quota_exceeded", RateLimited),
        (400, "rate_limit_exceeded", RateLimited),
        (404, "not_found", NotFound),
        (200, "not_found", Malformed),
    ],
)
async def test_an_error_is_named_by_what_to_do_next(
    ready: Bench, status: int, kind: str, named: type[ConnectorError]
) -> None:
    body = refusal(status, kind, "GET /videos?search=CHU").body
    assert isinstance(body, bytes)
    ready.network.faults.extend([Fault(status=status, body=body)] * 5)
    with pytest.raises(named) as refused:
        await ready.poll()
    assert "CHU" not in str(refused.value)
    if named is not RateLimited:
        assert kind in str(refused.value)


async def test_a_quota_without_a_word_of_when_doubles_the_wait(ready: Bench) -> None:
    body = refusal(403, "quota_exceeded").body
    assert isinstance(body, bytes)
    connector, waits = ready.connector(), []
    for _ in range(9):
        ready.network.faults.append(Fault(status=403, body=body))
        with pytest.raises(RateLimited) as refused:
            await ready.poll(connector)
        waits.append(refused.value.retry_after)
    assert waits[:3] == [timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=4)]
    assert waits[-1] == timedelta(hours=1)
    await ready.poll(connector)
    ready.network.faults.append(Fault(status=403, body=body))
    with pytest.raises(RateLimited) as refused:
        await ready.poll(connector)
    assert refused.value.retry_after == timedelta(minutes=1)


async def test_a_profile_that_is_not_there_hides_no_other_list(ready: Bench) -> None:
    new = ready.network.publish(2)
    connector = ready.connector(profiles=["personne"])
    pages = await ready.poll(connector)
    assert sorted(ids(pages)) == sorted(new)
    assert sum(len(page.gaps) for page in pages) == 1
    assert not sum(len(page.gaps) for page in await ready.poll(connector))


async def test_what_cannot_be_seen_is_said(ready: Bench) -> None:
    connector = ready.connector()
    assert isinstance(connector, Refreshing) and isinstance(connector, PartlyBlind)
    assert list(connector.unseen()) == [Unseen.INSTANT]
    assert Unseen.ELSEWHERE in ready.connector(**PROFILE_ONLY).unseen()
    assert Unseen.ELSEWHERE in ready.connector(Watched()).unseen()


def test_the_hosts_are_those_of_the_api_and_of_its_tokens() -> None:
    settings = DailymotionSettings.model_validate(LOGIN)
    assert settings.base_url == "https://api.dailymotion.com"
    assert settings.v2 == "https://api.dailymotion.com/v2"
    assert settings.tokens == "https://oauth2.dailymotion.com/v2/token"
    other = settings.model_copy(update={"base_url": "http://127.0.0.1:8080"})
    assert other.tokens == "http://127.0.0.1:8080/v2/token"
    assert SECRET not in repr(settings)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"api_key": KEY}, "come together"),
        ({"profiles": ["CHU de Valmont"]}, "profile"),
        ({"fields": {"vues": "views_total"}}, "should map"),
        ({"page_size": 101}, "less than or equal to 100"),
        ({"profile_api": "v3"}, "v2"),
        ({"jamais_vu": 1}, "Extra inputs"),
    ],
)
def test_settings_say_what_would_be_right(keys: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        DailymotionSettings.model_validate({"profiles": [PROFILE], **keys})


async def test_a_refusal_of_everything_is_raised_beside_the_audience(ready: Bench) -> None:
    body = refusal(403, "access_forbidden").body
    assert isinstance(body, bytes)
    ready.network.faults.extend([Fault(status=403, body=body)] * 20)
    with pytest.raises(Unauthorized):
        await ready.poll(profiles=[PROFILE], audience=True)
