"""What a XING source may be told in the configuration."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field, SecretStr

from connectors.connector import ConnectorSettings
from connectors.durations import Duration, PositiveDuration

CompanyId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]


class XingSettings(ConnectorSettings):
    """Keys of XING's open developer programme, which gives none any more."""

    base_url: str = Field(default="https://api.xing.com/v1", pattern=r"^https?://")
    consumer_key: str
    consumer_secret: SecretStr
    access_token: SecretStr
    access_token_secret: SecretStr
    # "PLAINTEXT" sends both secrets with each call, where the other only proves that we hold them.
    signature: Literal["HMAC-SHA1", "PLAINTEXT"] = "HMAC-SHA1"
    companies: Annotated[tuple[CompanyId, ...], Field(min_length=1)]
    comments: bool = True
    follow: PositiveDuration = timedelta(days=14)  # how long comments under an update are read
    page_size: int = Field(default=50, ge=1, le=100)
    pause: PositiveDuration = timedelta(minutes=15)  # where XING asks to wait and not how long
    look_back: PositiveDuration = timedelta(days=7)
    overlap: Duration = Field(default=timedelta(days=1), ge=timedelta(0))
    requests_per_second: float = Field(default=1.0, gt=0)
