"""Logging in, the Page's own token and its renewal; settings that say what would be right."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.connector import Connector, PartlyBlind, Refreshing, Unauthorized, Unseen
from connectors.facebook import FacebookConnector, FacebookSettings
from connectors.graph import Denied
from connectors.http import HttpClient
from connectors.oauth import LoggingIn, begin_consent, exchange
from connectors.tokens import Expiring, MemoryTokens, Token
from connectors.webhook import Receiving
from tests.connectors.case import NOON, WATCHED, Now
from tests.connectors.facebook.support import EARLIER, Make, drained, read
from tests.networks.facebook import APP_ID, APP_SECRET, PAGE, TOKEN, Facebook

REDIRECT = "https://veille.example/retour"
LOGIN: dict[str, Any] = {"access_token": None, "app_id": APP_ID}


def stored(network_made_for: str, *, days: int) -> Token:
    return Token(
        access=TOKEN,
        refresh="utilisateur-long",
        expires_at=NOON + timedelta(days=days),
        made_for=network_made_for,
    )


def made_for(connector: FacebookConnector) -> str:
    client = connector.oauth()
    assert client is not None
    return client.made_for


async def logged_in(connector: FacebookConnector, http: HttpClient) -> Token:
    client = connector.oauth()
    assert client is not None
    consent = begin_consent(client, REDIRECT)
    code = consent.code_of(f"{REDIRECT}?code=le-code&state={consent.state}#_=_")
    token = await exchange(http, client, consent, code, NOON)
    return await connector.admitted(token)


def test_a_person_is_sent_to_the_dialog_of_the_same_version(make: Make) -> None:
    client = FacebookConnector(
        FacebookSettings.model_validate({"page": PAGE, "app_id": APP_ID, "app_secret": "s"}),
        http=HttpClient(),
        watched=WATCHED,
        clock=Now(),
    ).oauth()
    assert client is not None and client.authorize_url is not None
    consent = begin_consent(client, REDIRECT)
    assert consent.url.startswith("https://www.facebook.com/v25.0/dialog/oauth?")
    assert "pages_read_user_content" in consent.url and "%2Cpages_read_engagement" in consent.url
    assert client.token_url == "https://graph.facebook.com/v25.0/oauth/access_token"


async def test_a_login_ends_in_the_pages_own_token(
    make: Make, http: HttpClient, network: Facebook, tokens: MemoryTokens
) -> None:
    connector = make(**LOGIN)
    assert isinstance(connector, LoggingIn) and isinstance(connector, Expiring)
    token = await logged_in(connector, http)
    assert token.access == TOKEN
    assert token.expires_at == NOON + timedelta(days=60)
    assert [form["grant_type"] for form in network.exchanges] == [
        "authorization_code",
        "fb_exchange_token",
    ]
    await tokens.save(token)
    network.post(at=EARLIER)
    assert len(await read(make(**LOGIN))) == 1
    assert await connector.access_ends_at() == NOON + timedelta(days=60)
    assert TOKEN not in repr(token) and "utilisateur" not in repr(token)


async def test_secrets_never_stand_in_an_address(
    make: Make, http: HttpClient, network: Facebook
) -> None:
    await logged_in(make(**LOGIN), http)
    asked = " ".join(str(request.url) for request in network.requests)
    assert APP_SECRET not in asked and "utilisateur" not in asked and TOKEN not in asked


async def test_somebody_without_a_role_on_the_page_is_told_so(
    make: Make, http: HttpClient, network: Facebook
) -> None:
    network.token = None  # type: ignore[assignment]
    with pytest.raises(Denied, match="no role on this Page"):
        await logged_in(make(**LOGIN), http)


async def test_nobody_logged_in_yet(make: Make, network: Facebook) -> None:
    with pytest.raises(Unauthorized, match="listener login"):
        await drained(make(**LOGIN).poll({}))
    assert network.requests == []


async def test_a_login_is_renewed_more_than_two_weeks_before_it_ends(
    make: Make, network: Facebook, tokens: MemoryTokens, now: Now
) -> None:
    connector = make(**LOGIN)
    await tokens.save(stored(made_for(connector), days=20))
    await read(connector)
    assert network.exchanges == []
    now.at += timedelta(days=7)
    await read(connector)
    (form,) = network.exchanges
    assert form["fb_exchange_token"] == "utilisateur-long"
    assert await connector.access_ends_at() == now.at + timedelta(days=60)


async def test_a_renewal_that_fails_is_tried_once_a_day_while_the_token_holds(
    make: Make, network: Facebook, tokens: MemoryTokens, now: Now
) -> None:
    connector = make(**LOGIN)
    kept = stored(made_for(connector), days=5)
    await tokens.save(Token(access=TOKEN, refresh="mort", expires_at=kept.expires_at,
                            made_for=kept.made_for))  # fmt: skip
    network.post(at=EARLIER)
    assert len(await read(connector)) == 1
    assert len(network.exchanges) == 1
    now.at += timedelta(days=2)
    await read(connector)
    assert len(network.exchanges) == 2
    assert await connector.access_ends_at() == kept.expires_at


async def test_a_login_that_ends_while_renewals_fail_is_named_so(
    make: Make, network: Facebook, tokens: MemoryTokens, now: Now
) -> None:
    connector = make(**LOGIN)
    await tokens.save(
        Token(access=TOKEN, refresh="mort", expires_at=NOON + timedelta(hours=6),
              made_for=made_for(connector))
    )  # fmt: skip
    await read(connector)
    now.at += timedelta(hours=7)
    with pytest.raises(Unauthorized):
        await drained(connector.poll({}))


async def test_a_secret_that_does_not_fit_is_named(make: Make, network: Facebook) -> None:
    with pytest.raises(Unauthorized, match="app_secret"):
        await drained(make(app_secret="un-autre", verify_token=None).poll({}))


async def test_a_login_that_ended_asks_for_a_person(
    make: Make, network: Facebook, tokens: MemoryTokens
) -> None:
    connector = make(**LOGIN)
    await tokens.save(Token(access=TOKEN, expires_at=NOON, made_for=made_for(connector)))
    with pytest.raises(Unauthorized, match="listener login"):
        await drained(connector.poll({}))


async def test_a_token_of_another_application_is_not_used(
    make: Make, network: Facebook, tokens: MemoryTokens
) -> None:
    await tokens.save(stored("une-autre", days=30))
    with pytest.raises(Unauthorized):
        await drained(make(**LOGIN).poll({}))


async def test_a_configured_token_says_no_end_and_offers_no_login(make: Make) -> None:
    connector = make()
    assert connector.oauth() is None
    assert await connector.access_ends_at() is None
    with pytest.raises(Unauthorized):
        await connector.admitted(Token(access="x"))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"page": "https://www.facebook.com/chuvalmont"}, "facebook.com/NAME"),
        ({"page": "x", "access_token": "t", "version": "25"}, "v25.0"),
        ({"page": "x", "access_token": "t", "app_id": "1"}, "app_secret"),
        ({"page": "x", "access_token": "t", "verify_token": "v"}, "app_secret"),
        ({"page": "x"}, "listener login"),
        ({"page": "x", "access_token": "t", "peers": ["a/b"]}, "facebook.com/NAME"),
        ({"page": "x", "access_token": "t", "page_size": 500}, "100"),
    ],
)
def test_wrong_settings_say_what_would_be_right(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        FacebookSettings.model_validate(settings)


@pytest.mark.parametrize(
    ("settings", "api"),
    [
        ({}, "https://graph.facebook.com/v25.0"),
        ({"version": "v26.0"}, "https://graph.facebook.com/v26.0"),
        ({"base_url": "http://127.0.0.1:9/v19.0/"}, "http://127.0.0.1:9/v19.0"),
        ({"base_url": "http://127.0.0.1:9"}, "http://127.0.0.1:9/v25.0"),
        ({"base_url": "http://127.0.0.1:9", "version": "v27.0"}, "http://127.0.0.1:9/v27.0"),
    ],
)
def test_the_version_is_pinned_in_the_address(settings: dict[str, Any], api: str) -> None:
    chosen = FacebookSettings.model_validate({"page": PAGE, "access_token": "t", **settings})
    assert chosen.api == api


def test_it_says_what_it_can_do_and_what_it_cannot_see(make: Make) -> None:
    connector = make()
    for protocol in (Refreshing, PartlyBlind, Receiving):
        assert isinstance(connector, protocol)
    read_by: Connector = connector
    assert read_by.name == "facebook"
    assert set(connector.unseen()) == {Unseen.ELSEWHERE}
    blind = make(verify_token=None, comments=False, ratings=False).unseen()
    assert {Unseen.PUSHED, Unseen.INSTANT, Unseen.COMMENTS, Unseen.REVIEWS} < set(blind)
    assert TOKEN not in repr(connector) and APP_SECRET not in repr(connector)
