from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.connectors.tiktok.support import Bench, bench


@pytest.fixture
async def ready() -> AsyncIterator[Bench]:
    async with bench() as made:
        yield made
