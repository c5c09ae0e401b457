"""A client that reaches the stand-in and never waits."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from connectors.http import HttpClient, NetworkPolicy
from tests.connectors.forum.support import NOW


@pytest.fixture
async def http() -> AsyncIterator[HttpClient]:
    async def no_wait(_seconds: float) -> None:
        return

    policy = NetworkPolicy(allowed_hosts=("127.0.0.1",))
    async with HttpClient(policy, clock=lambda: NOW, sleep=no_wait) as client:
        yield client
