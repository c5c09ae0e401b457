"""Figures read again, what is gone, how many follow."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connectors.connector import Unavailable
from connectors.mention import AudienceSnapshot, Deletion
from tests.connectors.case import NOON
from tests.connectors.tiktok.support import OWN, Bench, deletions
from tests.networks.standin import Fault


async def test_a_hundred_videos_of_a_month_are_asked_for_at_once(ready: Bench) -> None:
    recent = [ready.network.video(at=NOON - timedelta(days=1, seconds=n)) for n in range(150)]
    ready.network.videos.reverse()
    ready.network.times.reverse()
    old = ready.network.video(at=NOON - timedelta(days=200))
    ready.network.videos.insert(0, ready.network.videos.pop())
    ready.network.times.insert(0, ready.network.times.pop())
    pages = await ready.refresh(*[str(video["id"]) for video in (*recent, old)])
    figures = {e.key.external_id: e.views for page in pages for e in page.engagements}
    assert len(figures) == 151 and not deletions(pages)
    asked = ready.network.asked("video/query")
    assert len(asked) <= 4
    assert all(len(body["query"]["and"][0]["field_values"]) <= 100 for body in asked)


async def test_a_video_that_two_questions_do_not_show_is_deleted(ready: Bench) -> None:
    there, gone = ready.network.video(), ready.network.video()
    ready.network.videos.remove(gone)
    ready.network.times.pop()
    ready.network.hidden = {there["id"]}
    pages = await ready.refresh(str(there["id"]), str(gone["id"]))
    assert deletions(pages) == [
        Deletion(network="tiktok", external_id=str(gone["id"]), seen_at=NOON)
    ]
    assert [e.key.external_id for page in pages for e in page.engagements] == [str(there["id"])]


async def test_a_comment_is_no_video_and_is_not_deleted_for_that(ready: Bench) -> None:
    video = ready.network.video()
    comment = ready.network.comment(video)
    await ready.poll()
    pages = await ready.refresh(str(video["id"]), str(comment["id"]))
    assert not deletions(pages), "a new connector with the same ledger knows"


async def test_ids_that_tell_no_day_are_neither_asked_nor_deleted(ready: Bench) -> None:
    assert await ready.refresh("123", "pas-un-id", "9" * 20) == []
    assert not ready.network.bodies


async def test_a_network_that_fails_deletes_nothing(ready: Bench) -> None:
    video = ready.network.video()
    ready.network.faults.extend([None, *[Fault(status=500)] * 5])
    with pytest.raises(Unavailable):
        await ready.refresh(str(video["id"]))


async def test_own_videos_are_asked_for_by_twenty(ready: Bench) -> None:
    await ready.log_in()
    known = ready.network.publish(45)
    gone = ready.network.videos.pop()
    pages = await ready.refresh(*known, **OWN)
    assert sum(len(page.engagements) for page in pages) == 44
    assert [one.external_id for one in deletions(pages)] == [str(gone["id"])]
    assert len(ready.network.asked("/v2/video/query")) == 3


async def test_followers_are_read_once_a_day(ready: Bench) -> None:
    keys = {
        "accounts": ["@chuvalmont"],
        "peers": ["chubremont", "personne"],
        "audience": True,
        "comments": False,
    }
    pages = await ready.poll(**keys)
    own, peer = [one for page in pages for one in page.audiences]
    assert own == AudienceSnapshot(
        network="tiktok", account="chuvalmont", taken_at=NOON, followers=1_230, posts=42
    )
    assert (peer.account, peer.followers) == ("chubremont", 800)
    assert not [one for page in await ready.poll(**keys) for one in page.audiences]
    ready.clock.at += timedelta(days=1)
    assert len([one for page in await ready.poll(**keys) for one in page.audiences]) == 2
