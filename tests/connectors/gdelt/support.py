"""A GDELT connector before its stand-in, as the listener would hold it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from connectors.budget import MemoryLedger
from connectors.connector import Cursors, Page, Watched
from connectors.gdelt import GdeltConnector, GdeltSettings
from connectors.http import HttpClient, NetworkPolicy
from connectors.mention import Mention
from tests.connectors.case import NOON, Now
from tests.networks.gdelt import Gdelt

TERM = Watched(terms=("CHU de Valmont",))


@dataclass
class Bench:
    network: Gdelt
    http: HttpClient
    clock: Now
    ledger: MemoryLedger
    slept: list[float]
    cursors: Cursors = field(default_factory=dict)

    def connector(self, watched: Watched = TERM, **keys: Any) -> GdeltConnector:
        settings = GdeltSettings.model_validate({"base_url": self.network.api, **keys})
        return GdeltConnector(
            settings, http=self.http, watched=watched, clock=self.clock, ledger=self.ledger
        )

    async def poll(self, connector: GdeltConnector | None = None, **keys: Any) -> list[Page]:
        pages = []
        async for page in (connector or self.connector(**keys)).poll(self.cursors):
            pages.append(page)
            if page.cursor is not None:
                self.cursors[page.feed] = json.loads(json.dumps(page.cursor))
        return pages


@asynccontextmanager
async def bench() -> AsyncIterator[Bench]:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    clock = Now(NOON)
    policy = NetworkPolicy(allowed_hosts=("127.0.0.1",))
    async with (
        Gdelt().serving() as network,
        HttpClient(policy, clock=clock, sleep=sleep) as http,
    ):
        network.now = clock
        yield Bench(network, http, clock, MemoryLedger(clock), slept)


def mentions(pages: list[Page]) -> list[Mention]:
    return [mention for page in pages for mention in page.mentions]


def ids(pages: list[Page]) -> list[str]:
    return [mention.external_id for mention in mentions(pages)]
