"""An Instagram source before its stand-in, and what its webhooks look like."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from connectors.connector import Page, Watched
from connectors.instagram import InstagramConnector
from connectors.mention import Mention, MentionKey
from connectors.webhook import Call
from tests.connectors.case import NOON, Case
from tests.connectors.cases.instagram import connector
from tests.connectors.contract import Bench, bench
from tests.networks.instagram import APP_SECRET, USER_ID, Instagram

NOBODY = Watched()
HOOKED = {"app_secret": APP_SECRET, "verify_token": "bonjour"}


@asynccontextmanager
async def source(watched: Watched = NOBODY, **settings: Any) -> AsyncIterator[Bench]:
    build = partial(connector, watched=watched, **settings)
    async with bench(Case("instagram", Instagram, build)) as ready:
        yield ready


def made(ready: Bench) -> InstagramConnector:
    built = ready.connector()
    assert isinstance(built, InstagramConnector)
    return built


def mentions(pages: list[Page]) -> list[Mention]:
    return [mention for page in pages for mention in page.mentions]


async def refreshed(connector: InstagramConnector, *ids: str) -> list[Page]:
    keys = [MentionKey(network="instagram", external_id=one) for one in ids]
    return [page async for page in connector.refresh(keys)]


def gone(pages: list[Page]) -> list[str | None]:
    return [deletion.external_id for page in pages for deletion in page.deletions]


def call(*changes: dict[str, Any], body: bytes | None = None, account: str = USER_ID) -> Call:
    entry = {"id": account, "time": int(NOON.timestamp()) - 60, "changes": list(changes)}
    told = json.dumps({"object": "instagram", "entry": [entry]}).encode() if body is None else body
    signed = hmac.new(APP_SECRET.encode(), told, hashlib.sha256).hexdigest()
    return Call(
        method="POST",
        headers={"x-hub-signature-256": f"sha256={signed}"},
        body=told,
        received_at=NOON,
    )


async def received(connector: InstagramConnector, pushed: Call) -> list[Page]:
    assert connector.answer(pushed).keep
    return [page async for page in connector.receive(pushed)]
