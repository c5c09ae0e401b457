"""Logging in without a browser, and staying logged in: codes, devices, renewals, refusals."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp import web

from connectors.connector import Malformed, Unauthorized, Unavailable
from connectors.http import HttpClient
from connectors.oauth import (
    Bearer,
    OAuthClient,
    ask_token,
    begin_consent,
    begin_device,
    exchange,
    poll_device,
    renew,
)
from connectors.tokens import MemoryTokens, Token
from tests.connectors.http_site import Site, client
from tests.networks.standin import Fault

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
REDIRECT = "http://localhost:8788/"


@dataclass
class Door:
    """A network's token endpoint."""

    site: Site
    forms: list[dict[str, str]] = field(default_factory=list)
    headers: list[Any] = field(default_factory=list)
    answer: dict[str, Any] = field(
        default_factory=lambda: {
            "access_token": "fresh",
            "refresh_token": "again",
            "expires_in": 3600,
            "refresh_token_expires_in": 31536000,
        }
    )
    status: int = 200

    def __post_init__(self) -> None:
        self.site.pages["/token"] = self._token
        self.site.pages["/device"] = self._device

    @property
    def client(self) -> OAuthClient:
        return OAuthClient(
            client_id="valmont",
            client_secret="confidentiel",
            token_url=f"{self.site.base_url}/token",
            authorize_url="https://reseau.example/oauth",
            device_url=f"{self.site.base_url}/device",
            scopes=("reviews", "profile"),
            pkce=True,
            extra={"access_type": "offline"},
        )

    async def _token(self, request: web.Request) -> web.Response:
        self.forms.append({k: str(v) for k, v in (await request.post()).items()})
        self.headers.append(request.headers)
        return web.json_response(self.answer, status=self.status)

    async def _device(self, _request: web.Request) -> web.Response:
        return web.json_response(
            {
                "device_code": "long",
                "user_code": "WDJB-MJHT",
                "verification_url": "https://reseau.example/device",
                "expires_in": 1800,
                "interval": 5,
            }
        )


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    async with Site().serving() as site:
        yield Door(site)


@pytest.fixture
async def http() -> AsyncIterator[HttpClient]:
    async with client() as opened:
        yield opened


async def test_a_code_brought_back_by_hand_becomes_a_token(door: Door, http: HttpClient) -> None:
    consent = begin_consent(door.client, REDIRECT)
    asked = {k: v[0] for k, v in parse_qs(urlsplit(consent.url).query).items()}
    assert asked["redirect_uri"] == REDIRECT
    assert asked["scope"] == "reviews profile"
    assert asked["access_type"] == "offline"
    assert asked["code_challenge_method"] == "S256"
    pasted = f"  {REDIRECT}?code=4%2F0Ab&state={asked['state']}&scope=x#_=_ "
    token = await exchange(http, door.client, consent, consent.code_of(pasted), NOON)
    assert token.access == "fresh"
    assert token.expires_at == NOON + timedelta(hours=1)
    (form,) = door.forms
    assert form["code"] == "4/0Ab"
    assert form["code_verifier"] not in consent.url
    assert form["client_secret"] == "confidentiel"


async def test_a_network_may_call_the_client_otherwise(door: Door, http: HttpClient) -> None:
    key = replace(door.client, id_name="client_key")
    door.answer = {"access_token": "fresh", "expires_in": 86_400, "refresh_expires_in": 172_800}
    consent = begin_consent(key, REDIRECT)
    asked = parse_qs(urlsplit(consent.url).query)
    assert asked["client_key"] == ["valmont"] and "client_id" not in asked
    token = await exchange(http, key, consent, "code", NOON)
    (form,) = door.forms
    assert form["client_key"] == "valmont" and "client_id" not in form
    assert token.refresh_expires_at == NOON + timedelta(days=2)


@pytest.mark.parametrize(
    "pasted",
    [
        f"{REDIRECT}?code=x&state=another",
        f"{REDIRECT}?error=access_denied&state=s",
        f"{REDIRECT}?state=",
    ],
)
async def test_an_answer_that_is_no_consent_of_ours_is_refused(door: Door, pasted: str) -> None:
    with pytest.raises(Unauthorized):
        begin_consent(door.client, REDIRECT).code_of(pasted)


def test_a_bare_code_is_taken_as_it_is() -> None:
    client = OAuthClient(
        client_id="a", token_url="https://a.example/t", authorize_url="https://a.example"
    )
    assert begin_consent(client, REDIRECT).code_of(" 4/0Ab ") == "4/0Ab"


async def test_a_login_by_device_waits_for_the_person(door: Door, http: HttpClient) -> None:
    consent = await begin_device(http, door.client, NOON)
    assert (consent.user_code, consent.interval) == ("WDJB-MJHT", 5.0)
    given, door.answer = door.answer, {"error": "authorization_pending"}
    door.status = 400
    assert await poll_device(http, door.client, consent, NOON) is None
    door.answer, door.status = given, 200
    token = await poll_device(http, door.client, consent, NOON)
    assert token is not None
    assert token.access == "fresh"
    door.answer, door.status = {"error": "access_denied"}, 403
    with pytest.raises(Unauthorized, match="access_denied"):
        await poll_device(http, door.client, consent, NOON)


