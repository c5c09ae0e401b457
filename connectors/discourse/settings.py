"""What a source of one Discourse forum may be told in the configuration."""

from __future__ import annotations

from datetime import timedelta
from typing import Self

from pydantic import Field, SecretStr, field_validator, model_validator
from yarl import URL

from connectors.connector import ConnectorSettings
from connectors.durations import Duration


class DiscourseSettings(ConnectorSettings):
    """Public forums need no key. A key is an administrator's `api_key` with `api_username`, or a
    member's own `user_api_key`, which is left unused beside the former.

    Discourse's own defaults are 200 requests a minute and address, 20 for a member's key, 60 for an
    administrator's, all by memory: `requests_per_minute` of None keeps well under each.
    """

    base_url: str  # the forum's address, sub-directory included
    api_key: SecretStr | None = None
    api_username: str | None = None
    user_api_key: SecretStr | None = None
    webhook_secret: SecretStr | None = None
    posts: bool = True  # the newest posts of the whole forum, as far as the key may see
    categories: tuple[int, ...] = ()  # ids; none: all of them
    search: bool = False  # for a forum too large to be read whole
    terms: tuple[str, ...] = ()  # beside those of the watches
    hashtags: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    conversations: bool = True  # one request for each topic not met before, to know who is answered
    searches_per_minute: int = Field(default=8, ge=1)  # what Discourse allows visitors, by memory
    requests_per_minute: float | None = Field(default=None, gt=0)
    look_back: Duration = Field(default=timedelta(days=7), gt=timedelta(0))
    overlap: Duration = Field(default=timedelta(minutes=10), ge=timedelta(0))

    @field_validator("base_url")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        url = URL(value)
        if url.scheme not in ("http", "https") or not url.host or url.query_string:
            raise ValueError('should be the forum\'s address, such as "https://forum.example"')
        return value.rstrip("/")

    @model_validator(mode="after")
    def _reads_something(self) -> Self:
        if (self.api_key is None) != (self.api_username is None):
            raise ValueError("api_key and api_username go together")
        if not (self.posts or self.search):
            raise ValueError("set posts or search to true, or nothing is read")
        return self

    @property
    def site(self) -> str:
        """What tells this forum's ids from another's: host, port where it is odd, and path."""
        url = URL(self.base_url)
        host = url.host or ""
        port = "" if url.is_default_port() else f":{url.port}"
        return f"{host}{port}{url.path.rstrip('/')}"

    @property
    def headers(self) -> dict[str, str]:
        """https://docs.discourse.org/ and https://meta.discourse.org/t/user-api-keys-specification/48536"""
        headers = {"Accept": "application/json"}
        if self.api_key is not None and self.api_username is not None:
            headers["Api-Key"] = self.api_key.get_secret_value()
            headers["Api-Username"] = self.api_username
        elif self.user_api_key is not None:
            headers["User-Api-Key"] = self.user_api_key.get_secret_value()
        return headers

    @property
    def pace(self) -> float:
        """Requests a minute."""
        if self.requests_per_minute is not None:
            return self.requests_per_minute
        if self.api_key is not None:
            return 50.0
        return 18.0 if self.user_api_key is not None else 120.0
