from __future__ import annotations

import asyncio
import json
import logging

import pytest
from pydantic import SecretStr

from connectors.policy import NetworkPolicy
from listener.app import slack_socket
from listener.domain.action import Action, Reason
from listener.domain.incident import State
from tests.listener.alerts import AT
from tests.listener.pressing import (
    CAMILLE,
    LEA,
    STRANGER,
    Desk,
    alert_with_buttons,
    door_to,
    listening,
    posted,
    settings_for,
    until,
)
from tests.networks.proxy import ForwardProxy, PrivateAuthority
from tests.networks.slack import CHANNEL, SlackApi

ACKNOWLEDGE, DISMISS = "listener:acknowledge", "listener:dismiss"


@pytest.fixture
async def api():
    async with SlackApi().serving() as serving:
        yield serving


@pytest.fixture
def desk():
    return Desk()


@pytest.fixture
async def socket(api, desk):
    async with listening(door_to(desk, settings_for(api.api_url))) as running:
        await api.live.connected()
        yield running


@pytest.fixture
async def alert(api):
    return await posted(api, alert_with_buttons())


async def test_a_press_acts_once_and_who_pressed_is_told_and_nobody_else(api, desk, socket, alert):
    await api.live.press(alert, ACKNOWLEDGE)
    await until(lambda: api.live.whispers)

    (request,) = desk.asked
    assert (request.incident, request.action, request.person) == (12, "acknowledge", "camille")
    (whisper,) = api.live.whispers
    assert (whisper.user, whisper.channel) == (CAMILLE, CHANNEL)
    assert whisper.text.startswith("Incident 12: Camille Roy takes care of it since ")
    assert len(api.messages) == 1
    assert socket.door.deaf_since is None


async def test_a_false_alarm_brings_its_reason(api, desk, socket, alert):
    await api.live.press(alert, DISMISS, option="harmless")
    await until(lambda: desk.asked)

    (request,) = desk.asked
    assert (request.action, request.reason) == (Action.DISMISS, Reason.HARMLESS)


async def test_what_somebody_handles_is_closed_from_its_message(api, desk, socket):
    handled = await posted(api, alert_with_buttons(State.ACKNOWLEDGED))
    await api.live.press(handled, "listener:resolve")
    await until(lambda: desk.asked)

    assert desk.asked[0].action is Action.RESOLVE


async def test_a_stranger_is_told_that_nothing_was_done(api, desk, socket, alert):
    await api.live.press(alert, ACKNOWLEDGE, user=STRANGER)
    await until(lambda: api.live.whispers)

    assert desk.asked[0].person is None
    assert "not among those on call" in api.live.whispers[0].text
    assert api.live.whispers[0].user == STRANGER


async def test_a_name_formats_nothing_in_slack(api, desk, socket, alert):
    await api.live.press(alert, ACKNOWLEDGE, user=LEA)
    await until(lambda: api.live.whispers)

    assert "Léa &lt;Morvan&gt;" in api.live.whispers[0].text


async def test_slack_is_answered_before_anything_slow_is_done(api, desk, socket, alert):
    desk.free.clear()
    # Each raises AssertionError where nobody acknowledges it within three seconds.
    for user in (CAMILLE, LEA, STRANGER):
        await api.live.press(alert, ACKNOWLEDGE, user=user)
    await until(lambda: len(desk.asked) == 3)
    assert api.live.whispers == []

    desk.free.set()
    await until(lambda: len(api.live.whispers) == 3)


async def test_an_envelope_that_comes_again_acts_once(api, desk, socket, alert):
    payload = api.live.payload(alert, ACKNOWLEDGE)
    envelope = await api.live.deliver(payload)
    await api.live.deliver(payload, envelope=envelope, retry=1)
    await api.live.deliver(payload, retry=2)
    await until(lambda: api.live.whispers)

    assert len(desk.asked) == 1 and len(api.live.acknowledged) == 3
    await api.live.press(alert, ACKNOWLEDGE)
    await until(lambda: len(desk.asked) == 2)


async def test_a_database_that_is_away_is_not_taken_for_done(api, desk, socket, alert, caplog):
    desk.failing = True
    await api.live.press(alert, ACKNOWLEDGE)
    await until(lambda: api.live.whispers)

    assert "assume that nothing was done" in api.live.whispers[0].text
    assert "slack.act_failed incident=12" in caplog.text


async def test_a_press_within_a_thread_is_answered_there(api, desk, socket, alert):
    alert.thread_ts = alert.ts
    await api.live.press(alert, ACKNOWLEDGE)
    await until(lambda: api.live.whispers)

    assert api.live.whispers[0].thread_ts == alert.ts


@pytest.mark.parametrize("address", ["http://169.254.169.254/latest/meta-data/", None])
async def test_an_answer_that_its_address_would_not_take_is_not_lost(
    api, desk, socket, alert, address
):
    payload = api.live.payload(alert, ACKNOWLEDGE)
    await api.live.deliver(payload | {"response_url": address})
    await until(lambda: api.live.whispers)

    assert [w.by for w in api.live.whispers] == ["chat.postEphemeral"]


async def test_a_lost_socket_is_opened_again(api, desk, socket, alert):
    for opened in (2, 3):
        api.live.cut()
        await api.live.connected(opened)
    await api.live.press(alert, ACKNOWLEDGE)
    await until(lambda: desk.asked)


