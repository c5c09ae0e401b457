"""What a YouTube source may be told in the configuration."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Self

from pydantic import Field, SecretStr, field_validator, model_validator
from yarl import URL

from connectors.connector import ConnectorSettings
from connectors.durations import Duration, PositiveDuration

OFFICIAL = "https://www.googleapis.com/youtube/v3"
OFFICIAL_SITE = "https://www.youtube.com"
CHANNEL_ID = re.compile(r"UC[\w-]{22}")
_HANDLE = re.compile(r"@[^\s@/]{1,60}")


class YoutubeSettings(ConnectorSettings):
    """With `api_key` the Data API is read; without, the feeds of the channels alone.

    Channels are ids (UC…) or, with a key, handles (@name). The quotas are those that Google grants a
    project by default [checked in the documentation of 2026, never spent for real].
    """

    base_url: str = OFFICIAL
    api_key: SecretStr | None = None
    channels: tuple[str, ...] = ()  # the hospital's own: their videos, and all comments under them
    peers: tuple[str, ...] = ()  # other hospitals': their videos and figures
    peer_comments: bool = False
    search: bool = True
    terms: tuple[str, ...] = ()  # beside those of the watches
    hashtags: tuple[str, ...] = ()
    terms_per_search: int = Field(default=1, ge=1, le=20)
    language: str | None = Field(default="fr", pattern="^[a-z]{2}$")
    region: str | None = Field(default="FR", pattern="^[A-Z]{2}$")
    comments: bool = True
    follow_videos: PositiveDuration = timedelta(days=14)
    follow_threads: PositiveDuration = timedelta(days=7)
    recheck_every: PositiveDuration = timedelta(hours=1)
    audience: bool = True
    audience_videos: int = Field(default=1_000, ge=0)
    searches_per_day: int = Field(default=100, ge=1)
    units_per_day: int = Field(default=10_000, ge=1)
    units_per_search: int = Field(default=0, ge=0)
    # Google wants stored data read again, or deleted, within 30 days.
    verify_every: PositiveDuration = Field(default=timedelta(days=7), le=timedelta(days=30))
    look_back: PositiveDuration = timedelta(days=7)
    overlap: Duration = Field(default=timedelta(hours=6), ge=timedelta(0))

    @field_validator("channels", "peers")
    @classmethod
    def _names_a_channel(cls, channels: tuple[str, ...]) -> tuple[str, ...]:
        for channel in channels:
            if not CHANNEL_ID.fullmatch(channel) and not _HANDLE.fullmatch(channel):
                raise ValueError('should be a channel\'s id ("UC" and 22 more) or its "@handle"')
        return channels

    @model_validator(mode="after")
    def _has_something_to_read(self) -> Self:
        if self.api_key is not None:
            return self
        everybody = self.channels + self.peers
        if not everybody:
            raise ValueError("without api_key, give the channels whose feeds are read")
        if not all(CHANNEL_ID.fullmatch(channel) for channel in everybody):
            raise ValueError('without api_key, channels are given by id ("UC…"), not by handle')
        return self

    @property
    def api(self) -> str:
        return self.base_url.rstrip("/")

    @property
    def site(self) -> str:
        """Where the channel feeds are: a server that stands in answers for them, too."""
        return OFFICIAL_SITE if self.api == OFFICIAL else str(URL(self.base_url).origin())
