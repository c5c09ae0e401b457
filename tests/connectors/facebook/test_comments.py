"""Comments and replies: all of them, also late ones under older posts, at few requests."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from connectors.connector import Cursors, Malformed, Page, RateLimited, Unavailable
from connectors.mention import Kind, Media
from tests.connectors.case import NOON, Now
from tests.connectors.facebook.support import EARLIER, Make, drained, figures, mentions, read
from tests.networks.facebook import Facebook
from tests.networks.facebook_wire import error, written
from tests.networks.standin import Fault


async def test_comments_and_replies_know_what_they_answer(make: Make, network: Facebook) -> None:
    post = network.post(at=EARLIER)["id"]
    first = network.comment(post, at=EARLIER + timedelta(minutes=1))
    reply = network.comment(
        post, at=EARLIER + timedelta(minutes=2), parent={"id": first["id"]}, message="Moi aussi"
    )
    pages = await drained(make().poll({}))
    found = {mention.external_id: mention for mention in mentions(pages)}
    comment, answer = found[first["id"]], found[reply["id"]]
    assert (comment.kind, comment.parent_id, comment.root_id) == (Kind.COMMENT, post, post)
    assert (answer.kind, answer.parent_id, answer.root_id) == (Kind.REPLY, first["id"], post)
    assert comment.author.name == "Claire Vauquelin"
    assert comment.url == first["permalink_url"]
    assert comment.published_at == EARLIER + timedelta(minutes=1)
    counted = figures(pages)[first["id"]]
    assert (counted.reactions, counted.replies, counted.shares) == (4, 1, None)
    assert figures(pages)[post].replies == 2


async def test_replies_are_asked_for_flat_and_newest_first(make: Make, network: Facebook) -> None:
    network.comment(network.post(at=EARLIER)["id"], at=EARLIER)
    await read(make())
    (request,) = network.calls("comments")
    assert request.query["filter"] == "stream"
    assert request.query["order"] == "reverse_chronological"


async def test_a_comment_under_an_older_post_is_found_without_reading_the_others(
    make: Make, network: Facebook, now: Now
) -> None:
    posts = [network.post(at=NOON - timedelta(days=day))["id"] for day in range(13, 3, -1)]
    for post in posts:
        network.comment(post, at=NOON - timedelta(hours=20))
    cursors: Cursors = {}
    assert len([m for m in await read(make(), cursors) if m.kind is Kind.COMMENT]) == 10
    network.requests.clear()
    now.at += timedelta(hours=1)
    late = network.comment(posts[0], at=now.at - timedelta(minutes=5))
    assert [mention.external_id for mention in await read(make(), cursors)] == [late["id"]]
    assert [request.path.split("/")[2] for request in network.calls("comments")] == [posts[0]]


async def test_posts_older_than_comments_for_are_left_alone(make: Make, network: Facebook) -> None:
    old = network.post(at=NOON - timedelta(days=5))["id"]
    network.comment(old, at=EARLIER)
    assert len(await read(make(comments_for="3d"))) == 1
    assert network.calls("comments") == []


async def test_no_post_without_comments_is_asked_about(make: Make, network: Facebook) -> None:
    network.publish(30)
    await read(make())
    assert network.calls("comments") == []


async def test_a_comment_deleted_and_another_written_between_two_polls_are_noticed(
    make: Make, network: Facebook, now: Now
) -> None:
    post = network.post(at=EARLIER)["id"]
    first = network.comment(post, at=EARLIER)
    cursors: Cursors = {}
    await read(make(), cursors)
    network.delete(first["id"])
    now.at += timedelta(hours=1)
    second = network.comment(post, at=NOON)
    assert [mention.external_id for mention in await read(make(), cursors)] == [second["id"]]


async def test_an_edited_comment_is_given_again_while_its_post_is_read(
    make: Make, network: Facebook
) -> None:
    post = network.post(at=EARLIER)["id"]
    made = network.comment(post, at=NOON - timedelta(minutes=20), message="Merci")
    cursors: Cursors = {}
    await read(make(), cursors)
    made["message"] = "Merci, mais neuf heures"
    other = network.comment(post, at=NOON - timedelta(minutes=10))
    again = {mention.external_id: mention for mention in await read(make(), cursors)}
    assert set(again) == {made["id"], other["id"]}
    assert again[made["id"]].edited_at == NOON
    assert again[other["id"]].edited_at is None


async def test_the_comments_of_a_long_absence_are_all_given(
    make: Make, network: Facebook, now: Now
) -> None:
    cursors: Cursors = {}
    await read(make(), cursors)
    now.at += timedelta(days=12)
    post = network.post(at=NOON + timedelta(days=1))["id"]
    made = [network.comment(post, at=NOON + timedelta(days=1, hours=n))["id"] for n in range(40)]
    given = [m.external_id for m in await read(make(), cursors) if m.kind is Kind.COMMENT]
    assert sorted(given) == sorted(made)


async def test_comments_older_than_the_first_look_back_are_not_given(
    make: Make, network: Facebook
) -> None:
    post = network.post(at=NOON - timedelta(days=10))["id"]
    network.comment(post, at=NOON - timedelta(days=9))
    young = network.comment(post, at=NOON - timedelta(days=2))
    assert [mention.external_id for mention in await read(make())] == [young["id"]]


async def test_a_sticker_without_a_word_is_a_mention(make: Make, network: Facebook) -> None:
    post = network.post(at=EARLIER)["id"]
    sticker = {"type": "sticker", "media": {"image": {"src": "https://scontent.example/s.png"}}}
    network.comment(post, at=EARLIER, message="", attachment=sticker)
    (comment,) = [m for m in await read(make()) if m.kind is Kind.COMMENT]
    assert comment.text == ""
    assert comment.media == (Media(kind="image", url="https://scontent.example/s.png"),)


async def test_a_hidden_comment_is_not_public(make: Make, network: Facebook) -> None:
    post = network.post(at=EARLIER)["id"]
    network.comment(post, at=EARLIER, is_hidden=True)
    assert [mention.kind for mention in await read(make())] == [Kind.POST]


async def test_what_stands_under_a_hidden_post_is_not_public_either(
    make: Make, network: Facebook
) -> None:
    network.comment(network.post(at=EARLIER, is_hidden=True)["id"], at=EARLIER)
    assert await read(make()) == []


async def test_an_id_that_is_left_out_is_read_from_the_address(
    make: Make, network: Facebook
) -> None:
    """Applications that hold no role on the Page are told no comment's id."""
    post = network.post(at=EARLIER)["id"]
    number = post.rpartition("_")[2]
    address = f"https://www.facebook.com/valmont/posts/{number}/?comment_id=81"
    network.comment(post, at=EARLIER)
    network.comment(post, at=EARLIER)
    network.lists[f"{post}/comments"][0] |= {"id": None, "permalink_url": address}
    network.lists[f"{post}/comments"][1] |= {
        "id": None,
        "permalink_url": f"{address}&reply_comment_id=82",
    }
    found = {m.external_id: m for m in await read(make()) if m.kind is not Kind.POST}
    assert set(found) == {f"{number}_81", f"{number}_82"}
    assert found[f"{number}_82"].parent_id == f"{number}_81"
    assert found[f"{number}_82"].root_id == post


