"""Who may read: Facebook Login's user token, which lasts sixty days and is renewed before it ends.

https://developers.facebook.com/docs/facebook-login/guides/access-tokens/get-long-lived
The exchange is sent as a form rather than in the address; that the endpoint takes a POST, and
exchanges a token that holds for a newer one, is from memory, never seen live: where renewing fails,
people are told in time (`ends_at`).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from yarl import URL

from connectors.budget import account_of
from connectors.connector import Clock, Unauthorized
from connectors.http import HttpClient
from connectors.instagram.settings import OFFICIAL, InstagramSettings
from connectors.oauth import LASTING_EARLY, LASTING_EVERY, Bearer, OAuthClient, ask_token
from connectors.tokens import Token, TokenStore

_DIALOG = "https://www.facebook.com"
_SCOPES = (
    "instagram_basic",
    "instagram_manage_comments",
    "instagram_manage_insights",
    "pages_read_engagement",
    "pages_show_list",
)


class Access:
    """The token in use, and how a person gets one."""

    def __init__(
        self, settings: InstagramSettings, *, http: HttpClient, tokens: TokenStore, clock: Clock
    ) -> None:
        self._settings = settings
        self._http = http
        self._clock = clock
        given = settings.access_token.get_secret_value() if settings.access_token else None
        # Another token in the file, or another application, supersedes what is stored.
        self._made_for = account_of(given or settings.app_id or "")
        self._bearer = Bearer(
            tokens,
            clock=clock,
            renewing=self._renewed if self.oauth() is not None else None,
            given=given,
            made_for=self._made_for,
            early=LASTING_EARLY,
            every=LASTING_EVERY,
        )

    async def token(self) -> str:
        return await self._bearer.token()

    async def ends_at(self) -> datetime | None:
        kept = await self._bearer.stored()
        return kept.expires_at if kept is not None else None

    def oauth(self) -> OAuthClient | None:
        settings = self._settings
        if settings.app_id is None or settings.app_secret is None:
            return None
        base = settings.base_url.rstrip("/")
        version = URL(base).path.strip("/")
        dialog = _DIALOG if URL(base).host == URL(OFFICIAL).host else str(URL(base).origin())
        return OAuthClient(
            client_id=settings.app_id,
            client_secret=settings.app_secret.get_secret_value(),
            authorize_url="/".join(part for part in (dialog, version, "dialog/oauth") if part),
            token_url=f"{base}/oauth/access_token",
            scopes=_SCOPES,
            scope_separator=",",
        )

    async def admitted(self, token: Token) -> Token:
        """The long-lived token in place of the one that ends within two hours."""
        client = self.oauth()
        if client is not None:
            form = {"grant_type": "fb_exchange_token", "fb_exchange_token": token.access}
            token = await ask_token(self._http, client, form, self._clock())
        return replace(token, made_for=self._made_for)

    async def _renewed(self, token: Token, at: datetime) -> Token:
        if token.expires_at is not None and token.expires_at <= at:
            raise Unauthorized("the access has ended: run `listener login` for this source")
        return await self.admitted(token)
