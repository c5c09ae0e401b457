"""Every key of config.toml, composed from the settings that live beside their users."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, SerializeAsAny, field_validator

from connectors.connector import ConnectorSettings
from connectors.durations import Duration, PositiveDuration
from listener.config.alerting import (
    AlertSettings,
    ConsoleSettings,
    EmailSettings,
    SlackSettings,
)
from listener.config.channels import ChannelSettings
from listener.config.digest import DigestSettings
from listener.config.doors import LinkSettings, MailboxSettings
from listener.config.heartbeat import HeartbeatSettings
from listener.config.oncall import SelfTestSettings
from listener.config.scoring import ScoringSettings
from listener.config.section import Language, Section
from listener.domain.calendar import CalendarSettings
from listener.domain.escalation import EscalationSettings
from listener.domain.oncall import AnyRota, Person
from listener.domain.rule import AuthorListSettings, EventSettings, Rule
from listener.domain.values import Identifier
from listener.domain.watch import Watch

_PROXY = re.compile(r"https?://[^@/\s]+/?")


class HospitalSettings(Section):
    name: str = Field(min_length=1)
    town: str = ""
    timezone: str = "Europe/Paris"
    language: Language = "fr"
    mediation: str = ""  # where complaints belong: said in digests

    @field_validator("timezone")
    @classmethod
    def _exists(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError('should be a zone such as "Europe/Paris"') from error
        return value

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


class NetworkSettings(Section):
    proxy: str | None = None
    proxy_user: str | None = None
    proxy_password: SecretStr | None = None
    no_proxy: tuple[str, ...] = ("localhost", "127.0.0.1", "::1")
    ca_file: Path | None = None
    allowed_hosts: tuple[str, ...] = ()
    contact: str | None = None

    @field_validator("proxy")
    @classmethod
    def _bare(cls, value: str | None) -> str | None:
        if value is not None and not _PROXY.fullmatch(value):
            raise ValueError(
                'should be "http://host:port", with its login in proxy_user and proxy_password'
            )
        return value


class DatabaseSettings(Section):
    url: str = "sqlite"  # a file in state_dir; or sqlite:///path, postgresql://user@host/name
    password: SecretStr | None = None

    @field_validator("url")
    @classmethod
    def _known(cls, value: str) -> str:
        if value != "sqlite" and not value.startswith(("sqlite:///", "postgresql://")):
            raise ValueError(
                'should be "sqlite", "sqlite:///path" or "postgresql://user@host/name"'
            )
        if _has_password(value):
            raise ValueError("holds a password: it goes in database.password, as a secret")
        return value


class PrivacySettings(Section):
    retention_days: int = Field(default=395, ge=1, le=3650)
    restricted_retention_days: int = Field(default=30, ge=1, le=3650)
    quarantine_days: int = Field(default=30, ge=1, le=365)

    @property
    def retention(self) -> timedelta:
        return timedelta(days=self.retention_days)

    @property
    def restricted_retention(self) -> timedelta:
        """Of what may reveal who is a patient: never longer than the rest is kept."""
        return timedelta(days=min(self.restricted_retention_days, self.retention_days))


class ServiceSettings(Section):
    host: str = "127.0.0.1"
    port: int = Field(default=8787, ge=0, le=65535)
    log_format: Literal["auto", "json", "console"] = "auto"
    log_level: Literal["debug", "info", "warning", "error"] = "info"


class DemoSettings(Section):
    """Plays a recorded week on its own clock, in a scratch database, then goes on live."""

    source: Identifier
    until: PositiveDuration = timedelta(hours=10)


class SourceSettings(Section):
    """One `[[source]]`: common keys here, the rest is its connector's."""

    id: Identifier
    connector: str
    every: Duration = Field(default=timedelta(minutes=5), ge=timedelta(seconds=10))
    enabled: bool = True
    about: tuple[str, ...] = ()
    weight: float = Field(default=1.0, ge=0, le=3)
    settings: SerializeAsAny[ConnectorSettings]


def _has_password(url: str) -> bool:
    try:
        return urlsplit(url).password is not None
    except ValueError:  # an unfinished IPv6 address: said when the database is opened
        return False


class Config(Section):
    """The whole configuration, every reference between its parts checked."""

    state_dir: Path = Path("var")
    hospital: HospitalSettings
    watch: tuple[Watch, ...] = Field(min_length=1)
    source: tuple[SourceSettings, ...] = ()
    rule: tuple[Rule, ...] = ()
    author_list: tuple[AuthorListSettings, ...] = ()
    event: tuple[EventSettings, ...] = ()
    person: tuple[Person, ...] = ()
    rota: tuple[AnyRota, ...] = ()
    escalation: EscalationSettings = EscalationSettings()
    selftest: SelfTestSettings = SelfTestSettings()
    calendar: CalendarSettings = CalendarSettings()
    network: NetworkSettings = NetworkSettings()
    database: DatabaseSettings = DatabaseSettings()
    alerts: AlertSettings = AlertSettings()
    slack: SlackSettings | None = None
    email: EmailSettings | None = None
    mailbox: MailboxSettings | None = None
    links: LinkSettings | None = None
    channel: tuple[ChannelSettings, ...] = ()
    console: ConsoleSettings = ConsoleSettings()
    digest: DigestSettings = DigestSettings()
    privacy: PrivacySettings = PrivacySettings()
    scoring: ScoringSettings = ScoringSettings()
    service: ServiceSettings = ServiceSettings()
    heartbeat: HeartbeatSettings | None = None
    demo: DemoSettings | None = None

    @property
    def people(self) -> dict[str, Person]:
        return {person.id: person for person in self.person}

    @property
    def channels(self) -> dict[str, ChannelSettings]:
        """Each `[[channel]]` by its id; Slack, e-mail and the console have sections of their own."""
        return {channel.id: channel for channel in self.channel}

    @property
    def language(self) -> Language:
        return self.hospital.language
