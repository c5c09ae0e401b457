from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta

import aiohttp
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from listener.web.slack import MAX_BODY, PATH, SlackHook, is_signed
from tests.listener.alerts import AT
from tests.listener.pressing import (
    Desk,
    alert_with_buttons,
    door_to,
    posted,
    settings_for,
    until,
)
from tests.networks.slack import SlackApi
from tests.networks.slack_live import SIGNING_SECRET, signed

NOW = AT.timestamp()


@pytest.fixture
async def api():
    async with SlackApi().serving() as serving:
        yield serving


@pytest.fixture
def desk():
    return Desk()


@pytest.fixture
async def door(api, desk):
    opened = door_to(desk, settings_for(api.api_url, app_token=None))
    yield opened
    await opened.close()


@pytest.fixture
async def call(door):
    """Calls as Slack would; gives back the status."""
    async with serving(SlackHook(lambda: door)) as url, aiohttp.ClientSession() as session:

        async def asked(body: bytes, headers: dict[str, str]) -> int:
            async with session.post(url, data=body, headers=headers) as answer:
                return answer.status

        yield asked


class serving:
    """One hook on a port of its own; its address is known inside."""

    def __init__(self, hook: SlackHook) -> None:
        application = web.Application(client_max_size=1024 * 1024)
        application.add_routes(hook.routes())
        self._runner = web.AppRunner(application)

    async def __aenter__(self) -> str:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}{PATH}"

    async def __aexit__(self, *raised: object) -> None:
        await self._runner.cleanup()


@pytest.fixture
async def payload(api):
    return api.live.payload(await posted(api, alert_with_buttons()), "listener:acknowledge")


async def test_a_signed_call_is_answered_at_once_and_acted_on(api, desk, call, payload):
    desk.free.clear()
    assert await call(*signed(payload, at=NOW)) == 200
    desk.free.set()
    await until(lambda: api.live.whispers)

    assert [request.person for request in desk.asked] == ["camille"]
    assert "Camille Roy takes care of it" in api.live.whispers[0].text


async def test_a_call_that_is_played_again_acts_once(api, desk, call, payload):
    body, headers = signed(payload, at=NOW)
    assert [await call(body, headers) for _ in range(3)] == [200, 200, 200]
    await until(lambda: api.live.whispers)

    assert len(desk.asked) == 1


@pytest.mark.parametrize("seconds", [-301, 301, -(10**9), 10**9])
async def test_a_call_of_another_time_is_refused(desk, call, payload, seconds):
    assert await call(*signed(payload, at=NOW + seconds)) == 403
    assert desk.asked == []


async def test_a_call_that_slack_did_not_sign_is_refused_and_told_once(desk, call, payload, caplog):
    body, headers = signed(payload, at=NOW)
    wrong = [
        signed(payload, at=NOW, secret="another")[1],
        headers | {"X-Slack-Signature": "v0="},
        headers | {"X-Slack-Signature": "v0=é"},
        headers | {"X-Slack-Request-Timestamp": f"{NOW + 1:.0f}"},
        headers | {"X-Slack-Request-Timestamp": "now"},
        {k: v for k, v in headers.items() if k != "X-Slack-Signature"},
        {k: v for k, v in headers.items() if k != "X-Slack-Request-Timestamp"},
    ]
    assert {await call(body, each) for each in wrong} == {403}
    assert await call(body + b"&x=1", headers) == 403
    assert desk.asked == []
    assert caplog.text.count("slack.refused_call") == 1


@pytest.mark.parametrize(
    "body", [b"", b"payload=", b"payload=%7B", b"\xff=1", b"payload=1&payload=2"]
)
async def test_a_signed_call_without_sense_is_refused(desk, call, body):
    assert await call(body, resigned(body)) == 400
    assert desk.asked == []


async def test_a_body_without_end_is_refused_unread(desk, call):
    assert await call(b"x" * (MAX_BODY + 1), resigned(b"")) == 413


async def test_another_kind_of_interaction_is_answered_and_left_alone(desk, call):
    assert await call(*signed({"type": "view_closed"}, at=NOW)) == 200
    assert desk.asked == []


async def test_without_a_signing_secret_there_is_no_such_door(api, desk, payload):
    door = door_to(desk, settings_for(api.api_url, signing_secret=None))
    for hook in (SlackHook(lambda: door), SlackHook(lambda: None)):
        async with serving(hook) as url, aiohttp.ClientSession() as session:
            body, headers = signed(payload, at=NOW)
            async with session.post(url, data=body, headers=headers) as answer:
                assert answer.status == 404
            async with session.get(url) as answer:
                assert answer.status == 405
    await door.close()
    assert desk.asked == []


def resigned(body: bytes) -> dict[str, str]:
    """Headers with a signature that is right for a body of whatever kind."""
    base = f"v0:{NOW:.0f}:".encode() + body
    signature = hmac.new(SIGNING_SECRET.encode(), base, hashlib.sha256).hexdigest()
    return signed({}, at=NOW)[1] | {"X-Slack-Signature": f"v0={signature}"}


def test_slacks_own_example_is_recognised():
    """The worked example of Slack's page on signatures."""
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow"
        b"&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner"
        b"&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands"
        b"%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
        b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    signature = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
    at = AT.fromtimestamp(1531420618, AT.tzinfo)
    given = {"timestamp": "1531420618", "signature": signature}

    assert is_signed(SIGNING_SECRET, body, at=at, **given)
    assert is_signed(SIGNING_SECRET, body, at=at + timedelta(minutes=5), **given)
    assert not is_signed(SIGNING_SECRET, body, at=at + timedelta(minutes=5, seconds=1), **given)


@given(st.text(), st.text(), st.binary())
def test_nothing_thrown_at_the_signature_passes_or_breaks_it(timestamp, signature, body):
    assert not is_signed(SIGNING_SECRET, body, timestamp=timestamp, signature=signature, at=AT)
    sent = f"{NOW:.0f}"
    assert not is_signed(SIGNING_SECRET, body, timestamp=sent, signature=signature, at=AT)
