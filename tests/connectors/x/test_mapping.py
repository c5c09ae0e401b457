"""X's posts as mentions, in both spellings."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from connectors.mention import Kind, Mention
from tests.connectors.x.support import NOON, Desk, ids, mentions
from tests.networks.x import START, X, iso, snowflake, user


async def one(desk: Desk, **settings: Any) -> Mention:
    (mention,) = mentions(await desk.drain(desk.make(**settings)))
    return mention


async def test_a_post_is_read_whole(desk: Desk, network: X) -> None:
    post = network.post()
    (page,) = await desk.drain(desk.make(authors=True))
    (mention,) = page.mentions
    (figures,) = page.engagements
    assert mention.external_id == post["id"]
    assert mention.url == f"https://x.com/claire_v/status/{post['id']}"
    assert mention.kind is Kind.POST
    assert mention.published_at == START
    assert mention.language == "fr"
    assert mention.tags == ("chuvalmont",)
    assert (mention.author.external_id, mention.author.handle) == ("501", "claire_v")
    assert (mention.author.name, mention.author.followers) == ("Claire de Valmont", 214)
    assert mention.root_id is None and mention.parent_id is None
    assert (figures.views, figures.reactions, figures.replies, figures.shares) == (480, 3, 1, 2)


async def test_an_unknown_author_costs_the_post_nothing_but_a_name(desk: Desk, network: X) -> None:
    post = network.post()
    mention = await one(desk)
    assert mention.url == f"https://x.com/i/status/{post['id']}"
    assert mention.author.handle is None and mention.author.followers is None


async def test_the_new_spelling_reads_the_same(desk: Desk, network: X) -> None:
    network.post(
        text="Début…",
        note_post={"text": "Début et la suite, bien plus longue"},
        referenced_posts=[{"type": "replied_to", "id": "42"}],
        conversation_id="41",
        public_metrics={"repost_count": 5, "quote_count": 2, "like_count": 1},
    )
    (page,) = await desk.drain(desk.make(fields="post.fields"))
    (mention,) = page.mentions
    assert mention.text == "Début et la suite, bien plus longue"
    assert (mention.kind, mention.parent_id, mention.root_id) == (Kind.REPLY, "42", "41")
    (figures,) = page.engagements
    assert (figures.shares, figures.reactions) == (7, 1)
    assert figures.views is None and figures.replies is None
    assert "post.fields" in network.calls("/recent")[-1].query


@pytest.mark.parametrize(
    ("said", "kind", "where"),
    [
        ("replied_to", Kind.REPLY, "parent_id"),
        ("quoted", Kind.QUOTE, "quoted_id"),
        ("retweeted", Kind.REPOST, "repost_of"),
        ("never seen", Kind.POST, None),
    ],
)
async def test_what_a_post_refers_to_says_its_kind(
    desk: Desk, network: X, said: str, kind: Kind, where: str | None
) -> None:
    network.post(referenced_tweets=[{"type": said, "id": "42"}])
    mention = await one(desk)
    assert mention.kind is kind
    assert where is None or getattr(mention, where) == "42"


@pytest.mark.parametrize(
    ("declared", "language"),
    [
        ("und", None),
        ("qme", None),
        ("zxx", None),
        ("in", "id"),
        ("en", "en"),
        (None, None),
        (7, None),
    ],
)
async def test_what_is_no_language_is_none(
    desk: Desk, network: X, declared: object, language: str | None
) -> None:
    network.post(lang=declared)
    assert (await one(desk)).language == language


async def test_links_are_spelt_out_and_pictures_are_media(desk: Desk, network: X) -> None:
    network.post(
        text="Honte &amp; colère https://t.co/a https://t.co/b https://t.co/c",
        entities={
            "urls": [
                {
                    "url": "https://t.co/a",
                    "expanded_url": "https://valmont.example/une?utm_source=x",
                },
                {
                    "url": "https://t.co/b",
                    "expanded_url": "https://x.com/claire_v/status/1/photo/1",
                    "media_key": "3_1",
                },
                {"url": "https://t.co/c", "expanded_url": "https://twitter.com/jean/status/42"},
            ],
            "mentions": [{"username": "CHUValmont", "id": "77"}],
        },
        attachments={"media_keys": ["3_1", "13_2"]},
    )
    mention = await one(desk)
    assert mention.text == "Honte & colère https://valmont.example/une"
    assert mention.links == ("https://valmont.example/une",)
    assert [medium.kind for medium in mention.media] == ["image", "video"]
    assert mention.accounts == ("chuvalmont",)


async def test_a_photo_without_a_word_is_a_mention_too(desk: Desk, network: X) -> None:
    network.post(
        text="https://t.co/b",
        entities={
            "urls": [
                {"url": "https://t.co/b", "expanded_url": "https://x.com/claire_v/status/1/photo/1"}
            ]
        },
    )
    mention = await one(desk)
    assert mention.text == "" and [medium.kind for medium in mention.media] == ["image"]


async def test_an_edit_is_the_same_mention_with_its_new_text(desk: Desk, network: X) -> None:
    first = network.post()
    assert ids(await desk.drain(desk.make())) == [first["id"]]
    at = START + timedelta(minutes=20)
    second = network.post(at=at, text="Dix heures", edit_history_tweet_ids=None)
    second["edit_history_tweet_ids"] = [first["id"], second["id"]]
    network.posts.remove(first)
    mention = await one(desk)
    assert mention.external_id == first["id"]
    assert (mention.text, mention.edited_at, mention.published_at) == ("Dix heures", at, START)
    assert mention.url is not None and mention.url.endswith(second["id"])


async def test_an_earlier_version_in_the_same_list_does_not_undo_the_edit(
    desk: Desk, network: X
) -> None:
    first = network.post()
    network.publish(150)
    second = network.post(at=START + timedelta(minutes=20), text="Dix heures")
    for version in (first, second):
        version["edit_history_tweet_ids"] = [first["id"], second["id"]]
    given = mentions(await desk.drain(desk.make()))
    assert [m.text for m in given if m.external_id == first["id"]] == ["Dix heures"]
    assert len(given) == 151


async def test_what_x_marks_as_sensitive_is_counted_and_not_shown(desk: Desk, network: X) -> None:
    network.post(possibly_sensitive=True)
    assert (await one(desk)).republish is False


async def test_an_item_that_cannot_be_read_is_set_aside_alone(desk: Desk, network: X) -> None:
    good = network.post()
    network.posts.append({"id": str(int(good["id"]) + 1)})
    network.spoil = lambda item: {**item, "id": None} if len(item) == 1 else item
    (page,) = await desk.drain(desk.make())
    assert ids([page]) == [good["id"]]
    assert [reject.error for reject in page.rejects] == ["ValueError: a post without id"]


async def test_an_id_from_the_future_does_not_move_the_mark_there(desk: Desk, network: X) -> None:
    network.posts.append({**network.post(), "id": snowflake(NOON + timedelta(days=9_000))})
    await desk.drain(desk.make())
    network.posts.pop()
    late = network.post(at=NOON - timedelta(minutes=1))
    assert ids(await desk.drain(desk.make())) == [late["id"]]


async def test_right_to_left_emoji_and_null_fields_are_read(desk: Desk, network: X) -> None:
    nothing = dict.fromkeys(
        ("entities", "attachments", "public_metrics", "referenced_tweets", "lang", "author_id")
    )
    network.post(text="🚑 مستشفى\u202e CHU", **nothing, created_at="hier")
    mention = await one(desk)
    assert mention.text == "🚑 مستشفى CHU"
    assert mention.published_at == START  # the id tells it
    assert mention.author.external_id is None


async def test_own_accounts_are_recognised_by_id_for_nothing(desk: Desk, network: X) -> None:
    network.users["77"] = user("77", "CHUValmont")
    connector = desk.make(accounts=("chuvalmont",), authors=True)
    network.post(author_id="77", created_at=iso(START))
    (mention,) = mentions(await desk.drain(connector))
    assert mention.author.handle == "chuvalmont"
    assert not network.calls("/users")
