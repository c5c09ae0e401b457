"""Other hospitals by the Places API: their mean, and five reviews for thirty days where wanted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connectors.budget import BudgetSpent, Metered
from connectors.connector import Unauthorized
from tests.connectors.google_reviews.support import PEERS, Desk, gone, ids, mentions
from tests.networks.google_reviews import PEER, peer_review

DAY = timedelta(days=1, minutes=1)


async def test_a_peer_s_mean_is_read_once_a_day_and_none_of_its_reviews(desk: Desk) -> None:
    desk.network.places[PEER]["reviews"] = [peer_review(1, desk.now.at)]
    pages = await desk.poll(**PEERS, audience=True)
    (taken,) = (a for page in pages for a in page.audiences)
    assert (taken.account, taken.rating, taken.ratings) == ("CHU de Brémont", 3.4, 812)
    assert ids(pages) == []
    assert "reviews" not in desk.network.requests[0].headers["X-Goog-FieldMask"]
    await desk.poll(**PEERS, audience=True)
    assert len(desk.network.requests) == 1


async def test_a_peer_s_reviews_are_told_as_written_where_they_are_wanted(desk: Desk) -> None:
    desk.network.places[PEER]["reviews"] = [peer_review(1, desk.now.at - timedelta(days=90))]
    (review,) = mentions(await desk.poll(**PEERS, peer_reviews=True))
    assert (review.text, review.language, review.rating) == ("Long wait", "en", 2)
    assert review.author.name == "Paul de Brémont"
    assert review.published_at == datetime(2025, 12, 2, 12, tzinfo=UTC)
    assert review.url == "https://www.google.com/maps/reviews/77"
    assert not review.republish, "Google's attribution is due wherever it is shown"


async def test_a_peer_s_review_comes_again_only_where_it_changed(desk: Desk) -> None:
    place = desk.network.places[PEER]
    place["reviews"] = [peer_review(1, desk.now.at), peer_review(2, desk.now.at)]
    assert len(ids(await desk.poll(**PEERS, peer_reviews=True))) == 2
    desk.now.at += DAY
    place["reviews"][1] = peer_review(2, desk.now.at, rating=5)
    (changed,) = mentions(await desk.poll(**PEERS, peer_reviews=True))
    assert changed.external_id.endswith("0002") and changed.rating == 5


async def test_a_peer_s_review_is_not_kept_longer_than_its_terms_allow(desk: Desk) -> None:
    place = desk.network.places[PEER]
    place["reviews"] = [peer_review(1, desk.now.at), peer_review(2, desk.now.at)]
    first = ids(await desk.poll(**PEERS, peer_reviews=True))
    begun, deleted = desk.now.at, {}
    for _ in range(40):
        desk.now.at += DAY
        place["reviews"] = [peer_review(2, begun)]
        for external_id in gone(await desk.poll(**PEERS, peer_reviews=True)):
            deleted[external_id] = desk.now.at - begun
    assert list(deleted) == first[:1], "the other was read again each day"
    assert timedelta(days=26) < deleted[first[0]] < timedelta(days=30)


async def test_calls_are_counted_for_the_key_and_end_with_the_month(desk: Desk) -> None:
    options = {**PEERS, "places_per_month": 2, "audience": True}
    connector = desk.connector(**options)
    assert isinstance(connector, Metered)
    assert [budget.name for budget in connector.budgets()] == ["google.places"]
    for _ in range(2):
        await desk.poll(**options)
        desk.now.at += DAY
    with pytest.raises(BudgetSpent):
        await desk.poll(**options)
    assert len(desk.network.requests) == 2
    desk.now.at = datetime(2026, 4, 1, 8, tzinfo=UTC)
    assert any(page.audiences for page in await desk.poll(**options))


async def test_a_wrong_key_is_unauthorized_and_not_repeated(desk: Desk) -> None:
    with pytest.raises(Unauthorized) as refused:
        await desk.poll(peers=(PEER,), places_key="fausse-cle")
    assert "fausse-cle" not in str(refused.value)


async def test_a_place_that_has_moved_stops_no_other(desk: Desk) -> None:
    pages = await desk.poll(peers=("ChIJailleurs", PEER), places_key=PEERS["places_key"])
    assert [bool(page.gaps) for page in pages] == [False, True]
    blind = [unseen.value for unseen in desk.connector(**PEERS).unseen()]
    assert blind == ["reviews"]


async def test_a_place_that_has_moved_is_asked_for_and_paid_for_once_a_day(desk: Desk) -> None:
    connector = desk.connector(peers=("ChIJailleurs", PEER), places_key=PEERS["places_key"])
    for _ in range(5):
        async for page in connector.poll(desk.cursors):
            desk.cursors |= {page.feed: page.cursor} if page.cursor else {}
        desk.now.at += timedelta(hours=4)
    assert len(desk.network.requests) == 2
    desk.now.at += DAY
    async for _page in connector.poll(desk.cursors):
        pass
    assert len(desk.network.requests) == 4


@pytest.mark.parametrize("odd", [None, [], "cinq", [None], [{"name": "places/autre/reviews/1"}]])
async def test_odd_reviews_of_a_peer_cost_themselves_only(desk: Desk, odd: object) -> None:
    desk.network.places[PEER].update(reviews=odd, rating="haut", userRatingCount=-1)
    pages = await desk.poll(**PEERS, peer_reviews=True, audience=True)
    (taken,) = (a for page in pages for a in page.audiences)
    assert (taken.rating, taken.ratings) == (None, None)
    assert ids(pages) == []
