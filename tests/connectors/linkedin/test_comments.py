"""Comments and the replies to them: what is read, when a thread is read again, what it costs."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from connectors.connector import Malformed, Unauthorized
from connectors.mention import Kind
from tests.connectors.linkedin.support import NOON, Bench, figures, ids, mentions
from tests.networks.linkedin import PAGE, START, millis
from tests.networks.standin import Fault


async def test_a_comment_and_its_reply_know_their_place(ready: Bench) -> None:
    post = ready.network.post()
    comment = ready.network.comment(post, "Neuf heures d'attente, honte")
    reply = ready.network.comment(comment, "Même chose")
    found = {m.external_id: m for m in mentions(await ready.poll(comments=True))}
    first, second = found[comment["commentUrn"]], found[reply["commentUrn"]]
    assert (first.kind, first.parent_id, first.root_id) == (Kind.COMMENT, post["id"], post["id"])
    assert (second.kind, second.parent_id) == (Kind.REPLY, comment["commentUrn"])
    assert second.root_id == post["id"]
    assert first.author.external_id == "urn:li:person:Ab3dEf9_hI"
    assert (first.author.name, first.author.handle) == (None, None)
    assert first.url is not None and first.url.startswith(
        f"https://www.linkedin.com/feed/update/{post['id']}?commentUrn=urn%3Ali%3Acomment"
    )


async def test_whom_the_attributes_of_a_comment_name_is_told(ready: Bench) -> None:
    comment = ready.network.comment(ready.network.post(), "CHU de Valmont, bravo")
    comment["message"]["attributes"] = [
        {
            "start": 0,
            "length": 14,
            "value": {"com.linkedin.common.CompanyAttributedEntity": {"company": PAGE}},
        },
        {"value": {"com.linkedin.common.HashtagAttributedEntity": {"hashtag": "urn:li:hashtag:a"}}},
        {"value": None},
    ]
    (mention,) = mentions(await ready.poll(comments=True))
    assert mention.accounts == (PAGE,)


async def test_the_figures_of_comments_and_posts_come_along(ready: Bench) -> None:
    post = ready.network.post()
    ready.network.reactions[post["id"]] = 7
    comment = ready.network.comment(post)
    found = figures(await ready.poll(comments=True))
    assert (found[post["id"]].reactions, found[post["id"]].replies) == (8, 1)
    assert found[post["id"]].shares is None
    assert found[comment["commentUrn"]].reactions == 2
    assert found[comment["commentUrn"]].replies is None


async def test_only_threads_whose_count_has_moved_are_read_again(ready: Bench) -> None:
    posts = [ready.network.post() for _ in range(20)]
    for post in posts[:5]:
        ready.network.comment(post)
    await ready.poll(comments=True)
    ready.network.requests.clear()
    pages = await ready.poll(comments=True)
    assert not ids(pages) and not figures(pages)
    assert not ready.network.asked("socialActions")
    assert len(ready.network.requests) == 2  # the list of posts, the counts of all of them
    new = ready.network.comment(posts[3])
    assert ids(await ready.poll(comments=True)) == [new["commentUrn"]]
    assert len(ready.network.asked("socialActions")) == 1


async def test_a_reply_to_an_old_comment_is_found(ready: Bench) -> None:
    post = ready.network.post(at=START - timedelta(days=3))
    old = ready.network.comment(post, at=START - timedelta(days=2))
    for _ in range(150):
        ready.network.comment(post)
    await ready.poll(comments=True)
    for expected in range(2):
        ready.clock.at += timedelta(hours=1)
        reply = ready.network.comment(old, at=ready.clock.at - timedelta(minutes=1))
        assert ids(await ready.poll(comments=True)) == [reply["commentUrn"]], expected


async def test_hundreds_of_answered_comments_take_little_room_and_are_read_once(
    ready: Bench,
) -> None:
    post = ready.network.post()
    comments = [ready.network.comment(post) for _ in range(300)]
    for comment in comments:
        ready.network.comment(comment)
    await ready.poll(comments=True)
    (cursor,) = ready.cursors.values()
    assert len(json.dumps(cursor)) < 40_000
    new = ready.network.comment(comments[150])
    assert ids(await ready.poll(comments=True)) == [new["commentUrn"]]
    assert not ids(await ready.poll(comments=True))


async def test_what_is_older_than_the_look_back_is_not_given(ready: Bench) -> None:
    post = ready.network.post(at=START - timedelta(days=20))
    ready.network.comment(post, at=START - timedelta(days=12))
    recent = ready.network.comment(post)
    assert ids(await ready.poll(comments=True)) == [recent["commentUrn"]]


async def test_what_came_under_a_new_post_during_a_long_stop_is_given(ready: Bench) -> None:
    await ready.poll(comments=True)
    ready.clock.at += timedelta(days=14)
    post = ready.network.post(at=NOON + timedelta(days=1))
    comment = ready.network.comment(post, at=NOON + timedelta(days=2))
    assert ids(await ready.poll(comments=True)) == [comment["commentUrn"]]


async def test_comments_of_a_post_are_no_longer_asked_for_after_a_while(ready: Bench) -> None:
    post = ready.network.post(at=START - timedelta(days=40))
    ready.network.comment(post)
    assert not ids(await ready.poll(comments=True))
    assert not ready.network.asked("socialActions")


async def test_without_counts_every_thread_is_read(ready: Bench) -> None:
    ready.network.without_metadata = True
    post = ready.network.post()
    comment = ready.network.comment(post)
    reply = ready.network.comment(comment)
    assert set(ids(await ready.poll(comments=True))) == {comment["commentUrn"], reply["commentUrn"]}
    new = ready.network.comment(post)
    assert ids(await ready.poll(comments=True)) == [new["commentUrn"]]


async def test_an_edited_comment_says_so(ready: Bench) -> None:
    post = ready.network.post()
    comment = ready.network.comment(post)
    await ready.poll(comments=True)
    comment["lastModified"]["time"] += 60_000
    comment["message"]["text"] = "Corrigé"
    ready.network.comment(post)
    again = mentions(await ready.poll(comments=True))
    (edited,) = [m for m in again if m.external_id == comment["commentUrn"]]
    assert edited.text == "Corrigé"
    assert (
        edited.edited_at is not None and millis(edited.edited_at) == comment["lastModified"]["time"]
    )


async def test_both_spellings_of_a_comment_are_one(ready: Bench) -> None:
    post = ready.network.post()
    comment = ready.network.comment(post)
    long = comment["commentUrn"]
    comment["commentUrn"] = long.replace("(urn:li:activity", "(activity")
    assert ids(await ready.poll(comments=True)) == [long]
    del comment["commentUrn"]
    ready.cursors.clear()
    assert ids(await ready.poll(comments=True)) == [long]


async def test_a_thread_that_cannot_be_read_does_not_hide_the_others(ready: Bench) -> None:
    posts = [ready.network.post() for _ in range(3)]
    made = [ready.network.comment(post)["commentUrn"] for post in posts]
    ready.network.faults.extend([None, None, Fault(status=200, body=b"<html>")])
    with pytest.raises(Malformed):
        await ready.poll(comments=True)
    assert ids(await ready.poll(comments=True)) == [made[2]]


async def test_counts_that_cannot_be_read_hold_up_no_thread(ready: Bench) -> None:
    comment = ready.network.comment(ready.network.post())
    ready.network.faults.extend([None, Fault(status=400, body=b'{"message": "odd"}')])
    given, connector = [], ready.connector(comments=True)
    with pytest.raises(Malformed):
        async for page in connector.poll({}):
            given += [mention.external_id for mention in page.mentions]
    assert given == [comment["commentUrn"]]


async def test_comments_that_are_refused_everywhere_are_said_once(ready: Bench) -> None:
    ready.network.comment(ready.network.post())
    ready.network.denied |= {"socialActions", "socialMetadata"}
    with pytest.raises(Unauthorized):
        await ready.poll(comments=True)
    connector = ready.connector(posts=True, comments=True)
    for told in (1, 0):
        gaps = [gap for page in await ready.poll(connector) for gap in page.gaps]
        assert ["scope" in gap.reason for gap in gaps] == [True] * told
