"""Recorded answers are read without loss (opt-in: LISTENER_RECORDINGS names their folder)."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from connectors.connector import ConnectorError, Malformed, Page, Unauthorized
from connectors.mention import MentionKey
from tests.connectors.youtube.support import HOSPITAL, Desk, mentions
from tests.networks.standin import Fault
from tests.networks.youtube import OWN

FOLDER = Path(os.environ.get("LISTENER_RECORDINGS", "")) / "youtube"
pytestmark = pytest.mark.skipif(
    "LISTENER_RECORDINGS" not in os.environ, reason="LISTENER_RECORDINGS is not set"
)
WHEN = datetime(2021, 1, 1, tzinfo=UTC)  # soon after they were recorded


def recorded(*kinds: str) -> list[Any]:
    if not FOLDER.exists():
        return []
    files = sorted(FOLDER.glob("python-youtube/*.json"))
    return [
        pytest.param(path, id=path.stem)
        for path in files
        if json.loads(path.read_bytes()).get("kind") in kinds
    ]


def answer(path: Path) -> bytes:
    """The last page of a list: there is no other behind it."""
    body = json.loads(path.read_bytes())
    body.pop("nextPageToken", None)
    return json.dumps(body).encode()


def fault(path: Path) -> Fault:
    return Fault(status=200, body=answer(path))


async def read(desk: Desk, path: Path, **options: Any) -> list[Page]:
    desk.now.at = WHEN
    desk.network.faults.append(fault(path))
    watched = HOSPITAL if "channels" not in options else None
    connector = desk.connector(*([watched] if watched else []), look_back="3650d", **options)
    return await desk.poll(connector)


@pytest.mark.parametrize("path", recorded("youtube#searchListResponse"))
async def test_a_recorded_search_is_read_whole(desk: Desk, path: Path) -> None:
    items = json.loads(answer(path))["items"]
    videos = {i["id"]["videoId"] for i in items if "videoId" in i["id"]}
    pages = await read(desk, path, comments=False)
    assert {mention.external_id for mention in mentions(pages)} == videos
    assert sum(len(page.rejects) for page in pages) == len(items) - len(videos)
    assert all(mention.title and "&amp;" not in mention.title for mention in mentions(pages))
    assert all(mention.published_at for mention in mentions(pages))


@pytest.mark.parametrize("path", recorded("youtube#commentThreadListResponse"))
async def test_recorded_comments_are_read_whole(desk: Desk, path: Path) -> None:
    # The uploads' list and its channel are asked for first.
    desk.network.faults.extend([None, None])
    pages = await read(desk, path, channels=(OWN,), follow_threads="3650d")
    items = json.loads(answer(path))["items"]
    told = {mention.external_id: mention for mention in mentions(pages)}
    assert {item["id"] for item in items} <= set(told)
    assert not any(page.rejects for page in pages)
    assert all(m.text and m.author.name and (m.root_id or m.accounts) for m in told.values())


@pytest.mark.parametrize("path", recorded("youtube#playlistItemListResponse"))
async def test_a_recorded_playlist_is_read_with_its_videos(desk: Desk, path: Path) -> None:
    items = json.loads(answer(path))["items"]
    ids = [item["snippet"]["resourceId"]["videoId"] for item in items]
    for video_id in ids:
        made = desk.network.video(OWN)
        del desk.network.videos[made["id"]]
        desk.network.videos[video_id] = {**made, "id": video_id}
    pages = await read(desk, path, channels=(OWN,), comments=False)
    assert {mention.external_id for mention in mentions(pages)} == set(ids)
    assert not any(page.rejects for page in pages)


@pytest.mark.parametrize(
    "path", recorded("youtube#videoListResponse", "youtube#commentListResponse")
)
async def test_recorded_details_refresh_what_they_hold(desk: Desk, path: Path) -> None:
    found = {item["id"]: item for item in json.loads(answer(path))["items"]}
    desk.network.faults.append(fault(path))
    keys = [MentionKey(network="youtube", external_id=i) for i in found]
    pages = [page async for page in desk.connector(channels=(OWN,)).refresh(keys)]
    assert not any(page.deletions for page in pages)
    told = {figures.key.external_id: figures for page in pages for figures in page.engagements}
    for external_id, item in found.items():
        views = item.get("statistics", {}).get("viewCount")
        if views is not None:
            assert told[external_id].views == int(views)


@pytest.mark.parametrize("path", recorded("youtube#channelListResponse"))
async def test_recorded_channels_give_their_figures(desk: Desk, path: Path) -> None:
    items = json.loads(answer(path))["items"]
    if "statistics" not in items[0]:
        pytest.skip("an answer without figures")
    desk.network.uploads[items[0]["id"]] = [desk.network.video(OWN)]
    connector = desk.connector(channels=(items[0]["id"],), comments=False, audience=True)
    desk.network.faults.extend([None, None, None, fault(path)])
    (taken,) = (a for page in await desk.poll(connector) for a in page.audiences)
    assert taken.followers == int(items[0]["statistics"]["subscriberCount"])
    assert taken.posts == int(items[0]["statistics"]["videoCount"])


@pytest.mark.parametrize(
    ("name", "named"),
    [("error_response", Unauthorized), ("error_response_simple", Malformed)],
)
async def test_recorded_errors_have_their_name(
    desk: Desk, name: str, named: type[ConnectorError]
) -> None:
    body = (FOLDER / f"python-youtube/testdata__{name}.json").read_bytes()
    desk.network.faults.extend([Fault(status=400, body=body)] * 3)
    with pytest.raises(named):
        await desk.poll(desk.connector(channels=(OWN,), comments=False))


async def test_the_recorded_feed_is_read_without_a_key(desk: Desk) -> None:
    async def feed(_request: web.Request) -> web.Response:
        (path,) = FOLDER.glob("feedjira/*.xml")
        return web.Response(body=path.read_bytes(), content_type="text/xml")

    desk.network.faults.append(Fault(handler=feed))
    desk.now.at = WHEN
    connector = desk.connector(api_key=None, channels=(OWN,), look_back="3650d")
    pages = await desk.poll(connector)
    told = mentions(pages)
    assert len(told) == 15 and not any(page.rejects for page in pages)
    assert all(video.title and video.url and video.author.external_id for video in told)
    assert all(figures.views for page in pages for figures in page.engagements)
