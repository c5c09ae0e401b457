"""What a SlideShare source may be told in the configuration."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator

from connectors.connector import ConnectorSettings
from connectors.durations import Duration, PositiveDuration

_USER = re.compile(r"[A-Za-z0-9_.-]{1,60}")


def _user(value: str) -> str:
    name = value.strip().removeprefix("https://").removeprefix("www.")
    name = name.removeprefix("slideshare.net/").removeprefix("@").rstrip("/")
    if not _USER.fullmatch(name):
        raise ValueError('should be a SlideShare account, such as "chuvalmont"')
    return name


class SlideshareSettings(ConnectorSettings):
    """A key that was issued years ago: whether new ones are is not known.

    1,000 calls a day is what clients of the time were told; `daily_calls` counts before the network
    does, and half of them at most go to figures and deletions.
    """

    base_url: str = Field(default="https://www.slideshare.net/api/2/", pattern=r"^https?://")
    api_key: SecretStr
    shared_secret: SecretStr
    search: bool = True
    terms: tuple[str, ...] = ()  # beside those of the watches
    language: str = Field(default="**", pattern=r"^([a-z]{2}|\*\*|!!)$")  # "**": all of them
    users: tuple[Annotated[str, AfterValidator(_user)], ...] = ()  # own accounts
    daily_calls: int = Field(default=1000, ge=1)
    page_size: int = Field(default=50, ge=1, le=50)
    look_back: PositiveDuration = timedelta(days=7)
    overlap: Duration = Field(default=timedelta(days=1), ge=timedelta(0))
    requests_per_second: float = Field(default=1.0, gt=0)

    @model_validator(mode="after")
    def _reads_something(self) -> Self:
        if not self.users and not self.search:
            raise ValueError("should read something: users or search")
        return self
