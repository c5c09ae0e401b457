from __future__ import annotations

from datetime import timedelta

import pytest

from listener.notifiers.base import DeliveryError
from tests.listener.alerts import AT
from tests.listener.test_slack import message, opened
from tests.networks.slack import SlackApi
from tests.networks.standin import Fault


@pytest.fixture
async def api():
    async with SlackApi(clock=lambda: AT.timestamp()).serving() as serving:
        yield serving


@pytest.fixture
async def slack(api):
    notifier = opened(api.api_url)
    yield notifier
    await notifier.close()


async def test_an_alert_is_changed_in_place_and_still_found_by_its_key(api, slack):
    receipt = await slack.send(message())
    await slack.amend(message(mentions=35), receipt)

    (posted,) = api.messages
    assert posted.updates == 1 and "35" in str(posted.blocks)
    found = await slack.find(message(), since=AT)
    assert found is not None and found.id == receipt.id


@pytest.mark.parametrize("code", ["message_not_found", "cant_update_message", "edit_window_closed"])
async def test_what_can_no_longer_be_changed_is_not_tried_again(api, slack, code):
    receipt = await slack.send(message())
    api.errors.append(code)
    with pytest.raises(DeliveryError, match=code) as caught:
        await slack.amend(message(), receipt)

    assert caught.value.permanent


async def test_a_change_waits_as_long_as_slack_says(api, slack):
    receipt = await slack.send(message())
    api.faults.append(Fault(status=429, headers={"Retry-After": "7"}, body=b"{}"))
    with pytest.raises(DeliveryError) as caught:
        await slack.amend(message(), receipt)

    assert caught.value.retry_after == timedelta(seconds=7) and not caught.value.permanent


async def test_a_change_whose_layout_is_refused_leaves_nothing_of_what_stood_there(api, slack):
    receipt = await slack.send(message())
    api.errors.append("invalid_blocks")
    await slack.amend(message(), receipt)

    (posted,) = api.messages
    assert posted.blocks == [] and "messages négatifs en" in posted.text
    assert posted.key == "alert-12"
