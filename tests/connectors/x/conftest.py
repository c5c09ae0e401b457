"""An X connector set before a stand-in of the API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from connectors.budget import MemoryLedger
from connectors.connector import Watched
from connectors.http import HttpClient, NetworkPolicy
from connectors.tokens import MemoryTokens
from connectors.x import XConnector, XSettings
from tests.connectors.x.support import WATCHED, Desk, Now, no_wait
from tests.networks.x import TOKEN, X


@pytest.fixture
def now() -> Now:
    return Now()


@pytest.fixture
def tokens() -> MemoryTokens:
    return MemoryTokens()


@pytest.fixture
async def network(now: Now) -> AsyncIterator[X]:
    async with X().serving() as network:
        network.now = now
        yield network


@pytest.fixture
async def desk(network: X, now: Now, tokens: MemoryTokens) -> AsyncIterator[Desk]:
    policy = NetworkPolicy(allowed_hosts=("127.0.0.1",))
    ledger = MemoryLedger(now)
    async with HttpClient(policy, clock=now, sleep=no_wait) as http:

        def build(watched: Watched = WATCHED, **settings: Any) -> XConnector:
            told = {
                "base_url": network.base_url,
                "bearer_token": TOKEN,
                "authors": False,
                "audience": False,
                **settings,
            }
            return XConnector(
                XSettings.model_validate(told),
                http=http,
                watched=watched,
                clock=now,
                ledger=ledger,
                tokens=tokens,
            )

        yield Desk(build, ledger, now)
