"""`[[channel]]`: gateways beside Slack and e-mail: SMS, voice, Teams, Telegram, a webhook."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, SecretStr, ValidationInfo, field_validator

from listener.config.alerting import Excerpt
from listener.config.section import Section
from listener.domain.oncall import Person
from listener.domain.values import Identifier

OWN = ("slack", "email", "console")
"""Channels with a section of their own: their names are nobody else's."""

ADDRESS = "{address}"


def _free(value: str) -> str:
    if value in OWN:
        raise ValueError(f"is the name of the [{value}] section: choose another")
    return value


class ChannelSettings(Section):
    """One gateway. Without `url`, messages are only written into `outbox`."""

    id: Annotated[Identifier, AfterValidator(_free)]
    kind: Literal["apprise", "webhook"]
    # An Apprise address, or a webhook's https address; "{address}" stands for a person's own.
    url: SecretStr | None = None
    secret: SecretStr | None = None  # signs what a webhook is sent
    rings: bool = False  # makes a phone ring: voice, SMS, urgent push
    form: Literal["short", "long"] = "short"
    excerpt: Excerpt = "none"
    team_address: str | None = None  # what "{address}" is where no person is meant
    outbox: Path | None = None  # receives a copy of each message as .txt

    @field_validator("url")
    @classmethod
    def _address(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        # The value is a secret: no complaint may repeat it.
        address = value.get_secret_value() if value else None
        if address is None:
            return value
        scheme = address.partition("://")[0] if "://" in address else ""
        if not scheme:
            raise ValueError("should be an address such as scheme://…")
        if info.data.get("kind") == "webhook" and not _is_web(address):
            raise ValueError("should be an https:// address, since kind is webhook")
        return value

    @property
    def is_personal(self) -> bool:
        """Whether its address names one person; else all its messages go to one place."""
        return self.url is not None and ADDRESS in self.url.get_secret_value()

    def address_of(self, person: Person | None) -> str | None:
        """The person's own address here, their phone unless told otherwise; the team's for nobody."""
        if person is None:
            return self.team_address
        return person.addresses.get(self.id) or person.phone

    def reaches(self, person: Person | None) -> bool:
        """Whether it sends somewhere, and knows where for this person."""
        return self.url is not None and (not self.is_personal or bool(self.address_of(person)))

    def wakes(self, person: Person) -> bool:
        """Whether it makes this person's phone ring: asleep, they hear it."""
        return self.rings and self.reaches(person)


def _is_web(address: str) -> bool:
    try:
        parts = urlsplit(address)
        _port = parts.port
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
