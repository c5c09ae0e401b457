"""The Instagram connector: polls lists, reads figures again, receives webhooks."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import ClassVar

from yarl import URL

from connectors.budget import Budget, Ledger, MemoryLedger
from connectors.connector import (
    Clock,
    ConnectorSettings,
    Cursors,
    Page,
    Unseen,
    Watched,
)
from connectors.graph import Graph
from connectors.http import HttpClient, Limits
from connectors.instagram.access import Access
from connectors.instagram.counts import Counts
from connectors.instagram.hooks import Mentioned, read_call
from connectors.instagram.lists import Lists
from connectors.instagram.people import FEED as AUDIENCE
from connectors.instagram.people import People
from connectors.instagram.settings import InstagramSettings, hashtag
from connectors.instagram.wire import NETWORK
from connectors.mention import MentionKey
from connectors.oauth import OAuthClient
from connectors.signed import answer_signed
from connectors.tokens import MemoryTokens, Token, TokenStore
from connectors.turns import Turn, in_turn, longest_waiting_first
from connectors.webhook import Answer, Call


class InstagramConnector:
    """See connectors.connector (Connector, Refreshing, PartlyBlind), budget.Metered, oauth.LoggingIn,
    tokens.Expiring and webhook.Receiving.

    Built from Meta's reference, recorded answers and webhook examples; never seen live. Others'
    stories, personal accounts and private media are out of the API's reach.
    """

    name: ClassVar[str] = NETWORK
    Settings: ClassVar[type[ConnectorSettings]] = InstagramSettings
    owned: ClassVar[bool] = True

    def __init__(
        self,
        settings: InstagramSettings,
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
        graph = self._graph(http)
        self._lists = Lists(graph, settings, ledger=ledger or MemoryLedger(clock), clock=clock)
        self._mentioned = Mentioned(graph, settings.user_id, self._lists.foreign, clock=clock)
        self._counts = Counts(graph, lists=self._lists, mentioned=self._mentioned, clock=clock)
        self._people = People(graph, settings.user_id, settings.peers, clock=clock)
        named = (*map(hashtag, watched.hashtags), *settings.hashtags)
        self._hashtags = tuple(dict.fromkeys(tag for tag in named if tag))
        self._refused: set[str] = set()
        http.limit(URL(settings.base_url).host or "", Limits(rate=settings.requests_per_second))

    def _graph(self, http: HttpClient) -> Graph:
        secret = self._settings.app_secret
        return Graph(
            http,
            self._settings.base_url,
            token=self._access.token,
            clock=self._clock,
            app_secret=secret.get_secret_value() if secret is not None else None,
        )

    def hosts(self) -> Sequence[str]:
        url = URL(self._settings.base_url)
        return (f"{url.host}:{url.port}",)

    def budgets(self) -> Sequence[Budget]:
        return (self._lists.budget,) if self._hashtags else ()

    def unseen(self) -> Sequence[Unseen]:
        """Edits leave no trace; what was found by hashtag has no author and is gone after a day."""
        found = []
        if not self._settings.hooked:
            found.append(Unseen.PUSHED)
        if self._hashtags:
            found += [Unseen.AUTHORS, Unseen.PAST]
        else:
            found.append(Unseen.ELSEWHERE)
        if self._hashtags or self._settings.tags:
            found.append(Unseen.DELETIONS)
        return (*found, Unseen.INSTANT)

    def oauth(self) -> OAuthClient | None:
        return self._access.oauth()

    async def admitted(self, token: Token) -> Token:
        return await self._access.admitted(token)

    async def access_ends_at(self) -> datetime | None:
        return await self._access.ends_at()

    async def poll(self, cursors: Cursors) -> AsyncIterator[Page]:
        """Every list from its cursor up to now; see `in_turn` for what fails."""
        self._lists.begin_poll()
        given: set[str] = set()  # a media may stand under several hashtags
        turns = longest_waiting_first(self._turns(cursors, given), cursors)
        if self._settings.audience:
            read = partial(self._people.pages, cursors.get(AUDIENCE))
            turns.append(Turn(feed=AUDIENCE, kind="instagram audience", read=read))
        async for page in in_turn(turns, refused=self._refused, clock=self._clock):
            yield page

    def _turns(self, cursors: Cursors, given: set[str]) -> Iterator[Turn]:
        settings, lists = self._settings, self._lists
        if settings.media:
            read = partial(lists.own, cursors.get("media"), given)
            yield Turn(feed="media", kind="instagram media", read=read)
        if settings.comments:
            comments = partial(lists.comments, cursors.get("comments"))
            yield Turn(feed="comments", kind="instagram comments", read=comments)
            replies = partial(lists.replies, cursors.get("replies"))
            yield Turn(feed="replies", kind="instagram replies", read=replies)
        if settings.tags:
            tagged = partial(lists.tagged, cursors.get("tags"), given)
            yield Turn(feed="tags", kind="instagram tags", read=tagged)
        for tag in self._hashtags:
            feed = f"hashtag:{tag}"
            found = partial(lists.hashtag, tag, cursors.get(feed), given)
            yield Turn(feed=feed, kind=f"instagram #{tag}", read=found)

    async def refresh(self, keys: Collection[MentionKey]) -> AsyncIterator[Page]:
        """Figures of own media and their comments, of what mentions or tags the account, and of the
        last day's hashtags; deletions of own media and their comments."""
        ids = dict.fromkeys(key.external_id for key in keys if key.network == NETWORK)
        async for page in self._counts.pages([one for one in ids if one.isdecimal()]):
            yield page

    def answer(self, call: Call) -> Answer:
        settings = self._settings
        return answer_signed(
            call, verify_token=settings.verify_token, app_secret=settings.app_secret
        )

    async def receive(self, call: Call) -> AsyncIterator[Page]:
        async for page in read_call(call, self._mentioned, self._settings.user_id):
            yield page
