"""What the Bluesky connector's tests share: an hour, a clock, a drained poll."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from connectors.bluesky import BlueskyConnector
from connectors.connector import (
    Cursors,
    Page,
    Watched,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
WATCHED = Watched(terms=("CHU de Valmont",))
PASSWORD = "abcd-efgh-ijkl-mnop"

Make = Callable[..., BlueskyConnector]


@dataclass
class Now:
    at: datetime = NOON

    def __call__(self) -> datetime:
        return self.at


async def drain(connector: BlueskyConnector, cursors: Cursors) -> list[Page]:
    """What a listener does: keep the cursor of every page that it was given, also before an error."""
    pages: list[Page] = []
    async for page in connector.poll(cursors):
        pages.append(page)
        if page.cursor is not None:
            cursors[page.feed] = page.cursor
    return pages


def ids(pages: list[Page]) -> list[str]:
    return [mention.external_id for page in pages for mention in page.mentions]


async def no_wait(_seconds: float) -> None:
    """For HttpClient's pauses: the others still have their turn."""
    await asyncio.sleep(0)
