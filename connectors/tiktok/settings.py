"""What a TikTok source may be told in the configuration."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator
from yarl import URL

from connectors.connector import ConnectorSettings
from connectors.durations import Duration, PositiveDuration

OFFICIAL = "https://open.tiktokapis.com/v2/research/"
HANDLE = re.compile(r"[A-Za-z0-9_.]{2,24}")
MONTH = timedelta(days=30)


def _handle(value: str) -> str:
    bare = value.strip().removeprefix("@")
    if not HANDLE.fullmatch(bare):
        raise ValueError('should be a TikTok handle, such as "chuvalmont"')
    return bare


Handle = Annotated[str, AfterValidator(_handle)]


class TiktokSettings(ConnectorSettings):
    """The Research API is for researchers of non-profit institutions with an approved proposal: a
    university hospital's research unit may be granted it, its communication department is not.

    `own_videos` needs no such grant, but the account's login (`listener login`). The quotas are those
    of the documentation of 2026; how soon vanished data must go here, it does not say exactly.
    """

    base_url: str = Field(default=OFFICIAL, pattern=r"^https?://")
    client_key: str
    client_secret: SecretStr
    research: bool = True
    own_videos: bool = False
    terms: tuple[str, ...] = ()  # beside those of the watches
    hashtags: tuple[str, ...] = ()
    accounts: tuple[Handle, ...] = ()  # whose videos are read: the hospital's own
    peers: tuple[
        Handle, ...
    ] = ()  # whose followers are read once a day, beside those of `accounts`
    regions: tuple[Annotated[str, Field(pattern="^[A-Z]{2}$")], ...] = ()  # none: all of them
    comments: bool = True
    comments_per_video: int = Field(default=500, ge=1)
    follow: PositiveDuration = Field(default=timedelta(days=14), le=MONTH)
    recheck_every: PositiveDuration = timedelta(hours=6)
    audience: bool = True
    requests_per_day: int = Field(default=1_000, ge=1)
    records_per_day: int = Field(default=100_000, ge=1)
    look_back: PositiveDuration = timedelta(days=7)
    overlap: Duration = Field(default=timedelta(days=2), ge=timedelta(0))
    verify_every: PositiveDuration = Field(default=timedelta(days=15), le=MONTH)
    page_size: int = Field(default=100, ge=1, le=100)

    @model_validator(mode="after")
    def _reads_something(self) -> Self:
        if not self.research and not self.own_videos:
            raise ValueError("should read something: research, own_videos or both")
        return self

    @property
    def searched(self) -> str:
        return self.base_url.rstrip("/")

    @property
    def v2(self) -> str:
        """Where tokens and the account's own videos are: a server that stands in has them, too."""
        return f"{URL(self.base_url).origin()}/v2"
