"""A Discourse connector set before a stand-in of a forum."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from connectors.connector import Cursors, Page, Watched
from connectors.discourse import DiscourseConnector, DiscourseSettings
from connectors.http import HttpClient, NetworkPolicy
from connectors.mention import Mention
from tests.connectors.case import WATCHED, Now
from tests.networks.discourse import Discourse

Make = Callable[..., DiscourseConnector]


def keep(text: str) -> bool:
    return "valmont" in text.lower()


@pytest.fixture
def now() -> Now:
    return Now()


@pytest.fixture
async def network(now: Now) -> AsyncIterator[Discourse]:
    async with Discourse().serving() as network:
        network.now = now
        yield network


@pytest.fixture
async def make(network: Discourse, now: Now) -> AsyncIterator[Make]:
    async def no_wait(_seconds: float) -> None:
        return None

    policy = NetworkPolicy(allowed_hosts=("127.0.0.1",))
    async with HttpClient(policy, clock=now, sleep=no_wait) as http:

        def build(**settings: Any) -> DiscourseConnector:
            told = {"base_url": network.url, **settings}
            watched = Watched(terms=WATCHED.terms, keep=keep)
            chosen = DiscourseSettings.model_validate(told)
            return DiscourseConnector(chosen, http=http, watched=watched, clock=now)

        yield build


async def drain(connector: DiscourseConnector, cursors: Cursors) -> list[Page]:
    """As a listener does: the cursor of every page is kept, also before an error."""
    pages: list[Page] = []
    async for page in connector.poll(cursors):
        pages.append(page)
        if page.cursor is not None:
            cursors[page.feed] = page.cursor
    return pages


def said(pages: list[Page]) -> list[Mention]:
    return [mention for page in pages for mention in page.mentions]
