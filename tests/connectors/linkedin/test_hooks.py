"""The webhook: challenge, signature, batches that come again, unknown actions."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import pytest

from connectors.connector import Malformed, Page, Unavailable
from connectors.linkedin import LinkedinConnector
from connectors.webhook import Call, Forged, Receiving
from tests.connectors.linkedin.support import (
    NOON,
    SECRET,
    Bench,
    deletions,
    ids,
    mentions,
    pushed,
)
from tests.networks.linkedin import PAGE, START, number
from tests.networks.standin import Fault

COMMENT = f"urn:li:comment:(urn:li:activity:77,{number(START)})"


def body(*notifications: dict[str, Any]) -> bytes:
    told = {"type": "ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS", "notifications": notifications}
    return json.dumps(told).encode()


def notification(number: int, action: str = "COMMENT", **fields: Any) -> dict[str, Any]:
    content = {"entity": COMMENT, "owner": "urn:li:person:Qq1", "text": "Neuf heures d'attente"}
    return {
        "notificationId": number,
        "organizationalEntity": PAGE,
        "action": action,
        "sourcePost": "urn:li:activity:77",
        "generatedActivity": COMMENT,
        "decoratedGeneratedActivity": {"comment": content},
        "lastModifiedAt": 1_772_438_400_000,
        **fields,
    }


def signed(raw: bytes, secret: str = SECRET, salt: bytes = b"hmacsha256=") -> str:
    return hmac.new(secret.encode(), salt + raw, hashlib.sha256).hexdigest()


def with_secret(ready: Bench, **keys: Any) -> LinkedinConnector:
    return ready.connector(client_secret=SECRET, **keys)


async def received(connector: LinkedinConnector, raw: bytes) -> list[Page]:
    return [page async for page in connector.receive(pushed(raw))]


def test_the_challenge_is_answered_with_its_digest(ready: Bench) -> None:
    connector = with_secret(ready)
    assert isinstance(connector, Receiving)
    code = "890e4665-4dfe-4ab1-b689-ed553bceeed0"
    call = Call(method="GET", query={"challengeCode": code}, received_at=NOON)
    answer = connector.answer(call)
    assert (answer.status, answer.content_type, answer.keep) == (200, "application/json", False)
    response = hmac.new(SECRET.encode(), code.encode(), hashlib.sha256).hexdigest()
    assert json.loads(answer.body) == {"challengeCode": code, "challengeResponse": response}


@pytest.mark.parametrize("query", [{}, {"challengeCode": ""}, {"challengeCode": "x" * 5_000}])
def test_a_get_without_a_challenge_is_refused(ready: Bench, query: dict[str, str]) -> None:
    with pytest.raises(Forged):
        with_secret(ready).answer(Call(method="GET", query=query, received_at=NOON))


@pytest.mark.parametrize("prefix", ["", "hmacsha256="])
def test_a_signed_body_is_kept(ready: Bench, prefix: str) -> None:
    raw = body(notification(1))
    assert with_secret(ready).answer(pushed(raw, prefix + signed(raw))).keep


@pytest.mark.parametrize("wrong", ["", "hmacsha256=", "0" * 64, "é", "other", "unsalted", "secret"])
def test_a_body_that_is_signed_otherwise_is_refused(ready: Bench, wrong: str) -> None:
    raw = body(notification(1))
    given = {
        "other": signed(raw + b" "),
        "unsalted": signed(raw, salt=b""),
        "secret": signed(raw, secret="autre"),
    }.get(wrong, wrong)
    with pytest.raises(Forged) as refused:
        with_secret(ready).answer(pushed(raw, given))
    assert SECRET not in str(refused.value)


def test_without_a_secret_nothing_is_believed(ready: Bench) -> None:
    raw = body(notification(1))
    with pytest.raises(Forged):
        ready.connector().answer(pushed(raw, signed(raw, secret="")))


async def test_a_batch_brings_mentions_edits_and_deletions(ready: Bench) -> None:
    other = COMMENT.replace(",", ",9")
    raw = body(
        notification(1),
        notification(2, "COMMENT_DELETE", generatedActivity=other, decoratedGeneratedActivity=None),
        notification(3, "LIKE"),
        notification(4, "JAMAIS_VU"),
        notification(5, None),
    )  # fmt: skip
    pages = await received(with_secret(ready), raw)
    (mention,) = mentions(pages)
    assert (mention.external_id, mention.text) == (COMMENT, "Neuf heures d'attente")
    assert [deletion.external_id for deletion in deletions(pages)] == [other]
    assert sum(len(page.rejects) for page in pages) == 1
    assert not ready.network.requests


async def test_a_notification_that_comes_again_is_read_once(ready: Bench) -> None:
    connector = with_secret(ready)
    raw = body(notification(1), notification(1))
    assert ids(await received(connector, raw)) == [COMMENT]
    assert ids(await received(connector, raw)) == []
    both = body(notification(1), notification(2, generatedActivity=COMMENT))
    assert ids(await received(connector, both)) == [COMMENT]


async def test_a_page_that_was_not_taken_is_given_again(ready: Bench) -> None:
    connector, raw = with_secret(ready), body(notification(1))
    async for _page in connector.receive(pushed(raw)):
        break  # a crash before it was stored
    assert ids(await received(connector, raw)) == [COMMENT]


async def test_what_cannot_be_fetched_now_is_not_taken_for_read(ready: Bench) -> None:
    connector = with_secret(ready)
    raw = body(notification(1, decoratedGeneratedActivity=None))
    ready.network.faults.extend([Fault(status=500)] * 10)
    with pytest.raises(Unavailable):
        await received(connector, raw)
    ready.network.faults.clear()
    assert [d.external_id for d in deletions(await received(connector, raw))] == [COMMENT]


@pytest.mark.parametrize("raw", [b"", b"<html>", b"\xff\xfe"])
async def test_a_body_that_is_not_json_is_said(ready: Bench, raw: bytes) -> None:
    with pytest.raises(Malformed):
        await received(with_secret(ready), raw)


@pytest.mark.parametrize(
    "raw", [b"null", b"[]", b'{"notifications": {}}', b'{"notifications": [3]}']
)
async def test_an_odd_body_brings_nothing(ready: Bench, raw: bytes) -> None:
    pages = await received(with_secret(ready), raw)
    assert not mentions(pages) and not deletions(pages)
