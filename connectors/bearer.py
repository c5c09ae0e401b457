"""The access token in use, whichever network it opens: kept, renewed before it ends."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Protocol

from connectors.connector import Clock, ConnectorError, Unauthorized
from connectors.tokens import Token, TokenStore

EARLY = timedelta(minutes=5)
"""A token is renewed this long before it ends: a request must not carry one that ends under way."""
LASTING_EARLY = timedelta(days=18)
"""Of a token of sixty days: so that days of tries go before people are warned, two weeks ahead."""
LASTING_EVERY = timedelta(days=1)
"""Meta renews such a token once a day at most."""


class Renewing(Protocol):
    """How one network renews a token; most do it as `renew`, Meta and Threads their own way."""

    async def __call__(self, token: Token, at: datetime) -> Token: ...


class Bearer:
    """The token in use: the stored one, renewed before it ends; else the configuration's own.

    While it holds, renewing it is tried once in `every`.
    """

    def __init__(
        self,
        store: TokenStore,
        *,
        clock: Clock,
        renewing: Renewing | None = None,
        given: str | None = None,
        made_for: str = "",
        early: timedelta = EARLY,
        every: timedelta = timedelta(0),
    ) -> None:
        self._store = store
        self._clock = clock
        self._renewing = renewing
        self._given = Token(access=given, made_for=made_for) if given else None
        self._made_for = made_for
        self._early = early
        self._every = every
        self._tried_at: datetime | None = None
        self._lock = asyncio.Lock()

    async def stored(self) -> Token | None:
        """The token in use, whether it still holds or not."""
        kept = await self._store.load()
        if kept is not None and kept.made_for == self._made_for:
            return kept
        return self._given

    async def token(self, *, instead_of: str | None = None) -> str:
        """A token that holds; `instead_of`: the one that the network has just refused.

        Unauthorized where there is none, or it can no longer be renewed.
        """
        async with self._lock:
            kept = await self.stored()
            if kept is None:
                raise Unauthorized("no access yet: run `listener login` for this source")
            ends = kept.expires_at
            is_stale = ends is not None and ends - self._early <= self._clock()
            if not is_stale and kept.access != instead_of:
                return kept.access
            return (await self._renewed(kept, refused=kept.access == instead_of)).access

    async def _renewed(self, kept: Token, *, refused: bool) -> Token:
        at = self._clock()
        ended = refused or (kept.expires_at is not None and kept.expires_at <= at)
        if self._renewing is None:
            if ended:
                raise Unauthorized("the access has ended: run `listener login` for this source")
            return kept
        if not ended and self._tried_at is not None and at - self._tried_at < self._every:
            return kept
        self._tried_at = at
        try:
            fresh = await self._renewing(kept, at)
        except ConnectorError:
            if ended:
                raise
            return kept  # it holds a little longer: the next request tries again
        await self._store.save(fresh)
        return fresh
