"""A Dailymotion connector before its stand-in, as the listener would hold it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from connectors.connector import Cursors, Page, Watched
from connectors.dailymotion import DailymotionConnector, DailymotionSettings
from connectors.http import HttpClient, NetworkPolicy
from connectors.mention import Mention, MentionKey
from tests.connectors.case import NOON, Now
from tests.networks.dailymotion import Dailymotion

SEARCH = Watched(terms=("CHU de Valmont",))
PROFILE_ONLY = {"profiles": ["chu-valmont"], "search": False}


@dataclass
class Bench:
    network: Dailymotion
    http: HttpClient
    clock: Now
    cursors: Cursors = field(default_factory=dict)

    def connector(self, watched: Watched = SEARCH, **keys: Any) -> DailymotionConnector:
        told = {"base_url": self.network.base_url, "audience": False, **keys}
        settings = DailymotionSettings.model_validate(told)
        return DailymotionConnector(settings, http=self.http, watched=watched, clock=self.clock)

    async def poll(self, connector: DailymotionConnector | None = None, **keys: Any) -> list[Page]:
        pages = []
        async for page in (connector or self.connector(**keys)).poll(self.cursors):
            pages.append(page)
            if page.cursor is not None:
                self.cursors[page.feed] = json.loads(json.dumps(page.cursor))
        return pages

    async def refresh(self, *ids: str, **keys: Any) -> list[Page]:
        asked = [MentionKey(network="dailymotion", external_id=one) for one in ids]
        return [page async for page in self.connector(**keys).refresh(asked)]


@asynccontextmanager
async def bench() -> AsyncIterator[Bench]:
    async def no_wait(_seconds: float) -> None:
        return None

    clock = Now(NOON)
    policy = NetworkPolicy(allowed_hosts=("127.0.0.1",))
    async with (
        Dailymotion().serving() as network,
        HttpClient(policy, clock=clock, sleep=no_wait) as http,
    ):
        yield Bench(network, http, clock)


def mentions(pages: list[Page]) -> list[Mention]:
    return [mention for page in pages for mention in page.mentions]


def ids(pages: list[Page]) -> list[str]:
    return [mention.external_id for mention in mentions(pages)]
