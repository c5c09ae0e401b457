"""The Bluesky connector: polls searches and notifications, re-reads counts, follows the stream."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import ClassVar

from yarl import URL

from connectors.bluesky.attached import at_uri
from connectors.bluesky.feeds import (
    PAGE_SIZE,
    Feed,
    addressable,
    feeds_of,
    longest_waiting_first,
)
from connectors.bluesky.people import Followers, Handles, read_audience
from connectors.bluesky.session import (
    WITHOUT_ACCOUNT,
    Account,
    FileSessions,
    MemorySessions,
    SessionStore,
)
from connectors.bluesky.settings import BlueskySettings
from connectors.bluesky.stream import Jetstream
from connectors.bluesky.wire import NETWORK, Seen, read_engagement, read_view, rejected
from connectors.bluesky.xrpc import Rejected, Xrpc
from connectors.connector import (
    Clock,
    ConnectorError,
    ConnectorSettings,
    Cursor,
    Cursors,
    Malformed,
    Page,
    Reject,
    Unauthorized,
    Watched,
)
from connectors.http import HttpClient, Limits
from connectors.mention import Deletion, Engagement, MentionKey, alive
from connectors.reading import mappings, string
from connectors.walk import Found, Listing, StaleToken, Walk, Window, walk_back

log = logging.getLogger(__name__)

# 3,000 requests in 5 minutes and address; a burst spends what an idle hour has left unused.
_POLITE = Limits(rate=9.0, burst=200, concurrency=2)
_MAX_PAGES = 500  # a feed and poll: the walk goes on from there at the next one
_POSTS_A_CALL = 25


class BlueskyConnector:
    """See connectors.connector.Connector, Refreshing and Streaming."""

    name: ClassVar[str] = NETWORK
    Settings: ClassVar[type[ConnectorSettings]] = BlueskySettings

    def __init__(
        self,
        settings: BlueskySettings,
        *,
        http: HttpClient,
        watched: Watched,
        clock: Clock,
        sessions: SessionStore | None = None,
    ) -> None:
        self._settings = settings
        self._http = http
        self._watched = watched
        self._clock = clock
        self._account = _account(settings, http, sessions)
        self._pds = Xrpc(http, settings.base_url, self._account)
        self._public = Xrpc(http, settings.public_api)
        self._followers = Followers(self._pds)
        self._accounts = addressable(watched.accounts + settings.accounts)
        self._handles = Handles(self._public, self._accounts)
        for address in (settings.base_url, settings.public_api):
            http.limit(URL(address).host or "", _POLITE)

    def hosts(self) -> Sequence[str]:
        """Every host:port that this configuration reaches."""
        settings = self._settings
        used = [URL(settings.public_api)]
        if self._account is not None:
            used.append(URL(settings.base_url))
        if settings.stream:
            used.append(settings.stream_url)
        return tuple(dict.fromkeys(f"{url.host}:{url.port}" for url in used))

    async def poll(self, cursors: Cursors) -> AsyncIterator[Page]:
        """Every feed from its cursor up to now. A feed that fails by its own fault holds up no other."""
        if self._account is None and not self._settings.stream:
            raise Unauthorized(WITHOUT_ACCOUNT)
        failed: Malformed | None = None
        given: set[str] = set()  # a post may stand in several feeds
        for feed in await self._feeds(cursors):
            try:
                async for page in self._read(feed, cursors.get(feed.name), given):
                    yield page
            except Malformed as error:
                log.warning("bluesky.feed_failed", extra={"feed_method": feed.method})
                failed = failed or error
        async for page in self._audience(cursors):
            yield page
        if failed is not None:
            raise failed

    async def _feeds(self, cursors: Cursors) -> Sequence[Feed]:
        if self._account is None:
            return ()
        await self._handles.learn()
        return longest_waiting_first(feeds_of(self._settings, self._watched), cursors)

    async def _audience(self, cursors: Cursors) -> AsyncIterator[Page]:
        if not self._settings.audience:
            return
        server = self._public if self._account is None else self._pds
        page = await read_audience(server, self._accounts, cursors, self._clock)
        if page is not None:
            yield page

    async def _read(
        self, feed: Feed, cursor: Cursor | None, given: set[str]
    ) -> AsyncIterator[Page]:
        settings = self._settings
        pages = walk_back(
            feed.name,
            cursor,
            partial(self._fetch, feed),
            window=Window(look_back=settings.look_back, overlap=settings.overlap),
            clock=self._clock,
            given=given,
            max_pages=_MAX_PAGES,
        )
        async for page in pages:
            if settings.followers:
                page = replace(page, mentions=await self._followers.added_to(page.mentions))
            yield page

    async def _fetch(self, feed: Feed, walk: Walk) -> Listing:
        try:
            answer = await self._pds.query(feed.method, feed.page_params(walk))
        except Rejected as error:
            if walk.token is None:
                raise
            raise StaleToken(str(error)) from error
        views = answer.get(feed.items)
        if not isinstance(views, list):
            raise Malformed(f"{feed.method} gave no {feed.items}")
        found, rejects = self._parse(views)
        return Listing(
            found=found,
            token=string(answer.get("cursor")),
            rejects=rejects,
            may_go_deeper=feed.by_date and len(views) >= PAGE_SIZE // 2,
        )

    def _parse(self, views: Iterable[object]) -> tuple[list[Found], list[Reject]]:
        at = self._clock()
        found: list[Found] = []
        rejects: list[Reject] = []
        for view in views:
            try:
                if not isinstance(view, dict):
                    raise ValueError("a post that is no JSON object")
                found.append(_found(read_view(view, at, self._handles.by_did)))
            except ValueError as error:
                rejects.append(rejected(view, error))
        return found, rejects

    async def refresh(self, keys: Collection[MentionKey]) -> AsyncIterator[Page]:
        """Counts as they are now; a post that is no longer given is a Deletion. Needs no account.

        Source: https://docs.bsky.app/docs/api/app-bsky-feed-get-posts (25 a call)
        """
        # One address that is none would have the whole call refused.
        uris = iter([key.external_id for key in keys if at_uri(key.external_id)])
        while batch := list(islice(uris, _POSTS_A_CALL)):
            yield await self._refreshed(batch)

    async def _refreshed(self, uris: Sequence[str]) -> Page:
        server = self._pds if self._account is not None else self._public
        found = await self._counts(server, uris)
        gone = [uri for uri in uris if uri not in found]
        if gone and server is self._pds and self._settings.public_api != self._settings.base_url:
            gone = await self._gone_for_everybody(gone)
        at = self._clock()
        deletions = [Deletion(network=NETWORK, external_id=uri, seen_at=at) for uri in gone]
        return Page(engagements=list(found.values()), deletions=deletions)

    async def _gone_for_everybody(self, uris: Sequence[str]) -> list[str]:
        """Without those that are only hidden from our account, whose author has blocked it."""
        try:
            visible = await self._counts(self._public, uris)
        except ConnectorError:
            return []  # nothing is erased on a doubt: the next refresh asks again
        return [uri for uri in uris if uri not in visible]

    async def _counts(self, server: Xrpc, uris: Sequence[str]) -> dict[str, Engagement]:
        answer = await server.query("app.bsky.feed.getPosts", [("uris", uri) for uri in uris])
        if not isinstance(answer.get("posts"), list):
            raise Malformed("getPosts gave no posts")
        at = self._clock()
        found: dict[str, Engagement] = {}
        for view in mappings(answer["posts"]):
            if (uri := string(view.get("uri"))) is not None:
                key = MentionKey(network=NETWORK, external_id=uri)
                found[uri] = read_engagement(view, key, at) or alive(key, at)
        return found

    async def stream(self, cursors: Cursors) -> AsyncIterator[Page]:
        """Every post that the network makes, filtered here. Needs no account."""
        settings = self._settings
        jetstream = Jetstream(
            self._http,
            settings.stream_url,
            clock=self._clock,
            keep=self._watched.keep,
            handles=await self._handles.learn(),
            domains=settings.domains,
            look_back=settings.stream_look_back,
        )
        async with aclosing(jetstream.pages(cursors)) as pages:
            async for page in pages:
                yield page


def _found(seen: Seen) -> Found:
    return Found(
        id=seen.mention.external_id,
        position=seen.position,
        mentions=(seen.mention,) if seen.is_post else (),
        engagements=(seen.engagement,) if seen.is_post and seen.engagement else (),
    )


def _account(
    settings: BlueskySettings, http: HttpClient, sessions: SessionStore | None
) -> Account | None:
    if settings.identifier is None or settings.app_password is None:
        return None
    if sessions is None:
        path = settings.session_file
        sessions = FileSessions(path) if path is not None else MemorySessions()
    password = settings.app_password.get_secret_value()
    return Account(http, settings.base_url, settings.identifier, password, sessions)
