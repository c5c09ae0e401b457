"""What a forum's search finds, and what of it the search itself does not tell."""

from __future__ import annotations

from datetime import timedelta

from connectors.connector import (
    Cursors,
)
from tests.connectors.case import NOON, Now
from tests.connectors.discourse.conftest import Make, drain, said
from tests.networks.discourse import START, Discourse
from tests.networks.standin import Fault


async def test_a_search_gives_whole_posts_once(make: Make, network: Discourse) -> None:
    cursors: Cursors = {}
    network.write(cooked="<p>Vide-grenier</p>")
    new = network.publish(70)
    settings = {"posts": False, "search": True, "terms": ["message"]}
    given = said(await drain(make(**settings), cursors))
    assert sorted(m.external_id for m in given) == sorted(new)
    assert all("message" in mention.text for mention in given)
    assert not said(await drain(make(**settings), cursors))
    later = network.publish(2)
    assert sorted(m.external_id for m in said(await drain(make(**settings), cursors))) == sorted(
        later
    )


async def test_a_search_gives_every_new_post_of_a_topic_though_the_forum_tells_one(
    make: Make, network: Discourse
) -> None:
    cursors: Cursors = {}
    settings = {"posts": False, "search": True}
    first = network.write()
    connector = make(**settings)
    assert len(said(await drain(connector, cursors))) == 1
    new = [network.write(first, cooked="<p>Au CHU de Valmont, encore</p>") for _ in range(55)]
    new.append(network.write(first, cooked="<p>Et neuf heures d'attente</p>"))
    given = said(await drain(connector, cursors))
    assert sorted(m.external_id for m in given) == sorted(network.key(post) for post in new)
    assert {m.root_id for m in given} == {network.key(first)}
    assert not said(await drain(connector, cursors))


async def test_a_search_brings_the_first_post_of_an_old_topic_about_the_hospital(
    make: Make, network: Discourse
) -> None:
    first = network.write(at=START - timedelta(days=30))
    for _ in range(60):
        network.write(first, at=START - timedelta(days=20))
    network.write(first, cooked="<p>Au CHU de Valmont, honte</p>")
    pages = await drain(make(posts=False, search=True), {})
    assert [m.external_id for m in said(pages)] == [
        network.key(first),
        network.key(network.posts[-1]),
    ]
    assert {f.views for page in pages for f in page.engagements} == {268, 3}


async def test_a_topic_that_cannot_be_read_holds_up_no_other_hit(
    make: Make, network: Discourse
) -> None:
    network.publish(3)
    network.faults.extend([None, Fault(status=200, body=b"<html>")])
    pages = await drain(make(posts=False, search=True), {})
    assert len(said(pages)) == 2
    assert len([reject for page in pages for reject in page.rejects]) == 1


async def test_what_else_is_said_in_a_topic_about_something_else_is_left(
    make: Make, network: Discourse
) -> None:
    first = network.write(cooked="<p>Vide-grenier</p>")
    network.topics[first["topic_id"]]["title"] = first["topic_title"] = "Dimanche"
    named = network.write(first, cooked="<p>À côté du CHU de Valmont</p>")
    network.write(first, cooked="<p>Merci</p>")
    (mention,) = said(await drain(make(posts=False, search=True), {}))
    assert mention.external_id == network.key(named)


async def test_a_search_goes_on_by_date_where_its_pages_end(make: Make, network: Discourse) -> None:
    for day in range(6, 0, -1):
        for minute in range(110):
            network.write(at=NOON - timedelta(days=day, minutes=minute))
    network.posts.sort(key=lambda post: str(post["created_at"]))
    given = said(await drain(make(posts=False, search=True, searches_per_minute=100), {}))
    assert len({mention.external_id for mention in given}) == len(given) == 660


async def test_searches_keep_to_their_pace_and_all_have_their_turn(
    make: Make, network: Discourse, now: Now
) -> None:
    cursors: Cursors = {}
    terms = [f"terme {number}" for number in range(11)]
    connector = make(posts=False, search=True, terms=terms)
    for _poll in range(2):
        await drain(connector, cursors)
        now.at += timedelta(minutes=2)
    asked = [request.query["q"] for request in network.calls("/search.json")]
    assert len(asked) == 8 + 8
    assert len(set(asked)) == 12  # those terms and the watch's own


async def test_a_search_keeps_to_the_categories_that_are_named(
    make: Make, network: Discourse
) -> None:
    for category in (4, 9):
        network.topics[network.write()["topic_id"]]["category_id"] = category
    (mention,) = said(await drain(make(posts=False, search=True, categories=[9]), {}))
    assert mention.external_id == network.key(network.posts[1])


async def test_a_search_that_finds_nothing_is_no_error(make: Make, network: Discourse) -> None:
    network.write(cooked="<p>Vide-grenier</p>")
    assert not said(await drain(make(posts=False, search=True), {}))
