"""The TikTok connector: which lists are read by which API, within the day's budget."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from hashlib import blake2b
from typing import ClassVar

import orjson

from connectors.budget import Budget, Ledger, MemoryLedger
from connectors.connector import Clock, ConnectorSettings, Cursors, Page, Unseen, Watched
from connectors.foreign import Foreign
from connectors.http import HttpClient
from connectors.mention import MentionKey
from connectors.oauth import OAuthClient
from connectors.tiktok.api import Api, Body
from connectors.tiktok.comments import FEED as COMMENTS
from connectors.tiktok.comments import Comments
from connectors.tiktok.people import FEED as AUDIENCE
from connectors.tiktok.people import Audience
from connectors.tiktok.refresh import Refresh
from connectors.tiktok.settings import HANDLE, TiktokSettings
from connectors.tiktok.videos import Videos
from connectors.tiktok.wire import NETWORK
from connectors.tokens import MemoryTokens, Token, TokenStore
from connectors.turns import Turn, in_turn
from connectors.urls import host_and_port

_OWN = "own"


class TiktokConnector:
    """See connectors.connector (Connector, Refreshing, PartlyBlind), budget.Metered, oauth.LoggingIn
    and tokens.Expiring.

    Built from TikTok's documentation of 2026; never seen live. Figures lag by days there.
    """

    name: ClassVar[str] = NETWORK
    Settings: ClassVar[type[ConnectorSettings]] = TiktokSettings

    def __init__(
        self,
        settings: TiktokSettings,
        *,
        http: HttpClient,
        watched: Watched,
        clock: Clock,
        ledger: Ledger | None = None,
        tokens: TokenStore | None = None,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._refused: set[str] = set()
        self.verify_every = settings.verify_every
        ledger = ledger if ledger is not None else MemoryLedger(clock)
        tokens = tokens if tokens is not None else MemoryTokens()
        query = query_of(settings, watched) if settings.research else None
        self._search = f"search:{_digest(query)}" if query is not None else None
        self._api = api = Api(settings, http=http, clock=clock, ledger=ledger, tokens=tokens)
        known = Foreign(ledger, name="tiktok.comments", account=api.requests.account)
        self._videos = Videos(api, settings, clock, query)
        self._refresh = Refresh(api, self._videos, known, clock, research=settings.research)
        self._comments = Comments(
            api, self._videos, self._refresh, known, settings=settings, clock=clock
        )
        accounts = tuple(dict.fromkeys(settings.accounts + settings.peers))
        self._audience = Audience(api, accounts, clock)

    def hosts(self) -> Sequence[str]:
        return (host_and_port(self._settings.base_url),)

    def budgets(self) -> Sequence[Budget]:
        """Both end at midnight, UTC."""
        return (self._api.requests, self._api.records) if self._settings.research else ()

    def unseen(self) -> Sequence[Unseen]:
        """Edits leave no trace; deletions are found when a video is asked for again; nothing says
        who wrote a comment."""
        blind = [] if self._search is not None else [Unseen.ELSEWHERE]
        blind.append(Unseen.AUTHORS if self._reads_comments else Unseen.COMMENTS)
        return (*blind, Unseen.INSTANT)

    @property
    def _reads_comments(self) -> bool:
        return self._settings.research and self._settings.comments

    def oauth(self) -> OAuthClient | None:
        """Research needs no login; the account's own videos do."""
        return self._api.client if self._settings.own_videos else None

    async def admitted(self, token: Token) -> Token:
        return token

    async def access_ends_at(self) -> datetime | None:
        if not self._settings.own_videos:
            return None
        kept = await self._api.person.stored()
        return kept.refresh_expires_at if kept is not None else None

    async def poll(self, cursors: Cursors) -> AsyncIterator[Page]:
        cursors = dict(cursors)
        given: set[str] = set()  # an own video may be found, too
        turns = list(self._turns(cursors, given))
        async for page in in_turn(turns, refused=self._refused, clock=self._clock):
            if page.cursor is not None:
                cursors[page.feed] = page.cursor  # comments are read under what was just found
            yield page

    def _turns(self, cursors: Cursors, given: set[str]) -> Iterator[Turn]:
        settings, search = self._settings, self._search
        if settings.own_videos:
            own = partial(self._videos.own, _OWN, cursors.get(_OWN), given)
            yield Turn(feed=_OWN, kind="tiktok own videos", read=own)
        if search is not None:
            found = partial(self._videos.searched, search, cursors.get(search), given)
            yield Turn(feed=search, kind="tiktok search", read=found)
        if self._reads_comments:
            feeds = [_OWN] + ([search] if search is not None else [])
            under = partial(self._comments.pages, cursors, feeds)
            yield Turn(feed=COMMENTS, kind="tiktok comments", read=under)
        if settings.research and settings.audience:
            figures = partial(self._audience.pages, cursors.get(AUDIENCE))
            yield Turn(feed=AUDIENCE, kind="tiktok audience", read=figures)

    async def refresh(self, keys: Collection[MentionKey]) -> AsyncIterator[Page]:
        async for page in self._refresh.pages(keys):
            yield page


def query_of(settings: TiktokSettings, watched: Watched) -> Body | None:
    """One query for all: each costs a request of a thousand a day."""
    tags = [tag.lstrip("#") for tag in watched.hashtags + settings.hashtags]
    handles = [account.removeprefix("@") for account in watched.accounts]
    accounts = [*settings.accounts, *(one for one in handles if HANDLE.fullmatch(one))]
    wanted = {
        "keyword": _unique(watched.terms + settings.terms),
        "hashtag_name": _unique(tags),
        "username": _unique(one for one in accounts if "." not in one or one in settings.accounts),
    }
    conditions = [
        {"operation": "IN", "field_name": name, "field_values": values}
        for name, values in wanted.items()
        if values
    ]
    if not conditions:
        return None
    query: Body = {"or": conditions}
    if settings.regions:
        regions = list(settings.regions)
        query["and"] = [{"operation": "IN", "field_name": "region_code", "field_values": regions}]
    return query


def _unique(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(value.strip() for value in values if value.strip()))


def _digest(query: Body) -> str:
    return blake2b(orjson.dumps(query), digest_size=8).hexdigest()
