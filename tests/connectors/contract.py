"""One connector before its network, with the cursors that a listener would have stored."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from connectors.budget import MemoryLedger
from connectors.connector import Connector, Cursors, Page
from connectors.http import HttpClient, NetworkPolicy
from tests.connectors.case import Case, Means, Now
from tests.connectors.cases import CASES

__all__ = ["CASES", "Bench", "bench", "ids"]


SCALE = 5
SHORT_PAGE = 20  # most networks' pages hold a hundred


@dataclass
class Bench:
    case: Case
    network: Any
    means: Means
    cursors: Cursors = field(default_factory=dict)

    def connector(self) -> Connector:
        """A new one each time: what a connector remembers must not be needed."""
        return self.case.connector(self.network, self.means)

    async def poll(self, cursors: Cursors | None = None) -> AsyncIterator[Page]:
        """Each page, its cursor stored (as JSON) once the page is handled."""
        cursors = self.cursors if cursors is None else cursors
        async for page in self.connector().poll(json.loads(json.dumps(cursors))):
            yield page
            if page.cursor is not None:
                cursors[page.feed] = json.loads(json.dumps(page.cursor))

    async def drain(self, cursors: Cursors | None = None) -> list[Page]:
        return [page async for page in self.poll(cursors)]

    def scaled(self, count: int) -> int:
        """How many posts make as many pages as `count` would, on pages a fifth as long where the
        stand-in can cut them so: what is tried is the paging, and posts take time."""
        if "page_size" not in self.network.can:
            return count
        self.network.page_size = SHORT_PAGE
        return max(1, count // SCALE)

    def matches(self, given: list[str], published: list[str]) -> bool:
        """Nothing lost, and nothing repeated by a connector that has one way only."""
        if self.case.another_way:
            return set(given) == set(published)
        return sorted(given) == sorted(published)

    def recover(self) -> None:
        """The network is well again, and time enough has gone by for circuits and quotas."""
        self.network.faults.clear()
        self.network.quota = None
        self.means.clock.at += self.case.patience


@asynccontextmanager
async def bench(case: Case) -> AsyncIterator[Bench]:
    async def no_wait(_seconds: float) -> None:
        return None

    now = Now(case.at)
    policy = NetworkPolicy(allowed_hosts=("127.0.0.1",))
    async with case.network().serving() as network:
        if hasattr(network, "now"):
            network.now = now
        async with HttpClient(policy, clock=now, sleep=no_wait) as http:
            yield Bench(case, network, Means(http, now, MemoryLedger(now)))


def ids(pages: list[Page]) -> list[str]:
    return [mention.external_id for page in pages for mention in page.mentions]
