"""Who may read: a Threads user token that lasts sixty days and is renewed here before it ends.

https://developers.facebook.com/docs/threads/get-started/long-lived-tokens. The network takes the
token and the secret in the address only; addresses are never logged. Never seen live.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime

from yarl import URL

from connectors.budget import account_of
from connectors.connector import Clock, ConnectorError
from connectors.graph import Graph
from connectors.http import HttpClient
from connectors.oauth import LASTING_EARLY, LASTING_EVERY, Bearer, OAuthClient, token_of
from connectors.threads.settings import OFFICIAL, ThreadsSettings
from connectors.tokens import Token, TokenStore

log = logging.getLogger(__name__)
_DIALOG = "https://threads.net"
_SCOPES = (
    "threads_basic",
    "threads_keyword_search",
    "threads_manage_mentions",
    "threads_read_replies",
    "threads_manage_insights",
    "threads_profile_discovery",
)


class Access:
    """The token in use; one from the file is renewed at the first request, to learn when it ends,
    and where that fails, tried again the next day: it must not end without a word."""

    def __init__(
        self, settings: ThreadsSettings, *, http: HttpClient, tokens: TokenStore, clock: Clock
    ) -> None:
        self._settings = settings
        self._http = http
        self._tokens = tokens
        self._clock = clock
        given = settings.access_token.get_secret_value() if settings.access_token else None
        # Another token in the file, or another application, supersedes what is stored.
        self.account = account_of(given or settings.app_id or "")
        self._origin = str(URL(settings.base_url).origin())
        self._asked_at: datetime | None = None  # when a token of unknown end was last renewed
        self._bearer = Bearer(
            tokens,
            clock=clock,
            renewing=self._renewed,
            given=given,
            made_for=self.account,
            early=LASTING_EARLY,
            every=LASTING_EVERY,
        )

    async def token(self) -> str:
        at = self._clock()
        if self._asked_at is None or at - self._asked_at >= LASTING_EVERY:
            self._asked_at = at
            await self._learn_the_end()
        return await self._bearer.token()

    async def ends_at(self) -> datetime | None:
        """None as long as it is renewed in time: inside the last weeks, renewing has failed."""
        kept = await self._bearer.stored()
        ends = kept.expires_at if kept is not None else None
        return ends if ends is not None and ends - LASTING_EARLY <= self._clock() else None

    def oauth(self) -> OAuthClient | None:
        settings = self._settings
        if settings.app_id is None or settings.app_secret is None:
            return None
        is_official = URL(settings.base_url).host == URL(OFFICIAL).host
        return OAuthClient(
            client_id=settings.app_id,
            client_secret=settings.app_secret.get_secret_value(),
            authorize_url=f"{_DIALOG if is_official else self._origin}/oauth/authorize",
            token_url=f"{self._origin}/oauth/access_token",
            scopes=_SCOPES,
            scope_separator=",",
        )

    async def admitted(self, token: Token) -> Token:
        """The long-lived token in place of the one that ends within an hour."""
        secret = self._settings.app_secret
        if secret is not None:
            asked = {"grant_type": "th_exchange_token", "client_secret": secret.get_secret_value()}
            token = await self._asked("access_token", asked, token)
        return replace(token, made_for=self.account)

    async def _learn_the_end(self) -> None:
        kept = await self._bearer.stored()
        if kept is None or kept.expires_at is not None:
            return
        try:
            await self._tokens.save(await self._renewed(kept, self._clock()))
        except ConnectorError as error:  # one made today cannot be renewed yet: it is good as it is
            log.info("threads.not_renewed error=%s", type(error).__name__)

    async def _renewed(self, token: Token, at: datetime) -> Token:
        return await self._asked("refresh_access_token", {"grant_type": "th_refresh_token"}, token)

    async def _asked(self, path: str, params: dict[str, str], token: Token) -> Token:
        async def held() -> str:
            return token.access

        graph = Graph(self._http, self._origin, token=held, clock=self._clock)
        answer = await graph.get(path, {**params, "access_token": token.access})
        return token_of(answer, self._clock(), made_for=self.account)
