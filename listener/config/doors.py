"""How people answer from outside: [mailbox], which replies come back to, and [links]."""

from __future__ import annotations

import re
from datetime import timedelta
from fnmatch import fnmatch
from typing import Literal

from pydantic import Field, SecretStr, field_validator

from connectors.durations import Duration, PositiveDuration
from listener.config.section import Section
from listener.domain.values import Address

_BASE_URL = re.compile(r"https://[^@/\s?#]+(?:/[^\s?#]*)?")


class MailboxSettings(Section):
    """Read over IMAP, never changed: neither marked, moved nor deleted from."""

    host: str = Field(min_length=1)
    port: int = Field(default=993, ge=1, le=65535)
    security: Literal["tls", "starttls"] = "tls"
    user: str = Field(min_length=1)
    password: SecretStr
    folder: str = Field(default="INBOX", min_length=1, max_length=200)
    every: Duration = Field(default=timedelta(seconds=30), ge=timedelta(seconds=10))
    address: Address | None = None  # where replies are to go; None: email.sender
    tagged: bool = False  # veille+CODE@… arrives in this mailbox as well
    valid: PositiveDuration = timedelta(hours=24)
    sms_from: tuple[str, ...] = ()  # senders, with "*" for any part
    sms_phone: Literal["subject", "from", "body"] = "subject"
    sms_channel: str | None = None  # by which an SMS is answered; None: by none

    def is_gateway(self, sender: str) -> bool:
        return any(fnmatch(sender.casefold(), known.casefold()) for known in self.sms_from)


class LinkSettings(Section):
    """Where the site's reverse proxy lets the outside reach this listener's /a/."""

    base_url: str
    valid: PositiveDuration = timedelta(hours=24)

    @field_validator("base_url")
    @classmethod
    def _is_https(cls, value: str) -> str:
        if not _BASE_URL.fullmatch(value) or not value.isascii():
            raise ValueError('should be "https://host" or "https://host/path", nothing after it')
        return value.rstrip("/")
