"""A Bluesky connector set before a stand-in of an account's server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from connectors.bluesky import BlueskyConnector
from connectors.connector import (
    Watched,
)
from connectors.http import HttpClient, NetworkPolicy
from tests.connectors.bluesky.support import PASSWORD, WATCHED, Make, Now, no_wait
from tests.networks.bluesky import Bluesky


@pytest.fixture
def now() -> Now:
    return Now()


@pytest.fixture
async def network(now: Now) -> AsyncIterator[Bluesky]:
    async with Bluesky().serving() as network:
        network.now = now
        yield network


@pytest.fixture
async def make(network: Bluesky, now: Now) -> AsyncIterator[Make]:
    policy = NetworkPolicy(allowed_hosts=("127.0.0.1", "localhost"))
    async with HttpClient(policy, clock=now, sleep=no_wait) as http:

        def build(watched: Watched = WATCHED, **settings: Any) -> BlueskyConnector:
            told = {
                "base_url": network.base_url,
                "identifier": "veille.example.com",
                "app_password": PASSWORD,
                "notifications": False,
                "followers": False,
                "audience": False,
                **settings,
            }
            chosen = BlueskyConnector.Settings.model_validate(told)
            return BlueskyConnector(chosen, http=http, watched=watched, clock=now)

        yield build
