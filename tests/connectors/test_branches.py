"""Many posts read as one feed: what one of them fails in costs the others nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from connectors.branches import Rhythm, Trunk, read_branches
from connectors.connector import (
    ConnectorError,
    Cursor,
    Malformed,
    Page,
    RateLimited,
    Unauthorized,
    Unavailable,
)
from connectors.graph import BadField, Denied
from connectors.http import NotFound
from connectors.mention import Kind, Mention
from connectors.walk import Found, Listing, Walk, Window

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
WINDOW = Window(look_back=timedelta(days=7), overlap=timedelta(hours=1))


class Posts:
    """`under` holds ids by post, or how asking for them fails."""

    def __init__(self, **under: list[str] | ConnectorError) -> None:
        self.under = under
        self.asked: list[str] = []
        self.at = NOON
        self.cursor: Cursor | None = None

    async def fetch(self, post: Trunk, _walk: Walk) -> Listing:
        self.asked.append(post.id)
        held = self.under[post.id]
        if isinstance(held, ConnectorError):
            raise held
        return Listing(found=[self.found(one) for one in held])

    def found(self, external_id: str) -> Found:
        said = Mention(
            network="forum", external_id=external_id, kind=Kind.COMMENT, published_at=NOON
        )
        return Found(id=external_id, position=NOON, mentions=(said,))

    async def read(self, rhythm: Rhythm | None = None, count: int | None = None) -> list[Page]:
        pages = []
        posts = [Trunk(id=one, published=NOON, count=count) for one in self.under]
        async for page in read_branches(
            "feed",
            json.loads(json.dumps(self.cursor)),
            posts,
            self.fetch,
            rhythm=lambda _post: rhythm or Rhythm(),
            window=WINDOW,
            clock=lambda: self.at,
        ):
            pages.append(page)
            self.cursor = page.cursor
        return pages


def given(pages: list[Page]) -> list[str]:
    return [mention.external_id for page in pages for mention in page.mentions]


async def test_a_post_that_fails_is_told_once_the_others_were_read() -> None:
    posts = Posts(a=["1"], b=Malformed("broken"), c=["2"])
    with pytest.raises(Malformed):
        await posts.read()
    assert posts.asked == ["a", "b", "c"]
    assert posts.cursor is not None and "read_at" in posts.cursor["posts"]["c"]
    posts.under["b"] = ["3"]
    assert given(await posts.read()) == ["3"]


async def test_a_post_that_was_deleted_meanwhile_is_passed_over() -> None:
    posts = Posts(a=NotFound("Graph API error 100/33"), b=["1"])
    pages = await posts.read()
    assert given(pages) == ["1"]
    assert pages[-1].complete


@pytest.mark.parametrize("refusal", [BadField("code 100"), Denied("code 10")])
async def test_a_post_that_is_refused_alone_does_not_keep_the_feed_from_being_complete(
    refusal: ConnectorError,
) -> None:
    posts = Posts(a=refusal, b=["1"])
    pages = await posts.read()
    assert given(pages) == ["1"]
    assert pages[-1].complete


async def test_a_post_that_fails_for_ever_keeps_the_feed_from_being_complete_for_a_while_only() -> (
    None
):
    posts = Posts(a=Unavailable("code 1"), b=["1"], c=["2"])
    for _poll in range(2):
        posts.under["b"] = [*posts.under["b"], str(_poll + 10)]  # type: ignore[misc]
        with pytest.raises(Unavailable):
            await posts.read()
        assert posts.asked[-1] == "c", "it holds up no other"
    assert (await posts.read())[-1].complete
    posts.under["a"] = ["3"]
    assert given(await posts.read()) == ["3"]
    posts.under["a"] = Unavailable("code 1")
    with pytest.raises(Unavailable):
        await posts.read()


async def test_a_network_that_is_away_is_not_asked_about_every_post() -> None:
    posts = Posts(**{str(n): Unavailable("down") for n in range(50)})
    with pytest.raises(Unavailable):
        await posts.read()
    assert len(posts.asked) == 3
    assert posts.cursor is None


async def test_the_cursor_of_many_busy_posts_stays_small() -> None:
    posts = Posts(**{f"{n:017}": [f"{n}-{one}" for one in range(150)] for n in range(40)})
    assert len(given(await posts.read())) == 6_000
    posts.under |= {f"{n:017}": [f"{n}-1"] for n in range(40, 500)}
    posts.at += timedelta(days=2)
    assert len(given(await posts.read())) == 460
    assert len(json.dumps(posts.cursor)) < 200_000
    posts.at += timedelta(days=2)
    assert given(await posts.read()) == [], "what is forgotten is not given again"
    assert len(json.dumps(posts.cursor)) < 150_000


async def test_a_refusal_of_every_post_is_raised_before_any_page() -> None:
    for error in (Unauthorized("no"), NotFound("Graph API error 100/33")):
        posts = Posts(a=error, b=error)
        with pytest.raises(type(error)):
            await posts.read()
        assert posts.cursor is None


async def test_a_network_that_asks_to_wait_is_left_alone_at_once() -> None:
    posts = Posts(a=RateLimited("wait"), b=["1"])
    with pytest.raises(RateLimited):
        await posts.read()
    assert posts.asked == ["a"]


async def test_a_post_is_asked_again_for_a_new_count_after_a_pause_or_after_a_while() -> None:
    posts = Posts(a=["1"])
    rhythm = Rhythm(pause=timedelta(minutes=10), again=timedelta(hours=6))
    for minutes, count, is_asked in [(0, 1, 1), (1, 2, 0), (10, 2, 1), (60, 2, 0), (370, 2, 1), (999, 0, 0), (1000, 1, 1)]:  # fmt: skip
        posts.at, posts.asked = NOON + timedelta(minutes=minutes), []
        await posts.read(rhythm, count)
        assert len(posts.asked) == is_asked, minutes


async def test_posts_that_are_no_longer_listed_are_forgotten() -> None:
    posts = Posts(a=["1"], b=["2"])
    await posts.read()
    del posts.under["a"]
    await posts.read()
    assert posts.cursor is not None and set(posts.cursor["posts"]) == {"b"}
