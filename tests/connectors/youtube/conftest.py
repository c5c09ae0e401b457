from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from connectors.budget import MemoryLedger
from connectors.http import HttpClient, Limits, NetworkPolicy
from tests.connectors.case import Now
from tests.connectors.youtube.support import Desk
from tests.networks.youtube import Youtube


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async def no_wait(_seconds: float) -> None:
        return None

    now = Now()
    async with Youtube().serving() as network:
        network.now = now
        async with HttpClient(
            NetworkPolicy(allowed_hosts=("127.0.0.1",)), clock=now, sleep=no_wait
        ) as http:
            http.limit("127.0.0.1", Limits(rate=1e6, burst=1000))
            yield Desk(network, http, now, MemoryLedger(now))
