"""A Trustpilot connector before its stand-in, as the listener would hold it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from connectors.connector import Cursors, Page, Watched
from connectors.http import HttpClient, NetworkPolicy
from connectors.mention import Deletion, Mention, MentionKey
from connectors.trustpilot import TrustpilotConnector, TrustpilotSettings
from tests.connectors.case import Now
from tests.networks.trustpilot import KEY, UNIT, Trustpilot

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@dataclass
class Bench:
    network: Trustpilot
    http: HttpClient
    clock: Now
    cursors: Cursors = field(default_factory=dict)

    def connector(self, **keys: Any) -> TrustpilotConnector:
        told = {
            "base_url": self.network.base_url,
            "business_units": [UNIT],
            "api_key": KEY,
            "audience": False,
        }
        settings = TrustpilotSettings.model_validate(told | keys)
        return TrustpilotConnector(settings, http=self.http, watched=Watched(), clock=self.clock)

    async def poll(self, connector: TrustpilotConnector | None = None, **keys: Any) -> list[Page]:
        pages = []
        async for page in (connector or self.connector(**keys)).poll(self.cursors):
            pages.append(page)
            if page.cursor is not None:
                self.cursors[page.feed] = json.loads(json.dumps(page.cursor))
        return pages

    async def refresh(self, *ids: str) -> list[Page]:
        keys = [MentionKey(network="trustpilot", external_id=name) for name in ids]
        return [page async for page in self.connector().refresh(keys)]


@asynccontextmanager
async def bench() -> AsyncIterator[Bench]:
    async def no_wait(_seconds: float) -> None:
        return None

    clock = Now(NOON)
    policy = NetworkPolicy(allowed_hosts=("127.0.0.1",))
    async with (
        Trustpilot().serving() as network,
        HttpClient(policy, clock=clock, sleep=no_wait) as http,
    ):
        yield Bench(network, http, clock)


def mentions(pages: list[Page]) -> list[Mention]:
    return [mention for page in pages for mention in page.mentions]


def ids(pages: list[Page]) -> list[str]:
    return [mention.external_id for mention in mentions(pages)]


def deletions(pages: list[Page]) -> list[Deletion]:
    return [deletion for page in pages for deletion in page.deletions]
