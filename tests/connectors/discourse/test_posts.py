"""What a forum's posts become: text, place, figures."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from connectors.mention import Engagement, Kind, Mention
from tests.connectors.discourse.conftest import Make, drain, said
from tests.networks.discourse import START, Discourse


async def written(make: Make, network: Discourse, **fields: Any) -> Mention:
    network.write(**fields)
    (mention,) = said(await drain(make(), {}))
    return mention


def figures_of(pages: list[Any], mention: Mention) -> list[Engagement]:
    return [f for page in pages for f in page.engagements if f.key == mention.key]


async def test_a_topics_first_post_carries_its_title_and_an_id_with_the_forums_host(
    make: Make, network: Discourse
) -> None:
    mention = await written(make, network)
    assert mention.network == "discourse"
    assert mention.external_id == f"{network.site}/p/1"
    assert mention.kind is Kind.POST
    assert mention.title == "Attente au CHU de Valmont 1001"
    assert mention.text == "Au CHU de Valmont, message 1"
    assert mention.url == f"{network.url}/t/attente-1001/1001/1"
    assert mention.published_at == START
    assert (mention.author.handle, mention.author.name) == ("claire_d", "Claire D.")
    assert mention.author.external_id == f"{network.site}/u/7"
    assert mention.edited_at is None


async def test_a_forum_in_a_sub_directory_keeps_its_path_in_ids_and_links(make: Make) -> None:
    async with Discourse(path="/sante/forum").serving() as network:
        network.publish(1)
        (mention,) = said(await drain(make(base_url=f"{network.url}/"), {}))
        assert mention.external_id == f"{network.site}/p/1"
        assert "/sante/forum/p/" in mention.external_id
        assert mention.url == f"{network.url}/t/attente-1001/1001/1"


async def test_quotes_previews_and_sizes_are_not_the_authors_words(
    make: Make, network: Discourse
) -> None:
    cooked = (
        '<aside class="quote no-group" data-post="1" data-topic="9"><div class="title">paul</div>'
        "<blockquote><p>Quelle honte</p></blockquote></aside>"
        '<p>Moi, <a class="mention" href="/u/paul_m">@paul_m</a>, très bien soigné &amp; vite '
        '<img src="/images/emoji/twitter/heart.png" title=":heart:" class="emoji" alt=":heart:">'
        '</p><aside class="onebox"><a href="https://presse.example/a">Grève aux urgences</a></aside>'
        '<div class="lightbox-wrapper"><a href="https://forum.example/u.png">'
        '<img src="//forum.example/u.png" alt="Le couloir"><div class="meta">u.png 690×388</div>'
        "</a></div>"
    )
    mention = await written(make, network, cooked=cooked)
    assert mention.text == "Moi, @paul_m, très bien soigné & vite :heart:"
    assert mention.accounts == ("paul_m",)
    assert "https://presse.example/a" in mention.links
    assert [(m.url, m.alt) for m in mention.media] == [("http://forum.example/u.png", "Le couloir")]


async def test_a_picture_alone_is_a_mention(make: Make, network: Discourse) -> None:
    mention = await written(make, network, cooked='<p><img src="https://x.example/a.jpg"></p>')
    assert (mention.text, mention.media[0].url) == ("", "https://x.example/a.jpg")


async def test_an_edit_is_dated(make: Make, network: Discourse) -> None:
    mention = await written(make, network, updated_at="2026-03-02T09:00:00.000Z")
    assert mention.edited_at == START + timedelta(hours=1)


@pytest.mark.parametrize("kind", [2, 3, 4])
async def test_notices_and_whispers_are_no_mentions(
    make: Make, network: Discourse, kind: int
) -> None:
    network.write(post_type=kind)
    pages = await drain(make(), {})
    assert not said(pages) and not [r for page in pages for r in page.rejects]


async def test_a_post_that_is_hidden_by_flags_gives_no_text(make: Make, network: Discourse) -> None:
    network.write(hidden=True, cooked="<p>Ce message a été signalé.</p>")
    assert not said(await drain(make(), {}))


@pytest.mark.parametrize(
    ("fields", "likes"),
    [
        ({"actions_summary": [{"id": 2, "count": 12}, {"id": 3, "count": 1}]}, 12),
        ({"actions_summary": []}, 0),
        ({"actions_summary": None}, None),
        ({"like_count": 9}, 9),
    ],
)
async def test_likes_are_read_where_they_stand(
    make: Make, network: Discourse, fields: dict[str, Any], likes: int | None
) -> None:
    network.write(**fields)
    pages = await drain(make(), {})
    assert [f.reactions for page in pages for f in page.engagements] == [likes]


async def test_views_of_a_first_post_are_its_topics_and_unknown_until_it_is_read(
    make: Make, network: Discourse
) -> None:
    network.write()
    network.topics[1001]["views"] = 5_000
    connector = make()
    pages = await drain(connector, {})
    (mention,) = said(pages)
    (listed,) = figures_of(pages, mention)
    assert (listed.views, listed.replies, listed.shares) == (None, None, None)
    (page,) = [page async for page in connector.refresh([mention.key])]
    (read,) = page.engagements
    assert (read.views, read.replies, read.reactions) == (5_000, 0, 1)


async def test_an_answer_knows_its_parent_its_root_and_its_topics_tags(
    make: Make, network: Discourse
) -> None:
    first = network.write(at=START - timedelta(days=30))
    second = network.write(first)
    network.write(second)
    network.write(first)
    mentions = {m.external_id: m for m in said(await drain(make(), {}))}
    to_topic, to_answer = mentions[f"{network.site}/p/2"], mentions[f"{network.site}/p/3"]
    assert to_topic.kind is Kind.REPLY and to_topic.title is None
    assert to_topic.parent_id == to_topic.root_id == network.key(first)
    assert (to_answer.parent_id, to_answer.root_id) == (network.key(second), network.key(first))
    assert len(network.calls("/t/1001.json") + network.calls("/t/1001/2.json")) <= 1


async def test_the_first_post_of_an_old_topic_comes_with_an_answer_if_it_concerns_a_watch(
    make: Make, network: Discourse
) -> None:
    first = network.write(at=START - timedelta(days=30))
    network.write(first, cooked="<p>Neuf heures d'attente, honte</p>")
    pages = await drain(make(), {})
    root, answer = said(pages)
    assert root.title == "Attente au CHU de Valmont 1001"
    assert (root.external_id, root.tags) == (network.key(first), ("urgences",))
    assert answer.root_id == root.external_id
    (figures,) = figures_of(pages, root)
    assert (figures.views, figures.replies) == (268, 1)


async def test_the_first_post_of_a_topic_about_something_else_does_not(
    make: Make, network: Discourse
) -> None:
    first = network.write(at=START - timedelta(days=30), cooked="<p>Vide-grenier</p>")
    network.topics[1001]["title"] = first["topic_title"] = "Dimanche"
    network.write(first, cooked="<p>Et les urgences de Valmont ?</p>")
    (answer,) = said(await drain(make(), {}))
    assert answer.root_id == network.key(first)


async def test_an_answer_to_a_post_that_is_gone_stands_under_the_first(
    make: Make, network: Discourse
) -> None:
    first = network.write(at=START - timedelta(days=30))
    second = network.write(first, at=START - timedelta(days=20))
    network.write(second)
    network.deleted.add(second["id"])
    answer = said(await drain(make(), {}))[-1]
    assert answer.parent_id == answer.root_id == network.key(first)


async def test_in_a_long_topic_the_first_post_is_known_without_reading_it_whole(
    make: Make, network: Discourse
) -> None:
    first = network.write(at=START - timedelta(days=30))
    for _ in range(60):
        last = network.write(first, at=START - timedelta(days=20))
    network.write(last)
    (answer,) = said(await drain(make(), {}))
    assert (answer.parent_id, answer.root_id) == (network.key(last), network.key(first))


async def test_places_can_be_left_unasked(make: Make, network: Discourse) -> None:
    first = network.write(at=START - timedelta(days=30))
    network.write(first)
    (answer,) = said(await drain(make(conversations=False), {}))
    assert answer.parent_id == network.key(first)  # it stood in the same page
    assert not network.calls("/t/1001.json")


@pytest.mark.parametrize("created", [None, "hier", "1970-01-01T00:00:00Z", "2999-01-01", 7, True])
async def test_a_date_that_cannot_be_believed_costs_no_post(
    make: Make, network: Discourse, created: object
) -> None:
    assert (await written(make, network, created_at=created)).published_at is None


async def test_odd_items_are_set_aside_and_the_page_goes_on(make: Make, network: Discourse) -> None:
    network.publish(3)
    spoilt: list[Any] = [None, {"id": "1"}]
    network.spoil = lambda post: spoilt.pop() if spoilt else post
    pages = await drain(make(), {})
    assert len(said(pages)) == 1
    assert sum(len(page.rejects) for page in pages) == 2
