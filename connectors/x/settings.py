"""What an X source may be told in the configuration; prices and limits are as published in August 2026."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator
from yarl import URL

from connectors.connector import ConnectorSettings
from connectors.durations import Duration

OFFICIAL = "https://api.x.com/2"
HANDLE = re.compile(r"[A-Za-z0-9_]{1,15}")


def _handle(value: str) -> str:
    name = value.strip().removeprefix("@")
    if not HANDLE.fullmatch(name):
        raise ValueError('should be a handle such as "chuvalmont": 15 letters, digits or _ at most')
    return name.lower()


def _language(value: str) -> str:
    if not re.fullmatch(r"[a-z]{2}", value):
        raise ValueError('should be a language of two letters, such as "fr"')
    return value


def _base(value: str) -> str:
    url = URL(value)
    if url.scheme not in ("http", "https") or not url.host or url.query_string:
        raise ValueError(f'should be an address such as "{OFFICIAL}"')
    return value.rstrip("/")


Handle = Annotated[str, AfterValidator(_handle)]
Language = Annotated[str, AfterValidator(_language)]
Dollars = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]


class XSettings(ConnectorSettings):
    """Everything is read with the app's `bearer_token`; `client_id` adds the hospital's own login.

    Money is in dollars. What is asked can never cost more than `daily_budget` in a UTC day nor
    `monthly_budget` in a month: the dearest case is counted before each request.
    """

    base_url: Annotated[str, AfterValidator(_base)] = OFFICIAL
    bearer_token: SecretStr
    client_id: str | None = None
    client_secret: SecretStr | None = None
    owns_app: bool = False  # who logs in owns the app: its own posts and mentions cost less

    terms: tuple[str, ...] = ()  # beside those of the watches
    hashtags: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()  # posts that link to the hospital's own sites
    languages: tuple[Language, ...] = ()
    reposts: bool = False  # the index gives none to a search by words since May 2026
    accounts: tuple[Handle, ...] = ()  # the hospital's own; none: those of the watches
    peers: tuple[Handle, ...] = ()

    search: bool = True
    mentions: bool = True
    own_posts: bool = True
    quotes: bool = True
    quotes_from: int = Field(default=5, ge=1)  # quotes from which others' posts are looked into
    authors: bool = True  # who writes: handle, followers
    authors_for: Duration = Field(default=timedelta(days=30), gt=timedelta(0))
    audience: bool = True
    compliance: bool = True
    look_back: Duration = Field(default=timedelta(days=7), gt=timedelta(0))
    overlap: Duration = Field(default=timedelta(minutes=2), ge=timedelta(0))

    daily_budget: Dollars = 5.0
    monthly_budget: Dollars = 100.0
    search_share: Share = 0.9  # of the day's money; the rest is kept for the cheaper own mentions
    authors_share: Share = 0.2
    refresh_share: Share = 0.25
    price_post: Dollars = 0.005
    price_user: Dollars = 0.010
    price_counts: Dollars = 0.005
    price_owned: Dollars = 0.001

    stream: bool = False
    stream_idle: Duration = Field(
        default=timedelta(seconds=25), ge=timedelta(seconds=20), le=timedelta(seconds=60)
    )
    stream_reserve: int = Field(default=50, ge=1)  # posts paid for in advance while it is open
    backfill_minutes: int = Field(default=0, ge=0, le=5)  # needs more than pay-per-use
    rule_prefix: str = Field(default="listener", pattern=r"^[a-z0-9_-]{1,40}$")

    fields: Literal["tweet.fields", "post.fields"] = "tweet.fields"
    window: Duration = Field(default=timedelta(days=7), gt=timedelta(hours=2))
    query_length: int = Field(default=512, ge=64)
    rule_length: int = Field(default=1024, ge=64)
    storage_host: str = "storage.googleapis.com"  # where compliance jobs are left and fetched

    @model_validator(mode="after")
    def _within_reason(self) -> Self:
        if self.look_back > self.window:
            raise ValueError(
                "look_back should not be longer than window: X's search goes no further"
            )
        if self.daily_budget > self.monthly_budget:
            raise ValueError("daily_budget should not be higher than monthly_budget")
        if self.client_secret is not None and self.client_id is None:
            raise ValueError("client_secret goes with client_id")
        return self