async def test_a_quota_among_the_comments_is_taken_up_with_the_posts_that_wait(
    make: Make, network: Facebook, now: Now
) -> None:
    posts = [network.post(at=EARLIER)["id"] for _ in range(6)]
    made = [network.comment(post, at=EARLIER + timedelta(minutes=1))["id"] for post in posts]
    cursors: Cursors = {}
    given: list[str] = []
    for _ in range(4):
        network.quota = 6  # four lists, and the comments of two posts
        pages = []
        try:
            async for page in make().poll(dict(cursors)):
                pages.append(page)
                if page.cursor is not None:
                    cursors[page.feed] = page.cursor
        except RateLimited:
            pass
        given += [m.external_id for m in mentions(pages) if m.kind is Kind.COMMENT]
        now.at += timedelta(minutes=15)
    assert sorted(given) == sorted(made)


async def test_a_post_that_vanishes_costs_the_others_nothing(make: Make, network: Facebook) -> None:
    posts = [network.post(at=EARLIER + timedelta(minutes=n))["id"] for n in range(2)]
    made = [network.comment(post, at=NOON - timedelta(minutes=30))["id"] for post in posts]

    async def vanished(_request: object) -> object:
        return error(100, "Object does not exist", subcode=33)

    lists = [None] * 4
    network.faults.extend([*lists, Fault(handler=vanished)])  # type: ignore[arg-type]
    pages = await drained(make().poll({}))
    given = [m.external_id for m in mentions(pages) if m.kind is Kind.COMMENT]
    assert len(given) == 1 and set(given) < set(made)
    assert not [deletion for page in pages for deletion in page.deletions]


