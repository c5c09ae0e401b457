"""Webhooks: who may call, and what each change of a Page becomes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from connectors.connector import Malformed, RateLimited
from connectors.facebook import FacebookConnector
from connectors.mention import Kind, Media, Mention
from connectors.webhook import Call
from tests.connectors.case import NOON
from tests.connectors.facebook.support import (
    EARLIER,
    Make,
    drained,
    gone,
    mentions,
    pushed,
)
from tests.networks.facebook import PAGE, Facebook
from tests.networks.facebook_wire import PAGE_ID, error
from tests.networks.standin import Fault

SECONDS = int(EARLIER.timestamp())
POST = f"{PAGE_ID}_900"


def said(item: str = "comment", verb: str | None = "add", **fields: Any) -> dict[str, Any]:
    own = {"comment_id": "900_1", "parent_id": POST} if item == "comment" else {}
    return {
        "from": {"id": "331", "name": "Claire Vauquelin"},
        "post_id": POST,
        "created_time": SECONDS,
        "item": item,
        "verb": verb,
        "message": "Neuf heures d'attente, honte !",
        "post": {"permalink_url": "https://www.facebook.com/chuvalmont/posts/900"},
        **own,
        **fields,
    }


async def received(connector: FacebookConnector, call: Call) -> tuple[list[Mention], list[Any]]:
    pages = await drained(connector.receive(call))
    assert all(page.cursor is None for page in pages)
    return mentions(pages), gone(pages)


async def test_a_comment_is_told_without_asking_the_network(make: Make, network: Facebook) -> None:
    (comment,), deleted = await received(make(), pushed(network, said()))
    assert comment.kind is Kind.COMMENT
    assert comment.external_id == "900_1"
    assert (comment.parent_id, comment.root_id) == (POST, POST)
    assert comment.text == "Neuf heures d'attente, honte !"
    assert comment.published_at == EARLIER
    assert comment.author.name == "Claire Vauquelin"
    assert comment.url == "https://www.facebook.com/chuvalmont/posts/900?comment_id=1"
    assert comment.edited_at is None
    assert deleted == [] and network.requests == []


async def test_a_reply_stands_under_its_comment(make: Make, network: Facebook) -> None:
    value = said(comment_id="900_2", parent_id="900_1")
    (reply,), _ = await received(make(), pushed(network, value))
    assert (reply.kind, reply.parent_id, reply.root_id) == (Kind.REPLY, "900_1", POST)


@pytest.mark.parametrize("item", ["post", "status", "share", "photo", "video", "jamais vu"])
async def test_each_kind_of_post_is_a_post(make: Make, network: Facebook, item: str) -> None:
    link = "https://presse.example/lits?fbclid=x"
    (post,), _ = await received(make(), pushed(network, said(item, link=link)))
    assert (post.kind, post.external_id, post.parent_id) == (Kind.POST, POST, None)
    if item in ("photo", "video"):
        assert [media.kind for media in post.media] == ["image" if item == "photo" else "video"]
        assert post.links == ()
    else:
        assert post.links == ("https://presse.example/lits",)


async def test_pictures_without_a_word_need_no_question(make: Make, network: Facebook) -> None:
    photos = ["https://scontent.example/1.jpg", "https://scontent.example/2.jpg"]
    (post,), _ = await received(
        make(), pushed(network, said("status", message=None, photos=photos))
    )
    assert post.text == ""
    assert post.media == tuple(Media(kind="image", url=url) for url in photos)
    assert network.requests == []


async def test_a_text_that_is_left_out_is_asked_for(make: Make, network: Facebook) -> None:
    made = network.post("visitor_posts", at=EARLIER, message="Merci aux urgences")
    comment = network.comment(made["id"], at=EARLIER, message="Moi aussi")
    call = pushed(
        network,
        said("post", post_id=made["id"], message=None),
        said(post_id=made["id"], comment_id=comment["id"], parent_id=made["id"], message=None),
    )
    (post, answer), _ = await received(make(), call)
    assert post.text == "Merci aux urgences"
    assert (answer.text, answer.parent_id, answer.root_id) == ("Moi aussi", made["id"], made["id"])
    assert len(network.requests) == 2


async def test_many_texts_are_asked_for_in_one_call(make: Make, network: Facebook) -> None:
    made = [network.post("visitor_posts", at=EARLIER)["id"] for _ in range(60)]
    values = [said("post", post_id=item, message=None) for item in made]
    found, _ = await received(make(), pushed(network, *values))
    assert len(found) == 60 and all(mention.text for mention in found)
    assert len(network.requests) == 2


async def test_what_is_gone_before_it_was_read_is_gone(make: Make, network: Facebook) -> None:
    assert await received(make(), pushed(network, said(message=None))) == ([], ["900_1"])


async def test_what_may_not_be_read_is_told_without_its_text(make: Make, network: Facebook) -> None:
    async def denied(_request: object) -> object:
        return error(10, "requires 'pages_read_user_content'")

    network.faults.append(Fault(handler=denied))  # type: ignore[arg-type]
    (comment,), _ = await received(make(), pushed(network, said(message=None)))
    assert (comment.external_id, comment.text) == ("900_1", "")


async def test_what_seems_gone_for_want_of_a_permission_is_told_all_the_same(
    make: Make, network: Facebook
) -> None:
    network.denied["feed"] = 10
    (comment,), deleted = await received(make(), pushed(network, said(message=None)))
    assert (comment.external_id, comment.text, deleted) == ("900_1", "", [])


async def test_a_quota_leaves_the_call_for_later(make: Make, network: Facebook) -> None:
    network.quota = 0
    with pytest.raises(RateLimited):
        await received(make(), pushed(network, said(message=None)))


@pytest.mark.parametrize("verb", ["remove", "delete", "hide"])
async def test_what_is_removed_or_hidden_is_a_deletion(
    make: Make, network: Facebook, verb: str
) -> None:
    bare = {"item": "comment", "verb": verb, "comment_id": "900_1", "post_id": POST}
    assert await received(make(), pushed(network, bare)) == ([], ["900_1"])
    bare = {"item": "post", "verb": verb, "post_id": POST}
    assert await received(make(), pushed(network, bare)) == ([], [POST])


async def test_what_is_shown_again_is_a_mention_again(make: Make, network: Facebook) -> None:
    (comment,), deleted = await received(make(), pushed(network, said(verb="unhide")))
    assert comment.external_id == "900_1" and deleted == []


async def test_an_edit_is_the_same_mention_with_its_instant(make: Make, network: Facebook) -> None:
    value = said(verb="edited", message="Dix heures", edited_time=SECONDS - 60)
    (comment,), _ = await received(make(), pushed(network, value))
    assert (comment.external_id, comment.text) == ("900_1", "Dix heures")
    assert comment.edited_at is not None
    assert int(comment.edited_at.timestamp()) == SECONDS - 60


async def test_the_last_change_of_a_call_holds(make: Make, network: Facebook) -> None:
    add, edit = said(), said(verb="edited", message="Dix heures")
    removed = said(verb="remove")
    (comment,), _ = await received(make(), pushed(network, add, edit))
    assert comment.text == "Dix heures"
    assert await received(make(), pushed(network, add, edit, removed)) == ([], ["900_1"])
    found, deleted = await received(make(), pushed(network, add, said(verb="hide"), add))
    assert len(found) == 1 and deleted == []


async def test_a_call_that_comes_twice_says_the_same(make: Make, network: Facebook) -> None:
    call = pushed(network, said(), said("status"), said(verb="remove", comment_id="900_7"))
    assert await received(make(), call) == await received(make(), call)


async def test_figures_unknown_verbs_and_drafts_are_passed_over(
    make: Make, network: Facebook
) -> None:
    call = pushed(
        network,
        said("reaction", reaction_type="angry"),
        said("like"),
        said(verb="block"),
        said(verb="jamais vu"),
        said(verb=None),
        said(comment_id=None),
        said("status", published=0),
        said("status", post_id=None),
        {},
    )
    assert await drained(make().receive(call)) == []
    assert await drained(make().receive(pushed(network, said(), field="messages"))) == []


async def test_a_mention_elsewhere_addresses_the_page(make: Make, network: Facebook) -> None:
    value = {
        "item": "post",
        "verb": "add",
        "post_id": "55_66",
        "sender_id": "55",
        "sender_name": "Journal de Valmont",
        "created_time": SECONDS,
    }
    (mention,), deleted = await received(make(), pushed(network, value, field="mention"))
    assert mention.accounts == (PAGE,)
    assert mention.author.name == "Journal de Valmont"
    assert mention.url == "https://www.facebook.com/55_66"
    assert mention.text == "" and deleted == [], "not ours to read, and said all the same"


async def test_a_recommendation_and_its_answer_are_pushed(make: Make, network: Facebook) -> None:
    value = {
        "item": "rating",
        "verb": "add",
        "open_graph_story_id": "6001",
        "reviewer_id": "44",
        "reviewer_name": "Adam Delcourt",
        "recommendation_type": "NEGATIVE",
        "review_text": "Accueil glacial",
        "created_time": SECONDS,
    }
    answer = {
        "item": "comment",
        "verb": "add",
        "open_graph_story_id": "6001",
        "comment_id": "6001_1",
        "message": "Nous sommes navrés",
        "created_time": SECONDS,
    }
    (review, reply), _ = await received(make(), pushed(network, value, answer, field="ratings"))
    assert (review.kind, review.rating, review.text) == (Kind.REVIEW, 1, "Accueil glacial")
    assert (reply.kind, reply.parent_id, reply.root_id) == (Kind.COMMENT, "6001", "6001")
    removed = {"item": "rating", "verb": "remove", "open_graph_story_id": "6001"}
    assert await received(make(), pushed(network, removed, field="ratings")) == ([], ["6001"])


@pytest.mark.parametrize("time", [None, "hier", -1, 2**63, True, 4_000_000_000])
async def test_an_absurd_date_is_replaced_by_the_calls(
    make: Make, network: Facebook, time: object
) -> None:
    (comment,), _ = await received(make(), pushed(network, said(created_time=time)))
    assert comment.published_at == EARLIER


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"5"])
async def test_a_signed_body_of_another_shape_is_malformed(
    make: Make, network: Facebook, body: bytes
) -> None:
    call = Call(method="POST", headers=network.signed(body), body=body, received_at=NOON)
    assert make().answer(call).keep
    with pytest.raises(Malformed):
        await drained(make().receive(call))


async def test_what_is_pushed_of_other_objects_is_left_alone(make: Make, network: Facebook) -> None:
    call = pushed(network, said())
    other = replace(call, body=call.body.replace(b'"object": "page"', b'"object": "user"'))
    assert await drained(make().receive(other)) == []
