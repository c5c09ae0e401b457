"""Access to a Page: a person logs in once, and the Page's own token comes of it and is renewed.

https://developers.facebook.com/docs/facebook-login/guides/access-tokens/get-long-lived
A long-lived user token lasts about 60 days; that it can be exchanged for a newer one while it holds
is said, and was never seen live: where it fails, the person is told in time (`ends_at`).
"""

from __future__ import annotations

from datetime import datetime

from connectors.connector import Clock, Unauthorized
from connectors.facebook.settings import FacebookSettings
from connectors.graph import Denied, Graph
from connectors.http import HttpClient
from connectors.oauth import LASTING_EARLY, LASTING_EVERY, Bearer, OAuthClient, ask_token
from connectors.reading import string
from connectors.tokens import Token, TokenStore

SCOPES = (
    "pages_show_list",
    "pages_read_engagement",
    "pages_read_user_content",
    "pages_manage_metadata",
)


def oauth_client(settings: FacebookSettings) -> OAuthClient | None:
    """https://developers.facebook.com/docs/facebook-login/guides/advanced/manual-flow"""
    if settings.app_id is None or settings.app_secret is None:
        return None
    return OAuthClient(
        client_id=settings.app_id,
        client_secret=settings.app_secret.get_secret_value(),
        authorize_url=settings.dialog,
        token_url=f"{settings.api}/oauth/access_token",
        scopes=SCOPES,
        scope_separator=",",
    )


class PageAccess:
    """The token in use: the Page's own, of a login or of the configuration."""

    def __init__(
        self, settings: FacebookSettings, http: HttpClient, clock: Clock, tokens: TokenStore
    ) -> None:
        self._settings = settings
        self._http = http
        self._clock = clock
        self._client = oauth_client(settings)
        given = settings.access_token
        self._bearer = Bearer(
            tokens,
            clock=clock,
            renewing=self._renewed if self._client is not None else None,
            given=given.get_secret_value() if given is not None else None,
            made_for=self._client.made_for if self._client is not None else "",
            early=LASTING_EARLY,
            every=LASTING_EVERY,
        )

    @property
    def client(self) -> OAuthClient | None:
        return self._client

    async def token(self) -> str:
        return await self._bearer.token()

    async def ends_at(self) -> datetime | None:
        """When the login ends; while it is renewed, this instant moves on."""
        kept = await self._bearer.stored()
        return kept.expires_at if kept is not None else None

    async def admitted(self, token: Token) -> Token:
        """The Page's own token, with the long-lived user token that renews it behind it."""
        if self._client is None:
            raise Unauthorized("a login needs app_id and app_secret")
        form = {"grant_type": "fb_exchange_token", "fb_exchange_token": token.access}
        lasting = await ask_token(self._http, self._client, form, self._clock())
        return Token(
            access=await self._page_token(lasting.access),
            refresh=lasting.access,
            expires_at=lasting.expires_at,
            refresh_expires_at=lasting.expires_at,
            made_for=self._client.made_for,
        )

    async def _renewed(self, token: Token, at: datetime) -> Token:
        if token.refresh is None:
            raise Unauthorized("the access has ended: run `listener login` for this source")
        return await self.admitted(Token(access=token.refresh))

    async def _page_token(self, user_token: str) -> str:
        """https://developers.facebook.com/docs/facebook-login/guides/access-tokens#pagetokens"""

        async def of_the_person() -> str:
            return user_token

        secret = self._settings.app_secret
        graph = Graph(
            self._http,
            self._settings.api,
            token=of_the_person,
            clock=self._clock,
            app_secret=secret.get_secret_value() if secret is not None else None,
        )
        answer = await graph.get(self._settings.page, {"fields": "access_token"})
        token = string(answer.get("access_token"))
        if token is None:
            raise Denied("whoever logged in holds no role on this Page, or did not share it")
        return token
