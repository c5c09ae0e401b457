"""Recorded answers of the API v2 are read whole (opt-in: LISTENER_RECORDINGS names their folder)."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.x.ids import instant_of
from tests.connectors.x.support import NOON, Desk, Now, ids, mentions, refreshed
from tests.networks.standin import Fault
from tests.networks.x import X

FOLDER = os.environ.get("LISTENER_RECORDINGS")
pytestmark = pytest.mark.skipif(not FOLDER, reason="LISTENER_RECORDINGS is not set")
AGES = {"window": "3650d", "look_back": "3650d"}


def recorded() -> list[Any]:
    manifest = Path(FOLDER or "") / "x_twitter" / "manifest.jsonl"
    if not FOLDER or not manifest.exists():
        return [pytest.param(None, id="none")]
    lines = [json.loads(line) for line in manifest.read_text().splitlines()]
    usable = [line for line in lines if line.get("usable_response")]
    return [pytest.param(line, id=Path(line["file"]).name[:70]) for line in usable]


def load(about: dict[str, Any]) -> Any:
    return json.loads((Path(FOLDER or "") / about["file"]).read_bytes())


def shape(about: dict[str, Any], answer: Any) -> str:
    """What an answer holds, by its items and not by the endpoint: lists of posts are all alike."""
    if "/2/" not in (about.get("url") or ""):
        return "v1.1"
    data = answer.get("data")
    first = data[0] if isinstance(data, list) and data else data
    if not isinstance(first, dict):
        return "nothing"
    for shape, key in (
        ("posts", "text"),
        ("users", "username"),
        ("counts", "start"),
        ("jobs", "upload_url"),
    ):
        if key in first:
            return shape if isinstance(data, list) else shape.rstrip("s")
    return "other"


def served(answer: Any) -> Fault:
    return Fault(status=200, body=json.dumps(answer).encode())


@pytest.mark.parametrize("about", recorded())
async def test_recorded_answers_are_read_without_rejects(
    desk: Desk, network: X, now: Now, about: dict[str, Any]
) -> None:
    answer = load(about)
    kind = shape(about, answer)
    if kind == "posts":
        await read_posts(desk, network, now, answer)
    elif kind == "post":
        await read_post(desk, network, now, answer)
    elif kind in ("users", "user"):
        await read_users(desk, network, now, answer)
    elif kind == "counts":
        await read_counts(desk, network, answer)
    elif kind == "job":
        await read_job(desk, network, answer)
    else:
        pytest.skip(f"not read by this connector: {kind}")


async def read_posts(desk: Desk, network: X, now: Now, answer: Any) -> None:
    wanted = [post["id"] for post in answer["data"]]
    made = [at for post_id in wanted if (at := instant_of(post_id)) is not None]
    now.at = max(made) + timedelta(minutes=5)
    network.faults.extend([served(answer), served({"meta": {"result_count": 0}})])
    pages = await desk.drain(desk.make(**AGES))
    assert not any(page.rejects for page in pages)
    assert sorted(ids(pages)) == sorted({_first(post) for post in answer["data"]})
    for mention in mentions(pages):
        assert mention.text or mention.media
        assert "&amp;" not in mention.text
        assert mention.published_at is not None and mention.published_at <= now.at
        assert mention.url is not None and mention.url.startswith("https://x.com/")


async def read_post(desk: Desk, network: X, now: Now, answer: Any) -> None:
    post_id = answer["data"]["id"]
    made = instant_of(post_id)
    assert made is not None
    now.at = made + timedelta(minutes=5)
    network.faults.append(served(answer))
    pages = await refreshed(desk.make(**AGES), post_id)
    assert not any(page.rejects or page.deletions for page in pages)


async def read_users(desk: Desk, network: X, now: Now, answer: Any) -> None:
    data = answer["data"]
    users = data if isinstance(data, list) else [data]
    names = tuple(dict.fromkeys(user["username"].lower() for user in users))[:100]
    network.faults.append(served({**answer, "data": users}))
    pages = await desk.drain(desk.make(accounts=names, audience=True, mentions=False, search=False))
    found = {snapshot.account for page in pages for snapshot in page.audiences}
    assert found == set(names)


async def read_counts(desk: Desk, network: X, answer: Any) -> None:
    """More posts than the money left would buy: none is bought."""
    assert answer["meta"]["total_tweet_count"] > 8
    network.faults.append(served(answer))
    poor = {"daily_budget": 0.04, "monthly_budget": 1.0, "search_share": 1.0}
    with pytest.raises(Exception, match="is spent"):
        await desk.drain(desk.make(**poor))
    assert [request.path for request in network.requests] == ["/tweets/counts/recent"]


async def read_job(desk: Desk, network: X, answer: Any) -> None:
    """A job of 2021 or 2022 is left alone while it runs, and fetched where its host is known."""
    job = answer["data"]
    desk.cursors["compliance"] = {"v": 1, "job": job["id"]}
    now_running = {**answer, "data": {**job, "status": "in_progress"}}
    network.faults.append(served(now_running))
    pages = await desk.drain(desk.make(search=False))
    assert not pages and desk.now.at == NOON


def _first(post: dict[str, Any]) -> str:
    return min(post.get("edit_history_tweet_ids") or [post["id"]], key=int)