async def test_a_renewal_without_a_new_refresh_token_keeps_the_old_one(
    door: Door, http: HttpClient
) -> None:
    door.answer = {"access_token": "next", "expires_in": "3600"}
    old = Token(access="old", refresh="keep", refresh_expires_at=NOON + timedelta(days=9))
    token = await renew(http, door.client, old, NOON)
    assert (token.access, token.refresh) == ("next", "keep")
    assert token.refresh_expires_at == NOON + timedelta(days=9)
    assert token.expires_at == NOON + timedelta(hours=1)


async def test_a_client_may_show_itself_in_a_header(door: Door, http: HttpClient) -> None:
    await renew(http, replace(door.client, basic=True), Token(access="a", refresh="r"), NOON)
    assert door.headers[0]["Authorization"].startswith("Basic ")
    assert "client_secret" not in door.forms[0]


async def test_what_the_endpoint_says_instead_of_a_token_is_named(
    door: Door, http: HttpClient
) -> None:
    old = Token(access="a", refresh="r")
    door.answer, door.status = {"error": "invalid_grant", "error_description": "r is over"}, 400
    with pytest.raises(Unauthorized, match="invalid_grant"):
        await renew(http, door.client, old, NOON)
    door.answer, door.status = {"token_type": "bearer"}, 200
    with pytest.raises(Malformed):
        await renew(http, door.client, old, NOON)
    door.site.faults.append(Fault(status=200, body=b"<html>Connexion</html>"))
    with pytest.raises(Malformed):
        await renew(http, door.client, old, NOON)
    door.site.faults.append(Fault(status=503))
    with pytest.raises(Unavailable):
        await renew(http, door.client, old, NOON)


@dataclass
class Renewals:
    """Counts how often it was asked, and gives another token each time."""

    asked: int = 0
    error: Exception | None = None

    async def __call__(self, token: Token, at: datetime) -> Token:
        self.asked += 1
        await asyncio.sleep(0)
        if self.error is not None:
            raise self.error
        return replace(token, access=f"fresh-{self.asked}", expires_at=at + timedelta(hours=1))


class Now:
    at = NOON

    def __call__(self) -> datetime:
        return self.at


async def test_a_token_is_renewed_once_for_all_and_kept() -> None:
    now, renewals = Now(), Renewals()
    store = MemoryTokens(Token(access="old", expires_at=NOON + timedelta(minutes=2)))
    bearer = Bearer(store, clock=now, renewing=renewals)
    given = await asyncio.gather(*(bearer.token() for _ in range(5)))
    assert set(given) == {"fresh-1"}
    kept = await store.load()
    assert kept is not None
    assert kept.access == "fresh-1"
    assert await bearer.token(instead_of="fresh-1") == "fresh-2"
    assert renewals.asked == 2


async def test_a_renewal_that_fails_before_the_end_leaves_the_token_in_use() -> None:
    renewals = Renewals(error=Unavailable("cut"))
    now = Now()
    store = MemoryTokens(Token(access="old", expires_at=NOON + timedelta(minutes=2)))
    bearer = Bearer(store, clock=now, renewing=renewals)
    assert await bearer.token() == "old"
    now.at += timedelta(minutes=3)
    with pytest.raises(Unavailable):
        await bearer.token()


async def test_renewing_that_fails_is_tried_again_no_sooner_than_wanted() -> None:
    tries: list[datetime] = []
    now = NOON

    async def renewing(token: Token, at: datetime) -> Token:
        tries.append(at)
        raise Unavailable("away")

    ends = NOON + timedelta(days=2, hours=6)
    store = MemoryTokens(Token(access="old", expires_at=ends))
    bearer = Bearer(
        store,
        clock=lambda: now,
        renewing=renewing,
        early=timedelta(days=18),
        every=timedelta(days=1),
    )
    for hours in (0, 1, 23, 24, 30, 48):
        now = NOON + timedelta(hours=hours)
        assert await bearer.token() == "old"
    assert [at - NOON for at in tries] == [timedelta(days=day) for day in (0, 1, 2)]
    now = ends
    with pytest.raises(Unavailable):
        await bearer.token()


async def test_a_token_of_another_application_is_not_used() -> None:
    store = MemoryTokens(Token(access="old", made_for="another"))
    bearer = Bearer(store, clock=Now(), made_for="ours")
    with pytest.raises(Unauthorized, match="listener login"):
        await bearer.token()
    given = Bearer(store, clock=Now(), made_for="ours", given="from the file")
    assert await given.token() == "from the file"


async def test_without_a_way_to_renew_the_end_is_said() -> None:
    now = Now()
    store = MemoryTokens(Token(access="old", expires_at=NOON + timedelta(minutes=2)))
    bearer = Bearer(store, clock=now)
    assert await bearer.token() == "old"
    now.at += timedelta(minutes=2)
    with pytest.raises(Unauthorized, match="listener login"):
        await bearer.token()


def test_nothing_shows_a_token() -> None:
    token = Token(access="s3cret", refresh="s3cret")
    client = OAuthClient(client_id="a", token_url="https://a", client_secret="s3cret")
    assert "s3cret" not in repr(token) + repr(client)


async def test_a_sentence_with_status_200_is_no_refusal(door: Door, http: HttpClient) -> None:
    door.answer = {"error": "try later"}
    with pytest.raises(Malformed):
        await ask_token(http, door.client, {"grant_type": "client_credentials"}, NOON)
