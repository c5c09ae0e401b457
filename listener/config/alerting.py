"""Alerts and the channels that carry them: [alerts], [slack], [email], [console]."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator

from connectors.durations import PositiveDuration
from listener.config.section import Section
from listener.domain.incident import Policy
from listener.domain.rule import Level
from listener.domain.values import Address

Channel = str
"""`slack`, `email`, `console` or the id of a `[[channel]]`."""
Excerpt = Literal["none", "masked", "full"]


class AlertSettings(Section):
    mode: Literal["observe", "live"] = "observe"
    max_lateness: PositiveDuration = timedelta(hours=6)
    repeat_interval: PositiveDuration = timedelta(hours=4)
    resolve_after: PositiveDuration = timedelta(hours=12)
    # A matter that was closed comes back once it has so many times the mentions it had then.
    reopen_factor: float = Field(default=2.0, ge=1, le=100)
    max_pages: int = Field(default=10, ge=1, le=60)  # of one person within half an hour
    update_every: PositiveDuration = timedelta(minutes=10)  # of what was sent and can be changed
    max_updates: int = Field(default=24, ge=0, le=1000)  # of one incident, for its figures alone
    critical: tuple[Channel, ...] = ("slack", "email")
    warning: tuple[Channel, ...] = ("slack",)
    info: tuple[Channel, ...] = ("console",)
    fallback: Channel = "email"
    team_email: Address | None = None  # where warnings and fallbacks without a person go

    @property
    def policy(self) -> Policy:
        return Policy(
            max_lateness=self.max_lateness,
            repeat_interval=self.repeat_interval,
            resolve_after=self.resolve_after,
            reopen_factor=self.reopen_factor,
        )

    def channels(self, level: Level) -> tuple[Channel, ...]:
        channels: tuple[Channel, ...] = getattr(self, level.value)
        return channels


class SlackSettings(Section):
    token: SecretStr
    channel: str = Field(min_length=1)
    # App-level, for buttons through Socket Mode: without it, messages have none that are heard.
    app_token: SecretStr | None = None
    signing_secret: SecretStr | None = None  # for buttons over HTTPS, where Slack can reach us
    base_url: str = "https://slack.com/api/"
    excerpt: Excerpt = "masked"

    @field_validator("app_token")
    @classmethod
    def _app_level(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().startswith("xapp-"):
            raise ValueError('should be an app-level token, which begins with "xapp-"')
        return value

    @property
    def hears_buttons(self) -> bool:
        return self.app_token is not None or self.signing_secret is not None


class EmailSettings(Section):
    host: str | None = None  # None: messages are only written to `outbox`
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    relay: bool = False  # the hospital's own relay: no login, and "none" allowed
    user: str | None = None
    password: SecretStr | None = None
    sender: Address = "listener@localhost"
    outbox: Path | None = None  # a folder that receives a copy of each message as .eml
    excerpt: Excerpt = "masked"


class ConsoleSettings(Section):
    # What is printed may end in a journal, where nothing can be forgotten.
    excerpt: Excerpt = "none"
