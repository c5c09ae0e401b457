"""An instance, a clock and a way to build the connector, for the tests of Mastodon."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from connectors.connector import Watched
from connectors.http import HttpClient, NetworkPolicy
from connectors.mastodon import MastodonConnector, MastodonSettings
from tests.connectors.mastodon.driving import WATCHED, Make, Now
from tests.networks.mastodon import Mastodon


@pytest.fixture
def now() -> Now:
    return Now()


@pytest.fixture
async def network(now: Now) -> AsyncIterator[Mastodon]:
    async with Mastodon().serving() as network:
        network.now = now
        yield network


@pytest.fixture
async def http(now: Now) -> AsyncIterator[HttpClient]:
    async def no_wait(_seconds: float) -> None:
        await asyncio.sleep(0)

    policy = NetworkPolicy(allowed_hosts=("127.0.0.1",))
    async with HttpClient(policy, clock=now, sleep=no_wait) as client:
        yield client


@pytest.fixture
def make(network: Mastodon, http: HttpClient, now: Now) -> Make:
    def build(watched: Watched = WATCHED, **settings: Any) -> MastodonConnector:
        told = MastodonSettings.model_validate({"base_url": network.base_url, **settings})
        return MastodonConnector(told, http=http, watched=watched, clock=now)

    return build
