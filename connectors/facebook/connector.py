"""The Facebook connector: what stands on a Page and is said to it; figures, deletions, webhooks."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import ClassVar

from yarl import URL

from connectors.budget import Budget, Ledger, MemoryLedger, account_of
from connectors.connector import Clock, ConnectorSettings, Cursors, Page, Unseen, Watched
from connectors.facebook import hooks
from connectors.facebook.access import PageAccess
from connectors.facebook.comments import FEED as COMMENTS
from connectors.facebook.comments import Comments
from connectors.facebook.lookup import BATCH, Lookup
from connectors.facebook.people import read_audience
from connectors.facebook.posts import TAGGED, Posts, Round, lists_of
from connectors.facebook.ratings import FEED as RATINGS
from connectors.facebook.ratings import Ratings
from connectors.facebook.rounds import Tally
from connectors.facebook.settings import FacebookSettings
from connectors.facebook.wire import NETWORK
from connectors.foreign import Foreign
from connectors.graph import Denied, Graph
from connectors.http import HttpClient, Limits
from connectors.mention import Deletion, Mention, MentionKey
from connectors.oauth import OAuthClient
from connectors.tokens import MemoryTokens, Token, TokenStore
from connectors.webhook import Answer, Call

_POLITE = Limits(rate=5.0, burst=20, concurrency=2)


class FacebookConnector:
    """See connectors.connector: Connector, Refreshing, PartlyBlind; Receiving, LoggingIn, Expiring,
    Metered.

    https://developers.facebook.com/docs/pages-api. There is no search over Facebook: the Page's own
    lists, what tags it, and the webhooks are all that there is.
    """

    name: ClassVar[str] = NETWORK
    Settings: ClassVar[type[ConnectorSettings]] = FacebookSettings
    owned: ClassVar[bool] = True

    def __init__(
        self,
        settings: FacebookSettings,
        *,
        http: HttpClient,
        watched: Watched,
        clock: Clock,
        ledger: Ledger | None = None,
        tokens: TokenStore | None = None,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._access = PageAccess(settings, http, clock, tokens or MemoryTokens())
        secret = settings.app_secret
        graph = self._graph = Graph(
            http,
            settings.api,
            token=self._access.token,
            clock=clock,
            app_secret=secret.get_secret_value() if secret is not None else None,
        )
        self._posts = Posts(graph, settings, clock)
        self._comments = Comments(graph, settings, clock)
        self._ratings = Ratings(graph, settings, clock)
        self._elsewhere = Foreign(
            ledger or MemoryLedger(clock),
            name="facebook posts elsewhere",
            account=account_of(settings.page),
        )
        self._lookup = Lookup(graph, settings, self._elsewhere, clock)
        http.limit(URL(settings.api).host or "", _POLITE)

    def hosts(self) -> Sequence[str]:
        """The login's own page is opened by a person's browser, not by us."""
        url = URL(self._settings.api)
        return (f"{url.host}:{url.port}",)

    def budgets(self) -> Sequence[Budget]:
        """None is spent; the ledger remembers which posts stand elsewhere."""
        return ()

    def unseen(self) -> Sequence[Unseen]:
        settings = self._settings
        blind = [Unseen.ELSEWHERE]
        if settings.verify_token is None:
            blind += [Unseen.PUSHED, Unseen.INSTANT]
        if not settings.comments:
            blind.append(Unseen.COMMENTS)
        if not settings.ratings or self._ratings.retired:
            blind.append(Unseen.REVIEWS)
        return tuple(blind)

    async def poll(self, cursors: Cursors) -> AsyncIterator[Page]:
        """Every list from its cursor up to now, then the comments of its posts.

        What a list is denied is told once, as a gap, and asked for again an hour later; what may
        pass is raised at the end, when the others were read.
        """
        current, tally = Round(cursors), Tally(cursors, self._clock)
        for feed, pages in self._feeds(current):
            async for page in tally.reading(feed, pages):
                if feed == TAGGED:
                    await self._elsewhere.add([mention.external_id for mention in page.mentions])
                yield page
        if self._settings.comments:
            found = current.active.values()
            pages = self._comments.pages(cursors.get(COMMENTS), found)
            async for page in tally.reading(COMMENTS, pages, counts=False):
                yield page
        if not tally.stopped:
            audience = await read_audience(self._graph, self._settings, cursors, self._clock)
            if audience is not None:
                yield audience
        for page in tally.refusals():
            yield page
        tally.raise_worst()

    def _feeds(self, current: Round) -> Iterator[tuple[str, AsyncGenerator[Page, None]]]:
        for name in lists_of(self._settings):
            yield name, self._posts.pages(name, current)
        if self._settings.ratings:
            yield RATINGS, self._ratings.pages(current)

    async def refresh(self, keys: Collection[MentionKey]) -> AsyncIterator[Page]:
        ids = [key.external_id for key in keys if key.network == NETWORK]
        async for page in self._lookup.pages(ids):
            yield page

    def answer(self, call: Call) -> Answer:
        return hooks.answer(call, self._settings)

    async def receive(self, call: Call) -> AsyncIterator[Page]:
        """One page of what a kept call says; its texts are asked for where it leaves them out."""
        found = hooks.changes(call.body, call.received_at, self._settings.page)
        await self._elsewhere.add([change.id for change in found.values() if change.elsewhere])
        said = {change.id: change.mention for change in found.values() if change.mention}
        gone = {change.id for change in found.values() if change.mention is None}
        for is_post in (True, False):
            asked = [
                change
                for change in found.values()
                if change.mention is not None and not change.is_whole and change.is_post is is_post
            ]
            for start in range(0, len(asked), BATCH):
                await self._complete(asked[start : start + BATCH], said, gone, is_post=is_post)
        deletions = [
            Deletion(network=NETWORK, external_id=item, seen_at=call.received_at)
            for item in sorted(gone)
        ]
        if said or deletions:
            yield Page(feed="webhook", mentions=list(said.values()), deletions=deletions)

    async def _complete(
        self,
        asked: Sequence[hooks.Change],
        said: dict[str, Mention],
        gone: set[str],
        *,
        is_post: bool,
    ) -> None:
        """What we may not read is told as the call has it: that somebody spoke is news, too."""
        try:
            looked = await self._lookup.look([change.id for change in asked], is_post=is_post)
            if looked.gone:
                await self._lookup.still_ours()
        except Denied:
            return
        for change in asked:
            read = looked.read.get(change.id)
            is_gone = change.id in looked.gone and not change.elsewhere
            if is_gone or (read is not None and read.hidden):
                del said[change.id]
                gone.add(change.id)
            elif read is not None:
                said[change.id] = _joined(said[change.id], read.mention)

    def oauth(self) -> OAuthClient | None:
        return self._access.client

    async def admitted(self, token: Token) -> Token:
        return await self._access.admitted(token)

    async def access_ends_at(self) -> datetime | None:
        return await self._access.ends_at()


def _joined(told: Mention, read: Mention) -> Mention:
    """The network's own view, with what only the call knew of where it stands."""
    return replace(
        read,
        kind=told.kind if told.parent_id is not None else read.kind,
        edited_at=told.edited_at,
        parent_id=told.parent_id or read.parent_id,
        root_id=told.root_id or read.root_id,
        accounts=told.accounts,
    )
