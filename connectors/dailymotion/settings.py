"""What a Dailymotion source may be told in the configuration."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator
from yarl import URL

from connectors.connector import ConnectorSettings
from connectors.dailymotion.fields import NAMES
from connectors.durations import Duration, PositiveDuration

OFFICIAL = "https://api.dailymotion.com"
_OFFICIAL_TOKENS = "https://oauth2.dailymotion.com/v2/token"
_PROFILE = re.compile(r"[A-Za-z0-9._-]{1,60}")


def _profile(value: str) -> str:
    """A profile's id or name; its address "https://www.dailymotion.com/chu-valmont" is one too."""
    text = value.strip().rstrip("/")
    text = text.rpartition("/")[2] if "://" in text else text.removeprefix("@")
    if not _PROFILE.fullmatch(text):
        raise ValueError('should be a profile\'s id or name, such as "chu-valmont"')
    return text


def _mapped(fields: dict[str, str]) -> dict[str, str]:
    if unknown := sorted(fields.keys() - NAMES):
        raise ValueError(f"should map {', '.join(sorted(NAMES))}; not {unknown[0][:40]!r}")
    return fields


Profile = Annotated[str, AfterValidator(_profile)]
Mapped = Annotated[dict[str, str], AfterValidator(_mapped)]


class DailymotionSettings(ConnectorSettings):
    """Nothing is needed to read what is public; a private API key and its secret get a token.

    `base_url` is the Legacy API, where the search is; API v2 is found under it. Which names v2 has
    for views and likes, and how many requests are allowed, its pages do not say: both can be set.
    """

    base_url: str = Field(default=OFFICIAL, pattern=r"^https?://")
    token_url: str | None = Field(default=None, pattern=r"^https?://")
    api_key: str | None = None
    api_secret: SecretStr | None = None
    scopes: tuple[str, ...] = ()
    search: bool = True
    terms: tuple[str, ...] = ()  # beside those of the watches
    languages: tuple[Annotated[str, Field(pattern="^[a-z]{2}$")], ...] = ()  # none: all of them
    profiles: tuple[Profile, ...] = ()  # the hospital's own, and others whose videos are read
    peers: tuple[Profile, ...] = ()  # whose figures are read once a day
    profile_api: Literal["v2", "legacy"] = "v2"
    fields: Mapped = Field(default_factory=dict)  # our name → the Legacy API's
    profile_fields: Mapped = Field(default_factory=dict)  # our name → API v2's
    audience: bool = True
    look_back: PositiveDuration = timedelta(days=7)
    overlap: Duration = Field(default=timedelta(hours=1), ge=timedelta(0))
    page_size: int = Field(default=100, ge=1, le=100)
    max_results: int = Field(default=1_000, ge=1)  # after which any query ends
    requests_per_second: float = Field(default=2.0, gt=0)

    @model_validator(mode="after")
    def _whole_credentials(self) -> Self:
        if (self.api_key is None) != (self.api_secret is None):
            raise ValueError("api_key and api_secret should come together")
        return self

    @property
    def legacy(self) -> str:
        return self.base_url.rstrip("/").removesuffix("/v2")

    @property
    def v2(self) -> str:
        return f"{self.legacy}/v2"

    @property
    def tokens(self) -> str:
        """Where tokens are made: a server that stands in makes them, too."""
        if self.token_url is not None:
            return self.token_url
        if URL(self.base_url).host == URL(OFFICIAL).host:
            return _OFFICIAL_TOKENS
        return f"{URL(self.base_url).origin()}{URL(_OFFICIAL_TOKENS).path}"
