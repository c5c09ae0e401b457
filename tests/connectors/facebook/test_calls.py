"""Who may call the webhook: whoever knows our token, and whoever signs with our secret."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connectors.webhook import Answer, Call, Forged, Receiving
from tests.connectors.case import NOON
from tests.connectors.facebook.support import (
    VERIFY,
    Make,
    pushed,
)
from tests.networks.facebook import APP_SECRET, Facebook

SAID = {"item": "comment", "verb": "add", "comment_id": "900_1", "message": "honte !"}


def challenge(**query: str) -> Call:
    return Call(
        method="GET",
        query={
            "hub.mode": "subscribe",
            "hub.verify_token": VERIFY,
            "hub.challenge": "1158201444",
            **{name.replace("_", ".", 1): value for name, value in query.items()},
        },
        received_at=NOON,
    )


def test_the_address_is_proven_by_the_challenge(make: Make) -> None:
    connector = make()
    assert isinstance(connector, Receiving)
    assert connector.answer(challenge()) == Answer(body=b"1158201444")


@pytest.mark.parametrize(
    "query", [{"hub_verify_token": "autre"}, {"hub_verify_token": ""}, {"hub_mode": "unsubscribe"}]
)
def test_another_challenge_is_refused(make: Make, query: dict[str, str]) -> None:
    with pytest.raises(Forged) as raised:
        make().answer(challenge(**query))
    assert VERIFY not in str(raised.value)


def test_without_a_verify_token_nobody_sets_a_webhook_up(make: Make) -> None:
    with pytest.raises(Forged):
        make(verify_token=None).answer(challenge(hub_verify_token=""))


def test_a_signed_call_is_kept(make: Make, network: Facebook) -> None:
    assert make().answer(pushed(network, SAID)) == Answer(keep=True)


def test_a_call_is_refused_unless_its_raw_body_is_signed(make: Make, network: Facebook) -> None:
    call = pushed(network, SAID)
    connector = make()
    for forged in (
        replace(call, body=call.body + b" "),
        replace(call, headers={}),
        replace(call, headers={"x-hub-signature-256": "sha256=" + "0" * 64}),
        replace(call, headers={"x-hub-signature": call.headers["x-hub-signature-256"]}),
        replace(call, headers={"x-hub-signature-256": "sha256=é"}),
    ):
        with pytest.raises(Forged) as raised:
            connector.answer(forged)
        assert APP_SECRET not in str(raised.value)
    assert VERIFY not in repr(call) and "honte" not in repr(call)
