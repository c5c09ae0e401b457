"""The monitor outside that is told that the listener lives: [heartbeat]."""

from __future__ import annotations

import re
from datetime import timedelta

from pydantic import Field, SecretStr, field_validator

from connectors.durations import Duration
from listener.config.section import Section

_URL = re.compile(r"https?://[^@/\s?#]+/[^\s?#]+")


class HeartbeatSettings(Section):
    """`url` as healthchecks gives it, a secret: whoever knows it can say that all is well."""

    url: SecretStr
    every: Duration = Field(
        default=timedelta(minutes=1), ge=timedelta(seconds=10), le=timedelta(hours=1)
    )

    @field_validator("url")
    @classmethod
    def _is_an_address(cls, value: SecretStr) -> SecretStr:
        if not _URL.fullmatch(value.get_secret_value()):
            raise ValueError('should be "https://host/path", with nothing after it')
        return value

    @property
    def origin(self) -> str:
        """Where it goes, without the path that is the secret."""
        scheme, _, rest = self.url.get_secret_value().partition("://")
        return f"{scheme}://{rest.partition('/')[0]}"
