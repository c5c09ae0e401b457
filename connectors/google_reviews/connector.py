"""Google reviews: each of the hospital's places in turn, then the figures of other places."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import ClassVar
from zoneinfo import ZoneInfo

from yarl import URL

from connectors.budget import Budget, Ledger, MemoryLedger, account_of
from connectors.connector import (
    Clock,
    ConnectorError,
    ConnectorSettings,
    Cursors,
    Page,
    Unauthorized,
    Unseen,
    Watched,
)
from connectors.google_reviews.access import Google, oauth_client
from connectors.google_reviews.listing import FullListing
from connectors.google_reviews.locations import FEED as LOCATIONS
from connectors.google_reviews.locations import Locations
from connectors.google_reviews.places import Places
from connectors.google_reviews.reviews import AUDIENCE, Reviews
from connectors.google_reviews.settings import GoogleReviewsSettings
from connectors.google_reviews.wire import NETWORK, Location
from connectors.http import HttpClient, Limits
from connectors.mention import Mention
from connectors.oauth import OAuthClient
from connectors.tokens import MemoryTokens, Token, TokenStore
from connectors.turns import Turn, in_turn
from connectors.urls import host_and_port

_PACIFIC = ZoneInfo("America/Los_Angeles")  # where Google's months of billing begin


class GoogleReviewsConnector:
    """See connectors.connector.Connector, connectors.oauth.LoggingIn and connectors.tokens.Expiring.

    Built from the documentation: no recorded answers, never run against the real service. There is
    nothing to refresh: a review has no counts, and what is deleted is found by the weekly list.
    """

    name: ClassVar[str] = NETWORK
    Settings: ClassVar[type[ConnectorSettings]] = GoogleReviewsSettings
    owned: ClassVar[bool] = True

    def __init__(
        self,
        settings: GoogleReviewsSettings,
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
        self._client = oauth_client(settings)
        self._google: Google | None = None
        self._own: _Own | None = None
        if self._client is not None:
            store = tokens if tokens is not None else MemoryTokens()
            self._google = Google(http, self._client, store, settings=settings, clock=clock)
            self._own = _Own(self._google, settings, clock)
        key = settings.places_key
        self._calls = Budget(
            name="google.places",
            limit=settings.places_per_month,
            every="month",
            zone=_PACIFIC,
            account=account_of(key.get_secret_value()) if key else "",
        )
        ledger = ledger if ledger is not None else MemoryLedger(clock)
        self._places = Places(settings, http=http, clock=clock, ledger=ledger, budget=self._calls)
        rate = settings.requests_per_minute / 60
        limits = Limits(rate=rate, burst=max(1, settings.requests_per_minute // 4), concurrency=2)
        http.limit(URL(settings.reviews).host or "", limits)

    def hosts(self) -> Sequence[str]:
        settings = self._settings
        used: list[str] = []
        if self._own is not None:
            used += [settings.reviews, settings.information, settings.token_url]
            used += [settings.accounts] if settings.account is None else []
        used += [settings.places] if settings.peers else []
        return tuple(dict.fromkeys(host_and_port(url) for url in used))

    def budgets(self) -> Sequence[Budget]:
        return (self._calls,) if self._settings.peers else ()

    def unseen(self) -> Sequence[Unseen]:
        """Edits and deletions are found by reading again; of other places five reviews at most."""
        return (Unseen.INSTANT,) if self._own is not None else (Unseen.REVIEWS,)

    def oauth(self) -> OAuthClient | None:
        return self._client

    async def admitted(self, token: Token) -> Token:
        if token.refresh is None:
            raise Unauthorized(
                "Google gave no refresh token: withdraw the application's access in the Google "
                "account, then log in again"
            )
        return token

    async def access_ends_at(self) -> datetime | None:
        return await self._google.ends_at() if self._google is not None else None

    async def poll(self, cursors: Cursors) -> AsyncIterator[Page]:
        """Every place from its cursor up to now; one that is lost stops no other."""
        turns: list[Turn] = []
        if self._own is not None:
            try:
                locations, page = await self._own.locations.known(cursors.get(LOCATIONS))
            except ConnectorError as error:
                turns.append(_failed(error))
            else:
                turns += self._own.turns(locations, cursors)
                if page is not None:
                    yield page
        turns += [self._peer(place_id, cursors) for place_id in self._settings.peers]
        async for page in in_turn(turns, refused=self._refused, clock=self._clock):
            yield page

    def _peer(self, place_id: str, cursors: Cursors) -> Turn:
        feed = f"place:{_digest(place_id)}"
        return Turn(
            feed=feed,
            kind="google_reviews.place",
            read=lambda: self._places.pages(feed, cursors.get(feed), place_id),
        )


class _Own:
    """The hospital's own places."""

    def __init__(self, google: Google, settings: GoogleReviewsSettings, clock: Clock) -> None:
        self.locations = Locations(google, settings, clock)
        self._settings = settings
        self._reviews = Reviews(google, settings, clock)
        self._listing = FullListing(self._reviews, settings, clock)

    def turns(self, locations: Sequence[Location], cursors: Cursors) -> Iterator[Turn]:
        for location in locations:
            yield self._of(location, cursors)
        if self._settings.audience:
            yield Turn(
                feed=AUDIENCE,
                kind="google_reviews.audience",
                read=lambda: self._reviews.audience(cursors.get(AUDIENCE)),
            )

    def _of(self, location: Location, cursors: Cursors) -> Turn:
        mark = _digest(location.name)
        return Turn(
            feed=f"reviews:{mark}",
            kind="google_reviews.reviews",
            read=lambda: self._read(location, mark, cursors),
        )

    async def _read(self, location: Location, mark: str, cursors: Cursors) -> AsyncIterator[Page]:
        """The newest, then the whole list where its time has come."""
        feed, listing = f"reviews:{mark}", f"listing:{mark}"
        given: list[Mention] = []
        async for page in self._reviews.pages(feed, cursors.get(feed), location):
            given += page.mentions
            yield page
        async for page in self._listing.pages(listing, cursors, location, given):
            yield page


def _failed(error: ConnectorError) -> Turn:
    """The other places are read all the same."""

    async def read() -> AsyncIterator[Page]:
        raise error
        yield  # what makes it a generator

    return Turn(feed=LOCATIONS, kind="google_reviews.locations", read=read)


def _digest(text: str) -> str:
    return blake2b(text.encode(), digest_size=4).hexdigest()
