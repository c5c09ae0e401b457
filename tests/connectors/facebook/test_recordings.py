"""Recorded answers of the Graph API are read whole (opt-in: LISTENER_RECORDINGS names their folder)."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from connectors.connector import ConnectorError
from connectors.facebook.wire import Read, read_comment, read_post
from connectors.graph import Denied, Graph, next_token, page_params
from connectors.http import HttpClient, NetworkPolicy
from tests.networks.standin import StandIn

AT = datetime(2026, 11, 21, tzinfo=UTC)
FOLDER = os.environ.get("LISTENER_RECORDINGS")
pytestmark = pytest.mark.skipif(not FOLDER, reason="LISTENER_RECORDINGS is not set")


def recorded(*kinds: str) -> list[Any]:
    root = Path(FOLDER or "")
    manifest = root / "facebook" / "manifest.jsonl"
    if not FOLDER or not manifest.exists():
        return []
    lines = [json.loads(line) for line in manifest.read_text(encoding="utf-8").splitlines()]
    return [
        pytest.param(root / line["file"], id=Path(line["file"]).stem)
        for line in lines
        if line["kind"] in kinds and line.get("usable_response")
    ]


def items(document: Any) -> list[dict[str, Any]]:
    """Of a list, of a look by ids, or the one item."""
    if "data" in document:
        return list(document["data"])
    return [document] if "id" in document else list(document.values())


def sensible(read: Read) -> None:
    mention = read.mention
    assert mention.external_id.replace("_", "").isdecimal()
    assert mention.published_at is not None and mention.published_at.year >= 2012
    assert mention.url is not None and mention.url.startswith("https://")
    assert "&amp;" not in mention.text and "access_token" not in repr(mention)


@pytest.mark.parametrize("path", recorded("post"))
def test_recorded_posts_are_mentions(path: Path) -> None:
    found = items(json.loads(path.read_bytes()))
    assert found
    for raw in found:
        read = read_post(raw, AT)
        sensible(read)
        if "reactions" in raw:
            assert read.engagement is not None
            assert read.engagement.reactions == raw["reactions"]["summary"]["total_count"]


@pytest.mark.parametrize("path", recorded("comment"))
def test_recorded_comments_are_mentions(path: Path) -> None:
    found = items(json.loads(path.read_bytes()))
    assert found
    for raw in found:
        read = read_comment(raw, AT, post_id=None)
        sensible(read)
        if "reply_comment_id" in raw.get("permalink_url", ""):
            assert read.mention.parent_id != read.mention.root_id
        if "like_count" in raw:
            assert read.engagement is not None
            assert read.engagement.reactions == raw["like_count"]


@pytest.mark.parametrize("path", recorded("paging", "post", "comment"))
def test_recorded_pages_lead_on_without_a_credential(path: Path) -> None:
    document = json.loads(path.read_bytes())
    link = document.get("paging", {}).get("next") if isinstance(document, dict) else None
    token = next_token(document)
    assert (token is None) == (link is None)
    assert "access_token" not in page_params(token) and "access_token" not in (token or "")


class Played(StandIn):
    body = b""

    def routes(self, app: web.Application) -> None:
        app.router.add_get("/{path:.*}", self._play)

    async def _play(self, _request: web.Request) -> web.Response:
        return web.Response(status=400, body=self.body, content_type="application/json")


@asynccontextmanager
async def played(body: bytes) -> AsyncIterator[Graph]:
    async def token() -> str:
        return "jeton"

    network = Played()
    network.body = body
    policy = NetworkPolicy(allowed_hosts=("127.0.0.1",))
    async with network.serving(), HttpClient(policy, clock=lambda: AT) as http:
        yield Graph(http, network.base_url, token=token, clock=lambda: AT)


@pytest.mark.parametrize(
    "path", [p for p in recorded("error", "paging") if b'"error"' in p.values[0].read_bytes()]
)
async def test_recorded_errors_are_refusals_of_one_endpoint(path: Path) -> None:
    async with played(path.read_bytes()) as graph:
        with pytest.raises(ConnectorError) as raised:
            await graph.get("page/feed")
    assert type(raised.value) is Denied
