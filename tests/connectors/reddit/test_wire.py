"""What Reddit's posts and comments become, through poll and refresh."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from connectors.connector import Page
from connectors.mention import Engagement, Kind, Mention
from tests.connectors.case import NOON
from tests.connectors.reddit.conftest import Make, drain
from tests.networks.reddit import START, Reddit


async def posted(make: Make, network: Reddit, **fields: Any) -> tuple[Mention, Engagement]:
    network.post(**fields)
    pages = await drain(make(), {})
    mentions = [mention for page in pages for mention in page.mentions]
    figures = [engagement for page in pages for engagement in page.engagements]
    return mentions[0], figures[0]


async def test_a_post_gives_its_title_its_text_its_author_and_its_figures(
    make: Make, network: Reddit
) -> None:
    mention, figures = await posted(
        make, network, score=41, num_comments=0, num_crossposts=3, link_flair_text="Santé"
    )
    assert mention.kind is Kind.POST
    assert mention.external_id == network.links[0]["name"]
    assert mention.title == "Le CHU de Valmont 0"
    assert mention.text == "Une nuit au CHU de Valmont, message 0"
    assert (mention.author.handle, mention.author.external_id) == ("claire_d", "t2_claire")
    assert mention.published_at == START
    assert mention.url == "https://www.reddit.com/r/valmont/comments/255s/message/"
    assert mention.tags == ("Santé",)
    assert (figures.reactions, figures.replies, figures.shares) == (41, 0, 3)
    assert figures.views is None


@pytest.mark.parametrize("fields", [{"score": -142}, {"score": 1, "hide_score": True}])
async def test_a_score_below_zero_or_hidden_is_unknown_never_zero(
    make: Make, network: Reddit, fields: dict[str, Any]
) -> None:
    _, figures = await posted(make, network, **fields)
    assert figures.reactions is None


async def test_markdown_becomes_plain_text_and_its_links_are_kept(
    make: Make, network: Reddit
) -> None:
    mention, _ = await posted(
        make,
        network,
        selftext="Au **CHU de Valmont** :\n\n&#x200B;\n\n[le plan](https://plan.example/a?b=1&c=2)",
        selftext_html='<!-- SC_OFF --><div class="md"><p>Au <strong>CHU de Valmont</strong> :</p>'
        "<p>&#x200B;</p>"
        '<p><a href="https://plan.example/a?b=1&amp;c=2">le plan</a></p></div><!-- SC_ON -->',
    )
    assert mention.text == "Au CHU de Valmont :\n\nle plan"
    assert mention.links == ("https://plan.example/a?b=1&c=2",)


async def test_signs_and_other_scripts_survive(make: Make, network: Reddit) -> None:
    mention, _ = await posted(
        make, network, selftext="CHU de Valmont 🚑 مستشفى 5 < 6 & 'urgences'", selftext_html=None
    )
    assert mention.text == "CHU de Valmont 🚑 مستشفى 5 < 6 & 'urgences'"


async def test_a_picture_without_text_is_a_mention_with_media(make: Make, network: Reddit) -> None:
    mention, _ = await posted(
        make,
        network,
        selftext="",
        selftext_html=None,
        is_self=False,
        post_hint="image",
        url="https://i.redd.it/couloir.jpg",
    )
    assert mention.text == ""
    assert [(m.kind, m.url) for m in mention.media] == [("image", "https://i.redd.it/couloir.jpg")]


async def test_a_gallery_gives_each_picture_with_its_caption(make: Make, network: Reddit) -> None:
    metadata = {
        "a1": {"e": "Image", "id": "a1", "s": {"u": "https://preview.redd.it/a1.jpg?s=1"}},
        "b2": {"e": "AnimatedImage", "id": "b2", "s": {"gif": "https://i.redd.it/b2.gif"}},
        "c3": {"status": "failed"},
    }
    items = [{"media_id": "a1", "caption": "Le couloir"}, {"media_id": "b2"}]
    mention, _ = await posted(make, network, media_metadata=metadata, gallery_data={"items": items})
    assert [media.alt for media in mention.media] == ["Le couloir", None]


async def test_a_link_post_keeps_its_link_and_a_video_its_address(
    make: Make, network: Reddit
) -> None:
    network.post(url="https://presse.example/article?utm_source=x", is_self=False, selftext="")
    video = {"reddit_video": {"fallback_url": "https://v.redd.it/x/DASH_720.mp4"}}
    network.post(is_video=True, media=video, url="https://v.redd.it/x")
    pages = await drain(make(), {})
    shown, linked = [mention for page in pages for mention in page.mentions]
    assert linked.links == ("https://presse.example/article",)
    assert [media.kind for media in shown.media] == ["video"]


async def test_a_video_from_elsewhere_keeps_its_link(make: Make, network: Reddit) -> None:
    address = "https://www.youtube.com/watch?v=abc"
    mention, _ = await posted(
        make, network, url=address, is_self=False, selftext="", post_hint="rich:video"
    )
    assert mention.links == (address,)
    assert [(m.kind, m.url) for m in mention.media] == [("video", address)]


@pytest.mark.parametrize(
    ("permalink", "url"),
    [
        ("/user/chu_v/comments/255s/x/", "https://www.reddit.com/user/chu_v/comments/255s/x/"),
        ("//ailleurs.example/x", "https://www.reddit.com/comments/255s/"),
        (None, "https://www.reddit.com/comments/255s/"),
    ],
)
async def test_a_post_on_a_profile_has_its_own_address(
    make: Make, network: Reddit, permalink: str | None, url: str
) -> None:
    mention, _ = await posted(make, network, permalink=permalink)
    assert mention.url == url


async def test_a_crosspost_under_the_same_title_is_a_repost_and_under_its_own_a_quote(
    make: Make, network: Reddit
) -> None:
    first = network.post()
    parent = {"title": first["title"]}
    network.post(
        title=first["title"], crosspost_parent=first["name"], crosspost_parent_list=[parent]
    )
    network.post(
        title="Et voilà le CHU de Valmont",
        crosspost_parent=first["name"],
        crosspost_parent_list=[parent],
    )
    pages = await drain(make(), {})
    quote, repost, _ = [mention for page in pages for mention in page.mentions]
    assert (repost.kind, repost.repost_of) == (Kind.REPOST, first["name"])
    assert (quote.kind, quote.quoted_id, quote.repost_of) == (Kind.QUOTE, first["name"], None)


@pytest.mark.parametrize(
    "fields", [{"over_18": True}, {"quarantine": True}, {"is_robot_indexable": False}]
)
async def test_what_should_not_be_shown_elsewhere_still_counts(
    make: Make, network: Reddit, fields: dict[str, Any]
) -> None:
    mention, _ = await posted(make, network, **fields)
    assert not mention.republish


async def test_the_text_of_an_account_that_was_deleted_stays_without_its_author(
    make: Make, network: Reddit
) -> None:
    mention, _ = await posted(make, network, author="[deleted]", author_fullname=None)
    assert mention.author.handle is None
    assert mention.text


async def test_accounts_that_are_addressed_are_named(make: Make, network: Reddit) -> None:
    text = "Merci u/chu-valmont, et /u/paul_m du CHU de Valmont (voir https://x.example/u/autre)"
    mention, _ = await posted(make, network, selftext=text, selftext_html=f"<p>{text}</p>")
    assert mention.accounts == ("chu-valmont", "paul_m")


@pytest.mark.parametrize(
    ("claimed", "read"),
    [(True, None), (False, None), ("hier", None), ((NOON - timedelta(hours=1)).timestamp(), 11)],
)
async def test_an_edit_is_dated_where_reddit_dates_it(
    make: Make, network: Reddit, claimed: object, read: int | None
) -> None:
    mention, _ = await posted(make, network, edited=claimed)
    assert (mention.edited_at.hour if mention.edited_at else None) == read


@pytest.mark.parametrize("created", [None, "hier", 0, 4e12])
async def test_a_date_that_cannot_be_believed_is_absent_and_costs_no_post(
    make: Make, network: Reddit, created: object
) -> None:
    mention, _ = await posted(make, network, created_utc=created)
    assert mention.published_at is None


async def test_a_comment_knows_what_it_answers(make: Make, network: Reddit) -> None:
    post = network.post()
    first = network.reply(post, "Pareil pour moi")
    network.reply(first, "Courage", score=-3)
    pages: list[Page] = await drain(make(), {})
    by_text = {mention.text: mention for page in pages for mention in page.mentions}
    comment, reply = by_text["Pareil pour moi"], by_text["Courage"]
    assert (comment.kind, comment.parent_id) == (Kind.COMMENT, post["name"])
    assert (reply.kind, reply.parent_id) == (Kind.REPLY, first["name"])
    assert comment.root_id == reply.root_id == post["name"]
    figures = {f.key.external_id: f for page in pages for f in page.engagements}
    assert figures[reply.external_id].reactions is None
    assert figures[comment.external_id].replies is None


async def test_a_thing_that_is_neither_post_nor_comment_is_set_aside(
    make: Make, network: Reddit
) -> None:
    network.publish(2)
    network.spoil = lambda child: {"kind": "t5", "data": {"title": "un salon"}}
    pages = await drain(make(), {})
    assert [len(page.rejects) for page in pages if page.rejects] == [2]
