"""What a Telegram source may be told in the configuration."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, SecretStr, model_validator
from yarl import URL

from connectors.connector import ConnectorSettings
from connectors.durations import Duration

OFFICIAL = "https://t.me"
OFFICIAL_API = "https://api.telegram.org"
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{3,31}")
_TOKEN = re.compile(r"[A-Za-z0-9:_-]{1,200}")  # it stands in an address's path


def channel_name(written: object) -> object:
    """A channel's name out of @name, t.me/name or t.me/s/name; in lower case, as names ignore it."""
    if not isinstance(written, str):
        return written
    name = re.sub(r"^(?:https?://)?t(?:elegram)?\.me/(?:s/)?|^@", "", written.strip())
    name = name.strip("/")
    if not _NAME.fullmatch(name):
        raise ValueError(
            'should be a public channel such as "chu_valmont": private ones have no name'
        )
    return name.lower()


Channel = Annotated[str, BeforeValidator(channel_name)]


class TelegramSettings(ConnectorSettings):
    """`channels` are read by their web preview; `bot_token` adds what a bot of ours is told."""

    channels: tuple[Channel, ...] = ()
    peers: tuple[Channel, ...] = ()
    """Channels whose subscribers are counted, and which are not read."""
    base_url: str = OFFICIAL
    search: bool = False
    """Ask each channel for the watches' names only, instead of reading all of it."""
    terms: tuple[str, ...] = ()
    """Beside those of the watches, where `search` is on."""
    audience: bool = True
    look_back: Duration = Field(default=timedelta(days=7), gt=timedelta(0))
    overlap: Duration = Field(default=timedelta(hours=6), ge=timedelta(0))
    """How far behind its mark a channel is read again: edits are found there."""
    seconds_between_requests: float = Field(default=2.0, ge=2.0, le=60.0)
    """Telegram publishes no limit for previews: two seconds is what it is known to bear."""
    confirmed: int = Field(default=20, ge=0)
    """Messages missing from the preview that one refresh asks for by themselves: gone or not?"""
    bot_token: SecretStr | None = None

    @model_validator(mode="after")
    def _reads_something(self) -> Self:
        if not (self.channels or self.peers or self.bot_token):
            raise ValueError("give channels, or a bot_token")
        return self

    @model_validator(mode="after")
    def _a_token_looks_like_one(self) -> Self:
        if self.bot_token is not None and not _TOKEN.fullmatch(self.bot_token.get_secret_value()):
            raise ValueError("bot_token should look like 123456:ABC-DEF…, as @BotFather gives it")
        return self

    @property
    def preview(self) -> URL:
        return URL(self.base_url.rstrip("/"))

    @property
    def api(self) -> URL:
        """Where bots are served: api.telegram.org, or whatever stands in for all of Telegram."""
        if self.base_url.rstrip("/") == OFFICIAL:
            return URL(OFFICIAL_API)
        return URL(self.base_url).origin()
