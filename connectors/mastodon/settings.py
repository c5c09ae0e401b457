"""What a Mastodon source may be told in the configuration."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator
from yarl import URL

from connectors.connector import ConnectorSettings
from connectors.durations import Duration


def _origin(value: str) -> str:
    """ "piaille.fr" and "https://piaille.fr/" both mean https://piaille.fr."""
    url = URL(value if "://" in value else f"https://{value}")
    if url.scheme not in ("http", "https") or not url.host or url.user or url.query_string:
        raise ValueError('should be an instance such as "piaille.fr" or "https://piaille.fr"')
    return str(url).rstrip("/")


def _hashtag(value: str) -> str:
    return value.strip().removeprefix("#").lower()


Origin = Annotated[str, AfterValidator(_origin)]
Hashtag = Annotated[str, AfterValidator(_hashtag), Field(min_length=1)]


class MastodonSettings(ConnectorSettings):
    """`access_token` is a user token (read:statuses read:search read:notifications) of the *first*
    instance, and is sent to no other. Search, notifications and the stream need it.

    Where the app's limit is not Mastodon's own (300 requests in five minutes), say it in
    `requests_per_second` and `burst`.
    """

    instances: Annotated[tuple[Origin, ...], Field(min_length=1)] = (
        "https://mastodon.social",
        "https://piaille.fr",
    )
    base_url: Origin | None = None  # in place of `instances`: the one server to read
    access_token: SecretStr | None = None
    hashtags: tuple[Hashtag, ...] = ()  # beside those of the watches
    terms: tuple[str, ...] = ()  # searched beside those of the watches
    search: bool = True
    notifications: bool = True  # posts that address or quote the token's account
    audience: bool = True  # once a day, the followers of the watched accounts of these instances
    public: Literal["off", "local", "all"] = "off"  # kept only where a watch is concerned
    honour_opt_out: bool = True  # leave out authors who say #nobot or noindex
    stream: bool = False
    streaming_url: str | None = None  # None: as the instance says; named here, `hosts` knows it
    look_back: Duration = Field(default=timedelta(days=7), gt=timedelta(0))
    public_look_back: Duration = Field(default=timedelta(hours=1), gt=timedelta(0))
    overlap: Duration = Field(default=timedelta(hours=1), ge=timedelta(0))
    requests_per_second: float = Field(default=1.0, gt=0)
    burst: int = Field(default=250, gt=0)

    @model_validator(mode="after")
    def _streaming_is_a_websocket(self) -> Self:
        if self.streaming_url and URL(self.streaming_url).scheme not in ("ws", "wss"):
            raise ValueError("streaming_url should begin with wss://")
        return self

    @property
    def origins(self) -> tuple[str, ...]:
        """The servers to read, each once; the first is the token's."""
        return (self.base_url,) if self.base_url else tuple(dict.fromkeys(self.instances))