async def test_a_renewal_leaves_no_gap(api, desk, socket, alert, monkeypatch):
    monkeypatch.setattr(slack_socket, "STEADY", 0.0)
    old = api.live.sockets[0]
    await api.live.disconnect("warning")
    await api.live.connected(2)
    assert not old.closed

    # What still comes down the old one is heard, and what comes down the new one too.
    for line in (old, api.live.sockets[-1]):
        payload = api.live.payload(alert, ACKNOWLEDGE)
        await line.send_str(
            json.dumps({"envelope_id": "e", "type": "interactive", "payload": payload})
        )
    await until(lambda: len(desk.asked) == 2)


async def test_an_old_socket_is_left_after_a_while(api, desk, socket, monkeypatch):
    monkeypatch.setattr(slack_socket, "LINGER", 0.05)
    old = api.live.sockets[0]
    await api.live.disconnect("refresh_requested")
    await api.live.connected(2)
    await until(lambda: old.closed and socket.door.deaf_since is None)


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "[]",
        "{",
        "null",
        '{"type":7}',
        '{"type":"interactive","envelope_id":"x","payload":7}',
        '{"type":"interactive","envelope_id":"x","payload":{"type":"block_actions"}}',
        '{"type":"events_api","envelope_id":"x","payload":{"type":"block_actions"}}',
        '{"type":"hello"}',
        "[" * 50_000,
    ],
)
async def test_nonsense_from_the_socket_harms_nothing(api, desk, socket, alert, frame):
    await api.live.sockets[0].send_str(frame)
    await api.live.press(alert, ACKNOWLEDGE)
    await until(lambda: desk.asked)

    assert api.live.opened == 1


async def test_a_socket_that_does_not_greet_is_given_up(api, desk, monkeypatch, caplog):
    monkeypatch.setattr(slack_socket, "HELLO_WITHIN", 0.05)
    api.live.greets = False
    async with listening(door_to(desk, settings_for(api.api_url))) as running:
        await api.live.connected(3)
        assert running.door.deaf_since == AT
    assert caplog.text.count("slack.socket_away error=no hello came") == 1


async def test_a_wrong_token_is_told_once_and_mends(api, desk, caplog, monkeypatch):
    monkeypatch.setattr(slack_socket, "HOPELESS", 5.0)
    caplog.set_level(logging.INFO)
    api.app_token = "xapp-another"
    async with listening(door_to(desk, settings_for(api.api_url))) as running:
        await until(lambda: len(api.requests) >= 2, within=10)
        assert running.door.deaf_since == AT
        api.app_token = "xapp-1-A0VALMONT01-valmont-test-token"
        await api.live.connected()
        await until(lambda: running.door.deaf_since is None)
    assert caplog.text.count("slack.socket_away error=invalid_auth") == 1
    assert caplog.text.count("slack.socket_back") == 1
    assert "xapp-" not in caplog.text and "ticket" not in caplog.text


async def test_what_cannot_be_foreseen_does_not_leave_the_buttons_deaf(api, desk, tmp_path, caplog):
    missing = tmp_path / "ca.pem"
    network = NetworkPolicy(ca_file=missing)
    async with listening(door_to(desk, settings_for(api.api_url), network=network)):
        await until(lambda: "slack.socket_away error=Refused" in caplog.text)
        PrivateAuthority().write(missing)
        await api.live.connected()


async def test_a_process_that_stops_finishes_the_press_in_hand(api, desk, alert):
    desk.free.clear()
    async with listening(door_to(desk, settings_for(api.api_url))):
        await api.live.connected()
        await api.live.press(alert, ACKNOWLEDGE)
        await until(lambda: desk.asked)
        asyncio.get_running_loop().call_later(0.1, desk.free.set)

    assert len(api.live.whispers) == 1


async def test_too_many_presses_at_once_are_not_all_taken(api, desk, socket, alert, caplog):
    desk.free.clear()
    for _ in range(70):
        await api.live.press(alert, ACKNOWLEDGE)
    desk.free.set()

    assert len(desk.asked) == 64
    assert "too many presses at once" in caplog.text


async def test_behind_a_proxy_nothing_else_is_connected_to(desk, tmp_path):
    authority = PrivateAuthority()
    async with SlackApi().serving() as api:
        address = ("127.0.0.1", int(api.base_url.rpartition(":")[2]))
        names = ["slack.example", "wss-primary.slack.example", "hooks.slack.example"]
        api.live.sockets_base = "wss://wss-primary.slack.example"
        api.live.hooks_base = "https://hooks.slack.example"
        proxy = ForwardProxy(dict.fromkeys(names, address), opens_tls=authority)
        async with proxy.serving():
            network = NetworkPolicy(
                proxy=proxy.url,
                proxy_user=proxy.user,
                proxy_password=SecretStr(proxy.password),
                ca_file=authority.write(tmp_path / "ca.pem"),
            )
            alert = await posted(api, alert_with_buttons())
            settings = settings_for("https://slack.example/api/")
            async with listening(door_to(desk, settings, network=network)):
                await api.live.connected()
                await api.live.press(alert, ACKNOWLEDGE)
                await until(lambda: api.live.whispers)

    assert [w.by for w in api.live.whispers] == ["response_url"]
    assert set(proxy.seen) == {f"CONNECT {name}:443" for name in names}
    assert proxy.refused == []
