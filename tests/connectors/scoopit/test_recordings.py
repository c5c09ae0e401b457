"""Recorded answers of Scoop.it: none holds a post, each is named (opt-in: LISTENER_RECORDINGS)."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from connectors.connector import Malformed
from connectors.http import NotFound
from tests.connectors.case import Case
from tests.connectors.cases.scoopit import connector
from tests.connectors.contract import bench
from tests.networks.scoopit import Scoopit

FOLDER = os.environ.get("LISTENER_RECORDINGS")
pytestmark = pytest.mark.skipif(not FOLDER, reason="LISTENER_RECORDINGS is not set")


def recorded() -> list[Any]:
    manifest = Path(FOLDER or "") / "scoopit" / "manifest.jsonl"
    if not FOLDER or not manifest.exists():
        return [pytest.param(None, marks=pytest.mark.skip(reason="no recording"))]
    files = [json.loads(line)["file"] for line in manifest.read_text().splitlines()]
    return [pytest.param(Path(FOLDER) / name, id=Path(name).stem) for name in files]


class Recorded(Scoopit):
    answer: Any = None

    async def _topic(self, request: web.Request) -> web.Response:
        return web.json_response(self.answer)


@pytest.mark.parametrize("path", recorded())
async def test_a_recorded_answer_is_taken_for_what_it_is(path: Path) -> None:
    """Sources, engines, groups of topics and updates: an error is told, no post is made up."""

    def build(network: Any, means: Any) -> Any:
        return connector(network, means, topics=["sante"])

    answer = json.loads(path.read_text())
    not_found = isinstance(answer, dict) and "Not found" in str(answer.get("error"))
    async with bench(Case("scoopit", Recorded, build)) as ready:
        ready.network.answer = answer
        with pytest.raises(NotFound if not_found else Malformed):
            await ready.drain()
