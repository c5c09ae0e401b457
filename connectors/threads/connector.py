"""The Threads connector: polls lists, reads figures again, receives webhooks."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import ClassVar

from yarl import URL

from connectors.budget import Budget, Ledger, MemoryLedger
from connectors.connector import Clock, ConnectorSettings, Cursors, Page, Unseen, Watched
from connectors.graph import Graph
from connectors.http import HttpClient, Limits
from connectors.mention import MentionKey
from connectors.oauth import OAuthClient
from connectors.signed import answer_signed
from connectors.threads.access import Access
from connectors.threads.counts import FEED as AUDIENCE
from connectors.threads.counts import Counts
from connectors.threads.hooks import read_call
from connectors.threads.lists import Lists
from connectors.threads.settings import ThreadsSettings
from connectors.threads.wire import NETWORK
from connectors.tokens import MemoryTokens, Token, TokenStore
from connectors.turns import Turn, in_turn, longest_waiting_first
from connectors.webhook import Answer, Call


class ThreadsConnector:
    """See connectors.connector (Connector, Refreshing, PartlyBlind), budget.Metered, oauth.LoggingIn,
    tokens.Expiring and webhook.Receiving.

    Built from Meta's documentation and sample application and a few recorded answers; never seen
    live. Without Advanced Access the search finds the account's own posts only, and does not say so.
    """

    name: ClassVar[str] = NETWORK
    Settings: ClassVar[type[ConnectorSettings]] = ThreadsSettings

    def __init__(
        self,
        settings: ThreadsSettings,
        *,
        http: HttpClient,
        watched: Watched,
        clock: Clock,
        ledger: Ledger | None = None,
        tokens: TokenStore | None = None,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._access = Access(settings, http=http, tokens=tokens or MemoryTokens(), clock=clock)
        graph = Graph(http, settings.base_url, token=self._access.token, clock=clock)
        self._lists = Lists(
            graph,
            settings,
            ledger=ledger or MemoryLedger(clock),
            account=self._access.account,
            clock=clock,
        )
        self._counts = Counts(graph, self._lists, clock=clock)
        self._terms = _unique(watched.terms + settings.terms)
        self._tags = _unique(tag.lstrip("#") for tag in watched.hashtags + settings.hashtags)
        self._refused: set[str] = set()
        http.limit(URL(settings.base_url).host or "", Limits(rate=settings.requests_per_second))

    def hosts(self) -> Sequence[str]:
        url = URL(self._settings.base_url)
        return (f"{url.host}:{url.port}",)

    def budgets(self) -> Sequence[Budget]:
        return (self._lists.budget,) if self._searches else ()

    @property
    def _searches(self) -> bool:
        return self._settings.search and bool(self._terms or self._tags)

    def unseen(self) -> Sequence[Unseen]:
        """Edits leave no trace; search hits have no figures and cannot be looked up."""
        found = [Unseen.FIGURES, Unseen.DELETIONS] if self._searches else [Unseen.ELSEWHERE]
        if not self._settings.replies:
            found.append(Unseen.COMMENTS)
        return (*found, Unseen.INSTANT)

    def oauth(self) -> OAuthClient | None:
        return self._access.oauth()

    async def admitted(self, token: Token) -> Token:
        return await self._access.admitted(token)

    async def access_ends_at(self) -> datetime | None:
        return await self._access.ends_at()

    async def poll(self, cursors: Cursors) -> AsyncIterator[Page]:
        """Every list from its cursor up to now; see `in_turn` for what fails."""
        given: set[str] = set()  # a post may answer several searches
        turns = longest_waiting_first(self._turns(cursors, given), cursors)
        if self._settings.audience:
            read = partial(self._counts.audience, self._settings.peers, cursors.get(AUDIENCE))
            turns.append(Turn(feed=AUDIENCE, kind="threads audience", read=read))
        async for page in in_turn(turns, refused=self._refused, clock=self._clock):
            yield page

    def _turns(self, cursors: Cursors, given: set[str]) -> Iterator[Turn]:
        settings, lists = self._settings, self._lists
        if settings.mentions:
            mentions = partial(lists.mentions, cursors.get("mentions"), given)
            yield Turn(feed="mentions", kind="threads mentions", read=mentions)
        if settings.threads:
            own = partial(lists.own, cursors.get("threads"), given)
            yield Turn(feed="threads", kind="threads own posts", read=own)
        if settings.replies:
            replies = partial(lists.replies, cursors.get("replies"), given)
            yield Turn(feed="replies", kind="threads replies", read=replies)
        for feed, query, mode in self._queries():
            found = partial(lists.search, feed, query, mode, cursors.get(feed), given)
            yield Turn(feed=feed, kind="threads search", read=found)

    def _queries(self) -> Iterator[tuple[str, str, str]]:
        if self._settings.search:
            yield from ((f"term:{term}", term, "KEYWORD") for term in self._terms)
            yield from ((f"tag:{tag}", tag, "TAG") for tag in self._tags)

    async def refresh(self, keys: Collection[MentionKey]) -> AsyncIterator[Page]:
        """Figures of own posts, and deletions among own posts, replies and mentions."""
        ids = dict.fromkeys(key.external_id for key in keys if key.network == NETWORK)
        async for page in self._counts.pages([one for one in ids if one.isdecimal()]):
            yield page

    def answer(self, call: Call) -> Answer:
        settings = self._settings
        return answer_signed(
            call, verify_token=settings.verify_token, app_secret=settings.app_secret
        )

    async def receive(self, call: Call) -> AsyncIterator[Page]:
        others = {"replies": self._lists.answers, "mentions": self._lists.mentioned}
        for field, page in read_call(call):
            if field in others:
                await others[field].add([mention.external_id for mention in page.mentions])
            yield page


def _unique(values: Iterator[str] | tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value.strip() for value in values if value.strip()))
