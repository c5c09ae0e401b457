"""The error examples of Pinterest's specification get their right names (opt-in: LISTENER_RECORDINGS)."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from connectors.connector import ConnectorError, Malformed, RateLimited, Unauthorized
from connectors.http import NotFound
from tests.connectors.case import Case
from tests.connectors.cases.pinterest import connector
from tests.connectors.contract import bench
from tests.networks.pinterest import Pinterest
from tests.networks.standin import Fault

FOLDER = os.environ.get("LISTENER_RECORDINGS")
pytestmark = pytest.mark.skipif(not FOLDER, reason="LISTENER_RECORDINGS is not set")
NAMED: dict[int, type[ConnectorError]] = {
    400: Malformed,
    401: Unauthorized,
    403: Unauthorized,
    404: NotFound,
    409: Malformed,
    429: RateLimited,
}


def recorded() -> list[Any]:
    manifest = Path(FOLDER or "") / "pinterest" / "manifest.jsonl"
    if not FOLDER or not manifest.exists():
        return [pytest.param({}, marks=pytest.mark.skip(reason="no recording"))]
    told = [json.loads(line) for line in manifest.read_text().splitlines()]
    return [pytest.param(one, id=Path(one["file"]).stem) for one in told]


@pytest.mark.parametrize("about", recorded())
async def test_a_recorded_error_gets_its_right_name(about: Any) -> None:
    body = (Path(FOLDER or "") / about["file"]).read_bytes()
    status = int(about["status"])
    async with bench(Case("pinterest", Pinterest, connector)) as ready:
        headers = {"Content-Type": "application/json"}
        ready.network.faults.extend([Fault(status=status, body=body, headers=headers)] * 3)
        with pytest.raises(NAMED[status]):
            await ready.drain()
