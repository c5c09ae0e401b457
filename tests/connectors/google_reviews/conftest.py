from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from connectors.budget import MemoryLedger
from connectors.http import HttpClient, NetworkPolicy
from tests.connectors.case import Now
from tests.connectors.google_reviews.support import Desk
from tests.networks.google_reviews import GoogleReviews


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async def no_wait(_seconds: float) -> None:
        return None

    now = Now()
    async with GoogleReviews().serving() as network:
        network.now = now
        policy = NetworkPolicy(allowed_hosts=("127.0.0.1",))
        async with HttpClient(policy, clock=now, sleep=no_wait) as http:
            yield Desk(network, http, now, MemoryLedger(now))
