from __future__ import annotations

import logging
from datetime import timedelta

import pytest
from pydantic import SecretStr

from connectors.policy import NetworkPolicy
from listener.config.alerting import SlackSettings
from listener.domain.alert import Recipient
from listener.notifiers.base import CannotTell, DeliveryError, Message
from listener.notifiers.render import render_alert
from listener.notifiers.slack import SlackNotifier
from tests.listener.alerts import AT, NAMED, ago, alert, post
from tests.networks.slack import CHANNEL, TOKEN, SlackApi
from tests.networks.slack_live import APP_TOKEN
from tests.networks.standin import Fault

TEAM = Recipient(person=None, name="Équipe", address=CHANNEL, mention="U0CAMILLE1")
PERSON = Recipient(person="camille", name="Camille Roy", address="U0CAMILLE1")


@pytest.fixture
async def api():
    async with SlackApi(clock=lambda: AT.timestamp()).serving() as serving:
        yield serving


@pytest.fixture
async def slack(api):
    notifier = opened(api.api_url)
    yield notifier
    await notifier.close()


def opened(
    url: str,
    *,
    token: str = TOKEN,
    app_token: str | None = None,
    network: NetworkPolicy | None = None,
) -> SlackNotifier:
    settings = SlackSettings(
        token=SecretStr(token),
        app_token=SecretStr(app_token) if app_token else None,
        channel=CHANNEL,
        base_url=url,
    )
    return SlackNotifier(settings, network=network or NetworkPolicy(), clock=lambda: AT)


def message(key: str = "alert-12", *, to: Recipient = TEAM, **view) -> Message:
    shown = alert(**view)
    return render_alert(shown, channel="slack", recipient=to, key=key, excerpt="masked")


async def failure(slack: SlackNotifier, **options) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        await slack.send(message(), **options)
    return caught.value


async def test_an_alert_arrives_with_its_key_and_unfolds_no_link(api, slack):
    receipt = await slack.send(message())

    (posted,) = api.messages
    assert (receipt.id, receipt.conversation) == (posted.ts, CHANNEL)
    assert posted.key == "alert-12"
    assert posted.options == {"unfurl_links": False, "parse": "none", "link_names": False}
    assert posted.blocks[0]["type"] == "header"


async def test_follow_ups_join_the_thread_and_urgent_ones_show_in_the_channel(api, slack):
    root = await slack.send(message())
    reply = await slack.send(message("alert-12-raised"), thread=root)
    await slack.send(message("alert-12-later", observed=True), thread=reply)

    assert [m.thread_ts for m in api.messages] == [None, root.id, root.id]
    assert [m.broadcast for m in api.messages] == [False, True, False]


async def test_a_private_message_never_joins_the_channels_thread(api, slack):
    root = await slack.send(message())
    receipt = await slack.send(message("to-camille", to=PERSON), thread=root)

    assert receipt.conversation == "D0CAMILLE1"
    assert api.messages[1].thread_ts is None


async def test_a_thread_that_was_deleted_does_not_lose_the_follow_up(api, slack):
    root = await slack.send(message())
    api.messages.clear()
    await slack.send(message("alert-12-raised"), thread=root)

    assert [m.thread_ts for m in api.messages] == [None]


async def test_a_layout_that_slack_refuses_does_not_lose_the_alert(api, slack):
    api.errors.append("invalid_blocks")
    await slack.send(message())

    assert api.messages[0].blocks == []
    assert "messages négatifs en" in api.messages[0].text


@pytest.mark.parametrize(
    "code",
    ["channel_not_found", "not_in_channel", "is_archived", "account_inactive", "msg_too_long"],
)
async def test_a_definite_no_is_permanent(api, slack, code):
    api.errors.append(code)
    error = await failure(slack)

    assert error.permanent and not error.ambiguous
    assert str(error) == code


async def test_a_wrong_token_is_permanent_and_never_said(api, caplog):
    caplog.set_level(logging.DEBUG)
    wrong = opened(api.api_url, token="xoxb-wrong")
    error = await failure(wrong)
    await wrong.close()

    assert error.permanent and str(error) == "invalid_auth"
    assert "xoxb" not in repr(error) + repr(wrong) + caplog.text
    assert "attente" not in caplog.text


async def test_a_missing_scope_is_named(api, slack):
    api.scopes.remove("chat:write")

    assert str(await failure(slack)) == "missing_scope (needs chat:write)"


async def test_slack_says_how_long_to_wait():
    async with SlackApi(burst=1, clock=lambda: AT.timestamp()).serving() as api:
        slack = opened(api.api_url)
        await slack.send(message())
        error = await failure(slack)
        await slack.close()

    assert error.retry_after == timedelta(seconds=1)
    assert not error.permanent and not error.ambiguous


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=503, body=b"<html>down</html>", headers={"Content-Type": "text/html"}),
        Fault(status=200, body=b"{cut", headers={"Content-Type": "application/json"}),
        Fault(status=200, body=b"hello", headers={"Content-Type": "text/plain"}),
        Fault(status=200, body=b"[1]", headers={"Content-Type": "application/json"}),
        Fault(
            status=500,
            body=b'{"ok":false,"error":"oops"}',
            headers={"Content-Type": "application/json"},
        ),
    ],
)
async def test_an_answer_without_sense_is_ambiguous(api, slack, fault):
    api.faults.append(fault)
    error = await failure(slack)

    assert error.ambiguous and not error.permanent


