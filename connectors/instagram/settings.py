"""What an Instagram source may be told in the configuration."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator

from connectors.connector import ConnectorSettings
from connectors.durations import Duration, PositiveDuration

OFFICIAL = "https://graph.facebook.com/v25.0"
_HASHTAG = re.compile(r"\w{1,100}")
_HANDLE = re.compile(r"[A-Za-z0-9._]{1,30}")


def hashtag(value: str) -> str | None:
    """As the API takes it: letters, digits and underscores, no emoji; None where it is none."""
    bare = value.strip().removeprefix("#").lower()
    return bare if _HASHTAG.fullmatch(bare) else None


def handle(value: str) -> str | None:
    bare = value.strip().removeprefix("@")
    return bare if _HANDLE.fullmatch(bare) else None


def _hashtag(value: str) -> str:
    if (read := hashtag(value)) is None:
        raise ValueError('should be a hashtag of letters and digits, such as "CHUValmont"')
    return read


def _handle(value: str) -> str:
    if (read := handle(value)) is None:
        raise ValueError('should be an Instagram handle, such as "chu_bremont"')
    return read


class InstagramSettings(ConnectorSettings):
    """`access_token`, or `app_id` and `app_secret` with `listener login`, is needed to read anything.

    `app_secret` also signs each call and, with `verify_token`, lets the network's webhooks in.
    """

    base_url: str = Field(default=OFFICIAL, pattern=r"^https?://")  # pins the version
    user_id: str = Field(pattern=r"^\d{1,25}$")  # of the professional account, not its Page's
    access_token: SecretStr | None = None
    app_id: str | None = None
    app_secret: SecretStr | None = None
    verify_token: SecretStr | None = None  # as typed in the application's webhook settings
    media: bool = True
    comments: bool = True  # under the account's own media, and their replies
    tags: bool = True
    hashtags: tuple[Annotated[str, AfterValidator(_hashtag)], ...] = ()  # beside the watches'
    hashtag_limit: int = Field(default=30, ge=1)
    hashtag_window: PositiveDuration = timedelta(days=7)
    audience: bool = True
    peers: tuple[Annotated[str, AfterValidator(_handle)], ...] = ()  # their followers, once a day
    follow: PositiveDuration = timedelta(days=30)  # how long comments under a media are read
    look_back: PositiveDuration = timedelta(days=7)
    overlap: Duration = Field(default=timedelta(hours=1), ge=timedelta(0))
    unordered_overlap: Duration = Field(default=timedelta(days=1), ge=timedelta(0))
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
