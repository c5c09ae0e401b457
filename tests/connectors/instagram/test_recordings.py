"""Recorded answers of Instagram give mentions without rejects (opt-in: LISTENER_RECORDINGS names their folder)."""

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

from connectors.connector import Page, Watched
from tests.connectors.case import Case
from tests.connectors.cases.instagram import connector
from tests.connectors.contract import Bench, bench
from tests.connectors.instagram.support import HOOKED, call, made, received, refreshed
from tests.networks.instagram import iso
from tests.networks.standin import StandIn

AT = datetime(2026, 11, 21, tzinfo=UTC)
FOLDER = os.environ.get("LISTENER_RECORDINGS")
pytestmark = pytest.mark.skipif(not FOLDER, reason="LISTENER_RECORDINGS is not set")

LISTS = {
    "users__medias": "media",
    "user_medias": "media",
    "stories__stories_default": "media",
    "stories__stories_fields": "media",
    "users__stories": "media",
    "users__live_medias": "media",
    "users__tagged_medias": "tags",
    "hashtags__hashtag_recent": "hashtag",
    "hashtags__hashtag_top": "hashtag",
    "medias__comments": "comments",
    "comments__replies": "replies",
}
FOUND = ("__comments_fields", "__medias_fields", "__medias_info", "__stories_info")
SINGLE = {
    "comment_fields": "comment",
    "mentioned_comment": "comment",
    "mentioned_media": "media",
    "media_default": "media",
    "media_info": "media",
    "story_info": "media",
}


def recorded() -> list[Path]:
    manifest = Path(FOLDER or "") / "instagram" / "manifest.jsonl"
    if not FOLDER or not manifest.exists():
        return []
    lines = [json.loads(line) for line in manifest.read_text().splitlines()]
    return [Path(FOLDER) / line["file"] for line in lines if line["usable_response"]]


def of(*names: str) -> list[Any]:
    found = [path for path in recorded() if any(name in path.stem for name in names)]
    found = [path for path in found if isinstance(json.loads(path.read_text()), dict)]
    return [pytest.param(path, id=path.stem) for path in found] or [
        pytest.param(None, marks=pytest.mark.skip(reason="no recording"))
    ]


class Recorded(StandIn):
    """Answers every list with one recording, once, and every other question with what is set."""

    answer: Any = None
    at: str = ""

    def routes(self, app: web.Application) -> None:
        app.router.add_get("/ig_hashtag_search", self._hashtag)
        app.router.add_get("/{path:.*}", self._any)

    async def _hashtag(self, _request: web.Request) -> web.Response:
        return web.json_response({"data": [{"id": "17843826142012701"}]})

    async def _any(self, request: web.Request) -> web.Response:
        if self.at and not request.path.endswith(self.at):
            followed = {"id": "17", "timestamp": iso(AT), "comments_count": 3}
            return web.json_response({"data": [followed]})
        if "after" in request.query:
            return web.json_response({"data": []})
        return web.json_response(self.answer)


@asynccontextmanager
async def serving(answer: Any, at: str = "", **settings: Any) -> AsyncIterator[Bench]:
    def build(network: Any, means: Any) -> Any:
        wide = {"look_back": "3650d", "follow": "30d"}
        return connector(network, means, Watched(), **wide, **settings)

    async with bench(Case("instagram", Recorded, build, at=AT)) as ready:
        ready.network.answer, ready.network.at = answer, at
        yield ready


@pytest.mark.parametrize("path", of(*LISTS))
async def test_recorded_lists_give_each_item_as_a_mention(path: Path) -> None:
    answer = json.loads(path.read_text())
    kind = next(kind for name, kind in LISTS.items() if name in path.stem)
    settings: dict[str, Any] = {kind: True} if kind in ("media", "tags") else {}
    settings |= {"hashtags": ["love"]} if kind == "hashtag" else {}
    settings |= {"comments": True} if kind in ("comments", "replies") else {}
    at = "/comments" if kind in ("comments", "replies") else ""
    if kind == "replies":
        answer = {"data": [{"id": "178", "replies": answer}]}
    async with serving(answer, at, **settings) as ready:
        pages = await ready.drain()
    expect(pages, answer["data"][0]["replies"]["data"] if kind == "replies" else answer["data"])


def expect(pages: list[Page], items: list[dict[str, Any]]) -> None:
    given = {mention.external_id: mention for page in pages for mention in page.mentions}
    assert not any(page.rejects for page in pages)
    assert {item["id"] for item in items} <= set(given)
    for item in items:
        mention = given[item["id"]]
        assert (mention.published_at is not None) == ("timestamp" in item)
        said = " ".join(str(item.get("caption", item.get("text", ""))).split())
        assert " ".join(mention.text.split())[:20] == said[:20]
        assert mention.media or "media_type" not in item or item["media_type"] == "BROADCAST"


@pytest.mark.parametrize("path", of(*SINGLE))
async def test_recorded_posts_that_mention_the_account_are_read(path: Path) -> None:
    answer = json.loads(path.read_text())
    what = next(what for name, what in SINGLE.items() if name in path.stem)
    item = answer.get(f"mentioned_{what}", answer)
    change = {"field": "mentions", "value": {f"{what}_id": item["id"]}}
    async with serving({f"mentioned_{what}": item}, **HOOKED) as ready:
        expect(await received(made(ready), call(change)), [item])


@pytest.mark.parametrize("path", of(*FOUND))
async def test_recorded_look_ups_give_the_figures_that_are_there(path: Path) -> None:
    answer = json.loads(path.read_text())
    async with serving(answer) as ready:
        pages = await refreshed(made(ready), *answer)
    told = [one for page in pages for one in page.engagements if not one.is_bare]
    counted = {one.key.external_id: one.reactions for one in told}
    assert counted == {key: it["like_count"] for key, it in answer.items() if "like_count" in it}
    assert not any(page.deletions for page in pages)


@pytest.mark.parametrize("path", of("discovery__user_fields", "users__user_fields"))
async def test_recorded_profiles_give_their_audience(path: Path) -> None:
    answer = json.loads(path.read_text())
    profile = answer.get("business_discovery", answer)
    asked = {"peers": ["facebookfordevelopers"]} if profile is not answer else {}
    async with serving(answer, audience=True, **asked) as ready:
        found = [one for page in await ready.drain() for one in page.audiences]
    assert found[-1].account == profile["username"]
    assert (found[-1].followers, found[-1].posts) == (
        profile["followers_count"],
        profile["media_count"],
    )
