"""Recorded answers of Discourse (opt-in: LISTENER_RECORDINGS names their folder)."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.connector import Malformed
from connectors.mention import MentionKey
from tests.connectors.case import Now
from tests.connectors.discourse.conftest import Make, drain, said
from tests.networks.discourse import Discourse
from tests.networks.standin import Fault

FOLDER = os.environ.get("LISTENER_RECORDINGS")
pytestmark = pytest.mark.skipif(not FOLDER, reason="LISTENER_RECORDINGS is not set")
AT = datetime(2026, 11, 21, tzinfo=UTC)
LONG = {"look_back": "3650d"}


@pytest.fixture
def now() -> Now:
    return Now(AT)


def body_of(name: str) -> bytes:
    folder = Path(FOLDER or "") / "forum_discourse" / "discourse_api"
    return (folder / f"spec__fixtures__{name}.json").read_bytes()


def answering(body: bytes) -> Fault:
    return Fault(status=200, body=body, headers={"Content-Type": "application/json"})


@pytest.mark.parametrize("name", ["posts_latest", "posts_before"])
async def test_recorded_lists_give_every_post_without_a_reject(
    make: Make, network: Discourse, name: str
) -> None:
    body = body_of(name)
    listed: list[dict[str, Any]] = json.loads(body)["latest_posts"]
    network.faults.extend([answering(body), answering(b'{"latest_posts": []}')])
    network.faults.extend([answering(b'{"latest_posts": []}')] * 30)
    pages = await drain(make(conversations=False, **LONG), {})
    given = {mention.external_id: mention for mention in said(pages)}
    assert set(given) == {f"{network.site}/p/{post['id']}" for post in listed}
    assert not [reject for page in pages for reject in page.rejects]
    for mention in given.values():
        assert mention.text and "<p>" not in mention.text and "&amp;" not in mention.text
        assert mention.published_at is not None and mention.author.handle


async def test_a_recorded_topic_gives_its_first_posts_figures(
    make: Make, network: Discourse
) -> None:
    topic = json.loads(body_of("topic"))
    first = topic["post_stream"]["posts"][0]
    network.faults.extend([answering(json.dumps(first).encode()), answering(body_of("topic"))])
    key = MentionKey(network="discourse", external_id=f"{network.site}/p/{first['id']}")
    (page,) = [page async for page in make().refresh([key])]
    (figures,) = page.engagements
    assert (figures.views, figures.replies) == (topic["views"], topic["posts_count"] - 1)
    assert [m.edited_at is not None for m in page.mentions] == [True]


async def test_a_recorded_single_post_is_read_again(make: Make, network: Discourse) -> None:
    post = json.loads(body_of("post"))
    network.faults.extend([answering(body_of("post")), Fault(status=404)])
    key = MentionKey(network="discourse", external_id=f"{network.site}/p/{post['id']}")
    (page,) = [page async for page in make().refresh([key])]
    assert [figures.reactions for figures in page.engagements] == [0]
    assert not page.rejects and not page.deletions


@pytest.mark.parametrize(
    "name",
    ["categories", "latest", "hot", "top", "user", "notifications", "search", "topic_posts"],
)
async def test_what_is_no_list_of_posts_is_malformed(
    make: Make, network: Discourse, name: str
) -> None:
    network.faults.append(answering(body_of(name)))
    with pytest.raises(Malformed):
        await drain(make(), {})
