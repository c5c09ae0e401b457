"""Whatever happens between polls, each post is given exactly once: tried with hypothesis."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from connectors.mastodon.api import Batch, status_item
from connectors.mastodon.catchup import CatchUp
from connectors.mastodon.feeds import Feed, Pairs, Source
from connectors.mastodon.position import Position
from connectors.mastodon.reading import Content
from connectors.mastodon.wire import Status
from tests.networks.mastodon import Mastodon, snowflake, status, ulid

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
OVERLAP = timedelta(hours=1)
FEED = Feed(name="h/tag/x", source=Source.HASHTAG, path="/")

published = st.tuples(st.just("publish"), st.integers(1, 90))
late = st.tuples(st.just("late"), st.integers(1, 50))
deleted = st.tuples(st.just("delete"), st.integers(1, 60))
waited = st.tuples(st.just("wait"), st.integers(1, 90))
polled = st.tuples(st.just("poll"), st.integers(0, 5))
stories = st.lists(st.one_of(published, late, deleted, waited, polled, polled), max_size=14)


@dataclass
class World:
    """A server, a clock, and a listener that may stop after any page."""

    opaque: bool
    now: datetime = START
    cursor: dict[str, Any] | None = None
    given: list[str] = field(default_factory=list)
    expected: set[str] = field(default_factory=set)
    numbers: int = 0

    def __post_init__(self) -> None:
        self.host = "h"
        self.network = Mastodon(opaque=self.opaque)
        self.posts = self.network.posts

    def publish(self, count: int) -> None:
        for _ in range(count):
            self.now += timedelta(seconds=2)
            self._file(self.now)

    def late(self, posts_ago: int) -> None:
        """A post filed under its own date, behind up to fifty others; never later than OVERLAP."""
        if len(self.posts) >= posts_ago:
            at = datetime.fromisoformat(self.posts[-posts_ago]["created_at"])
            if self.now - at < OVERLAP - timedelta(minutes=1):
                self._file(at)

    def delete(self, posts_ago: int) -> None:
        if len(self.posts) >= posts_ago:
            gone = self.posts.pop(-posts_ago)
            self.expected.discard(gone["id"])

    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    def poll(self, pages: int) -> None:
        asyncio.run(self._poll(pages))

    async def _poll(self, pages: int | None) -> None:
        if pages == 0:
            return
        position = Position.load(self.cursor, first_floor=START - timedelta(days=1))
        catch_up = CatchUp(
            FEED, position, api=self, reader=self, clock=lambda: self.now, overlap=OVERLAP,
            ascends=not self.opaque,
        )  # type: ignore[arg-type]  # fmt: skip
        async for page in catch_up.pages():
            self.given += list(page.mentions)  # type: ignore[misc]
            self.cursor = json.loads(json.dumps(page.cursor))
            pages = None if pages is None else pages - 1
            if pages == 0:
                return

    def finish(self) -> None:
        for _ in range(2):  # the first may have had an old walk to end
            asyncio.run(self._poll(None))

    def _file(self, at: datetime) -> None:
        self.numbers += 1
        post_id = ulid(at, self.numbers) if self.opaque else snowflake(at, self.numbers)
        self.posts.append(status(post_id, at))
        self.posts.sort(key=lambda post: post["id"])
        self.expected.add(post_id)

    async def page(self, _feed: Feed, bounds: Pairs) -> Batch:
        chosen = self.network.select(self.posts, {"limit": "40", **dict(bounds)})
        items = [item for raw in chosen if (item := status_item(raw)) is not None]
        last = items[-1].entry.id if items else None
        return Batch(items=items, next_id=last, size=len(chosen))

    async def read(self, statuses: list[Status], **_: object) -> Content:
        return Content(mentions=[status.id for status in statuses])  # type: ignore[misc]


@settings(max_examples=150, deadline=None)
@given(opaque=st.booleans(), story=stories)
@example(opaque=True, story=[("publish", 90), ("poll", 1), ("publish", 90), ("poll", 2)])
@example(opaque=False, story=[("publish", 3), ("poll", 5), ("wait", 90), ("delete", 1)])
def test_each_post_is_given_exactly_once(opaque: bool, story: list[tuple[str, int]]) -> None:
    world = World(opaque)
    for act, figure in story:
        getattr(world, act)(figure)
    world.finish()
    assert len(set(world.given)) == len(world.given)
    assert set(world.given) >= world.expected
