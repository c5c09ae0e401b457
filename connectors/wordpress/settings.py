"""What a WordPress source may be told."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field, HttpUrl, SecretStr, model_validator

from connectors.connector import ConnectorSettings
from connectors.durations import Duration


class WordpressSettings(ConnectorSettings):
    url: HttpUrl
    """The site's home page, with its folder where it lives in one."""
    base_url: HttpUrl | None = None
    """Asked in place of `url`: a mirror."""
    api: HttpUrl | None = None
    """The REST root, where discovery cannot find it (…/wp-json/)."""
    posts: bool = True
    comments: bool = True
    look_back: Duration = Field(default=timedelta(days=7), gt=timedelta(0))
    moderation: Duration = Field(default=timedelta(days=3), ge=timedelta(hours=2))
    """How far back, once an hour, to look for comments approved late and for deletions."""
    language: str | None = Field(default=None, pattern="^[a-z]{2}$")
    """Over what the home page declares."""
    per_page: int = Field(default=100, ge=1, le=100)
    user: str | None = None
    application_password: SecretStr | None = None
    """Of a subscriber is enough: only what is public is read."""

    @model_validator(mode="after")
    def _credentials_come_together(self) -> WordpressSettings:
        if (self.user is None) != (self.application_password is None):
            raise ValueError("user and application_password are given together, or neither is")
        return self

    @property
    def home(self) -> str:
        address = str(self.base_url or self.url).partition("#")[0].partition("?")[0]
        return address if address.endswith("/") else f"{address}/"
