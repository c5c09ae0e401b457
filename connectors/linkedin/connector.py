"""The LinkedIn connector: the page's posts, their comments, what LinkedIn notifies, its audience."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from hashlib import blake2b
from itertools import islice
from typing import ClassVar

from yarl import URL

from connectors.audience import is_due
from connectors.budget import Budget, Ledger, MemoryLedger, account_of
from connectors.connector import (
    Clock,
    ConnectorSettings,
    Cursor,
    Cursors,
    Page,
    Unseen,
    Watched,
)
from connectors.http import HttpClient, Limits
from connectors.linkedin.api import Api, Denied
from connectors.linkedin.audience import read_audience
from connectors.linkedin.comments import Comments, posts_params
from connectors.linkedin.figures import BATCH, read_alone, read_figures, with_shares
from connectors.linkedin.hooks import answered
from connectors.linkedin.notices import Notices
from connectors.linkedin.pulled import Pulled
from connectors.linkedin.settings import LinkedinSettings
from connectors.linkedin.told import Told
from connectors.linkedin.urns import is_comment, is_post, urn
from connectors.linkedin.wire import NETWORK, read_post, rejected
from connectors.mention import Deletion, Engagement, MentionKey
from connectors.oauth import Bearer, OAuthClient, renew
from connectors.tokens import MemoryTokens, Token, TokenStore
from connectors.turns import Turn, in_turn
from connectors.walk import Listing, Walk, Window, walk_back
from connectors.webhook import Answer, Call

_POLITE = Limits(rate=5.0, burst=20, concurrency=2)
_AUDIENCE = "audience"


class LinkedinConnector:
    """See connectors.connector.Connector, Refreshing, PartlyBlind; Metered, LoggingIn, Expiring,
    Receiving. Needs the Community Management API and an administrator of the page.

    https://learn.microsoft.com/en-us/linkedin/marketing/community-management/. Never seen live.
    """

    name: ClassVar[str] = NETWORK
    Settings: ClassVar[type[ConnectorSettings]] = LinkedinSettings
    owned: ClassVar[bool] = True

    def __init__(
        self,
        settings: LinkedinSettings,
        *,
        http: HttpClient,
        watched: Watched,
        clock: Clock,
        ledger: Ledger | None = None,
        tokens: TokenStore | None = None,
    ) -> None:
        self._settings = settings
        self._http = http
        self._clock = clock
        self._client = _client(settings)
        given = settings.access_token.get_secret_value() if settings.access_token else None
        self._bearer = Bearer(
            tokens or MemoryTokens(),
            clock=clock,
            renewing=self._renewed if self._client else None,
            given=given,
            made_for=self._client.made_for if self._client else "",
        )
        self._api = Api(
            http,
            settings,
            bearer=self._bearer,
            ledger=ledger or MemoryLedger(clock),
            clock=clock,
            account=account_of(settings.client_id or given or ""),
        )
        self._told = Told()
        self._received = Told()
        self._notices = Notices(self._api, clock=clock, told=self._told)
        self._pulled = Pulled(self._api, self._notices, settings, clock)
        self._refused: set[str] = set()
        # A deleted post is told by nobody: it is missed when it is asked for again.
        self.verify_every = settings.verify_every
        http.limit(URL(settings.base_url).host or "", _POLITE)

    def hosts(self) -> Sequence[str]:
        urls = [URL(self._settings.base_url)]
        if self._client is not None:
            urls.append(URL(self._settings.login_pages))
        return tuple(dict.fromkeys(f"{url.host}:{url.port}" for url in urls))

    def budgets(self) -> Sequence[Budget]:
        return (self._api.requests, self._api.refusals)

    def oauth(self) -> OAuthClient | None:
        return self._client

    async def admitted(self, token: Token) -> Token:
        return token

    async def access_ends_at(self) -> datetime | None:
        """The earlier of the login's end and the end of `version`: each needs a person's hand, and
        each stops everything, so one warning ahead serves both."""
        token = await self._bearer.stored()
        ends = None
        if token is not None:
            renewable = self._client is not None and token.refresh is not None
            ends = token.refresh_expires_at if renewable else token.expires_at
        return min(filter(None, (ends, self._settings.version_ends)))

    def unseen(self) -> Sequence[Unseen]:
        settings = self._settings
        blind = [Unseen.ELSEWHERE, Unseen.AUTHORS]
        if not settings.webhook:
            blind.append(Unseen.INSTANT)
        if not settings.comments and not settings.notifications:
            blind.append(Unseen.COMMENTS)
        return blind

    async def poll(self, cursors: Cursors) -> AsyncIterator[Page]:
        """Every feed of every page, see connectors.turns.in_turn."""
        await self._api.may_ask()
        turns = list(self._turns(cursors))
        turns.append(Turn(feed=_AUDIENCE, kind=_AUDIENCE, read=partial(self._audience, cursors)))
        async for page in in_turn(turns, refused=self._refused, clock=self._clock):
            yield page

    def _turns(self, cursors: Cursors) -> Iterator[Turn]:
        settings = self._settings
        reading = (
            ("posts", settings.posts, self._posts),
            ("comments", settings.comments, self._comments),
            # Last: what the threads have given needs no notification.
            ("notifications", settings.notifications, self._pulled.pages),
        )
        for organization in settings.organizations:
            digest = blake2b(organization.encode(), digest_size=4).hexdigest()
            for kind, chosen, read in reading:
                if chosen:
                    feed = f"{kind}:{digest}"
                    pages = partial(read, feed, organization, cursors.get(feed))
                    yield Turn(feed=feed, kind=f"linkedin {kind}", read=pages)

    @property
    def _window(self) -> Window:
        return Window(look_back=self._settings.look_back, overlap=self._settings.overlap)

    def _posts(self, name: str, organization: str, cursor: Cursor | None) -> AsyncIterator[Page]:
        fetch = partial(self._fetch_posts, organization)
        return walk_back(name, cursor, fetch, window=self._window, clock=self._clock)

    def _comments(self, name: str, organization: str, cursor: Cursor | None) -> AsyncIterator[Page]:
        comments = Comments(
            self._api,
            organization,
            feed=name,
            window=self._window,
            lasting=self._settings.comments_for,
            clock=self._clock,
            told=self._told,
        )
        return comments.pages(cursor)

    async def _fetch_posts(self, organization: str, walk: Walk) -> Listing:
        items, token = await self._api.page("posts", posts_params(organization), walk.token)
        found, rejects = [], []
        for item in items:
            try:
                found.append(read_post(item, self._clock()))
            except ValueError as error:
                rejects.append(rejected(item, error))
        return Listing(found=found, token=token, rejects=rejects)

    async def _audience(self, cursors: Cursors) -> AsyncIterator[Page]:
        settings, at = self._settings, self._clock()
        if settings.audience and is_due(cursors.get(_AUDIENCE), at):
            own, peers = settings.organizations, settings.peers
            page = await read_audience(self._api, _AUDIENCE, own, peers, self._clock)
            if page is not None:
                yield page

    async def refresh(self, keys: Collection[MentionKey]) -> AsyncIterator[Page]:
        """Reactions and comments; of the page's own posts shares and views too. 404 is a deletion."""
        await self._api.may_ask()
        ids = dict.fromkeys(key.external_id for key in keys if key.network == NETWORK)
        names = iter([name for name in ids if _can_be_read(name)])
        while batch := list(islice(names, BATCH)):
            yield await self._refreshed(batch)

    async def _refreshed(self, names: list[str]) -> Page:
        figures = await read_figures(self._api, names, self._clock)
        for name in names:
            if name not in figures:
                with suppress(Denied):  # nothing is known of it
                    figures[name] = await read_alone(self._api, name, self._clock)
        gone = [name for name, known in figures.items() if known is None]
        engagements: Sequence[Engagement] = [f.engagement for f in figures.values() if f]
        for organization in self._settings.organizations:
            engagements = await with_shares(self._api, organization, engagements)
        at = self._clock()
        deletions = [Deletion(network=NETWORK, external_id=name, seen_at=at) for name in gone]
        return Page(feed="refresh", engagements=engagements, deletions=deletions)

    def answer(self, call: Call) -> Answer:
        secret = self._settings.client_secret
        return answered(call, secret.get_secret_value() if secret else None)

    async def receive(self, call: Call) -> AsyncIterator[Page]:
        """A notification is sent again for hours where our answer was lost: each is read once.

        It is remembered only after its page was taken, so that nothing is lost by a crash.
        """
        page, ids = await self._pulled.pushed(call.body, self._received)
        yield page
        for notification in ids:
            self._received.add(notification)

    async def _renewed(self, token: Token, at: datetime) -> Token:
        assert self._client is not None
        return await renew(self._http, self._client, token, at)


def _client(settings: LinkedinSettings) -> OAuthClient | None:
    """https://learn.microsoft.com/en-us/linkedin/shared/authentication/authorization-code-flow"""
    if settings.client_id is None or settings.client_secret is None:
        return None
    return OAuthClient(
        client_id=settings.client_id,
        client_secret=settings.client_secret.get_secret_value(),
        token_url=f"{settings.login_pages}/oauth/v2/accessToken",
        authorize_url=f"{settings.login_pages}/oauth/v2/authorization",
        scopes=settings.scopes,
    )


def _can_be_read(name: str) -> bool:
    return urn(name) == name and (is_post(name) or is_comment(name))
