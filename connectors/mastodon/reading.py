"""From the statuses of one answer to what a page holds: filtered, their parents' ids made global.

An instance names a parent by its own id. The parent's URI is looked up there (one request for
twenty), so that a reply joins the post it answers whatever instance brought that one. A parent
that the instance does not give (deleted, private) becomes host/id: no stored post bears that id,
but all its replies seen on this instance still meet in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from connectors.connector import ConnectorError, Keep, RateLimited, Reject
from connectors.mastodon.api import BATCH, Api, rejected
from connectors.mastodon.instance import Instance
from connectors.mastodon.known import Known, KnownPosts
from connectors.mastodon.mentions import (
    external_id,
    is_storable,
    to_engagement,
    to_mention,
    words_of,
)
from connectors.mastodon.wire import Status, texts
from connectors.mention import Engagement, Mention

SINGLE_LOOKUPS = 10
"""Parents asked for one by one, a page, where the server has no request for many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    mentions: Sequence[Mention] = ()
    engagements: Sequence[Engagement] = ()
    rejects: Sequence[Reject] = ()


class Reader:
    """Reads the statuses of one instance."""

    def __init__(
        self, api: Api, instance: Instance, known: KnownPosts, *, honour_opt_out: bool
    ) -> None:
        self._api = api
        self._instance = instance
        self._known = known
        self._honour_opt_out = honour_opt_out

    async def read(
        self, statuses: Iterable[Status], *, at: datetime, keep: Keep | None = None
    ) -> Content:
        """A boost gives the post that it boosts: counted there, never a text of its own."""
        posts = list({(p.uri or p.id): p for s in statuses for p in [s.reblog or s]}.values())
        rejects = [_illegible(post, flaw) for post in posts if (flaw := _flaw(post))]
        kept = [post for post in posts if not _flaw(post) and self._wanted(post, keep)]
        await self._meet(kept)
        host, domain = self._api.host, self._instance.domain
        return Content(
            mentions=[to_mention(p, host=host, domain=domain, lookup=self._lookup) for p in kept],
            engagements=[to_engagement(post, host=host, at=at) for post in kept],
            rejects=rejects,
        )

    def _wanted(self, post: Status, keep: Keep | None) -> bool:
        if not is_storable(post) or (self._honour_opt_out and post.account.opted_out):
            return False
        return keep is None or keep(words_of(post))

    def _lookup(self, local_id: str) -> Known:
        host = self._api.host
        return self._known.get(host, local_id) or Known(uri=f"{host}/{local_id}")

    async def _meet(self, posts: Sequence[Status]) -> None:
        """Remember the posts, and whom they answer or quote."""
        for post in posts:
            self._remember(post)
        pointers = [(p.in_reply_to_id, p.quote.target if p.quote else None) for p in posts]
        ids = texts(
            local_id or ""
            for parent, quoted in pointers
            for local_id in (parent, quoted.id if quoted and not quoted.uri else None)
        )
        await self._look_up([i for i in ids if self._known.get(self._api.host, i) is None])
        for post in reversed(posts):  # oldest first: a thread's first post is met before the rest
            self._remember(post)

    def _remember(self, post: Status) -> None:
        if post.id is None:
            return
        uri = external_id(post, self._api.host)
        root: str | None = uri
        if post.in_reply_to_id:
            root = self._lookup(post.in_reply_to_id).root
        self._known.add(self._api.host, post.id, Known(uri=uri, root=root))

    async def _look_up(self, local_ids: Sequence[str]) -> None:
        if not self._instance.batches:
            for local_id in local_ids[:SINGLE_LOOKUPS]:
                await self._look_up_batch([local_id])
            return
        for start in range(0, len(local_ids), BATCH):
            await self._look_up_batch(local_ids[start : start + BATCH])

    async def _look_up_batch(self, local_ids: Sequence[str]) -> None:
        try:
            if self._instance.batches:
                found = await self._api.statuses(local_ids)
            else:
                found = [s for i in local_ids if (s := await self._api.status(i)) is not None]
        except RateLimited:
            raise  # the page is read again once the quota allows, with its parents
        except ConnectorError:
            return  # a parent's name is not worth the page
        for status in found:
            self._remember(status)
        for local_id in local_ids:  # not asked for again
            if self._known.get(self._api.host, local_id) is None:
                self._known.add(self._api.host, local_id, self._lookup(local_id))


def _flaw(post: Status) -> str | None:
    if post.id is None:
        return "a post without id"
    if not post.visibility:
        return "a post that does not say who may read it"
    said = (post.content.strip(), post.spoiler_text, post.poll, post.quote, post.media_attachments)
    if is_storable(post) and not any(said):
        return "a post that says and shows nothing"
    return None


def _illegible(post: Status, error: str) -> Reject:
    return rejected(post.model_dump(mode="json", exclude_defaults=True), error, post.uri)


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """One instance, and what is needed to read it."""

    api: Api
    instance: Instance
    reader: Reader
