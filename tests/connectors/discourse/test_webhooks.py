"""What a forum tells by webhook."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest

from connectors.connector import (
    Malformed,
    Page,
    Unseen,
)
from connectors.discourse import DiscourseConnector
from connectors.webhook import Call, Forged
from tests.connectors.case import NOON
from tests.connectors.discourse.conftest import Make, said
from tests.networks.discourse import START, Discourse, Row

SECRET = "the-forums-and-ours"


def call(event: str, post: Row | None, *, secret: str = SECRET, **changes: Any) -> Call:
    body = json.dumps({"post": post} if post is not None else {"ping": "OK"}).encode()
    signed = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    told: dict[str, Any] = {
        "method": "POST",
        "headers": {
            "x-discourse-event": event,
            "x-discourse-event-signature": f"sha256={signed}",
        },
        "body": body,
        "received_at": NOON,
        **changes,
    }
    return Call(**told)


async def received(connector: DiscourseConnector, pushed: Call) -> list[Page]:
    return [page async for page in connector.receive(pushed)]


async def test_a_signed_post_is_kept_and_read_in_its_place(make: Make, network: Discourse) -> None:
    connector = make(webhook_secret=SECRET)
    first = network.write()
    post = {**network.write(first), "topic_archetype": "regular"}
    pushed = call("post_created", post)
    assert connector.answer(pushed).keep
    for _replay in range(2):
        mention = said(await received(connector, pushed))[-1]
        assert mention.external_id == network.key(post)
        assert mention.root_id == network.key(first)


@pytest.mark.parametrize("event", ["post_edited", "post_recovered"])
async def test_a_change_is_given_again(make: Make, network: Discourse, event: str) -> None:
    connector = make(webhook_secret=SECRET)
    post = network.write(updated_at="2026-03-02T11:00:00Z")
    (mention,) = said(await received(connector, call(event, post)))
    assert mention.edited_at == START + timedelta(hours=3)


async def test_a_destroyed_post_is_a_deletion(make: Make, network: Discourse) -> None:
    connector = make(webhook_secret=SECRET)
    post = network.write()
    pushed = call("post_destroyed", post)
    assert connector.answer(pushed).keep
    (page,) = await received(connector, pushed)
    assert [d.external_id for d in page.deletions] == [network.key(post)] and not page.mentions


@pytest.mark.parametrize(
    "pushed",
    [
        call("post_created", {"id": 1}, secret="another"),
        call("post_created", {"id": 1}, headers={"x-discourse-event": "post_created"}),
        call("post_created", {"id": 1}, body=b'{"post": {"id": 2}}'),
    ],
    ids=["another secret", "no signature", "another body"],
)
async def test_what_is_not_signed_is_forged(make: Make, pushed: Call) -> None:
    with pytest.raises(Forged):
        make(webhook_secret=SECRET).answer(pushed)


async def test_without_a_secret_nobody_is_believed(make: Make) -> None:
    with pytest.raises(Forged):
        make().answer(call("post_created", {"id": 1}))
    assert make().unseen() == (Unseen.INSTANT,)
    assert make(webhook_secret=SECRET).unseen() == ()


async def test_a_ping_or_an_unknown_event_is_answered_and_not_kept(make: Make) -> None:
    connector = make(webhook_secret=SECRET)
    for event in ("ping", "topic_created", "a_new_event"):
        answer = connector.answer(call(event, None))
        assert (answer.status, answer.keep) == (200, False)
    assert connector.answer(call("ping", None, method="GET")).status == 405


async def test_letters_between_members_are_never_read(make: Make, network: Discourse) -> None:
    post = {**network.write(), "topic_archetype": "private_message"}
    connector = make(webhook_secret=SECRET)
    assert await received(connector, call("post_created", post)) == []


@pytest.mark.parametrize("body", [b"", b"payload=1", b"[]", b'{"post": {"id": "x"}}'])
async def test_a_webhook_that_cannot_be_read_is_malformed(make: Make, body: bytes) -> None:
    with pytest.raises(Malformed):
        await received(make(webhook_secret=SECRET), call("post_created", None, body=body))
