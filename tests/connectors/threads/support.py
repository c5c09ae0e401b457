"""A Threads source before its stand-in, and what its webhooks look like."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from connectors.connector import Page, Watched
from connectors.mention import Mention, MentionKey
from connectors.threads import ThreadsConnector
from connectors.webhook import Call
from tests.connectors.case import NOON, Case
from tests.connectors.cases.threads import NOBODY, connector
from tests.connectors.contract import Bench, bench
from tests.networks.threads import APP_SECRET, Threads

HOOKED = {"app_secret": APP_SECRET, "verify_token": "bonjour"}


@asynccontextmanager
async def source(watched: Watched = NOBODY, **settings: Any) -> AsyncIterator[Bench]:
    build = partial(connector, watched=watched, **settings)
    async with bench(Case("threads", Threads, build)) as ready:
        yield ready


def made(ready: Bench) -> ThreadsConnector:
    built = ready.connector()
    assert isinstance(built, ThreadsConnector)
    return built


def mentions(pages: list[Page]) -> list[Mention]:
    return [mention for page in pages for mention in page.mentions]


async def refreshed(connector: ThreadsConnector, *ids: str) -> list[Page]:
    keys = [MentionKey(network="threads", external_id=one) for one in ids]
    return [page async for page in connector.refresh(keys)]


def gone(pages: list[Page]) -> list[str | None]:
    return [deletion.external_id for page in pages for deletion in page.deletions]


def call(field: str, value: Any, body: bytes | None = None) -> Call:
    told = {
        "app_id": "123456",
        "topic": "moderate",
        "target_id": "78901",
        "time": int(NOON.timestamp()),
        "values": {"value": value, "field": field},
    }
    sent = json.dumps(told).encode() if body is None else body
    signed = hmac.new(APP_SECRET.encode(), sent, hashlib.sha256).hexdigest()
    headers = {"x-hub-signature-256": f"sha256={signed}"}
    return Call(method="POST", headers=headers, body=sent, received_at=NOON)
