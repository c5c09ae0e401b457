"""What is read again: figures and deletions by id, and each day the channels' own figures."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.connector import Malformed, Page
from connectors.mention import MentionKey
from connectors.youtube import YoutubeConnector
from tests.connectors.youtube.support import Desk, ids
from tests.networks.standin import Fault
from tests.networks.youtube import OWN, PEER
from tests.networks.youtube_wire import refusal


def key(external_id: str) -> MentionKey:
    return MentionKey(network="youtube", external_id=external_id)


async def _refreshed(connector: YoutubeConnector, *external_ids: str) -> list[Page]:
    return [page async for page in connector.refresh([key(i) for i in external_ids])]


async def test_videos_and_comments_are_read_again_fifty_at_a_time(desk: Desk) -> None:
    videos = desk.network.publish(70)
    threads = [desk.network.comment()["id"] for _ in range(60)]
    reply = desk.network.reply(desk.network.threads[0])["id"]
    pages = await _refreshed(desk.connector(channels=(OWN,)), *videos, *threads, reply)
    assert len(desk.network.calls("videos")) == 2 and len(desk.network.calls("comments")) == 2
    read = {figures.key.external_id for page in pages for figures in page.engagements}
    assert read == {*videos, *threads, reply}
    assert not any(page.deletions for page in pages)


async def test_a_video_whose_channel_hides_its_figures_shows_a_sign_of_life(desk: Desk) -> None:
    (video,) = desk.network.publish(1)
    desk.network.videos[video]["statistics"] = {}
    (page,) = await _refreshed(desk.connector(channels=(OWN,)), video)
    assert [(e.key.external_id, e.is_bare) for e in page.engagements] == [(video, True)]


async def test_what_is_no_longer_given_is_deleted(desk: Desk) -> None:
    kept, gone = desk.network.publish(2)
    thread = desk.network.comment()["id"]
    del desk.network.videos[gone]
    desk.network.threads.clear()
    pages = await _refreshed(desk.connector(channels=(OWN,)), kept, gone, thread)
    deleted = {deletion.external_id for page in pages for deletion in page.deletions}
    assert deleted == {gone, thread}


async def test_a_comment_that_is_gone_is_told_from_those_that_were_asked_for_with_it(
    desk: Desk,
) -> None:
    threads = [desk.network.comment()["id"] for _ in range(9)]
    gone = desk.network.threads.pop(4)["id"]
    desk.network.strict = True
    pages = await _refreshed(desk.connector(channels=(OWN,)), *threads)
    assert [d.external_id for page in pages for d in page.deletions] == [gone]
    assert len([e for page in pages for e in page.engagements]) == 8


async def test_an_answer_that_is_none_deletes_nothing(desk: Desk) -> None:
    (video,) = desk.network.publish(1)
    desk.network.faults.append(Fault(status=200, body=b'{"kind": "youtube#videoListResponse"}'))
    with pytest.raises(Malformed):
        await _refreshed(desk.connector(channels=(OWN,)), video)


async def test_without_a_key_nothing_is_asked_again(desk: Desk) -> None:
    assert await _refreshed(desk.connector(api_key=None, channels=(OWN,)), "vid00000000") == []
    assert not desk.network.requests


async def test_channels_tell_their_figures_once_a_day(desk: Desk) -> None:
    for views in ("5", "900", "40"):
        desk.network.video(OWN)["statistics"]["viewCount"] = views
    connector = desk.connector(channels=("@chuvalmont",), peers=(PEER,), audience=True)
    own, peer = (a for page in await desk.poll(connector) for a in page.audiences)
    assert (own.account, own.followers, own.views, own.posts) == ("chuvalmont", 1230, 52000, 3)
    assert (own.most_viewed_url, own.most_viewed) == ("https://youtu.be/vid00000001", 900)
    assert (peer.account, peer.posts, peer.most_viewed) == (PEER, 0, None)
    desk.now.at += timedelta(hours=23)
    assert not any(page.audiences for page in await desk.poll(connector))
    desk.now.at += timedelta(hours=2)
    assert any(page.audiences for page in await desk.poll(connector))


async def test_a_channel_that_hides_its_list_costs_the_day_one_question(desk: Desk) -> None:
    desk.network.video(OWN)
    hidden = Fault(status=403, body=refusal(403, "playlistItemsNotAccessible").body)  # type: ignore[arg-type]
    options: dict[str, Any] = {"channels": (OWN,), "comments": False}
    await desk.poll(desk.connector(**options))
    options["audience"] = True
    desk.network.faults.extend([None, None, None, hidden])
    (own,) = (a for page in await desk.poll(desk.connector(**options)) for a in page.audiences)
    assert (own.followers, own.most_viewed) == (1230, None)
    assert not any(p.audiences for p in await desk.poll(desk.connector(**options)))


async def test_hidden_subscribers_are_unknown_and_not_zero(desk: Desk) -> None:
    desk.network.hidden_subscribers = True
    connector = desk.connector(channels=(OWN,), audience=True)
    (own,) = (a for page in await desk.poll(connector) for a in page.audiences)
    assert own.followers is None


async def test_figures_that_cannot_be_read_hold_up_no_video(desk: Desk) -> None:
    new = desk.network.publish(2)
    desk.network.faults.extend([None, None, None, *[Fault(status=200, body=b"[]")] * 3])
    connector = desk.connector(channels=(OWN,), comments=False, audience=True)
    pages = await desk.poll(connector)
    assert sorted(ids(pages)) == new
    assert "audience" not in desk.cursors


def test_stored_texts_are_asked_for_again_within_the_thirty_days_that_google_allows(
    desk: Desk,
) -> None:
    assert desk.connector(channels=(OWN,)).verify_every == timedelta(days=7)
    assert desk.connector(channels=(OWN,), api_key=None).verify_every is None
    with pytest.raises(ValidationError):
        desk.connector(channels=(OWN,), verify_every="31d")
