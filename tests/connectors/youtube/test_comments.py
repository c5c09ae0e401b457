"""Comments: all replies, late ones too; under the hospital's own videos and under those found."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from connectors.connector import Malformed
from connectors.mention import Kind
from tests.connectors.youtube.support import HOSPITAL, Desk, ids, mentions
from tests.networks.standin import Fault
from tests.networks.youtube import OWN

HOUR = timedelta(hours=1, minutes=1)


async def test_a_comment_under_the_hospital_s_video_stands_where_it_was_written(desk: Desk) -> None:
    video = desk.network.video(OWN)
    thread = desk.network.comment(video["id"])
    pages = await desk.poll(desk.connector(channels=("@chuvalmont",)))
    (comment,) = (m for m in mentions(pages) if m.kind is Kind.COMMENT)
    assert comment.external_id == thread["id"]
    assert comment.text == "Neuf heures d'attente, honte 1"
    assert comment.parent_id == comment.root_id == video["id"]
    assert comment.url == f"https://www.youtube.com/watch?v={video['id']}&lc={thread['id']}"
    assert comment.author.handle == "claire-de-valmont" and comment.author.name is None
    assert comment.author.external_id == "UCclaireDeValmont0123456"
    assert comment.accounts == ("chuvalmont",), "the hospital is concerned, though not named"
    assert comment.edited_at is None
    (figures,) = (e for page in pages for e in page.engagements if e.key == comment.key)
    assert (figures.reactions, figures.replies) == (2, 0)


async def test_an_author_of_before_handles_has_a_name(desk: Desk) -> None:
    desk.network.comment(authorDisplayName="Claire de Valmont", authorChannelId=None)
    (comment,) = mentions(await desk.poll(desk.connector(channels=(OWN,))))
    assert (comment.author.name, comment.author.handle) == ("Claire de Valmont", None)
    assert comment.author.external_id is None


@pytest.mark.parametrize("count", [3, 5, 6, 130])
async def test_all_replies_are_given_once_whatever_their_number(desk: Desk, count: int) -> None:
    thread = desk.network.comment()
    made = [desk.network.reply(thread)["id"] for _ in range(count)]
    connector = desk.connector(channels=(OWN,))
    pages = await desk.poll(connector)
    assert sorted(ids(pages)) == sorted([thread["id"], *made])
    reply = mentions(pages)[-1]
    assert reply.kind is Kind.REPLY
    assert (reply.parent_id, reply.root_id) == (thread["id"], "vid99999999")
    desk.now.at += HOUR
    assert ids(await desk.poll(connector)) == []


async def test_a_late_reply_to_an_old_thread_is_found_within_the_hour(desk: Desk) -> None:
    thread = desk.network.comment()
    for _ in range(7):
        desk.network.reply(thread)
    connector = desk.connector(channels=(OWN,))
    await desk.poll(connector)
    desk.now.at += timedelta(days=2)
    new = [desk.network.comment()["id"] for _ in range(250)]
    late = desk.network.reply(thread, desk.now.at)
    found = ids(await desk.poll(desk.connector(channels=(OWN,))))
    assert sorted(found) == sorted([*new, late["id"]])
    for _ in range(2):
        desk.now.at += HOUR
        assert ids(await desk.poll(desk.connector(channels=(OWN,)))) == []
    later = desk.network.reply(thread, desk.now.at)
    desk.now.at += HOUR
    assert ids(await desk.poll(desk.connector(channels=(OWN,)))) == [later["id"]]


async def test_replies_are_not_asked_for_again_while_their_number_stands_still(desk: Desk) -> None:
    thread = desk.network.comment()
    for _ in range(9):
        desk.network.reply(thread)
    for _ in range(3):
        await desk.poll(desk.connector(channels=(OWN,)))
        desk.now.at += HOUR
    assert len(desk.network.calls("comments")) == 1


async def test_between_two_full_looks_only_the_newest_threads_are_read(desk: Desk) -> None:
    for _ in range(400):
        desk.network.comment()
    desk.network._number += 2_000
    for _ in range(50):
        desk.network.comment()
    await desk.poll(desk.connector(channels=(OWN,)))
    desk.now.at += timedelta(minutes=10)
    new = desk.network.comment()
    before = len(desk.network.calls("commentThreads"))
    assert ids(await desk.poll(desk.connector(channels=(OWN,)))) == [new["id"]]
    assert len(desk.network.calls("commentThreads")) - before == 2
    desk.now.at += HOUR
    assert ids(await desk.poll(desk.connector(channels=(OWN,)))) == [], "a full look repeats none"
    assert len(desk.network.calls("commentThreads")) - before == 7


async def test_an_edited_comment_is_given_again_with_its_edit(desk: Desk) -> None:
    thread = desk.network.comment()
    await desk.poll(desk.connector(channels=(OWN,)))
    desk.now.at += HOUR
    edited = thread["snippet"]["topLevelComment"]["snippet"]
    edited.update(textOriginal="Dix heures !", updatedAt="2026-03-02T12:30:00Z")
    (comment,) = mentions(await desk.poll(desk.connector(channels=(OWN,))))
    assert comment.text == "Dix heures !"
    assert comment.edited_at == datetime(2026, 3, 2, 12, 30, tzinfo=UTC)


async def test_what_was_said_before_the_first_look_back_stays_unsaid(desk: Desk) -> None:
    old = desk.network.comment()
    desk.now.at += timedelta(days=9)
    desk.network._number += 8 * 86_400
    new = desk.network.comment()
    connector = desk.connector(channels=(OWN,), follow_threads="14d")
    assert ids(await desk.poll(connector)) == [new["id"]]
    late = desk.network.reply(old, desk.now.at)
    desk.now.at += HOUR
    assert ids(await desk.poll(connector)) == [late["id"]], "an answer to it that is new is news"


async def test_comments_under_found_videos_are_followed_for_their_life(desk: Desk) -> None:
    video = desk.network.video(searched=True)
    first = desk.network.comment(video["id"])
    options = {"follow_videos": "3d"}
    assert sorted(ids(await desk.poll(desk.connector(HOSPITAL, **options)))) == sorted(
        [video["id"], first["id"]]
    )
    desk.now.at += HOUR
    second = desk.network.comment(video["id"])
    reply = desk.network.reply(first)
    found = ids(await desk.poll(desk.connector(HOSPITAL, **options)))
    assert sorted(found) == sorted([second["id"], reply["id"]])
    desk.now.at += timedelta(days=4)
    desk.network.comment(video["id"])
    assert ids(await desk.poll(desk.connector(HOSPITAL, **options))) == []
    assert not desk.cursors["found-comments"]["videos"]


async def test_a_found_video_is_not_read_again_while_its_count_stands_still(desk: Desk) -> None:
    video = desk.network.video(searched=True)
    desk.network.comment(video["id"])
    for _ in range(3):
        await desk.poll(desk.connector(HOSPITAL))
        desk.now.at += HOUR
    assert len(desk.network.calls("commentThreads")) == 1


async def test_a_video_without_comments_is_remembered_and_costs_no_more_questions(
    desk: Desk,
) -> None:
    video = desk.network.video(searched=True)
    desk.network.comment(video["id"])
    desk.network.disabled.add(video["id"])
    for _ in range(3):
        assert not any(page.gaps for page in await desk.poll(desk.connector(HOSPITAL)))
        desk.now.at += timedelta(days=1, hours=1)
    assert len(desk.network.calls("commentThreads")) == 1
    desk.network.disabled.clear()
    again = desk.network.comment(video["id"])
    assert again["id"] in ids(await desk.poll(desk.connector(HOSPITAL)))


async def test_a_found_video_that_disappears_is_deleted_once(desk: Desk) -> None:
    video = desk.network.video(searched=True)
    await desk.poll(desk.connector(HOSPITAL))
    del desk.network.videos[video["id"]]
    desk.network.hits.clear()
    gone = []
    for _ in range(3):
        desk.now.at += HOUR
        gone += [d for p in await desk.poll(desk.connector(HOSPITAL)) for d in p.deletions]
    assert [deletion.external_id for deletion in gone] == [video["id"]]


async def test_a_crash_within_a_found_video_s_comments_repeats_and_loses_none(desk: Desk) -> None:
    video = desk.network.video(searched=True)
    made = [desk.network.comment(video["id"])["id"] for _ in range(330)]
    given: list[str] = []
    for _crash in range(4):
        async for page in desk.connector(HOSPITAL).poll(desk.cursors):
            given += ids([page])
            desk.cursors[page.feed] = page.cursor or {}
            if page.mentions and page.feed == "found-comments":
                break
        desk.now.at += HOUR
    given += ids(await desk.poll(desk.connector(HOSPITAL)))
    assert sorted(given) == sorted([video["id"], *made])


async def test_comments_can_be_left_unread_and_are_then_said_to_be_unseen(desk: Desk) -> None:
    desk.network.comment()
    connector = desk.connector(channels=(OWN,), comments=False)
    assert ids(await desk.poll(connector)) == []
    assert [blind.value for blind in connector.unseen()] == ["elsewhere", "comments"]


async def test_a_video_whose_comments_are_not_for_everybody_holds_up_no_other(desk: Desk) -> None:
    closed, other = (desk.network.video(searched=True)["id"] for _ in range(2))
    for video in (closed, other):
        desk.network.comment(video)
    desk.network.forbidden.add(closed)
    pages = await desk.poll(desk.connector(HOSPITAL))
    assert [m.root_id for m in mentions(pages) if m.kind is Kind.COMMENT] == [other]
    assert pages[-1].complete


async def test_an_answer_about_one_found_video_that_cannot_be_read_holds_up_no_other(
    desk: Desk,
) -> None:
    first, other = (desk.network.video(searched=True)["id"] for _ in range(2))
    for video in (first, other):
        desk.network.comment(video)
    # The search, its videos, their authors, the counts; then the first list of comments.
    desk.network.faults.extend([None, None, None, None, Fault(status=200, body=b"[]")])
    given: list[str] = []
    with pytest.raises(Malformed):
        async for page in desk.connector(HOSPITAL).poll({}):
            given += [m.root_id or "" for m in page.mentions if m.kind is Kind.COMMENT]
            desk.cursors[page.feed] = page.cursor or {}
    assert len(given) == 1
    desk.now.at += HOUR
    given += [m.root_id or "" for m in mentions(await desk.poll(desk.connector(HOSPITAL)))]
    assert sorted(given) == sorted([first, other])


async def test_what_is_remembered_of_comments_under_found_videos_stays_small(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.youtube.found._CARRIED", 900)
    videos = [desk.network.video(searched=True)["id"] for _ in range(60)]
    for video in videos:
        for _ in range(10 if video != videos[0] else 500):
            desk.network.comment(video)
    videos_with_many = videos[1:9]
    for video in videos_with_many:
        for _ in range(150):
            desk.network.comment(video)
    given = ids(await desk.poll(desk.connector(HOSPITAL)))
    assert len(set(given)) == 60 + 59 * 10 + 500 + 8 * 150
    assert len(json.dumps(desk.cursors["found-comments"])) < 35_000
    desk.now.at += HOUR
    new = desk.network.comment(videos[19])
    assert ids(await desk.poll(desk.connector(HOSPITAL))) == [new["id"]]


async def test_comments_that_come_as_html_all_the_same_are_read_as_text(desk: Desk) -> None:
    desk.network.comment(
        textOriginal=None,
        textDisplay='L&#39;attente : 9 h<br />Voir <a href="https://chu.example/">le site</a>',
    )
    desk.network.comment(textOriginal=None, textDisplay="Neuf heures <3 & plus")
    said = [m.text for m in mentions(await desk.poll(desk.connector(channels=(OWN,))))]
    assert said == ["Neuf heures <3 & plus", "L'attente : 9 h\nVoir le site"]
