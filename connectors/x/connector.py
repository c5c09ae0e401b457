"""The X connector: what is free or cheap first, then what is paid, each feed by itself."""

from __future__ import annotations

from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Sequence,
)
from contextlib import aclosing
from dataclasses import replace
from datetime import datetime, timedelta
from typing import ClassVar

import structlog
from yarl import URL

from connectors.budget import Budget, Ledger, MemoryLedger
from connectors.connector import (
    Clock,
    ConnectorError,
    ConnectorSettings,
    Cursor,
    Cursors,
    Gap,
    Page,
    Unavailable,
    Unseen,
    Watched,
)
from connectors.http import HttpClient, Limits, NotFound
from connectors.mention import MentionKey
from connectors.oauth import OAuthClient
from connectors.reading import count, mapping
from connectors.tokens import MemoryTokens, Token, TokenStore
from connectors.x.access import Access
from connectors.x.api import Api
from connectors.x.compliance import FEED as COMPLIANCE
from connectors.x.compliance import Compliance
from connectors.x.feeds import (
    Feed,
    longest_waiting_first,
    mentions_feed,
    posts_feed,
    quotes_feed,
    search_feed,
)
from connectors.x.ids import is_id
from connectors.x.meter import Charge, Meter
from connectors.x.people import ACCOUNTS, Accounts, People
from connectors.x.queries import own_accounts, queries_of
from connectors.x.reader import Reader
from connectors.x.refresh import Refresh
from connectors.x.rules import Rules
from connectors.x.settings import OFFICIAL, XSettings
from connectors.x.shelf import rest_name, walks
from connectors.x.stream import Live
from connectors.x.turn import Reading, Turn
from connectors.x.wire import NETWORK

log = structlog.get_logger(__name__)
_MAX_QUOTED = 20  # posts a poll whose quotes are read: 75 requests in a quarter of an hour
# 450 requests in 15 minutes on the narrowest of what is read often; each endpoint has its own count.
_POLITE = Limits(rate=5.0, burst=20, concurrency=2, per_path=True)
Look = Callable[[Cursor | None], Awaitable[Page | None]]


