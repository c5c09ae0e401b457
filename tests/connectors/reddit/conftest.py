"""A Reddit connector set before a stand-in of Reddit."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from connectors.connector import Cursors, Page, Watched
from connectors.http import HttpClient, NetworkPolicy
from connectors.reddit import RedditConnector, RedditSettings
from tests.connectors.case import WATCHED, Now
from tests.networks.reddit import CLIENT, MEMBER, SECRET, Reddit

Make = Callable[..., RedditConnector]


def keep(text: str) -> bool:
    return "valmont" in text.lower()


@pytest.fixture
def now() -> Now:
    return Now()


@pytest.fixture
async def network(now: Now) -> AsyncIterator[Reddit]:
    async with Reddit().serving() as network:
        network.now = now
        yield network


@pytest.fixture
async def make(network: Reddit, now: Now) -> AsyncIterator[Make]:
    async def no_wait(_seconds: float) -> None:
        return None

    policy = NetworkPolicy(allowed_hosts=("127.0.0.1",))
    async with HttpClient(policy, clock=now, sleep=no_wait) as http:

        def build(**settings: Any) -> RedditConnector:
            by_api = {"client_id": CLIENT, "client_secret": SECRET, "username": MEMBER}
            access = {} if "feed" in settings or "client_id" in settings else by_api
            told = {"base_url": network.base_url, **access, **settings}
            watched = Watched(terms=WATCHED.terms, keep=keep)
            chosen = RedditSettings.model_validate(told)
            return RedditConnector(chosen, http=http, watched=watched, clock=now)

        yield build


async def drain(connector: RedditConnector, cursors: Cursors) -> list[Page]:
    """As a listener does: the cursor of every page is kept, also before an error."""
    pages: list[Page] = []
    async for page in connector.poll(cursors):
        pages.append(page)
        if page.cursor is not None:
            cursors[page.feed] = page.cursor
    return pages


def texts(pages: list[Page]) -> list[str]:
    return sorted(mention.text for page in pages for mention in page.mentions)
