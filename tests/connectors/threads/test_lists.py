"""What a poll of Threads reads: searches within their budget, mentions, replies, refusals."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from connectors.budget import BudgetSpent
from connectors.connector import Malformed, RateLimited, Unauthorized, Unavailable, Unseen, Watched
from connectors.graph import Denied
from connectors.mention import Kind, Mention
from tests.connectors.contract import ids
from tests.connectors.threads.support import made, mentions, source
from tests.networks.instagram import START, iso
from tests.networks.threads import OWN, RENEWED, TOKEN, post

HOUR = timedelta(hours=1)
TERM = {"terms": ["CHU de Valmont"]}


async def read(**fields: Any) -> Mention:
    async with source(**TERM) as ready:
        ready.network.say(**fields)
        pages = await ready.drain()
        assert not any(page.engagements for page in pages), "search hits carry no figures"
        (mention,) = mentions(pages)
        return mention


async def test_a_post_found_by_search_has_its_text_author_and_topic() -> None:
    mention = await read()
    assert mention.kind is Kind.POST
    assert mention.text == "Neuf heures aux urgences du CHU de Valmont @chu_valmont"
    assert mention.published_at == START
    assert mention.author.handle == "claire.de.valmont"
    assert (mention.tags, mention.accounts) == (("Valmont",), ("chu_valmont",))
    assert mention.url == f"https://www.threads.net/@claire.de.valmont/post/{mention.external_id}"


async def test_replies_quotes_and_reposts_are_told_apart() -> None:
    reply = await read(is_reply=True, replied_to={"id": "7"}, root_post={"id": "5"})
    assert (reply.kind, reply.parent_id, reply.root_id) == (Kind.REPLY, "7", "5")
    quote = await read(is_quote_post=True, quoted_post={"id": "8"})
    assert (quote.kind, quote.quoted_id) == (Kind.QUOTE, "8")
    repost = await read(media_type="REPOST_FACADE", reposted_post={"id": "9"}, text=None)
    assert (repost.kind, repost.repost_of, repost.text) == (Kind.REPOST, "9", "")
    unknown = await read(replied_to={"id": ["x"]}, root_post="5", is_quote_post="oui")
    assert (unknown.kind, unknown.parent_id) == (Kind.POST, None)


async def test_an_image_without_a_word_is_a_mention_and_a_link_is_kept() -> None:
    image = await read(text=None, media_type="IMAGE", media_url=None, alt_text="La salle d'attente")
    assert (image.text, image.media[0].alt) == ("", "La salle d'attente")
    link = await read(link_attachment_url="https://lecourrierdevalmont.example/urgences")
    assert link.links == ("https://lecourrierdevalmont.example/urgences",)


@pytest.mark.parametrize("written", ["hier", None, 5, "1970-01-01T00:00:00+0000"])
async def test_a_date_that_cannot_be_is_no_date(written: Any) -> None:
    async with source(**TERM) as ready:
        ready.network.say()
        ready.network.spoil = lambda item: {**item, "timestamp": written}
        (mention,) = mentions(await ready.drain())
        assert mention.published_at is None


async def test_terms_and_topics_are_each_searched_in_their_own_way() -> None:
    watched = Watched(terms=("CHU de Valmont",), hashtags=("#CHUValmont",))
    async with source(watched, terms=["hosto"]) as ready:
        await ready.drain()
        asked = {(query["q"], query["search_mode"]) for query in ready.network.searches}
        assert asked == {("CHU de Valmont", "KEYWORD"), ("hosto", "KEYWORD"), ("CHUValmont", "TAG")}


async def test_a_post_that_answers_several_lists_is_given_once() -> None:
    async with source(terms=["CHU", "Valmont"], mentions=True) as ready:
        network = ready.network
        network.mentions = network.everything
        new = network.publish(3)
        assert sorted(ids(await ready.drain())) == sorted(new)


async def test_what_a_search_no_longer_pages_to_is_asked_for_by_date() -> None:
    async with source(**TERM) as ready:
        ready.network.deepest = 150
        new = ready.network.publish(430)
        assert sorted(ids(await ready.drain())) == sorted(new)
        assert any("until" in query for query in ready.network.searches)


async def test_searches_are_counted_over_a_rolling_day_and_survive_a_restart() -> None:
    async with source(**TERM, search_limit=3, mentions=True) as ready:
        ready.network.publish(450)
        told = ready.network.mentions.add(dict(ready.network.everything.items[0], id="77"))
        given = ids(await ready.drain())
        assert len(ready.network.searches) == 3
        assert len(given) == 301 and told["id"] in given, "the others are read all the same"
        ready.means.clock.at += HOUR
        assert ids(await ready.drain()) == []
        assert len(ready.network.searches) == 3
        ready.means.clock.at += timedelta(hours=25)
        given += ids(await ready.drain())
        assert len(given) == len(set(given)) == 451


async def test_a_spent_budget_is_raised_where_nothing_else_was_read() -> None:
    async with source(**TERM, search_limit=1) as ready:
        await ready.means.ledger.spend(1, made(ready).budgets()[0])
        with pytest.raises(BudgetSpent):
            await ready.drain()


async def test_a_search_that_finds_nothing_costs_nothing() -> None:
    async with source(**TERM, search_limit=1) as ready:
        for _ in range(3):
            await ready.drain()
        assert await ready.means.ledger.used(made(ready).budgets()[0]) == 0


async def test_a_search_that_refuses_some_fields_is_asked_for_fewer() -> None:
    async with source(**TERM) as ready:
        ready.network.search_fields = False
        new = ready.network.publish(2)
        assert sorted(ids(await ready.drain())) == sorted(new)
        assert len(ready.network.calls("keyword_search")) == 2


async def test_a_field_that_a_list_no_longer_knows_costs_none_of_its_posts() -> None:
    async with source(mentions=True, threads=True, replies=True) as ready:
        network = ready.network
        network.unknown_fields = {"link_attachment_url"}
        mention = network.mentions.add(post("77", START))
        thread = network.thread()
        answer = network.reply(thread["id"])
        nested = network.reply(thread["id"], answer["id"])
        built = made(ready)
        found = {m.external_id: m for m in mentions([page async for page in built.poll({})])}
        assert set(found) == {mention["id"], thread["id"], answer["id"], nested["id"]}
        assert found[nested["id"]].parent_id == answer["id"]
        network.requests.clear()
        [page async for page in built.poll({})]
        assert len(network.calls("/mentions")) == 1, "the refusal is remembered"


async def test_a_repost_names_what_it_reposts() -> None:
    async with source(threads=True) as ready:
        ready.network.thread(media_type="REPOST_FACADE", reposted_post={"id": "42"}, text=None)
        (mention,) = mentions(await ready.drain())
        assert (mention.kind, mention.repost_of) == (Kind.REPOST, "42")
        assert "reposted_post" in ready.network.calls("/threads")[0].query["fields"]


async def test_replies_at_any_depth_know_their_thread() -> None:
    async with source(replies=True) as ready:
        network = ready.network
        thread, quiet = network.thread(), network.thread()
        first = network.reply(thread["id"])
        second = network.reply(thread["id"], first["id"], root_post=None)
        newest, oldest = mentions(await ready.drain())
        assert (oldest.kind, oldest.parent_id) == (Kind.REPLY, thread["id"])
        assert (newest.external_id, newest.parent_id) == (second["id"], first["id"])
        assert newest.root_id == thread["id"]
        assert not network.calls(f"{quiet['id']}/conversation")


async def test_an_old_thread_is_asked_for_replies_once_an_hour() -> None:
    async with source(replies=True) as ready:
        network = ready.network
        thread = network.thread(timestamp=iso(START - timedelta(days=5)))
        network.reply(thread["id"])
        assert len(ids(await ready.drain())) == 1
        late = network.reply(thread["id"])
        assert ids(await ready.drain()) == []
        ready.means.clock.at += HOUR
        assert ids(await ready.drain()) == [late["id"]]


async def test_the_account_s_own_threads_are_read_as_posts() -> None:
    async with source(threads=True) as ready:
        ready.network.thread()
        (mention,) = mentions(await ready.drain())
        assert (mention.kind, mention.author.handle) == (Kind.POST, OWN)


async def test_a_list_that_is_denied_is_told_once_and_stops_no_other() -> None:
    async with source(**TERM, mentions=True) as ready:
        ready.network.denied["mentions"] = (10, 0)
        new = ready.network.publish(2)
        built = made(ready)
        pages = [page async for page in built.poll({})]
        assert sorted(ids(pages)) == sorted(new)
        assert [page.feed for page in pages if page.gaps] == ["mentions"]
        assert not [gap async for page in built.poll({}) for gap in page.gaps]


@pytest.mark.parametrize(
    ("code", "named"),
    [(4, RateLimited), (17, RateLimited), (613, RateLimited), (1, Unavailable), (2, Unavailable),
     (190, Unauthorized), (10, Denied), (200, Denied), (9004, Malformed)],
)  # fmt: skip
async def test_errors_are_named_by_their_code(code: int, named: type[Exception]) -> None:
    async with source(mentions=True) as ready:
        ready.network.denied["mentions"] = (code, 0)
        with pytest.raises(named) as raised:
            await ready.drain()
        assert TOKEN not in str(raised.value)


async def test_no_secret_stands_in_what_is_kept_or_shown() -> None:
    async with source(**TERM, app_id="7", app_secret="chut", replies=True) as ready:
        ready.network.publish(120)
        pages = await ready.drain()
        shown = repr(pages) + json.dumps(ready.cursors) + repr(made(ready)._settings)
        assert TOKEN not in shown and RENEWED not in shown and "chut" not in shown
        read = [r for r in ready.network.requests if "refresh" not in r.path]
        assert all("access_token" not in request.query for request in read)


async def test_what_cannot_be_seen_is_said_with_the_source() -> None:
    async with source(**TERM, replies=True) as ready:
        assert set(made(ready).unseen()) == {Unseen.FIGURES, Unseen.DELETIONS, Unseen.INSTANT}
    async with source(search=False, **TERM) as ready:
        assert Unseen.ELSEWHERE in made(ready).unseen()
        assert made(ready).budgets() == ()


async def test_a_first_poll_asks_for_nothing_before_the_network_began() -> None:
    async with source(**TERM, look_back="3650d") as ready:
        new = ready.network.publish(2)
        assert sorted(ids(await ready.drain())) == sorted(new)
        since = datetime.fromtimestamp(int(ready.network.searches[0]["since"]), tz=START.tzinfo)
        assert since.year == 2023
