"""A TikTok connector before its stand-in, as the listener would hold it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from connectors.budget import MemoryLedger
from connectors.connector import Cursors, Page, Watched
from connectors.http import HttpClient, NetworkPolicy
from connectors.mention import Deletion, Mention, MentionKey
from connectors.tiktok import TiktokConnector, TiktokSettings
from connectors.tokens import MemoryTokens, Token
from tests.connectors.case import NOON, Now
from tests.networks.tiktok import KEY, SECRET, Tiktok

TERM = Watched(terms=("CHU de Valmont",))
OWN = {"research": False, "own_videos": True}


@dataclass
class Bench:
    network: Tiktok
    http: HttpClient
    clock: Now
    ledger: MemoryLedger
    tokens: MemoryTokens = field(default_factory=MemoryTokens)
    cursors: Cursors = field(default_factory=dict)

    def connector(self, watched: Watched = TERM, **keys: Any) -> TiktokConnector:
        told = {"base_url": self.network.api, "client_key": KEY, "client_secret": SECRET}
        settings = TiktokSettings.model_validate({**told, "audience": False, **keys})
        return TiktokConnector(
            settings,
            http=self.http,
            watched=watched,
            clock=self.clock,
            ledger=self.ledger,
            tokens=self.tokens,
        )

    async def log_in(self, **parts: Any) -> None:
        client = self.connector(**OWN).oauth()
        assert client is not None
        token = Token(access="jeton-de-la-personne", made_for=client.made_for, **parts)
        await self.tokens.save(token)

    async def poll(self, connector: TiktokConnector | None = None, **keys: Any) -> list[Page]:
        pages = []
        async for page in (connector or self.connector(**keys)).poll(self.cursors):
            pages.append(page)
            if page.cursor is not None:
                self.cursors[page.feed] = json.loads(json.dumps(page.cursor))
        return pages

    async def refresh(self, *ids: str, **keys: Any) -> list[Page]:
        asked = [MentionKey(network="tiktok", external_id=one) for one in ids]
        return [page async for page in self.connector(**keys).refresh(asked)]


@asynccontextmanager
async def bench() -> AsyncIterator[Bench]:
    async def no_wait(_seconds: float) -> None:
        return None

    clock = Now(NOON)
    policy = NetworkPolicy(allowed_hosts=("127.0.0.1",))
    async with (
        Tiktok().serving() as network,
        HttpClient(policy, clock=clock, sleep=no_wait) as http,
    ):
        yield Bench(network, http, clock, MemoryLedger(clock))


def mentions(pages: list[Page]) -> list[Mention]:
    return [mention for page in pages for mention in page.mentions]


def ids(pages: list[Page]) -> list[str]:
    return [mention.external_id for mention in mentions(pages)]


def deletions(pages: list[Page]) -> list[Deletion]:
    return [deletion for page in pages for deletion in page.deletions]
