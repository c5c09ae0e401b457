"""What a Trustpilot source may be told in the configuration."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator
from yarl import URL

from connectors.connector import ConnectorSettings
from connectors.durations import Duration

_ID = re.compile(r"[0-9a-f]{24}")
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")


def _unit(value: str) -> str:
    """An id, or the domain that a profile is found by: "https://www.chu.example/" is one too."""
    text = value.strip().lower()
    text = (URL(text).host or "") if "://" in text else text.rstrip("/")
    if not (_ID.fullmatch(text) or _DOMAIN.fullmatch(text)):
        raise ValueError(
            'should be a domain such as "chu-valmont.example", or a business unit\'s id'
        )
    return text


def is_id(unit: str) -> bool:
    return _ID.fullmatch(unit) is not None


Unit = Annotated[str, AfterValidator(_unit)]


class TrustpilotSettings(ConnectorSettings):
    """`api_key` reads; with `api_secret` and `private = true`, the profile's own list of reviews.

    `webhook_secret` alone is enough to be told of reviews as they are written, and of nothing past.
    """

    base_url: str = "https://api.trustpilot.com/v1"
    business_units: Annotated[tuple[Unit, ...], Field(min_length=1)]
    peers: tuple[Unit, ...] = ()  # other profiles, whose score is read
    api_key: SecretStr | None = None
    api_secret: SecretStr | None = None
    private: bool = False
    webhook_secret: SecretStr | None = None
    listing: Literal["reviews", "all-reviews"] = "reviews"
    language: str | None = None  # None: all of them
    stars: tuple[Annotated[int, Field(ge=1, le=5)], ...] = ()  # none: all of them
    audience: bool = True  # once a day, the score and how many reviews it rests on
    look_back: Duration = Field(default=timedelta(days=7), gt=timedelta(0))
    overlap: Duration = Field(default=timedelta(days=7), ge=timedelta(0))
    verify_every: Duration = Field(default=timedelta(days=7), gt=timedelta(0))
    page_size: int = Field(default=100, ge=1, le=100)
    requests_per_hour: int = Field(default=9_000, gt=0)  # of the 10,000 that Trustpilot recommends

    @model_validator(mode="after")
    def _whole_credentials(self) -> Self:
        if self.api_key is None and self.webhook_secret is None:
            raise ValueError("needs api_key to read, or webhook_secret to be told")
        if self.private and (self.api_key is None or self.api_secret is None):
            raise ValueError("private needs api_key and api_secret")
        if self.private and self.listing == "all-reviews":
            raise ValueError('private goes with listing = "reviews"')
        return self
