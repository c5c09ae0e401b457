from __future__ import annotations

import asyncio

import pytest

from connectors.policy import NetworkPolicy
from listener.config.load import parse
from listener.notifiers import slack_client
from listener.notifiers.base import DeliveryError
from listener.notifiers.slack_client import SlackClient
from listener.workflows.outgoing import outgoing
from tests.listener.pressing import settings_for
from tests.networks.slack import CHANNEL, TOKEN, SlackApi
from tests.networks.slack_live import APP_TOKEN, SIGNING_SECRET
from tests.networks.standin import Fault

ANSWER = {"response_type": "ephemeral", "text": "Done."}


@pytest.fixture
async def api():
    async with SlackApi().serving() as serving:
        yield serving


@pytest.fixture
async def client(api):
    opened = SlackClient(settings_for(api.api_url), network=NetworkPolicy())
    yield opened
    await opened.close()


@pytest.mark.parametrize(
    "elsewhere",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://localhost:{port}/actions/x",
        "http://127.0.0.1:1/actions/x",
        "https://127.0.0.1:{port}/actions/x",
        "http://hooks.127.0.0.1.evil.example/",
        "http://127.0.0.1:{port}@evil.example/",
        "http://somebody@127.0.0.1:{port}/actions/x",
        "file:///etc/passwd",
        "//127.0.0.1:{port}/actions/x",
        "http://[::1/",
        "not an address",
        "",
    ],
)
async def test_an_answer_goes_to_slack_alone_whatever_address_is_given(api, client, elsewhere):
    port = api.base_url.rpartition(":")[2]
    with pytest.raises(DeliveryError, match="response_url") as caught:
        await client.respond(elsewhere.format(port=port), ANSWER)

    assert caught.value.permanent
    assert api.requests == []


async def test_an_answer_follows_nobody_elsewhere(api, client):
    api.faults.append(Fault(status=307, headers={"Location": f"{api.base_url}/stored"}))
    with pytest.raises(DeliveryError, match="307"):
        await client.respond(api.live.response_url("U0CAMILLE1", CHANNEL), ANSWER)

    assert len(api.requests) == 1


async def test_an_answers_address_wears_out(api, client):
    address = api.live.response_url("U0CAMILLE1", CHANNEL)
    for _ in range(5):
        await client.respond(address, ANSWER)
    with pytest.raises(DeliveryError, match="404") as caught:
        await client.respond(address, ANSWER)

    assert caught.value.permanent and len(api.live.whispers) == 5


@pytest.mark.parametrize(
    "url", ["", "ws://", "file:///etc/passwd", "https://slack.example/", "ws:///link"]
)
async def test_a_socket_is_opened_at_an_address_that_is_one(api, client, url):
    body = f'{{"ok": true, "url": "{url}"}}'.encode()
    api.faults.append(Fault(status=200, body=body, headers={"Content-Type": "application/json"}))
    with pytest.raises(DeliveryError, match="no socket's address"):
        await client.socket_url()


async def test_a_sockets_address_opens_one_connection(api, client):
    url = await client.socket_url()
    socket = await client.connect(url)
    with pytest.raises(DeliveryError, match="answered 408") as caught:
        await client.connect(url)
    await socket.close()

    assert "ticket" not in str(caught.value) and not caught.value.permanent


async def test_a_socket_outlives_the_patience_for_a_call(api, client, monkeypatch):
    monkeypatch.setattr(slack_client, "TIMEOUT", 0.2)
    socket = await client.connect(await client.socket_url())
    assert (await socket.receive_json())["type"] == "hello"
    await asyncio.sleep(0.4)
    await api.live.disconnect()

    assert (await socket.receive_json())["type"] == "disconnect"
    await socket.close()


async def test_a_wrong_token_opens_no_socket(api, client):
    api.app_token = "xapp-another"
    with pytest.raises(DeliveryError, match="invalid_auth") as caught:
        await client.socket_url()
    assert caught.value.permanent


def test_the_firewall_is_asked_for_every_host_that_buttons_need():
    slack = {"token": {"env": "BOT"}, "channel": CHANNEL}
    alone = {"slack.com"}
    answering = alone | {"hooks.slack.com"}
    assert hosts_of(slack) == alone
    assert hosts_of(slack | {"signing_secret": {"env": "SIGNING"}}) == answering
    assert hosts_of(slack | {"app_token": {"env": "APP"}}) == answering | {
        "wss-primary.slack.com",
        "wss-backup.slack.com",
    }


def hosts_of(slack: dict[str, object]) -> set[str]:
    document = {
        "hospital": {"name": "CHU de Valmont"},
        "watch": [{"id": "chu", "kind": "hospital", "names": ["CHU de Valmont"]}],
        "alerts": {"critical": ["console"], "warning": ["console"], "fallback": "console"},
        "slack": slack,
    }
    config = parse(document, environ={"BOT": TOKEN, "APP": APP_TOKEN, "SIGNING": SIGNING_SECRET})
    return {found.host for found in outgoing(config)}
