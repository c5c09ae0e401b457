"""Figures read again, what is gone and what only seems so; followers of the Page and its peers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import pytest
from aiohttp import web

from connectors.connector import Cursors, Page, RateLimited, Unauthorized
from connectors.facebook import FacebookConnector
from connectors.http import NotFound
from connectors.mention import MentionKey
from tests.connectors.case import NOON, Now
from tests.connectors.facebook.support import (
    EARLIER,
    Make,
    drained,
    figures,
    gone,
    mentions,
    pushed,
)
from tests.networks.facebook import PAGE, PEER_ID, Facebook
from tests.networks.facebook_wire import PAGE_ID, summary
from tests.networks.standin import Fault


async def refreshed(connector: FacebookConnector, ids: Iterable[str]) -> list[Page]:
    keys = [MentionKey(network="facebook", external_id=item) for item in ids]
    return await drained(connector.refresh(keys))


def asked_ids(network: Facebook) -> list[int]:
    calls = [request for request in network.requests if "ids" in request.query]
    return [len(request.query["ids"].split(",")) for request in calls]


async def test_posts_and_comments_are_counted_again(make: Make, network: Facebook) -> None:
    post = network.post(at=EARLIER)
    comment = network.comment(post["id"], at=EARLIER)
    post["reactions"], post["shares"] = summary(512), {"count": 77}
    comment |= {"like_count": 41, "comment_count": 6}
    pages = await refreshed(make(), [post["id"], comment["id"]])
    counted = figures(pages)
    assert (counted[post["id"]].reactions, counted[post["id"]].shares) == (512, 77)
    assert (counted[comment["id"]].reactions, counted[comment["id"]].replies) == (41, 6)
    assert all(item.taken_at == NOON for item in counted.values())
    assert gone(pages) == []


async def test_fifty_are_asked_for_in_one_call(make: Make, network: Facebook) -> None:
    posts = [network.post(at=EARLIER)["id"] for _ in range(120)]
    pages = await refreshed(make(page=PAGE_ID), posts)
    assert asked_ids(network) == [50, 50, 20]
    assert set(figures(pages)) == set(posts)


async def test_one_that_is_gone_is_a_deletion_and_the_others_are_counted(
    make: Make, network: Facebook
) -> None:
    posts = [network.post(at=EARLIER)["id"] for _ in range(40)]
    network.delete(posts[17])
    pages = await refreshed(make(), posts)
    assert gone(pages) == [posts[17]]
    assert set(figures(pages)) == set(posts) - {posts[17]}
    assert len(asked_ids(network)) <= 14, "halves, not one by one"


async def test_what_the_page_hides_is_erased_here(make: Make, network: Facebook) -> None:
    comment = network.comment(network.post(at=EARLIER)["id"], at=EARLIER)
    comment["is_hidden"] = True
    pages = await refreshed(make(), [comment["id"]])
    assert gone(pages) == [comment["id"]]
    assert mentions(pages) == []


async def test_nothing_is_erased_where_a_permission_may_be_missing(
    make: Make, network: Facebook
) -> None:
    """Then, too, objects are said not to exist (code 100, subcode 33)."""
    network.nodes.clear()
    network.denied["feed"] = 10
    with pytest.raises(Unauthorized):
        await refreshed(make(), [f"{PAGE_ID}_1", "5_2"])


async def test_a_404_from_something_on_the_way_erases_nothing(
    make: Make, network: Facebook
) -> None:
    """Not even once the Page was found to be readable, in the same look."""
    posts = [network.post(at=EARLIER)["id"] for _ in range(51)]
    network.delete(posts[0])
    asked = 0

    async def gateway(request: web.Request) -> web.StreamResponse:
        return web.json_response({"error": "Not Found"}, status=404)

    async def pages() -> None:
        nonlocal asked
        async for page in make(page=PAGE_ID).refresh(
            [MentionKey(network="facebook", external_id=post) for post in posts]
        ):
            asked += len(page.deletions)
            network.faults.extend([Fault(handler=gateway)] * 9)

    with pytest.raises(NotFound):
        await pages()
    assert asked == 1


@pytest.mark.parametrize("told", ["listed", "pushed"])
async def test_a_post_elsewhere_that_we_may_not_look_up_is_not_taken_for_deleted(
    make: Make, network: Facebook, told: str
) -> None:
    """The network answers for it as for a post that is gone; a restart changes nothing."""
    tagging = network.post("tagged", at=EARLIER)["id"]
    if told == "listed":
        assert await drained(make().poll({}))
    else:
        value = {"item": "post", "verb": "add", "post_id": tagging, "message": "Bravo au CHU"}
        await drained(make().receive(pushed(network, value, field="mention")))
    own = network.post(at=EARLIER)["id"]
    for post in (tagging, own):
        del network.nodes[post]
    assert gone(await refreshed(make(), [tagging, own])) == [own]


async def test_a_tagging_post_among_comments_is_counted_all_the_same(
    make: Make, network: Facebook
) -> None:
    tagging = network.post("tagged", at=EARLIER)["id"]
    comment = network.comment(network.post(at=EARLIER)["id"], at=EARLIER)["id"]
    pages = await refreshed(make(), [comment, tagging])
    assert set(figures(pages)) == {comment, tagging}
    assert figures(pages)[tagging].shares == 3


async def test_the_texts_come_again_as_edits_show_nowhere_else(
    make: Make, network: Facebook
) -> None:
    post = network.post(at=EARLIER)["id"]
    comment = network.comment(post, at=EARLIER, message="Erratum : huit heures")
    (mention,) = mentions(await refreshed(make(), [comment["id"]]))
    assert mention.text == "Erratum : huit heures"
    assert mention.root_id == post


async def test_recommendations_cannot_be_looked_up(make: Make, network: Facebook) -> None:
    pages = await refreshed(make(), ["6000000000000001", "rating_0123456789ab", "&x_1"])
    assert pages == []
    assert network.requests == []


async def test_a_quota_ends_the_look(make: Make, network: Facebook) -> None:
    network.quota = 0
    with pytest.raises(RateLimited):
        await refreshed(make(page=PAGE_ID), [f"{PAGE_ID}_1"])


async def test_followers_are_counted_once_a_day(make: Make, network: Facebook, now: Now) -> None:
    connector = make(audience=True, peers=(PEER_ID,))
    cursors: Cursors = {}
    pages = await drained(connector.poll({}), cursors)
    own, peer = [snapshot for page in pages for snapshot in page.audiences]
    assert (own.network, own.account, own.followers) == ("facebook", PAGE, 41_200)
    assert (own.rating, own.ratings, own.taken_at) == (4.1, 380, NOON)
    assert (peer.account, peer.followers, peer.rating) == ("Clinique des Tilleuls", 8_800, None)
    now.at += timedelta(hours=23)
    assert not [p for p in await drained(connector.poll(cursors), cursors) if p.audiences]
    now.at += timedelta(hours=2)
    assert [p for p in await drained(connector.poll(cursors), cursors) if p.audiences]


async def test_a_peer_that_is_denied_costs_our_own_figures_nothing(
    make: Make, network: Facebook
) -> None:
    network.denied[PEER_ID] = 10
    connector = make(audience=True, peers=(PEER_ID, "personne"))
    pages = await drained(connector.poll({}))
    assert [snapshot.account for page in pages for snapshot in page.audiences] == [PAGE]


async def test_a_mean_that_nobody_made_is_unknown(make: Make, network: Facebook) -> None:
    network.pages[PAGE] |= {"overall_star_rating": 0, "rating_count": 0, "followers_count": None}
    pages = await drained(make(audience=True).poll({}))
    (own,) = [snapshot for page in pages for snapshot in page.audiences]
    assert (own.rating, own.ratings, own.followers) == (None, 0, 39_900)


async def test_a_version_without_ratings_still_counts_followers(
    make: Make, network: Facebook
) -> None:
    network.unknown_fields = {"overall_star_rating"}
    pages = await drained(make(audience=True).poll({}))
    (own,) = [snapshot for page in pages for snapshot in page.audiences]
    assert (own.followers, own.rating) == (41_200, None)
