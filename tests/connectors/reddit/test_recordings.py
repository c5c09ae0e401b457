"""Recorded answers of Reddit (opt-in: LISTENER_RECORDINGS names their folder)."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from connectors.connector import ConnectorError, Malformed
from connectors.mention import MentionKey
from tests.connectors.case import Now
from tests.connectors.reddit.conftest import Make, drain
from tests.networks.reddit import Reddit
from tests.networks.standin import Fault

FOLDER = os.environ.get("LISTENER_RECORDINGS")
pytestmark = pytest.mark.skipif(not FOLDER, reason="LISTENER_RECORDINGS is not set")
AT = datetime(2026, 11, 21, tzinfo=UTC)


def recorded(*kinds: str) -> list[Any]:
    manifest = Path(FOLDER or "") / "reddit" / "manifest.jsonl"
    if not FOLDER or not manifest.exists():
        return []
    lines = [json.loads(line) for line in manifest.read_text().splitlines()]
    found = [line for line in lines if line["kind"] in kinds and line.get("usable_response")]
    return [pytest.param(line, id=Path(line["file"]).stem[-60:]) for line in found]


def body_of(line: dict[str, Any]) -> bytes:
    return (Path(FOLDER or "") / line["file"]).read_bytes()


def names(node: Any) -> Iterator[str]:
    """Every post's and comment's, however deep it stands."""
    if isinstance(node, dict):
        data = node.get("data")
        if node.get("kind") in ("t1", "t3") and isinstance(data, dict):
            yield data["name"]
        for value in node.values():
            yield from names(value)
    elif isinstance(node, list):
        for value in node:
            yield from names(value)


@pytest.fixture
def now() -> Now:
    return Now(AT)


def answering(line: dict[str, Any]) -> Fault:
    return Fault(
        status=line["status"], body=body_of(line), headers={"Content-Type": "application/json"}
    )


@pytest.mark.parametrize("line", recorded("info", "user"))
async def test_recorded_things_are_read_again_without_a_reject(
    make: Make, network: Reddit, line: dict[str, Any]
) -> None:
    expected = set(names(json.loads(body_of(line))))
    network.faults.extend([None, answering(line)])
    keys = [MentionKey(network="reddit", external_id=name) for name in expected]
    (page,) = [page async for page in make().refresh(keys)]
    read = {f.key.external_id for f in page.engagements}
    assert expected and read | {d.external_id for d in page.deletions} == expected
    assert not page.rejects


@pytest.mark.parametrize("line", recorded("comments", "morechildren"))
async def test_recorded_conversations_give_every_comment_without_a_reject(
    make: Make, network: Reddit, line: dict[str, Any]
) -> None:
    """Served as the tree, or as what stands behind its "more"; then nothing more is found."""
    document = json.loads(body_of(line))
    tree = document[1] if isinstance(document, list) else document
    expected = {name for name in names(tree) if name.startswith("t1_")}
    post = network.post(at=datetime(2026, 11, 20, tzinfo=UTC), num_comments=1)
    serving = {"done": False}

    async def once(request: web.Request) -> web.StreamResponse:
        is_more = request.path == "/api/morechildren"
        if not serving["done"] and is_more == isinstance(document, dict):
            serving["done"] = True
            return web.Response(body=body_of(line), content_type="application/json")
        if is_more:
            return web.json_response({"json": {"errors": [], "data": {"things": []}}})
        more = {"kind": "more", "data": {"children": ["zzz"], "count": 1, "id": "zzz"}}
        children = [more] if not serving["done"] else []
        listing = {"kind": "Listing", "data": {"children": children, "after": None}}
        return web.json_response([listing, listing])

    network.faults.extend([None, None, None, *[Fault(handler=once)] * 100])
    pages = await drain(make(), {})
    given = {m.external_id for page in pages for m in page.mentions} - {post["name"]}
    given |= {d.external_id or "" for page in pages for d in page.deletions}
    assert given == expected
    assert not [reject for page in pages for reject in page.rejects]
    for mention in (m for page in pages for m in page.mentions):
        assert "<p>" not in mention.text and "&amp;" not in mention.text
        assert mention.url and mention.url.startswith("https://www.reddit.com/")


@pytest.mark.parametrize("line", recorded("error", "listing", "subreddit"))
async def test_what_is_no_list_of_posts_is_named_or_set_aside(
    make: Make, network: Reddit, line: dict[str, Any]
) -> None:
    network.faults.extend([None, answering(line)])
    if line["kind"] == "listing":  # of accounts
        pages = [page async for page in make(threads=False).poll({})]
        assert [reject for page in pages for reject in page.rejects]
        return
    with pytest.raises((Malformed, ConnectorError)):
        await drain(make(threads=False), {})
