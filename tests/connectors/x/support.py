"""What the X connector's tests share: an hour, a clock, a ledger that outlives connectors."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.budget import MemoryLedger
from connectors.connector import Cursors, Page, Watched
from connectors.mention import Mention, MentionKey
from connectors.x import XConnector

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
WATCHED = Watched(terms=("CHU de Valmont",))

Make = Callable[..., XConnector]


@dataclass
class Now:
    at: datetime = NOON

    def __call__(self) -> datetime:
        return self.at

    def later(self, **spans: float) -> None:
        self.at += timedelta(**spans)


@dataclass
class Desk:
    """The ledger and cursors that a listener would have stored."""

    make: Make
    ledger: MemoryLedger
    now: Now
    cursors: Cursors = field(default_factory=dict)

    async def drain(self, connector: XConnector) -> list[Page]:
        pages = []
        async for page in connector.poll(json.loads(json.dumps(self.cursors))):
            pages.append(page)
            if page.cursor is not None:
                self.cursors[page.feed] = json.loads(json.dumps(page.cursor))
        return pages

    async def used(self, name: str = "x") -> int:
        """Thousandths of a dollar counted."""
        budgets = {budget.name: budget for budget in self.make().budgets()}
        return await self.ledger.used(budgets[name])


async def no_wait(_seconds: float) -> None:
    await asyncio.sleep(0)


def mentions(pages: list[Page]) -> list[Mention]:
    return [mention for page in pages for mention in page.mentions]


def ids(pages: list[Page]) -> list[str]:
    return [mention.external_id for mention in mentions(pages)]


def keys(*posts: Any) -> list[MentionKey]:
    return [
        MentionKey(network="x", external_id=p if isinstance(p, str) else p["id"]) for p in posts
    ]


async def refreshed(connector: XConnector, *posts: Any) -> list[Page]:
    return [page async for page in connector.refresh(keys(*posts))]
