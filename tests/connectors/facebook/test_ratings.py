"""Recommendations: read while the network gives them, and what is left when it no longer does."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from connectors.connector import Cursors, Unseen
from connectors.mention import Author, Kind
from tests.connectors.case import NOON, Now
from tests.connectors.facebook.support import EARLIER, Make, drained, mentions, read
from tests.networks.facebook import Facebook


async def test_a_recommendation_is_a_review_of_five_stars(make: Make, network: Facebook) -> None:
    made = network.recommend(at=EARLIER)
    (mention,) = await read(make())
    assert mention.kind is Kind.REVIEW
    assert mention.rating == 5
    assert mention.external_id == made["open_graph_story"]["id"]
    assert mention.text == made["review_text"]
    assert mention.author == Author(external_id=made["reviewer"]["id"], name="Adam Delcourt")
    assert mention.published_at == EARLIER


@pytest.mark.parametrize(
    ("fields", "stars"),
    [
        ({"recommendation_type": "negative"}, 1),
        ({"recommendation_type": "NEGATIVE"}, 1),
        ({"recommendation_type": "none"}, None),
        ({"recommendation_type": None}, None),
        ({"rating": 3}, 3),
        ({"rating": 9, "recommendation_type": "positive"}, 5),
        ({"rating": True, "recommendation_type": None}, None),
    ],
)
async def test_stars_go_before_thumbs(
    make: Make, network: Facebook, fields: dict[str, Any], stars: float | None
) -> None:
    network.recommend(at=EARLIER, **fields)
    (mention,) = await read(make())
    assert mention.rating == stars


async def test_a_recommendation_without_a_story_keeps_its_id_from_poll_to_poll(
    make: Make, network: Facebook
) -> None:
    network.recommend(at=EARLIER, open_graph_story=None, reviewer=None, review_text=None)
    network.recommend(at=EARLIER, open_graph_story=None)
    cursors: Cursors = {}
    first = await read(make(), cursors)
    assert len({mention.external_id for mention in first}) == 2
    assert await read(make(), cursors) == []
    assert {m.external_id for m in await read(make())} == {m.external_id for m in first}


async def test_a_changed_recommendation_is_given_again(make: Make, network: Facebook) -> None:
    made = network.recommend(at=EARLIER)
    cursors: Cursors = {}
    await read(make(), cursors)
    made |= {"recommendation_type": "negative", "review_text": "Finalement, non"}
    (again,) = await read(make(), cursors)
    assert (again.rating, again.text) == (1, "Finalement, non")
    assert again.edited_at is not None


async def test_the_hospitals_answer_to_a_recommendation_is_its_child(
    make: Make, network: Facebook, now: Now
) -> None:
    story = network.recommend(at=EARLIER)["open_graph_story"]["id"]
    cursors: Cursors = {}
    await read(make(), cursors)
    answer = network.comment(story, at=NOON + timedelta(hours=1), message="Merci de votre retour")
    now.at += timedelta(days=1)
    (mention,) = await read(make(), cursors)
    assert mention.external_id == answer["id"]
    assert (mention.parent_id, mention.root_id) == (story, story)
    network.requests.clear()
    await read(make(), cursors)
    assert network.calls("comments") == []


async def test_where_they_are_retired_it_is_told_once_and_tried_once_a_day(
    make: Make, network: Facebook, now: Now
) -> None:
    network.denied["ratings"] = 12
    network.post(at=EARLIER)
    cursors: Cursors = {}
    connector = make()
    pages = await drained(connector.poll({}), cursors)
    assert len(mentions(pages)) == 1
    (gap,) = [gap for page in pages for gap in page.gaps]
    assert "code 12" in gap.reason
    assert Unseen.REVIEWS in connector.unseen()
    for _ in range(5):
        now.at += timedelta(hours=4)
        # A new one each time: what a connector remembers by itself must not be needed.
        pages = await drained(make().poll(cursors), cursors)
        assert not [gap for page in pages for gap in page.gaps]
    assert len(network.calls("ratings")) == 1
    now.at += timedelta(hours=5)
    assert not [g for page in await drained(make().poll(cursors), cursors) for g in page.gaps]
    assert len(network.calls("ratings")) == 2


async def test_where_they_come_back_nothing_since_is_lost(
    make: Make, network: Facebook, now: Now
) -> None:
    network.recommend(at=EARLIER)
    cursors: Cursors = {}
    await read(make(), cursors)
    network.denied["ratings"] = 12
    await read(make(), cursors)
    made = network.recommend(at=NOON + timedelta(hours=1))
    network.denied.clear()
    now.at += timedelta(hours=30)
    connector = make()
    assert [m.external_id for m in await read(connector, cursors)] == [
        made["open_graph_story"]["id"]
    ]
    assert Unseen.REVIEWS not in connector.unseen()


async def test_the_mean_is_read_all_the_same(make: Make, network: Facebook) -> None:
    network.denied["ratings"] = 12
    pages = await drained(make(audience=True).poll({}))
    (snapshot,) = [snapshot for page in pages for snapshot in page.audiences]
    assert (snapshot.rating, snapshot.ratings) == (4.1, 380)


async def test_they_are_left_alone_where_nobody_wants_them(make: Make, network: Facebook) -> None:
    network.recommend(at=EARLIER)
    connector = make(ratings=False)
    assert await read(connector) == []
    assert network.calls("ratings") == []
    assert Unseen.REVIEWS in connector.unseen()
