"""Comments and replies under what was found: each once, again when their number changes, gone when gone."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import timedelta

from connectors.budget import BudgetSpent
from connectors.connector import Cursors
from connectors.mention import Kind
from tests.connectors.tiktok.support import Bench, deletions, ids, mentions
from tests.networks.tiktok import START

LATER = timedelta(hours=7)


async def test_comments_and_replies_hang_under_their_video(ready: Bench) -> None:
    video = ready.network.video()
    comment = ready.network.comment(video)
    reply = ready.network.comment(video, under=comment)
    found = {mention.external_id: mention for mention in mentions(await ready.poll())}
    assert len(found) == 3
    own = str(video["id"])
    first, answer = found[str(comment["id"])], found[str(reply["id"])]
    assert (first.kind, first.parent_id, first.root_id) == (Kind.COMMENT, own, own)
    assert (answer.kind, answer.parent_id, answer.root_id) == (Kind.REPLY, first.external_id, own)
    assert first.url == found[own].url
    assert (first.author.handle, first.author.name) == (None, None), "TikTok does not say who"
    assert first.published_at is not None and first.published_at > START


async def test_each_comment_is_given_once_and_only_where_their_number_changed(
    ready: Bench,
) -> None:
    video, quiet = ready.network.video(), ready.network.video()
    ready.network.comment(video)
    ready.network.comment(quiet)
    await ready.poll()
    ready.clock.at += LATER
    new = ready.network.comment(video)
    before = len(ready.network.asked("comment/list"))
    assert ids(await ready.poll()) == [str(new["id"])]
    assert len(ready.network.asked("comment/list")) == before + 1
    assert ids(await ready.poll()) == []


async def test_many_comments_are_read_whatever_stops_in_between(ready: Bench) -> None:
    video = ready.network.video()
    made = [ready.network.comment(video) for _ in range(330)]
    for _ in range(30):
        ready.network.comment(video, under=made[7])
    wanted = sorted(str(c["id"]) for listed in ready.network.comments.values() for c in listed)
    connector, cursors, given = ready.connector(), Cursors(), list[str]()
    for _crash in range(9):
        async for page in connector.poll(json.loads(json.dumps(cursors))):
            given += ids([page])
            cursors |= {page.feed: page.cursor} if page.cursor else {}
            if page.mentions:
                break
    async for page in connector.poll(cursors):
        given += ids([page])
    assert sorted(given) == sorted([str(video["id"]), *wanted])


async def test_a_comment_that_two_readings_do_not_show_is_gone_with_its_replies(
    ready: Bench,
) -> None:
    video = ready.network.video()
    stays, goes = ready.network.comment(video), ready.network.comment(video)
    reply = ready.network.comment(video, under=goes)
    await ready.poll()
    ready.network.comments[video["id"]].remove(goes)
    for expected in ([], sorted([str(goes["id"]), str(reply["id"])]), []):
        ready.clock.at += timedelta(days=2)
        gone = [deletion.external_id for deletion in deletions(await ready.poll())]
        assert sorted(str(one) for one in gone) == expected
    assert str(stays["id"]) not in json.dumps(gone)


async def test_a_list_that_was_cut_short_deletes_nothing(ready: Bench) -> None:
    video = ready.network.video()
    for _ in range(250):
        ready.network.comment(video)
    await ready.poll(comments_per_video=100)
    ready.network.comments[video["id"]].reverse()
    for _ in range(3):
        ready.clock.at += timedelta(days=2)
        assert not deletions(await ready.poll(comments_per_video=100))


async def test_figures_of_followed_videos_come_with_it_and_a_vanished_one_is_told(
    ready: Bench,
) -> None:
    video, gone = ready.network.video(), ready.network.video()
    await ready.poll(overlap="0s")
    video["view_count"] = 90_000
    ready.network.videos.remove(gone)
    ready.network.times.pop()
    ready.clock.at += LATER
    pages = await ready.poll(overlap="0s")
    views = {e.key.external_id: e.views for page in pages for e in page.engagements}
    assert views[str(video["id"])] == 90_000
    assert [one.external_id for one in deletions(pages)] == [str(gone["id"])]


async def test_a_day_s_searches_are_not_spent_on_comments(ready: Bench) -> None:
    videos = [ready.network.video() for _ in range(12)]
    for video in videos:
        ready.network.comment(video)
    given: list[str] = []
    for _ in range(4):
        with suppress(BudgetSpent):
            given += ids(await ready.poll(requests_per_day=10))
        ready.clock.at += timedelta(minutes=20)
    assert await ready.ledger.used(ready.connector().budgets()[0]) <= 10
    assert 0 < len(ready.network.asked("comment/list")) <= 8
    ready.clock.at += timedelta(days=1)
    given += ids(await ready.poll())
    assert len(given) == len(set(given)) == 24
