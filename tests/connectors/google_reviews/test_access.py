"""Logins that renew themselves, places that are asked for, and refusals by their next move."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import ValidationError

from connectors.connector import RateLimited, Unauthorized
from connectors.google_reviews import GoogleReviewsSettings
from connectors.http import NotFound
from connectors.oauth import LoggingIn, begin_consent
from connectors.tokens import Expiring, Token
from tests.connectors.google_reviews.support import OWN, PEERS, Desk, ids
from tests.networks.google_reviews import ACCOUNT, CLIENT, LOCATION, NAME, REFRESH, SECRET
from tests.networks.standin import Fault


async def test_the_configured_refresh_token_is_exchanged_once_and_the_access_kept(
    desk: Desk,
) -> None:
    new = desk.network.publish(2)
    assert sorted(ids(await desk.poll())) == new
    await desk.poll()
    assert desk.network.renewals == 1
    desk.now.at += timedelta(hours=2)
    await desk.poll()
    assert desk.network.renewals == 2, "an access lasts an hour"


async def test_an_access_that_google_withdraws_is_renewed_at_once(desk: Desk) -> None:
    await desk.poll()
    desk.network.token = "un-autre-jeton"
    new = desk.network.publish(1)
    assert ids(await desk.poll()) == new
    assert desk.network.renewals == 2


async def test_a_login_that_has_ended_asks_for_a_person(desk: Desk) -> None:
    with pytest.raises(Unauthorized) as refused:
        await desk.poll(refresh_token="perime")
    assert "perime" not in str(refused.value) and "invalid_grant" in str(refused.value)
    with pytest.raises(Unauthorized, match="listener login"):
        await desk.poll(refresh_token=None)


async def test_an_operator_is_led_to_google_s_own_page_for_offline_access(desk: Desk) -> None:
    connector = desk.connector(base_url="https://mybusiness.googleapis.com/v4")
    assert isinstance(connector, LoggingIn) and isinstance(connector, Expiring)
    client = connector.oauth()
    assert client is not None
    page = urlsplit(begin_consent(client, "https://localhost/").url)
    assert (page.netloc, page.path) == ("accounts.google.com", "/o/oauth2/v2/auth")
    asked = {name: values[0] for name, values in parse_qs(page.query).items()}
    assert asked["access_type"] == "offline" and asked["prompt"] == "consent"
    assert asked["scope"] == "https://www.googleapis.com/auth/business.manage"
    assert asked["code_challenge_method"] == "S256"
    assert client.token_url == "https://oauth2.googleapis.com/token"
    assert SECRET not in page.query and SECRET not in repr(client)


async def test_a_login_without_a_refresh_token_is_not_admitted(desk: Desk) -> None:
    connector = desk.connector()
    with pytest.raises(Unauthorized, match="no refresh token"):
        await connector.admitted(Token(access="a"))
    whole = Token(access="a", refresh="r")
    assert await connector.admitted(whole) == whole


async def test_an_application_in_testing_tells_when_its_access_ends(desk: Desk) -> None:
    connector = desk.connector()
    assert await connector.access_ends_at() is None
    client = connector.oauth()
    assert client is not None
    ends = desk.now.at + timedelta(days=7)
    given = Token(access="a", refresh="r", refresh_expires_at=ends, made_for=client.made_for)
    await desk.tokens.save(given)
    assert await connector.access_ends_at() == ends


async def test_without_an_account_every_place_of_the_login_is_read(desk: Desk) -> None:
    new = desk.network.publish(2)
    options = {"account": None, "locations": ()}
    assert sorted(ids(await desk.poll(**options))) == new
    assert len(desk.network.calls("/v1/accounts")) == 1
    await desk.poll(**options)
    assert len(desk.network.calls("/v1/accounts")) == 1, "places are asked for once a day"
    desk.now.at += timedelta(hours=25)
    await desk.poll(**options)
    assert len(desk.network.calls("/v1/accounts")) == 2


async def test_places_that_may_not_be_listed_are_read_by_their_numbers(desk: Desk) -> None:
    new = desk.network.publish(1)
    desk.network.faults.extend([None, Fault(status=403)])
    (review,) = (m for page in await desk.poll() for m in page.mentions)
    assert [review.external_id] == new and review.url is None


async def test_a_lost_place_is_named_and_stops_no_other(desk: Desk) -> None:
    desk.network.lost = True
    with pytest.raises(NotFound):
        await desk.poll(audience=False)
    pages = await desk.poll(**OWN, **PEERS, audience=True)
    assert [g.reason for page in pages for g in page.gaps] == [
        "google_reviews.reviews: not there (NOT_FOUND)"
    ]
    assert any(page.audiences for page in pages)


async def test_other_places_are_read_while_the_login_is_refused(desk: Desk) -> None:
    options = {**OWN, **PEERS, "account": None, "locations": (), "refresh_token": "perime"}
    pages = await desk.poll(**options, audience=True)
    assert any(page.audiences for page in pages) and any(page.gaps for page in pages)


async def test_a_project_without_quota_is_told_to_wait_for_its_approval(desk: Desk) -> None:
    desk.network.without_quota = True
    with pytest.raises(Unauthorized, match="not approved"):
        await desk.poll()


async def test_a_quota_that_is_spent_is_waited_for(desk: Desk) -> None:
    await desk.poll()
    desk.network.quota = 0
    with pytest.raises(RateLimited):
        await desk.poll()


async def test_a_page_token_that_is_no_longer_known_begins_that_list_again(desk: Desk) -> None:
    new = desk.network.publish(120)
    given: list[str] = []
    async for page in desk.connector().poll({}):
        given += ids([page])
        desk.cursors[page.feed] = page.cursor or {}
        if page.mentions:
            break
    feed = next(name for name in desk.cursors if name.startswith("reviews"))
    desk.cursors[feed]["walk"]["token"] = "perdu"
    given += ids(await desk.poll())
    assert sorted(given) == sorted(new)


async def test_secrets_stay_out_of_addresses_cursors_and_reprs(desk: Desk) -> None:
    desk.network.publish(2)
    pages = await desk.poll(**OWN, **PEERS)
    connector = desk.connector(**OWN, **PEERS)
    told = [str(request.url) for request in desk.network.requests]
    told += [repr(pages), repr(desk.cursors), repr(connector._settings), repr(connector.budgets())]
    for secret in (SECRET, REFRESH, desk.network.token, str(PEERS["places_key"])):
        assert not any(secret in text for text in told)
    assert not any(ACCOUNT in feed or NAME in feed for feed in desk.cursors)


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"client_id": CLIENT},
        {"client_id": CLIENT, "client_secret": SECRET, "locations": ("1",)},
        {"client_id": CLIENT, "client_secret": SECRET, "account": "accounts/1/locations/2"},
        {"peers": ("ChIJ",)},
        {"places_key": "k"},
        {**PEERS, "keep_peer_reviews": "31d"},
        {**OWN, **PEERS, "peer_reviews": True},
        {**PEERS, "inconnu": True},
    ],
)
def test_a_configuration_that_cannot_work_is_refused(told: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        GoogleReviewsSettings.model_validate(told)


def test_names_may_be_given_whole() -> None:
    told = {**OWN, "account": "accounts/12", "locations": ("locations/34",)}
    settings = GoogleReviewsSettings.model_validate(told)
    assert (settings.account, settings.locations) == ("12", ("34",))


async def test_a_place_whose_number_is_wrong_is_not_silence(desk: Desk) -> None:
    desk.network.publish(1)
    with pytest.raises(NotFound):
        await desk.poll(locations=("123",))
    pages = await desk.poll(locations=("123", LOCATION))
    assert len(ids(pages)) == 1
    assert [gap.reason for page in pages for gap in page.gaps], "told, while the other is read"


async def test_a_login_that_manages_no_place_is_told(desk: Desk) -> None:
    desk.network.faults.extend([None, Fault(status=200, body=b"{}")])  # the token, the places
    with pytest.raises(Unauthorized, match="no place"):
        await desk.poll(locations=())
