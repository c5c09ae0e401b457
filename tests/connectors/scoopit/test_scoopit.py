"""Scoop.it's own: what a post becomes, comments, odd ids and dates, two clocks, the token, errors."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.connector import ConnectorError, Malformed, Page, Unauthorized, Unseen, Watched
from connectors.http import NotFound
from connectors.mention import Engagement, Kind, Media, Mention
from connectors.scoopit import ScoopitConnector, ScoopitSettings
from tests.connectors.case import NOON, Case
from tests.connectors.cases.scoopit import connector
from tests.connectors.contract import Bench, bench, ids
from tests.networks.scoopit import CLIENT_SECRET, FIRST_ID, START, TOPIC, Scoopit, milliseconds
from tests.networks.standin import Fault

TERMS = Watched(terms=("CHU de Valmont",))
WELL = {"client_id": "x", "client_secret": "y"}


@asynccontextmanager
async def source(watched: Watched | None = None, **keys: Any) -> AsyncIterator[Bench]:
    told = {"topics": [TOPIC]} | keys
    async with bench(Case("scoopit", Scoopit, partial(connector, watched=watched, **told))) as made:
        yield made


def mentions(pages: list[Page]) -> list[Mention]:
    return [mention for page in pages for mention in page.mentions]


async def test_a_curated_post_becomes_a_post_that_links_its_article() -> None:
    async with source() as ready:
        ready.network.post()
        pages = await ready.drain()
    (mention,) = mentions(pages)
    assert mention.kind is Kind.POST
    assert mention.external_id == str(FIRST_ID)
    assert mention.url == f"https://www.scoop.it/topic/{TOPIC}/p/0/urgences"
    assert mention.links == ("https://www.lecourrierdevalmont.example/urgences",)
    assert mention.text == "Encore une promesse\n\nLe CHU de Valmont promet des lits"
    assert mention.title == "Neuf heures aux urgences"
    assert (mention.author.handle, mention.author.name) == ("odile-ferrand", "Odile Ferrand")
    assert mention.language == "fr"
    assert mention.media == (Media(kind="image", url="https://img.example/grand.jpg"),)
    assert mention.tags == ("urgences",)
    (figures,) = [figures for page in pages for figures in page.engagements]
    assert figures == Engagement(key=mention.key, taken_at=NOON, reactions=5, replies=0)


async def test_a_post_without_a_publication_date_is_of_the_day_that_it_was_curated() -> None:
    published = START - timedelta(days=2)
    async with source() as ready:
        ready.network.post()
        ready.network.post(publicationDate=milliseconds(published))
        dates = {mention.published_at for mention in mentions(await ready.drain())}
    assert dates == {START, published}


@pytest.mark.parametrize("odd", [-(2**63), 2**63 - 1, 2**53 + 1, -1])
async def test_an_id_of_64_bits_keeps_each_of_its_digits(odd: int) -> None:
    async with source() as ready:
        ready.network.post(id=odd)
        assert ids(await ready.drain()) == [str(odd)]


async def test_an_id_that_was_rounded_is_set_aside_and_the_page_goes_on() -> None:
    async with source() as ready:
        ready.network.post(id=1.5)
        (kept,) = ready.network.publish(1)
        pages = await ready.drain()
    assert ids(pages) == [kept]
    assert sum(len(page.rejects) for page in pages) == 1


async def test_comments_stand_under_their_post_and_later_ones_are_given_later() -> None:
    async with source() as ready:
        post = ready.network.post()
        ready.network.comment(post, -5, "Neuf heures <3 & rien")
        first = mentions(await ready.drain())
        ready.means.clock.at += timedelta(hours=1)
        ready.network.comment(post, 6, "", htmlText="<p>Honte</p>", author=None)
        second = mentions(await ready.drain())
    assert [mention.external_id for mention in first] == [str(post["id"]), "comment:-5"]
    (comment,) = second
    assert (first[1].text, comment.text) == ("Neuf heures <3 & rien", "Honte")
    assert (comment.kind, comment.parent_id, comment.root_id) == (
        Kind.COMMENT,
        str(post["id"]),
        str(post["id"]),
    )


async def test_comments_are_left_out_where_they_are_switched_off() -> None:
    async with source(comments=False) as ready:
        ready.network.comment(ready.network.post(), 5, "Neuf heures")
        assert len(ids(await ready.drain())) == 1


async def test_figures_are_given_again_once_they_change() -> None:
    async with source() as ready:
        post = ready.network.post(pageViews=40)
        await ready.drain()
        assert not any(page.engagements for page in await ready.drain())
        post["pageViews"] = 4_000
        pages = await ready.drain()
    assert ids(pages) == []
    assert [figures.views for page in pages for figures in page.engagements] == [4_000]


async def test_a_figure_that_is_not_told_is_unknown_rather_than_zero() -> None:
    nothing = {"thanksCount": None, "reactionsCount": None, "commentsCount": None}
    async with source() as ready:
        ready.network.post(**nothing)
        ready.network.post(**nothing | {"reactionsCount": 4})
        pages = await ready.drain()
    assert [figures.reactions for page in pages for figures in page.engagements] == [4]


async def test_a_topic_is_asked_for_in_milliseconds_between_two_instants() -> None:
    async with source() as ready:
        ready.network.publish(40)
        await ready.drain()
        pages = [request.query for request in ready.network.asked("/topic")]
    assert {page["to"] for page in pages} == {str(milliseconds(NOON))}
    assert pages[0]["since"] == str(milliseconds(NOON - timedelta(days=7)))
    assert [page["page"] for page in pages] == ["0", "1", "2"]


async def test_a_search_goes_by_term_and_language_and_repeats_nothing_of_a_topic() -> None:
    async with source(TERMS, search=True, languages=["fr", "en"]) as ready:
        new = ready.network.publish(3)
        assert sorted(ids(await ready.drain())) == sorted(new)
        asked = [request.query for request in ready.network.asked("/search")]
    assert [(query["query"], query["lang"]) for query in asked] == [
        ("CHU de Valmont", "fr"),
        ("CHU de Valmont", "en"),
    ]


async def test_a_search_by_relevance_is_read_deep_enough_and_not_for_ever() -> None:
    async with source(TERMS, topics=[], search=True, search_pages=3) as ready:
        ready.network.by_relevance = True
        new = ready.network.publish(120)
        for _ in range(900):
            old = ready.network.post(at=START - timedelta(days=300))
            ready.network.posts.insert(0, ready.network.posts.pop())
            assert old is ready.network.posts[0]
        assert sorted(ids(await ready.drain())) == sorted(new)
        assert len(ready.network.asked("/search")) < 6


async def test_a_short_page_of_a_search_is_not_taken_for_the_last() -> None:
    async with source(TERMS, topics=[], search=True) as ready:
        new = ready.network.publish(100)
        ready.network.short = 40  # hidden from us, and counted
        hidden = set(new[50:90])
        assert set(ids(await ready.drain())) == set(new) - hidden


async def test_a_token_that_has_ended_is_asked_for_again() -> None:
    async with source() as ready:
        running = ready.connector()
        assert isinstance(running, ScoopitConnector)
        ready.network.publish(1)
        first = [page async for page in running.poll({})]
        ready.network.tokens.clear()
        again = [page async for page in running.poll({})]
        assert ids(first) == ids(again)
        ready.means.clock.at += timedelta(hours=2)
        assert ids([page async for page in running.poll({})]) == ids(first)
        assert len(ready.network.asked("/oauth2/token")) == 3


async def test_a_wrong_secret_is_a_refusal_that_does_not_repeat_it() -> None:
    async with source(client_secret="tout-faux") as ready:
        with pytest.raises(Unauthorized) as refused:
            await ready.drain()
    assert "tout-faux" not in str(refused.value) + repr(refused.value)


async def test_no_secret_stands_in_an_address_a_cursor_or_a_setting() -> None:
    async with source() as ready:
        ready.network.publish(2)
        await ready.drain()
        asked = [str(request.url) for request in ready.network.requests]
        settings = ScoopitSettings(client_id="x", client_secret=CLIENT_SECRET)  # type: ignore[arg-type]
        held = "".join(asked) + repr(ready.cursors) + repr(settings)
    assert CLIENT_SECRET not in held
    assert "jeton-de-curation" not in held
    assert TOPIC not in repr(ready.cursors)  # it may be a person's name


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ({"success": False, "error": "Not found: null"}, NotFound),
        ({"success": False, "serverTime": 1}, Malformed),
        ({"error": "try later"}, Malformed),
        ({"topic": None}, Malformed),
    ],
)
async def test_an_error_that_comes_with_a_200_is_named(
    said: dict[str, Any], named: type[ConnectorError]
) -> None:
    async with source() as ready:
        ready.network.says = said
        with pytest.raises(named):
            await ready.drain()


async def test_a_topic_that_is_not_there_is_told_once_and_the_others_are_read() -> None:
    async with source(topics=["inconnu", TOPIC]) as ready:
        new = ready.network.publish(2)
        running = ready.connector()
        first = [page async for page in running.poll({})]
        second = [page async for page in running.poll({})]
    assert set(ids(first)) == set(new)
    assert [len([g for page in pages for g in page.gaps]) for pages in (first, second)] == [1, 0]


async def test_an_answer_in_the_middle_of_a_walk_that_is_none_is_malformed() -> None:
    async with source() as ready:
        ready.network.publish(40)
        ready.network.faults.extend([None, None, Fault(status=200, body=b"[]")])
        with pytest.raises(Malformed):
            await ready.drain()


def test_a_topic_is_named_by_its_address_too() -> None:
    addresses = ["https://www.scoop.it/topic/sante", "https://www.scoop.it/t/sante/", " sante "]
    assert ScoopitSettings.model_validate(WELL | {"topics": addresses}).topics == ("sante",) * 3


@pytest.mark.parametrize(
    "keys",
    [
        {"topics": ["https://www.scoop.it/u/odile"]},
        {"topics": ["a/b"]},
        {"search": False},
        {"languages": []},
        {"languages": ["french"]},
        {"requests_per_second": 3},
        {"inconnu": 1},
    ],
)
def test_settings_that_cannot_work_are_refused(keys: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ScoopitSettings.model_validate(WELL | keys)


async def test_a_source_says_what_it_cannot_see() -> None:
    async with source() as ready:
        running = ready.connector()
        assert isinstance(running, ScoopitConnector)
        assert set(running.unseen()) == {Unseen.ELSEWHERE, Unseen.DELETIONS, Unseen.INSTANT}
