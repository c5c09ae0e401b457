"""Recorded answers of Threads give mentions without rejects (opt-in: LISTENER_RECORDINGS names their folder)."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from connectors.mention import Kind
from tests.connectors.case import Case
from tests.connectors.cases.threads import connector
from tests.connectors.contract import bench
from tests.connectors.threads.support import mentions
from tests.networks.standin import StandIn

FOLDER = os.environ.get("LISTENER_RECORDINGS")
pytestmark = pytest.mark.skipif(not FOLDER, reason="LISTENER_RECORDINGS is not set")


def recorded(insights: bool) -> list[Any]:
    """Lists of posts, or of metrics; what a client sends stands among them and is left out."""
    manifest = Path(FOLDER or "") / "threads" / "manifest.jsonl"
    if not FOLDER or not manifest.exists():
        return [pytest.param(None, marks=pytest.mark.skip(reason="no recording"))]
    files = [json.loads(line)["file"] for line in manifest.read_text().splitlines()]
    read = {name: json.loads((Path(FOLDER) / name).read_text()) for name in files}
    lists = {name: answer for name, answer in read.items() if "data" in answer}
    return [
        pytest.param(answer, id=Path(name).stem)
        for name, answer in lists.items()
        if ("period" in answer["data"][0]) is insights
    ]


class Recorded(StandIn):
    answer: Any = None

    def routes(self, app: web.Application) -> None:
        app.router.add_get("/{path:.*}", self._any)

    async def _any(self, request: web.Request) -> web.Response:
        if request.path == "/me":
            return web.json_response({"username": "chu_valmont"})
        return web.json_response(self.answer)


@pytest.mark.parametrize("answer", recorded(insights=False))
async def test_recorded_lists_give_each_post_as_a_mention(answer: Any) -> None:
    def build(network: Any, means: Any) -> Any:
        return connector(network, means, mentions=True, look_back="3650d")

    async with bench(Case("threads", Recorded, build)) as ready:
        ready.network.answer = answer
        pages = await ready.drain()
    given = {mention.external_id: mention for mention in mentions(pages)}
    assert set(given) == {item["id"] for item in answer["data"]}
    assert not any(page.rejects for page in pages)
    for mention in given.values():
        item = next(item for item in answer["data"] if item["id"] == mention.external_id)
        assert mention.text == item.get("text", "")
        assert (mention.kind is Kind.REPLY) == bool(item.get("is_reply"))
        assert (mention.published_at is not None) == ("timestamp" in item)


@pytest.mark.parametrize("answer", recorded(insights=True))
async def test_recorded_insights_give_what_they_tell_and_nothing_else(answer: Any) -> None:
    def build(network: Any, means: Any) -> Any:
        return connector(network, means, audience=True)

    async with bench(Case("threads", Recorded, build)) as ready:
        ready.network.answer = answer
        (own,) = [one for page in await ready.drain() for one in page.audiences]
    told = {metric["name"] for metric in answer["data"]}
    assert own.followers is None
    assert (own.views is not None) == ("views" in told)
