"""The app's bearer token, and beside it, where somebody logged in, the hospital's own.

https://docs.x.com/fundamentals/authentication/oauth-2-0/authorization-code: PKCE, access for two
hours, renewed silently with `offline.access`; each renewal gives a new refresh token.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial

import structlog

from connectors.connector import Clock, Unauthorized
from connectors.http import HttpClient
from connectors.oauth import Bearer, OAuthClient, renew
from connectors.tokens import TokenStore
from connectors.x.settings import XSettings

log = structlog.get_logger(__name__)
_AUTHORIZE = "https://x.com/i/oauth2/authorize"
_SCOPES = ("tweet.read", "users.read", "offline.access")


class Access:
    """Which token goes with a call."""

    def __init__(
        self, settings: XSettings, http: HttpClient, tokens: TokenStore, clock: Clock
    ) -> None:
        self._app = settings.bearer_token
        self.client = _client(settings)
        self._bearer: Bearer | None = None
        self._told = False
        if self.client is not None:
            self._bearer = Bearer(
                tokens,
                clock=clock,
                renewing=partial(renew, http, self.client),
                made_for=self.client.made_for,
            )

    async def app(self) -> str:
        return self._app.get_secret_value()

    async def own(self) -> str | None:
        """The hospital's own token; None where nobody logged in, or the login has ended."""
        if self._bearer is None:
            return None
        try:
            return await self._bearer.token()
        except Unauthorized:
            if not self._told:
                self._told = True
                log.warning("x.own_login_missing")
            return None

    async def own_or_app(self) -> str:
        """The app's token reads the same at the full price."""
        return await self.own() or await self.app()

    async def ends_at(self) -> datetime | None:
        """The app's token does not end; the own login does where it cannot be renewed."""
        kept = await self._bearer.stored() if self._bearer is not None else None
        if kept is None:
            return None
        return kept.refresh_expires_at if kept.refresh is not None else kept.expires_at


def _client(settings: XSettings) -> OAuthClient | None:
    if settings.client_id is None:
        return None
    secret = settings.client_secret
    return OAuthClient(
        client_id=settings.client_id,
        client_secret=secret.get_secret_value() if secret is not None else None,
        token_url=f"{settings.base_url}/oauth2/token",
        authorize_url=_AUTHORIZE,
        scopes=_SCOPES,
        pkce=True,
        basic=secret is not None,  # a confidential client says who it is in the header
    )
