"""Counts read again, what is gone, how many follow."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connectors.connector import Unavailable
from connectors.mention import AudienceSnapshot, Deletion
from tests.connectors.case import NOON
from tests.connectors.dailymotion.support import Bench
from tests.networks.dailymotion import PROFILE
from tests.networks.standin import Fault


async def test_counts_are_read_again_a_hundred_a_request(ready: Bench) -> None:
    known = ready.network.publish(150)
    ready.network.videos[7]["views_total"] = 5_000
    pages = await ready.refresh(*known)
    figures = {e.key.external_id: e.views for page in pages for e in page.engagements}
    assert len(figures) == 150
    assert figures[known[7]] == 5_000
    assert len(ready.network.requests) == 2
    assert not any(page.deletions for page in pages)


async def test_only_a_video_that_is_not_found_by_itself_is_deleted(ready: Bench) -> None:
    gone, private, unlisted, there = ready.network.publish(4)
    ready.network.videos.pop(0)
    ready.network.private.add(private)
    ready.network.unlisted.add(unlisted)
    pages = await ready.refresh(gone, private, unlisted, there)
    deletions = [deletion for page in pages for deletion in page.deletions]
    assert deletions == [Deletion(network="dailymotion", external_id=gone, seen_at=NOON)]
    read = {e.key.external_id for page in pages for e in page.engagements}
    assert read == {private, unlisted, there}
    assert [e.key.external_id for page in pages for e in page.engagements if e.is_bare] == [private]


async def test_a_network_that_fails_deletes_nothing(ready: Bench) -> None:
    (known,) = ready.network.publish(1)
    ready.network.unlisted.add(known)
    ready.network.faults.extend([None, *[Fault(status=500)] * 10])
    with pytest.raises(Unavailable):
        await ready.refresh(known)


async def test_ids_that_are_none_are_not_asked(ready: Bench) -> None:
    assert await ready.refresh("../user/1", "x1,x2") == []
    assert not ready.network.requests


async def test_followers_and_the_most_viewed_video_are_read_once_a_day(ready: Bench) -> None:
    ready.network.publish(3)
    best = ready.network.video(views_total=9_000)
    keys = {"profiles": [PROFILE], "peers": ["chu-bremont", "personne"], "audience": True}
    pages = await ready.poll(**keys)
    own, peer = [one for page in pages for one in page.audiences]
    assert own == AudienceSnapshot(
        network="dailymotion",
        account=PROFILE,
        taken_at=NOON,
        followers=1_230,
        views=52_000,
        posts=4,
        most_viewed_url=best["url"],
        most_viewed=9_000,
    )
    assert (peer.account, peer.followers, peer.most_viewed) == ("chu-bremont", 1_230, None)
    assert not [one for page in await ready.poll(**keys) for one in page.audiences]
    ready.clock.at += timedelta(days=1)
    assert len([one for page in await ready.poll(**keys) for one in page.audiences]) == 2


async def test_followers_are_told_where_views_are_not(ready: Bench) -> None:
    ready.network.fields_gone = {"views_total"}
    ready.network.publish(1)
    pages = await ready.poll(profiles=[PROFILE], audience=True)
    (own,) = [one for page in pages for one in page.audiences]
    assert (own.followers, own.views, own.most_viewed_url) == (1_230, None, None)