async def test_comments_that_are_denied_are_told_once_and_posts_go_on(
    make: Make, network: Facebook
) -> None:
    network.denied["comments"] = 283
    for _ in range(3):
        network.comment(network.post(at=EARLIER)["id"], at=EARLIER)
    cursors: Cursors = {}
    pages = await drained(make().poll({}), cursors)
    assert len(mentions(pages)) == 3
    assert [gap.reason for page in pages for gap in page.gaps if page.feed == "comments"]
    assert len(network.calls("comments")) == 1
    pages = await drained(make().poll(cursors), cursors)
    assert not [gap for page in pages for gap in page.gaps]
    assert len(network.calls("comments")) == 1


async def test_one_post_whose_comments_cannot_be_read_holds_up_no_other(
    make: Make, network: Facebook
) -> None:
    posts = [network.post(at=EARLIER)["id"] for _ in range(2)]
    for post in posts:
        network.comment(post, at=EARLIER)
    network.faults.extend([None] * 4 + [Fault(status=200, body=b"<html>")])
    pages = []
    with pytest.raises(Malformed):
        async for page in make().poll({}):
            pages.append(page)
    assert len([m for m in mentions(pages) if m.kind is Kind.COMMENT]) == 1


async def test_one_post_that_never_answers_keeps_comments_from_being_complete_for_a_while_only(
    make: Make, network: Facebook
) -> None:
    odd, other = network.post(at=EARLIER)["id"], network.post(at=EARLIER)["id"]
    network.comment(odd, at=EARLIER)
    network.odd.add(odd)
    cursors: Cursors = {}
    for poll in range(4):
        network.comment(other, at=EARLIER + timedelta(minutes=poll))
        pages: list[Page] = []
        kept = json.loads(json.dumps(cursors))
        if poll < 2:
            with pytest.raises(Unavailable):
                await drained(make().poll(kept), cursors)
            continue
        pages = await drained(make().poll(kept), cursors)
        assert pages[-1].feed == "comments" and pages[-1].complete


async def test_positions_of_posts_too_old_to_ask_about_are_dropped(
    make: Make, network: Facebook, now: Now
) -> None:
    network.comment(network.post(at=EARLIER)["id"], at=EARLIER)
    cursors: Cursors = {}
    await read(make(), cursors)
    assert len(cursors["comments"]["posts"]) == 1
    now.at += timedelta(days=15)
    await read(make(), cursors)
    assert cursors["comments"]["posts"] == {}


async def test_the_cursor_of_a_busy_fortnight_stays_small(
    make: Make, network: Facebook, now: Now
) -> None:
    posts = [network.post(at=EARLIER - timedelta(minutes=n))["id"] for n in range(450, 0, -1)]
    for n, post in enumerate(posts):
        for second in range(60 if n >= 430 else 1):
            network.comment(post, at=EARLIER + timedelta(seconds=second))
    cursors: Cursors = {}
    found = [m for m in await read(make(), cursors) if m.kind is Kind.COMMENT]
    assert len(found) == 20 * 60 + 380, "of the four hundred newest"
    assert len(json.dumps(cursors["comments"])) < 200_000
    assert await read(make(), cursors) == []


async def test_no_comments_are_read_where_nobody_wants_them(make: Make, network: Facebook) -> None:
    network.comment(network.post(at=EARLIER)["id"], at=EARLIER, created_time=written(EARLIER))
    assert [m.kind for m in await read(make(comments=False))] == [Kind.POST]
