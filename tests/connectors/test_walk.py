"""The walk gives every post once, wherever it is interrupted and resumed."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.connector import Cursor, Page
from connectors.walk import (
    Found,
    Listing,
    StaleToken,
    Walk,
    Window,
    begin,
    walk_back,
    without_marks,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
OVERLAP = timedelta(minutes=10)


WINDOW = Window(look_back=timedelta(days=7), overlap=OVERLAP)


def post(number: int, seconds: int) -> Found:
    return Found(id=str(number), position=NOON + timedelta(seconds=seconds))


def resume(cursor: Cursor | None) -> Walk:
    kept = json.loads(json.dumps(cursor))  # as the database gives it back
    return begin(kept, WINDOW, NOON)


def read(walk: Walk, posts: list[Found], size: int) -> list[str]:
    """One page of the newest-first list, as a search that ignores since and until gives it."""
    start = int(walk.token or 0)
    page, more = posts[start : start + size], start + size < len(posts)
    new = walk.take(page, str(start + size) if more else None)
    return [item.id for item in new]


@settings(max_examples=100, deadline=None)
@given(
    polls=st.lists(st.lists(st.integers(0, 3000), max_size=40), min_size=1, max_size=4),
    size=st.integers(1, 9),
    cuts=st.randoms(use_true_random=False),
)
def test_every_post_is_given_once_whatever_the_cuts(
    polls: list[list[int]], size: int, cuts: object
) -> None:
    posts: list[Found] = []
    given_ids: list[str] = []
    cursor: Cursor | None = None
    for turn, arrivals in enumerate(polls):
        # Each poll's posts are younger than the last one's, save what the overlap allows for.
        fresh = [post(len(posts) + n, turn * 3000 + s) for n, s in enumerate(arrivals)]
        posts = sorted([*posts, *fresh], key=lambda item: item.position, reverse=True)
        while True:
            walk = resume(cursor)
            while not walk.done:
                given_ids += read(walk, posts, size)
                cursor = walk.cursor()
                if cuts.random() < 0.2:  # type: ignore[attr-defined]
                    break
            if walk.done:
                break
    assert sorted(given_ids) == sorted(item.id for item in posts)


def test_more_posts_in_one_overlap_than_are_remembered_are_still_given_once() -> None:
    posts = [post(n, -n // 20) for n in range(5_000)]
    given_ids: list[str] = []
    cursor: Cursor | None = None
    for _ in range(2):
        walk = resume(cursor)
        while not walk.done:
            given_ids += read(walk, posts, 100)
        cursor = walk.cursor()
    assert 1_900 < len(cursor["seen"]) <= 2_000
    assert len(given_ids) == 5_000


def test_what_lies_below_a_walk_that_was_cut_short_is_not_given_again_by_a_later_one() -> None:
    posts = [post(n, -60 * n) for n in range(5_000)]  # three days and a half
    window = Window(look_back=timedelta(days=3), overlap=timedelta(days=14))
    given_ids: list[str] = []
    cursor: Cursor | None = None
    for _ in range(4):
        walk = begin(json.loads(json.dumps(cursor)), window, NOON)
        while not walk.done:
            given_ids += read(walk, posts, 100)
        cursor = walk.cursor()
    assert len(given_ids) == len(set(given_ids)) == 3 * 24 * 60 + 1


def test_a_server_that_repeats_its_page_does_not_hold_us_for_ever() -> None:
    walk = resume(None)
    for _ in range(3):
        walk.take([post(1, 0)], "same")
    assert walk.done


def test_a_token_that_keeps_its_value_yet_advances_is_followed_while_it_brings_something() -> None:
    walk = resume(None)
    for number in range(5):
        walk.take([post(number, 0)], "same")
        assert not walk.done


def test_a_damaged_cursor_begins_anew() -> None:
    for broken in ({"mark": 5}, {"mark": "x", "walk": []}, {"v": 9}):
        assert resume(broken).mark == NOON - timedelta(days=7)


async def test_a_token_that_the_server_forgot_is_given_up_for_a_date() -> None:
    posts = [post(number, -number) for number in range(30)]

    async def fetch(walk: Walk) -> Listing:
        if walk.token is not None:
            raise StaleToken("gone")
        below = [p for p in posts if walk.until is None or (p.position or NOON) < walk.until]
        return Listing(found=below[:10], token="next" if len(below) > 10 else None)

    pages: list[Page] = []
    async for page in walk_back("feed", None, fetch, window=WINDOW, clock=lambda: NOON):
        pages.append(page)
    assert pages[-1].complete
    assert len(pages) >= 3


def test_a_walk_says_what_it_met_before_so_that_it_is_not_asked_about_again():
    walk = begin(None, WINDOW, NOON)
    assert not walk.has_given("a")
    walk.take([Found(id="a", position=NOON)], None)
    assert walk.has_given("a")
    following = begin(walk.cursor(), WINDOW, NOON)
    assert following.has_given("a")
    assert not following.has_given("b")


def test_what_a_full_memory_forgot_is_not_given_again():
    posts = [post(number, 60 - number // 40) for number in range(2_400)]  # all within the overlap
    walk = begin(None, WINDOW, NOON)
    assert len(read(walk, posts, len(posts))) == len(posts)
    assert read(resume(walk.cursor()), posts, len(posts)) == []


def test_an_empty_page_at_the_top_does_not_hold_the_mark_back() -> None:
    walk = begin(None, WINDOW, NOON)
    walk.take([], "more")
    walk = begin(json.loads(json.dumps(walk.cursor())), WINDOW, NOON)
    walk.take([post(1, 0), post(2, -60)], None)
    assert walk.cursor()["mark"] == NOON.isoformat()


def test_marks_are_dropped_only_of_what_is_old_whatever_the_order_of_the_list() -> None:
    walk = begin(None, WINDOW, NOON)
    walk.take([post(1, -300)], "more")
    walk.take([post(2, 0)], None)
    cursor = json.loads(json.dumps(walk.cursor()))
    assert without_marks(cursor, NOON - timedelta(minutes=1)) == cursor
    light = without_marks(cursor, NOON + timedelta(days=1))
    assert light["seen"] == []
    following = begin(light, WINDOW, NOON + timedelta(days=2))
    assert following.take([post(1, -300), post(2, 0)], None) == []
    following = begin(light, WINDOW, NOON + timedelta(days=2))
    assert len(following.take([post(3, 1), post(2, 0)], None)) == 1
