"""What a source of feeds may be told."""

from __future__ import annotations

from datetime import timedelta

from aiohttp import encode_basic_auth
from pydantic import Field, HttpUrl, SecretStr, model_validator
from yarl import URL

from connectors.connector import ConnectorSettings
from connectors.durations import Duration
from connectors.mention import Kind


class RssSettings(ConnectorSettings):
    url: HttpUrl | None = None
    urls: tuple[HttpUrl, ...] = ()
    """More feeds of the same source; each keeps its own cursor."""
    base_url: HttpUrl | None = None
    """Where the feeds are asked for, in place of their own hosts: a mirror."""
    look_back: Duration = Field(default=timedelta(days=7), gt=timedelta(0))
    kind: Kind | None = None
    """None: comment where the entry answers another, video on YouTube, article elsewhere."""
    language: str | None = Field(default=None, pattern="^[a-z]{2}$")
    """What the feed is written in, over what it declares (often its software's default)."""
    max_entries: int = Field(default=20_000, ge=1)
    """Entries read from one feed at one poll, older pages included."""
    max_text: int = Field(default=2_000, ge=0)
    """Characters kept of an article, around what is watched; 0 keeps all of it."""

    user: str | None = None
    password: SecretStr | None = None
    """A login, sent to every feed of the source."""

    @model_validator(mode="after")
    def _a_login_is_whole(self) -> RssSettings:
        if (self.user is None) != (self.password is None):
            raise ValueError("user and password are given together, or neither is")
        return self

    @model_validator(mode="after")
    def _needs_a_feed(self) -> RssSettings:
        if not self.feeds:
            raise ValueError("give the feed's address as url, or several as urls")
        return self

    @property
    def feeds(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self._mirrored(url) for url in (self.url, *self.urls) if url))

    def _mirrored(self, url: HttpUrl) -> str:
        if self.base_url is None:
            return str(url)
        return str(URL(str(self.base_url)).origin().join(URL(str(url)).relative()))

    @property
    def headers(self) -> dict[str, str]:
        if self.user is None or self.password is None:
            return {}
        login = encode_basic_auth(self.user, self.password.get_secret_value(), encoding="utf-8")
        return {"Authorization": login}
