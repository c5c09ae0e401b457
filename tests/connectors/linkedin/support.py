"""A LinkedIn connector before its stand-in, as the listener would hold it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from connectors.budget import MemoryLedger
from connectors.connector import Cursors, Page, Watched
from connectors.http import HttpClient, NetworkPolicy
from connectors.linkedin import LinkedinConnector, LinkedinSettings
from connectors.mention import Deletion, Engagement, Mention
from connectors.tokens import MemoryTokens
from connectors.webhook import Call
from tests.connectors.case import Now
from tests.networks.linkedin import PAGE, TOKEN, Linkedin

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SECRET = "secret-de-valmont"


@dataclass
class Bench:
    network: Linkedin
    http: HttpClient
    clock: Now
    ledger: MemoryLedger
    tokens: MemoryTokens = field(default_factory=MemoryTokens)
    cursors: Cursors = field(default_factory=dict)

    def connector(self, **keys: Any) -> LinkedinConnector:
        """Only what `keys` switch on, so that a test says what it is about."""
        off = dict.fromkeys(("posts", "comments", "notifications", "audience"), False)
        told = {
            "base_url": self.network.base_url,
            "organizations": [PAGE],
            "access_token": TOKEN,
            **off,
            **keys,
        }
        settings = LinkedinSettings.model_validate(told)
        return LinkedinConnector(
            settings,
            http=self.http,
            watched=Watched(),
            clock=self.clock,
            ledger=self.ledger,
            tokens=self.tokens,
        )

    async def poll(self, connector: LinkedinConnector | None = None, **keys: Any) -> list[Page]:
        """As a listener does: the cursor of each page is kept, also before an error."""
        pages = []
        async for page in (connector or self.connector(**keys)).poll(self.cursors):
            pages.append(page)
            if page.cursor is not None:
                self.cursors[page.feed] = json.loads(json.dumps(page.cursor))
        return pages


@asynccontextmanager
async def bench() -> AsyncIterator[Bench]:
    async def no_wait(_seconds: float) -> None:
        return None

    clock = Now(NOON)
    policy = NetworkPolicy(allowed_hosts=("127.0.0.1",))
    async with (
        Linkedin().serving() as network,
        HttpClient(policy, clock=clock, sleep=no_wait) as http,
    ):
        yield Bench(network, http, clock, MemoryLedger(clock))


def mentions(pages: list[Page]) -> list[Mention]:
    return [mention for page in pages for mention in page.mentions]


def ids(pages: list[Page]) -> list[str]:
    return [mention.external_id for mention in mentions(pages)]


def figures(pages: list[Page]) -> dict[str, Engagement]:
    return {f.key.external_id: f for page in pages for f in page.engagements}


def deletions(pages: list[Page]) -> list[Deletion]:
    return [deletion for page in pages for deletion in page.deletions]


def pushed(body: bytes, signature: str = "") -> Call:
    headers = {"x-li-signature": signature} if signature else {}
    return Call(method="POST", headers=headers, body=body, received_at=NOON)
