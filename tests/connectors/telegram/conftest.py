"""A client that reaches the stand-in and notes how long it would have waited."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from connectors.http import HttpClient, NetworkPolicy
from tests.connectors.telegram.support import NOW, Waits


@pytest.fixture
def waits() -> Waits:
    return Waits()


@pytest.fixture
async def http(waits: Waits) -> AsyncIterator[HttpClient]:
    policy = NetworkPolicy(allowed_hosts=("127.0.0.1",))
    async with HttpClient(policy, clock=lambda: NOW, sleep=waits.wait) as client:
        yield client
