"""What a Bluesky source may be told in the configuration."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, model_validator
from yarl import URL

from connectors.connector import ConnectorSettings
from connectors.durations import Duration

OFFICIAL_PDS = "https://bsky.social"
OFFICIAL_APPVIEW = "https://public.api.bsky.app"
OFFICIAL_JETSTREAM = "wss://jetstream2.us-east.bsky.network/subscribe"


class BlueskySettings(ConnectorSettings):
    """Search needs `identifier` and `app_password`; `stream = true` needs neither.

    `jetstream_url` is read as Jetstream v2 where its path ends in `subscribeEvents`, as v1 elsewhere.
    """

    base_url: str = OFFICIAL_PDS  # the account's own server (PDS)
    public_url: str | None = None  # answers getPosts without an account
    identifier: str | None = None  # handle, DID or e-mail address of the account
    app_password: SecretStr | None = None
    session_file: Path | None = None  # None: the session is kept in memory only
    terms: tuple[str, ...] = ()  # beside those of the watches
    hashtags: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()  # handles or DIDs whose mentions are searched
    domains: tuple[str, ...] = ()  # posts that link to the hospital's own sites
    notifications: bool = True
    followers: bool = True  # one more request for every 25 authors not met before
    audience: bool = True  # once a day, the followers of the watched accounts
    look_back: Duration = Field(default=timedelta(days=7), gt=timedelta(0))
    overlap: Duration = Field(default=timedelta(minutes=10), ge=timedelta(0))
    stream: bool = False
    jetstream_url: str = OFFICIAL_JETSTREAM
    stream_look_back: Duration = Field(default=timedelta(hours=1), gt=timedelta(0))

    @model_validator(mode="after")
    def _whole_credential(self) -> Self:
        if (self.identifier is None) != (self.app_password is None):
            raise ValueError("identifier and app_password go together")
        return self

    @property
    def public_api(self) -> str:
        """An on-premises server answers for its own network; the official one has a public twin."""
        if self.public_url is not None:
            return self.public_url
        return OFFICIAL_APPVIEW if self.base_url.rstrip("/") == OFFICIAL_PDS else self.base_url

    @property
    def stream_url(self) -> URL:
        url = URL(self.jetstream_url)
        scheme = {"http": "ws", "https": "wss"}.get(url.scheme, url.scheme)
        return url.with_scheme(scheme).with_path(url.path.strip("/") or "subscribe")
