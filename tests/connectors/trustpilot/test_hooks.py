"""The webhook: who may call, what the events tell, what is passed over."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from typing import Any

import pytest

from connectors.connector import Malformed, Page
from connectors.mention import Kind
from connectors.webhook import Call, Forged
from tests.connectors.trustpilot.support import NOON, Bench, deletions, ids, mentions
from tests.networks.trustpilot import SECRET

FOLDER = os.environ.get("LISTENER_RECORDINGS")


def event(name: str = "service-review-created", **fields: Any) -> dict[str, Any]:
    data = {
        "id": "62c8968be77911f2449e9f74",
        "language": "fr",
        "stars": 1,
        "title": "Aux urgences",
        "text": "Neuf heures d'attente",
        "locationId": None,
        "referenceId": "commande-1",
        "createdAt": "2026-03-02T08:41:48Z",
        "link": "https://api.trustpilot.com/v1/reviews/62c8968be77911f2449e9f74",
        "isVerified": True,
        "consumer": {"id": "5f0c", "name": "Odile Ferrand", "link": "https://api.trustpilot.com/x"},
        "tags": [],
    }
    return {"eventName": name, "version": "1", "eventData": data | fields}


def call(*events: Any, raw: bytes | None = None, **parts: Any) -> Call:
    body = json.dumps({"events": events}).encode() if raw is None else raw
    return Call(**{"method": "POST", "body": body, "received_at": NOON, **parts})


def basic(password: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"tp:{password}".encode()).decode()}


async def received(ready: Bench, sent: Call) -> list[Page]:
    connector = ready.connector(webhook_secret=SECRET)
    return [page async for page in connector.receive(sent)]


@pytest.mark.parametrize(
    "parts", [{"query": {"secret": SECRET}}, {"headers": basic(SECRET)}], ids=["query", "basic"]
)
def test_a_call_that_knows_the_secret_is_kept(ready: Bench, parts: dict[str, Any]) -> None:
    connector = ready.connector(webhook_secret=SECRET)
    assert connector.answer(call(event(), **parts)).keep
    looked = connector.answer(call(event(), method="GET", **parts))
    assert (looked.status, looked.keep) == (200, False)


@pytest.mark.parametrize(
    "parts",
    [
        {},
        {"query": {"secret": ""}},
        {"query": {"secret": SECRET + "x"}},
        {"query": {"apikey": SECRET}},
        {"headers": basic("autre")},
        {"headers": basic("")},
        {"headers": {"authorization": f"Bearer {SECRET}"}},
        {"headers": {"authorization": "Basic pas-du-base64"}},
        {"headers": {"authorization": "Basic /w=="}},
        {"query": {"secret": "é\ud800"}},
    ],
)
def test_any_other_call_is_refused(ready: Bench, parts: dict[str, Any]) -> None:
    with pytest.raises(Forged) as refused:
        ready.connector(webhook_secret=SECRET).answer(call(event(), **parts))
    assert SECRET not in str(refused.value)


def test_without_a_configured_secret_nothing_is_believed(ready: Bench) -> None:
    for given in ({}, {"secret": ""}):
        with pytest.raises(Forged):
            ready.connector().answer(call(event(), query=given))


async def test_a_new_review_is_read_at_once(ready: Bench) -> None:
    (mention,) = mentions(await received(ready, call(event())))
    assert (mention.kind, mention.rating, mention.edited_at) == (Kind.REVIEW, 1.0, None)
    assert mention.author.name == "Odile Ferrand"
    assert mention.url == "https://www.trustpilot.com/reviews/62c8968be77911f2449e9f74"
    assert not ready.network.requests


async def test_a_changed_review_is_a_new_version_of_the_same(ready: Bench) -> None:
    sent = call(event("service-review-updated", text="Corrigé"))
    (mention,) = mentions(await received(ready, sent))
    assert (mention.text, mention.edited_at) == ("Corrigé", NOON)


async def test_a_deleted_review_goes_with_its_reply(ready: Bench) -> None:
    sent = call({"eventName": "service-review-deleted", "eventData": {"id": "62c8"}})
    gone = deletions(await received(ready, sent))
    assert [deletion.external_id for deletion in gone] == ["62c8", "62c8#reply"]


async def test_an_event_of_another_name_is_passed_over_and_the_next_is_read(ready: Bench) -> None:
    pages = await received(
        ready, call(event("foo"), event("product-review-created"), None, 7, event(None), event())
    )
    assert len(ids(pages)) == 1
    assert not any(page.rejects for page in pages)


async def test_an_event_that_cannot_be_read_is_set_aside(ready: Bench) -> None:
    broken = {"eventName": "service-review-deleted", "eventData": {}}
    pages = await received(ready, call(broken, event(id=None), event()))
    assert len(ids(pages)) == 1
    assert sum(len(page.rejects) for page in pages) == 2


@pytest.mark.parametrize("raw", [b"", b"<html>", b"\xff"])
async def test_a_body_that_is_not_json_is_said(ready: Bench, raw: bytes) -> None:
    with pytest.raises(Malformed):
        await received(ready, call(raw=raw))


@pytest.mark.parametrize("raw", [b"null", b"[]", b'{"events": 3}', b'{"events": {}}'])
async def test_an_odd_body_brings_nothing(ready: Bench, raw: bytes) -> None:
    assert not ids(await received(ready, call(raw=raw)))


@pytest.mark.skipif(not FOLDER, reason="LISTENER_RECORDINGS is not set")
async def test_a_recorded_call_gives_its_review_and_passes_over_what_is_foreign(
    ready: Bench,
) -> None:
    lines = (Path(FOLDER or "") / "trustpilot" / "manifest.jsonl").read_text().splitlines()
    for about in map(json.loads, lines):
        raw = (Path(FOLDER or "") / about["file"]).read_bytes()
        pages = await received(ready, call(raw=raw))
        wanted = [
            told["eventData"]["id"]
            for told in json.loads(raw)["events"]
            if told["eventName"] == "service-review-created"
        ]
        assert ids(pages) == wanted and wanted
        assert not any(page.rejects for page in pages)
        assert all(mention.text and mention.rating for mention in mentions(pages))