@pytest.mark.parametrize("code", ["internal_error", "fatal_error"])
async def test_slacks_own_failures_are_ambiguous(api, slack, code):
    api.errors.append(code)

    assert (await failure(slack)).ambiguous


async def test_a_passing_trouble_is_neither_ambiguous_nor_permanent(api, slack):
    api.errors.append("service_unavailable")
    error = await failure(slack)

    assert (error.ambiguous, error.permanent) == (False, False)


async def test_a_server_that_is_away_was_sent_nothing():
    slack = opened("http://127.0.0.1:9/api/")
    error = await failure(slack)
    await slack.close()

    assert (error.ambiguous, error.permanent) == (False, False)


async def test_a_cut_answer_is_ambiguous_sent_once_and_found_again(api, slack):
    api.cuts = 1
    error = await failure(slack)
    found = await slack.find(message(), since=AT)

    assert error.ambiguous
    assert len(api.messages) == 1
    assert found is not None
    assert (found.id, found.conversation) == (api.messages[0].ts, CHANNEL)


async def test_what_was_never_sent_is_not_found(api, slack):
    await slack.send(message("another"))

    assert await slack.find(message(), since=ago(60)) is None


async def test_a_message_is_found_behind_many_others(api, slack):
    api.page_size = 2
    for number in range(7):
        await slack.send(message(f"alert-{number}"))

    found = await slack.find(message("alert-0"), since=AT)
    assert found is not None and found.id == api.messages[0].ts


async def test_a_reply_is_found_in_its_thread_alone(api, slack):
    root = await slack.send(message())
    await slack.send(message("quiet", observed=True), thread=root)

    assert await slack.find(message("quiet"), since=AT) is None
    found = await slack.find(message("quiet"), since=AT, thread=root)
    assert found is not None and found.details == {"thread": root.id}


async def test_what_went_out_beside_its_threads_first_message_is_found_in_the_channel(api, slack):
    root = await slack.send(message())
    await slack.send(message("at-once"))

    found = await slack.find(message("at-once"), since=AT, thread=root)
    assert found is not None and (found.id, found.details) == (api.messages[1].ts, {})


async def test_a_follow_up_is_found_where_its_thread_was_deleted(api, slack):
    root = await slack.send(message())
    await slack.withdraw(root)
    await slack.send(message("later"), thread=root)

    found = await slack.find(message("later"), since=AT, thread=root)
    assert found is not None and found.id == api.messages[-1].ts


@pytest.mark.parametrize(
    "recipient", [PERSON, Recipient(person=None, name="Équipe", address="#alertes")]
)
async def test_a_person_or_a_named_channel_can_be_looked_into_after_a_restart(
    api, slack, recipient
):
    await slack.send(message(to=recipient))
    restarted = opened(api.api_url)
    found = await restarted.find(message(to=recipient), since=AT)
    await restarted.close()

    assert found is not None and found.id == api.messages[0].ts


async def test_without_the_right_to_read_nothing_can_be_said(api, slack):
    await slack.send(message())
    api.scopes.remove("channels:history")

    with pytest.raises(CannotTell):
        await slack.find(message(), since=AT)


async def test_an_alert_can_be_erased_once_and_again(api, slack):
    receipt = await slack.send(message())

    assert await slack.withdraw(receipt) and await slack.withdraw(receipt)
    assert api.messages == []


async def test_looking_back_waits_while_slack_is_away(api, slack):
    api.faults.append(Fault(status=503))
    with pytest.raises(DeliveryError):
        await slack.find(message(), since=AT)


async def test_the_check_names_the_bot_and_what_it_may_not_do(api, slack):
    assert await slack.check() == "veille in Valmont"

    api.scopes.remove("channels:history")
    assert "may come twice: missing_scope (needs channels:history)" in await slack.check()

    api.joined.clear()
    api.scopes.add("channels:history")
    with pytest.raises(DeliveryError, match="not_in_channel"):
        await slack.check()


async def test_the_check_tries_the_token_of_the_buttons(api):
    slack = opened(api.api_url, app_token=APP_TOKEN)
    assert await slack.check() == "veille in Valmont, buttons through Socket Mode"

    api.app_token = "xapp-another"
    with pytest.raises(DeliveryError, match=r"slack\.app_token: invalid_auth") as caught:
        await slack.check()
    await slack.close()
    assert caught.value.permanent


def test_a_bots_token_is_not_taken_for_an_app_level_one():
    with pytest.raises(ValueError, match="app-level token") as caught:
        SlackSettings(token=SecretStr(TOKEN), channel=CHANNEL, app_token=SecretStr(TOKEN))
    assert TOKEN not in str(caught.value)


async def test_the_stand_in_refuses_what_slack_refuses(api, slack):
    long = {"type": "header", "text": {"type": "plain_text", "text": "a" * 151}}
    wrong = Message(key="k", recipient=TEAM, subject="s", text="t" * 40_001, blocks=[long])

    with pytest.raises(DeliveryError, match="msg_too_long"):
        await slack.send(wrong)
    plain = Message(key="k", recipient=TEAM, subject="s", text="t", blocks=[long])
    await slack.send(plain)
    assert api.messages[-1].blocks == []


async def test_a_named_patient_never_reaches_slack(api, slack):
    await slack.send(message(posts=[post(excerpt=NAMED)]))

    assert "Morel" not in str(api.messages[0])
