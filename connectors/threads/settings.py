"""What a Threads source may be told in the configuration."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator

from connectors.connector import ConnectorSettings
from connectors.durations import Duration, PositiveDuration

OFFICIAL = "https://graph.threads.net/v1.0"
_HANDLE = re.compile(r"[A-Za-z0-9._]{1,30}")


def _handle(value: str) -> str:
    bare = value.strip().removeprefix("@")
    if not _HANDLE.fullmatch(bare):
        raise ValueError('should be a Threads handle, such as "chu_bremont"')
    return bare


class ThreadsSettings(ConnectorSettings):
    """`access_token`, or `app_id` and `app_secret` with `listener login`, is needed to read anything.

    How many searches the network allows has changed over the years: `search_limit` in any stretch
    of `search_window` is what its documentation said in 2026.
    """

    base_url: str = Field(default=OFFICIAL, pattern=r"^https?://")
    access_token: SecretStr | None = None  # long-lived; renewed by itself from then on
    app_id: str | None = None
    app_secret: SecretStr | None = None
    verify_token: SecretStr | None = None  # as typed in the application's webhook settings
    search: bool = True
    terms: tuple[str, ...] = ()  # beside those of the watches
    hashtags: tuple[str, ...] = ()  # topic tags
    search_limit: int = Field(default=2200, ge=1)
    search_window: PositiveDuration = timedelta(days=1)
    mentions: bool = True
    threads: bool = True  # the account's own
    replies: bool = True  # under them, at any depth
    audience: bool = True
    peers: tuple[Annotated[str, AfterValidator(_handle)], ...] = ()  # their followers, once a day
    follow: PositiveDuration = timedelta(days=30)  # how long replies under a thread are read
    look_back: PositiveDuration = timedelta(days=7)
    overlap: Duration = Field(default=timedelta(hours=1), ge=timedelta(0))
    requests_per_second: float = Field(default=2.0, gt=0)

    @model_validator(mode="after")
    def _whole_credentials(self) -> Self:
        if self.app_id is not None and self.app_secret is None:
            raise ValueError("app_id should come with app_secret")
        if self.verify_token is not None and self.app_secret is None:
            raise ValueError(
                "verify_token should come with app_secret: webhooks are signed with it"
            )
        return self

    @property
    def hooked(self) -> bool:
        """Whether webhooks can be received."""
        return self.verify_token is not None and self.app_secret is not None