class XConnector:
    """See connectors.connector.Connector, Refreshing, Streaming; budget.Metered; oauth.LoggingIn.

    When a budget is spent, this goes on: counting again what was paid today already, compliance
    jobs (deletions), the mentions timeline out of the share that is kept for it. Cursors stay.
    Built from X's documentation and recorded answers of 2021 to 2022; never run against X itself.
    """

    name: ClassVar[str] = NETWORK
    Settings: ClassVar[type[ConnectorSettings]] = XSettings
    # X wants what is deleted there deleted here as soon as may be, within a day once it is asked.
    verify_every: ClassVar[timedelta] = timedelta(days=1)

    def __init__(
        self,
        settings: XSettings,
        *,
        http: HttpClient,
        watched: Watched,
        clock: Clock,
        ledger: Ledger | None = None,
        tokens: TokenStore | None = None,
    ) -> None:
        self._settings = settings
        self._clock = clock
        ledger = ledger or MemoryLedger(clock)
        self._access = Access(settings, http, tokens or MemoryTokens(), clock)
        api = Api(http, settings.base_url, self._access.app)
        self._meter = meter = Meter(settings, ledger, clock)
        self._people = People(settings, api, meter, clock)
        self._reader = Reader(
            app=api,
            own=Api(http, settings.base_url, self._access.own_or_app),
            own_charge=self._own_charge,
            settings=settings,
            meter=meter,
            people=self._people,
            clock=clock,
        )
        own = own_accounts(settings, watched)
        self._accounts = Accounts(own, settings, api, meter, clock)
        self._refresh = Refresh(api, self._reader, meter, clock)
        self._compliance = Compliance(
            api, http, hosts=self._storage(), meter=meter, ledger=ledger, clock=clock
        )
        self._queries = queries_of(settings, watched, settings.query_length)
        longer = queries_of(settings, watched, settings.rule_length)
        rules = Rules(api, settings.rule_prefix, longer)
        self._live = Live(http, api, rules, self._reader, meter, settings, clock)
        self._refused: set[str] = set()
        http.limit(URL(settings.base_url).host or "", _POLITE)

    def hosts(self) -> Sequence[str]:
        """Every host:port that this configuration reaches."""
        settings = self._settings
        base = URL(settings.base_url)
        storage = [f"{host}:443" for host in self._storage() if host != base.host]
        return (f"{base.host}:{base.port}", *(storage if settings.compliance else ()))

    def budgets(self) -> Sequence[Budget]:
        return self._meter.budgets()

    def oauth(self) -> OAuthClient | None:
        return self._access.client

    async def admitted(self, token: Token) -> Token:
        return token

    async def access_ends_at(self) -> datetime | None:
        return await self._access.ends_at()

    def unseen(self) -> Sequence[Unseen]:
        settings = self._settings
        found = [Unseen.PAST]
        if not settings.search and not settings.stream:
            found.append(Unseen.ELSEWHERE)
        if not settings.authors:
            found.append(Unseen.AUTHORS)
        if not settings.compliance and not settings.refresh_share:
            found.append(Unseen.DELETIONS)
        return found

    async def poll(self, cursors: Cursors) -> AsyncIterator[Page]:
        """Free, then cheap, then what is bought: live searches before what they once left unread.

        One feed that fails does not stop the others. Raises at the end what may pass; a spent budget
        or what needs somebody's hand only if nothing was read, else the latter is told as a gap.
        """
        turn = Turn(cursors=dict(cursors))
        for reading in (self._looked, self._own_lists, self._searched, self._quotes, self._rests):
            async with aclosing(reading(turn)) as pages:
                async for page in pages:
                    turn.take(page)
                    yield page
            if turn.cut:
                break
        for feed, error in turn.to_tell():
            if feed not in self._refused:
                self._refused.add(feed)
                yield self._refusal(feed, error)
        turn.raise_worst()

    async def _looked(self, turn: Turn) -> AsyncGenerator[Page, None]:
        """What a compliance job found (free), then the accounts' ids and followers (once a day)."""
        if self._settings.compliance:
            # Its results lie on another host: out of reach, it must not cost the posts their turn.
            page = await self._looked_at(COMPLIANCE, self._compliance.look, turn, turn.asides)
            if page is not None:
                self._refused.discard(COMPLIANCE)
                yield page
        page = await self._looked_at(ACCOUNTS, self._accounts.look, turn, turn.failures)
        if page is not None:
            yield page

    async def _looked_at(
        self, name: str, look: Look, turn: Turn, failures: list[tuple[str, ConnectorError]]
    ) -> Page | None:
        try:
            return await look(turn.cursors.get(name))
        except ConnectorError as error:
            failures.append((name, error))
            return None

    async def _own_lists(self, turn: Turn) -> AsyncGenerator[Page, None]:
        own = self._accounts.ids(turn.cursors.get(ACCOUNTS))
        self._people.own({user_id: name for name, user_id in own.items()})
        async for page in self._each(self._own_feeds(turn), self._reader.pages, turn):
            yield page

    async def _searched(self, turn: Turn) -> AsyncGenerator[Page, None]:
        feeds = longest_waiting_first(self._searches(), turn.cursors)
        async for page in self._each(feeds, self._reader.pages, turn):
            yield page

    async def _rests(self, turn: Turn) -> AsyncGenerator[Page, None]:
        feeds = [*self._own_feeds(turn), *self._searches()]
        feeds = [feed for feed in feeds if walks(turn.cursors.get(rest_name(feed.name)))]
        async for page in self._each(feeds, self._reader.rest, turn):
            yield page

    async def _quotes(self, turn: Turn) -> AsyncGenerator[Page, None]:
        """Of own posts, and of others' that are quoted often: where there are more than last time."""
        seen = self._reader.quoted
        if not self._settings.quotes:
            seen.clear()
        for post_id, many in sorted(seen.items(), key=lambda item: -item[1])[:_MAX_QUOTED]:
            feed = quotes_feed(post_id)
            known = count(mapping(turn.cursors.get(feed.name)).get("count")) or 0
            del seen[post_id]
            if many <= known:
                continue
            async for page in self._each([feed], self._reader.pages, turn):
                cursor = {**(page.cursor or {}), "count": many if page.complete else known}
                yield replace(page, cursor=cursor) if page.feed == feed.name else page

    def _own_feeds(self, turn: Turn) -> list[Feed]:
        ids, settings = self._accounts.ids(turn.cursors.get(ACCOUNTS)).values(), self._settings
        return [
            *(mentions_feed(user_id) for user_id in ids if settings.mentions),
            *(posts_feed(user_id) for user_id in ids if settings.own_posts),
        ]

    def _searches(self) -> list[Feed]:
        queries = self._queries if self._settings.search else ()
        return [search_feed(query, self._settings.window) for query in queries]

    async def _each(
        self, feeds: Sequence[Feed], read: Reading, turn: Turn
    ) -> AsyncGenerator[Page, None]:
        for feed in feeds:
            try:
                async with aclosing(read(feed, turn.cursors, turn.given)) as pages:
                    async for page in pages:
                        yield page
            except ConnectorError as error:
                if feed.kind == "quotes" and isinstance(error, NotFound):
                    continue  # the quoted post is gone, and its list with it
                turn.failures.append((feed.name, error))
                if isinstance(error, Unavailable):
                    return  # the host's other feeds would fare no better

    def _refusal(self, feed: str, error: ConnectorError) -> Page:
        log.warning("x.feed_refused", feed=feed, error=str(error))
        return Page(feed=feed, gaps=(Gap(since=None, until=self._clock(), reason=str(error)),))

    async def refresh(self, keys: Collection[MentionKey]) -> AsyncIterator[Page]:
        """Counts, edits and deletions; see connectors.x.refresh for what they cost."""
        ids = [k.external_id for k in keys if k.network == NETWORK and is_id(k.external_id)]
        unaffordable: list[str] = []
        free = self._settings.compliance and self._compliance.is_open
        since = self._clock() - self._settings.window if free else None
        async with aclosing(self._refresh.pages(ids, unaffordable, paid_since=since)) as pages:
            async for page in pages:
                yield page
        if unaffordable and free:
            begun = await self._compliance.submit(unaffordable)
            if begun is not None:
                yield begun

    async def stream(self, cursors: Cursors) -> AsyncIterator[Page]:
        """Posts as they are made, by rules that are kept as configured; needs one connection."""
        async with aclosing(self._live.pages()) as pages:
            async for page in pages:
                yield page

    async def _own_charge(self) -> Charge:
        """Reading one's own lists costs less, where the app's owner is who logged in."""
        owned = self._settings.owns_app and await self._access.own() is not None
        return self._meter.owned if owned else self._meter.posts

    def _storage(self) -> frozenset[str]:
        """Where compliance jobs may lie; another server than X's may keep them itself."""
        settings = self._settings
        base = URL(settings.base_url).host or ""
        own = () if settings.base_url == OFFICIAL else (base,)
        return frozenset((settings.storage_host, *own))
