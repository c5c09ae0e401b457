"""What a Pinterest source may be told in the configuration."""

from __future__ import annotations

from datetime import timedelta
from typing import Self

from pydantic import Field, SecretStr, model_validator

from connectors.connector import ConnectorSettings
from connectors.durations import Duration, PositiveDuration


class PinterestSettings(ConnectorSettings):
    """`app_id` and `app_secret` with `listener login`, or an `access_token` of thirty days.

    `search` needs the beta of the partner search, which is not given to every application.
    """

    base_url: str = Field(default="https://api.pinterest.com/v5", pattern=r"^https?://")
    app_id: str | None = None
    app_secret: SecretStr | None = None
    access_token: SecretStr | None = None
    pins: bool = True  # the account's own
    search: bool = False
    terms: tuple[str, ...] = ()  # beside those of the watches
    country: str = Field(default="FR", pattern=r"^[A-Z]{2}$")  # of the search
    locale: str = Field(default="fr-FR", pattern=r"^[a-z]{2}(-[A-Z]{2})?$")
    audience: bool = True  # followers, views and pins of the account, once a day
    page_size: int = Field(default=250, ge=1, le=250)
    look_back: PositiveDuration = timedelta(days=7)
    overlap: Duration = Field(default=timedelta(hours=1), ge=timedelta(0))
    requests_per_second: float = Field(default=2.0, gt=0)

    @model_validator(mode="after")
    def _whole_credentials(self) -> Self:
        if (self.app_id is None) != (self.app_secret is None):
            raise ValueError("app_id and app_secret should come together")
        if self.app_id is None and self.access_token is None:
            raise ValueError("needs app_id with app_secret for `listener login`, or access_token")
        if not self.pins and not self.search and not self.audience:
            raise ValueError("should read something: pins, search or audience")
        return self
