"""What the tests of Mastodon share: an instant, and what a listener does with pages."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from connectors.connector import Cursors, Page, Watched
from connectors.mastodon import MastodonConnector
from connectors.mention import Mention

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
WATCHED = Watched(hashtags=("chuvalmont",))

Make = Callable[..., MastodonConnector]


@dataclass
class Now:
    at: datetime = NOON

    def __call__(self) -> datetime:
        return self.at


async def drain(connector: MastodonConnector, cursors: Cursors) -> list[Page]:
    """What a listener does: keep the cursor of every page that it was given."""
    pages: list[Page] = []
    async for page in connector.poll(cursors):
        pages.append(page)
        if page.cursor is not None:
            cursors[page.feed] = json.loads(json.dumps(page.cursor))
    return pages


def mentions(pages: list[Page]) -> list[Mention]:
    return [mention for page in pages for mention in page.mentions]


def ids(pages: list[Page]) -> list[str]:
    return [mention.external_id for mention in mentions(pages)]
