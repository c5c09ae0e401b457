"""Reviews of the hospital's own place: stars, words, edits, answers and what vanishes."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.connector import Page, RateLimited
from connectors.mention import Kind
from tests.connectors.google_reviews.support import Desk, gone, ids, mentions
from tests.networks.google_reviews import PLACE
from tests.networks.standin import Fault

WEEK = timedelta(days=7, minutes=1)


async def test_a_review_is_told_with_its_stars_and_the_address_of_its_place(desk: Desk) -> None:
    item = desk.network.review(starRating="ONE")
    (review,) = mentions(await desk.poll())
    assert review.kind is Kind.REVIEW and review.external_id == item["reviewId"]
    assert review.rating == 1
    assert review.text == "Trois heures d'attente aux urgences 0"
    assert review.url == f"https://search.google.com/local/reviews?placeid={PLACE}"
    assert review.author.name == "Claire de Valmont"
    assert review.published_at == datetime(2026, 3, 2, 8, tzinfo=UTC)
    assert review.edited_at is None and review.parent_id is None


@pytest.mark.parametrize(
    ("stars", "rating"),
    [("FIVE", 5), ("STAR_RATING_UNSPECIFIED", None), ("SIX", None), (None, None), (4, None)],
)
async def test_stars_without_a_word_are_a_review_and_unknown_stars_are_none(
    desk: Desk, stars: Any, rating: int | None
) -> None:
    item = desk.network.review(starRating=stars)
    del item["comment"]
    (review,) = mentions(await desk.poll())
    assert (review.text, review.rating) == ("", rating)


async def test_who_is_anonymous_has_no_name(desk: Desk) -> None:
    desk.network.review(reviewer={"displayName": "A Google user", "isAnonymous": True})
    (review,) = mentions(await desk.poll())
    assert review.author.name is None


@pytest.mark.parametrize(
    ("comment", "kept"),
    [
        ("(Translated by Google) Long wait\n\n(Original)\nLongue attente", "Longue attente"),
        ("Longue attente\n\n(Translated by Google)\nLong wait", "Longue attente"),
        ("(Original)\nLongue attente\n\n(Translated by Google)\nLong wait", "Longue attente"),
        ("(Translated by Google) Long wait", "Long wait"),
        ("Sans rien (Original) de plus", "Sans rien (Original) de plus"),
        ("😷 انتظار طويل\n\n(Translated by Google)\nLong wait", "😷 انتظار طويل"),
        ("", ""),
    ],
)
async def test_of_a_translated_review_the_original_is_kept(
    desk: Desk, comment: str, kept: str
) -> None:
    desk.network.review(comment=comment)
    (review,) = mentions(await desk.poll())
    assert review.text == kept


async def test_an_edited_review_comes_again_under_its_id_and_once(desk: Desk) -> None:
    item = desk.network.review()
    desk.network.publish(3)
    await desk.poll()
    desk.now.at += timedelta(hours=2)
    desk.network.change(item, desk.now.at, comment="Finalement, très bien", starRating="FIVE")
    (review,) = mentions(await desk.poll())
    assert (review.external_id, review.text) == (item["reviewId"], "Finalement, très bien")
    assert review.rating == 5 and review.edited_at == desk.now.at
    assert ids(await desk.poll()) == []


async def test_the_owner_s_answer_is_a_reply_under_the_review(desk: Desk) -> None:
    item = desk.network.review()
    await desk.poll()
    desk.now.at += timedelta(days=20)
    reply_id = desk.network.reply(
        item, desk.now.at, "(Translated by Google) Thanks\n\n(Original)\nMerci"
    )
    (reply,) = mentions(await desk.poll())
    assert reply.kind is Kind.REPLY and reply.external_id == reply_id != item["reviewId"]
    assert reply.parent_id == reply.root_id == item["reviewId"]
    assert reply.text == "Merci" and reply.author.name == "CHU de Valmont"
    assert reply.published_at == desk.now.at
    assert ids(await desk.poll()) == []
    desk.network.reply(item, desk.now.at + timedelta(hours=1), "Merci bien")
    desk.now.at += timedelta(hours=2)
    (again,) = mentions(await desk.poll())
    assert (again.external_id, again.text) == (reply_id, "Merci bien")


async def test_an_answer_to_a_review_of_long_ago_is_found_by_the_weekly_list(desk: Desk) -> None:
    old = desk.network.review(at=desk.now.at - timedelta(days=300))
    desk.network.reply(desk.network.review(at=desk.now.at - timedelta(days=200)), desk.now.at)
    assert ids(await desk.poll()) == [], "what is there at first is the past"
    desk.now.at += timedelta(days=1)
    reply_id = desk.network.reply(old, desk.now.at)
    assert ids(await desk.poll()) == []
    desk.now.at += WEEK
    assert ids(await desk.poll()) == [reply_id]
    desk.now.at += WEEK
    assert ids(await desk.poll()) == []


async def test_what_vanished_is_missed_by_the_weekly_list(desk: Desk) -> None:
    kept, taken_back = desk.network.review(), desk.network.review()
    desk.network.reply(taken_back, desk.now.at)
    later = desk.network.review()
    await desk.poll()
    desk.network.reviews.remove(taken_back)
    desk.network.review(at=desk.now.at)
    assert gone(await desk.poll()) == [], "the total has not fallen"
    desk.now.at += WEEK
    review_id = taken_back["reviewId"]
    assert gone(await desk.poll()) == [review_id, f"{review_id}/reply"]
    desk.now.at += WEEK
    assert gone(await desk.poll()) == []
    assert {kept["reviewId"], later["reviewId"]} <= set(_listing(desk)["ids"])


async def test_a_review_that_came_and_went_between_two_lists_is_missed_too(desk: Desk) -> None:
    desk.network.review()
    await desk.poll()
    desk.now.at += timedelta(hours=1)
    brief = desk.network.review(at=desk.now.at)
    await desk.poll()
    desk.network.reviews.remove(brief)
    desk.now.at += WEEK
    assert gone(await desk.poll()) == [brief["reviewId"]]


async def test_a_total_that_falls_has_the_list_read_at_once(desk: Desk) -> None:
    items = [desk.network.review() for _ in range(4)]
    await desk.poll()
    desk.now.at += timedelta(hours=7)
    desk.network.reviews.remove(items[1])
    assert gone(await desk.poll()) == [items[1]["reviewId"]]


async def test_a_review_that_a_list_leaves_out_by_accident_is_asked_for_and_kept(
    desk: Desk,
) -> None:
    items = [desk.network.review() for _ in range(4)]
    await desk.poll()
    desk.network.hidden.add(items[1]["reviewId"])
    desk.now.at += WEEK
    assert gone(await desk.poll()) == []
    assert items[1]["reviewId"] in _listing(desk)["ids"]


async def test_an_answer_that_the_owner_withdraws_is_deleted(desk: Desk) -> None:
    item = desk.network.review()
    reply_id = desk.network.reply(item, desk.now.at)
    await desk.poll()
    del item["reviewReply"]
    desk.now.at += WEEK
    assert gone(await desk.poll()) == [reply_id]


async def test_the_weekly_list_goes_on_where_google_asked_it_to_wait(desk: Desk) -> None:
    items = [desk.network.review() for _ in range(330)]
    await desk.poll()
    desk.now.at += WEEK
    desk.network.reviews.remove(items[17])
    connector, before = desk.connector(), len(desk.network.requests)
    desk.network.quota = 10
    with pytest.raises(RateLimited):
        async for page in connector.poll(desk.cursors):
            _keep(desk, page)
    desk.network.quota = None
    desk.now.at += timedelta(minutes=5)
    pages = []
    async for page in connector.poll(desk.cursors):
        pages.append(page)
        _keep(desk, page)
    assert gone(pages) == [items[17]["reviewId"]]
    walked = [r for r in desk.network.requests[before:] if r.path.endswith("/reviews")]
    assert len(walked) <= 2 * 7 + 7 + 1, "two walks of the newest, one list, one question too many"


async def test_a_crash_after_any_page_of_the_weekly_list_loses_nothing_that_vanished(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.google_reviews.listing._A_CURSOR", 50)
    old = desk.network.review(at=desk.now.at - timedelta(days=300))
    items = [desk.network.review() for _ in range(330)]
    await desk.poll()
    desk.now.at += WEEK
    vanished = {items[number]["reviewId"] for number in (3, 17, 120, 250, 329)}
    desk.network.reviews = [r for r in desk.network.reviews if r["reviewId"] not in vanished]
    late = desk.network.reply(old, desk.now.at)
    missed: set[str | None] = set()
    told: list[str] = []
    for crash in range(1, 60):
        seen = 0
        async for page in desk.connector().poll(desk.cursors):
            seen += 1
            _keep(desk, page)
            missed.update(gone([page]))
            told += ids([page])
            if seen == crash:
                break
        else:
            break
    assert missed == vanished and told == [late]


async def test_what_is_known_of_thousands_of_reviews_fits_cursors_that_stay_small(
    desk: Desk,
) -> None:
    for number in range(6_000):
        item = desk.network.review(reviewId=f"AbFvOq{number:0>90}")
        desk.network.reply(item, desk.now.at)
    await desk.poll()
    assert max(len(json.dumps(cursor)) for cursor in desk.cursors.values()) < 200_000
    desk.now.at += WEEK
    taken_back = desk.network.reviews.pop(2_500)["reviewId"]
    assert gone(await desk.poll()) == [taken_back, f"{taken_back}/reply"]


async def test_a_list_that_leaves_out_everything_erases_nothing_and_costs_few_questions(
    desk: Desk,
) -> None:
    items = [desk.network.review() for _ in range(200)]
    await desk.poll()
    desk.now.at += WEEK
    before = len(desk.network.requests)
    desk.network.hidden = {item["reviewId"] for item in items}
    assert gone(await desk.poll()) == []
    assert len(desk.network.requests) - before < 40


async def test_what_google_adds_to_its_answers_is_passed_over(desk: Desk) -> None:
    (new,) = desk.network.publish(1)
    body = json.dumps({"reviews": desk.network.reviews, "kind": "mybusiness#reviews"}).encode()
    await desk.poll()
    desk.cursors = {feed: c for feed, c in desk.cursors.items() if feed == "locations"}
    desk.network.faults.append(Fault(status=200, body=body))
    assert ids(await desk.poll()) == [new]


async def test_a_place_without_reviews_is_read_in_peace(desk: Desk) -> None:
    for _ in range(2):
        pages = await desk.poll()
        assert ids(pages) == [] and pages[-1].complete
        desk.now.at += WEEK


async def test_the_mean_and_the_number_of_reviews_are_told_once_a_day(desk: Desk) -> None:
    desk.network.publish(3)
    (taken,) = (a for page in await desk.poll(audience=True) for a in page.audiences)
    assert (taken.account, taken.rating, taken.ratings) == ("CHU de Valmont", 3.1, 3)
    assert taken.followers is None
    desk.now.at += timedelta(hours=23)
    assert not any(page.audiences for page in await desk.poll(audience=True))
    desk.now.at += timedelta(hours=2)
    assert any(page.audiences for page in await desk.poll(audience=True))


async def test_a_review_without_an_id_is_set_aside_and_the_others_are_read(desk: Desk) -> None:
    good, bad = desk.network.review(), desk.network.review()
    del bad["reviewId"], bad["name"]
    pages = await desk.poll()
    assert ids(pages) == [good["reviewId"]]
    assert sum(len(page.rejects) for page in pages) == 1
    assert all("attente" not in reject.error for page in pages for reject in page.rejects)


def _keep(desk: Desk, page: Page) -> None:
    if page.cursor is not None:
        desk.cursors[page.feed] = json.loads(json.dumps(page.cursor))


def _listing(desk: Desk) -> dict[str, Any]:
    (cursor,) = (c for feed, c in desk.cursors.items() if feed.startswith("listing"))
    return cursor
