"""Counts as they are now, edits and deletions of posts that were read before.

https://docs.x.com/x-api/posts/get-posts-by-ids (100 a call). A post is charged once a UTC day, so
what was read today is read again for nothing; beyond that a share of the day's money is spent on
the latest posts first. Those that it does not reach are asked about by a compliance job, which is
free and tells deletions only.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from connectors.budget import BudgetSpent
from connectors.connector import Clock, Malformed, Page
from connectors.mention import Deletion, Engagement, Mention, MentionKey, alive
from connectors.reading import mapping, mappings, string
from connectors.x.api import Api, problem_type
from connectors.x.feeds import fields
from connectors.x.ids import id_at
from connectors.x.meter import Meter
from connectors.x.reader import Reader, ids_of
from connectors.x.wire import NETWORK, Post

POSTS_A_CALL = 100
_MAX_KEPT = 20_000
# Deleted; or of an account that is protected or suspended: X asks to treat both as deleted.
GONE = frozenset({"resource-not-found", "not-authorized-for-resource"})


class Refresh:
    """Asks again by id. A post that was edited is asked for by the id of its newest version."""

    def __init__(self, api: Api, reader: Reader, meter: Meter, clock: Clock) -> None:
        self._api = api
        self._reader = reader
        self._meter = meter
        self._clock = clock
        self._latest: dict[str, str] = {}  # newest version by the mention's id

    async def pages(
        self, ids: Sequence[str], unaffordable: list[str], *, paid_since: datetime | None
    ) -> AsyncGenerator[Page, None]:
        """Page by page; adds to `unaffordable` what no money was left for.

        Posts from before `paid_since` are never paid for: their figures no longer move.
        """
        asked = {self._latest.get(i, i): i for i in sorted(set(ids), key=int, reverse=True)}
        free = [version for version in asked if self._meter.charged_today(version)]
        for start in range(0, len(free), POSTS_A_CALL):
            batch = free[start : start + POSTS_A_CALL]
            async for page in self._batch(batch, asked, paid=False):
                yield page
        paid = [version for version in asked if not self._meter.charged_today(version)]
        if paid_since is not None:
            unaffordable += [asked[v] for v in paid if int(v) < id_at(paid_since)]
            paid = [version for version in paid if int(version) >= id_at(paid_since)]
        while paid:
            batch = paid[:POSTS_A_CALL]
            try:
                reached = await self._affordable(len(batch))
                async for page in self._batch(batch[:reached], asked, paid=True):
                    yield page
            except BudgetSpent:
                unaffordable += [asked[version] for version in paid]
                return
            paid = paid[reached:]

    async def _affordable(self, many: int) -> int:
        price = self._meter.posts.price
        left = await self._meter.left(self._meter.refreshes)
        return max(1, min(many, left // price)) if price else many

    async def _batch(
        self, versions: Sequence[str], mentions: dict[str, str], *, paid: bool
    ) -> AsyncGenerator[Page, None]:
        answer = await self._ask(versions, paid=paid)
        posts, rejects = await self._reader.read(_data(answer), answer)
        newer = {p.latest: mentions[p.version] for p in posts if self._is_superseded(p, mentions)}
        yield Page(
            engagements=[f for p in posts if (f := self._figures(p, mentions)) is not None],
            mentions=[m for p in posts if (m := self._edited(p, mentions)) is not None],
            deletions=self._gone(answer, mentions),
            rejects=rejects,
        )
        if newer:
            self._remember(newer)
            try:
                async for page in self._batch(list(newer), newer, paid=True):
                    yield page
            except BudgetSpent:
                return  # asked for by its newest version from now on

    async def _ask(self, versions: Sequence[str], *, paid: bool) -> dict[str, Any]:
        meter, many = self._meter, len(versions) if paid else 0
        params = {"ids": ",".join(versions), **fields(self._reader.settings.fields)}
        async with meter.paying("refresh", meter.posts, many, meter.refreshes, least=many) as money:
            answer = await self._api.get("tweets", params)
            money.delivered = ids_of(_data(answer))
        return answer

    def _is_superseded(self, post: Post, mentions: dict[str, str]) -> bool:
        """Only the newest version's text and figures live on."""
        return post.latest != post.version and post.version in mentions

    def _figures(self, post: Post, mentions: dict[str, str]) -> Engagement | None:
        """At least a sign of life."""
        known = mentions.get(post.version)
        if known is None or post.latest != post.version:
            return None
        key = MentionKey(network=NETWORK, external_id=known)
        return replace(post.engagement or alive(key, self._clock()), key=key)

    def _edited(self, post: Post, mentions: dict[str, str]) -> Mention | None:
        known = mentions.get(post.version)
        if known in (None, post.version) or post.latest != post.version:
            return None
        return replace(post.mention, external_id=known)

    def _gone(self, answer: dict[str, Any], mentions: dict[str, str]) -> list[Deletion]:
        """What X says is gone; what it says nothing of is left alone."""
        at = self._clock()
        named = {
            string(error.get("resource_id")) or string(error.get("value"))
            for error in mappings(answer.get("errors"))
            if problem_type(error) in GONE and error.get("parameter") in ("ids", "id", None)
        }
        return [
            Deletion(network=NETWORK, external_id=mention, seen_at=at)
            for version, mention in mentions.items()
            if version in named
        ]

    def _remember(self, newer: dict[str, str]) -> None:
        if len(self._latest) > _MAX_KEPT:
            self._latest.clear()
        self._latest.update({mention: version for version, mention in newer.items()})


def _data(answer: dict[str, Any]) -> list[Any]:
    """No data at all where every post asked for is gone."""
    data = answer.get("data")
    if isinstance(data, list):
        return data
    if data is None and any(True for _ in mappings(answer.get("errors"))):
        return []
    if mapping(data):
        return [data]
    raise Malformed("X gave no posts")
