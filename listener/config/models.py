"""Every key of config.toml, composed from the settings that live beside their users."""

from __future__ import annotations

import re
from datetime import time, timedelta
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    SerializeAsAny,
    field_validator,
)

from classifiers.settings import PanelSettings, Tier
from classifiers.severity import DEFAULT, GRAVITY, Points
from classifiers.themes import THEMES
from classifiers.virality.forecast import THRESHOLDS
from connectors.connector import ConnectorSettings
from connectors.durations import ClockTime, Duration, PositiveDuration
from listener.domain.calendar import CalendarSettings, Weekday
from listener.domain.incident import Policy
from listener.domain.oncall import Person, RotaSettings
from listener.domain.rule import Level, Rule
from listener.domain.values import Address, Identifier
from listener.domain.watch import Watch

Channel = Literal["slack", "email", "console"]
Excerpt = Literal["none", "masked", "full"]
Language = Literal["fr", "en"]


_PROXY = re.compile(r"https?://[^@/\s]+/?")


def _known_theme(name: str) -> str:
    if name not in THEMES:
        raise ValueError(f"no theme of this name; there are {', '.join(THEMES)}")
    return name


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class HospitalSettings(_Section):
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


class NetworkSettings(_Section):
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


class DatabaseSettings(_Section):
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


class AlertSettings(_Section):
    mode: Literal["observe", "live"] = "observe"
    max_lateness: PositiveDuration = timedelta(hours=6)
    repeat_interval: PositiveDuration = timedelta(hours=4)
    resolve_after: PositiveDuration = timedelta(hours=12)
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
        )

    def channels(self, level: Level) -> tuple[Channel, ...]:
        channels: tuple[Channel, ...] = getattr(self, level.value)
        return channels


class SlackSettings(_Section):
    token: SecretStr
    channel: str = Field(min_length=1)
    base_url: str = "https://slack.com/api/"
    excerpt: Excerpt = "masked"


class EmailSettings(_Section):
    host: str | None = None  # None: messages are only written to `outbox`
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    relay: bool = False  # the hospital's own relay: no login, and "none" allowed
    user: str | None = None
    password: SecretStr | None = None
    sender: Address = "listener@localhost"
    outbox: Path | None = None  # a folder that receives a copy of each message as .eml
    excerpt: Excerpt = "masked"


class ConsoleSettings(_Section):
    # What is printed may end in a journal, where nothing can be forgotten.
    excerpt: Excerpt = "none"


class DigestSettings(_Section):
    enabled: bool = True
    day: Weekday = "monday"
    hour: ClockTime = time(8, 0)
    recipients: tuple[Address, ...] = ()
    slack: bool = True
    language: Language | None = None  # None: the hospital's


class PrivacySettings(_Section):
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


Theme = Annotated[str, AfterValidator(_known_theme)]


class SeveritySettings(_Section):
    """Points of each part of a mention's severity, and how grave each theme is."""

    negativity: float = Field(default=DEFAULT.negativity, ge=0, le=100)
    rating: float = Field(default=DEFAULT.rating, ge=0, le=100)
    gravity: float = Field(default=DEFAULT.gravity, ge=0, le=100)
    forecast: float = Field(default=DEFAULT.forecast, ge=0, le=100)
    reach: float = Field(default=DEFAULT.reach, ge=0, le=100)
    themes: dict[Theme, Annotated[float, Field(ge=0, le=1)]] = Field(default_factory=dict)

    @property
    def points(self) -> Points:
        parts = self.model_dump(exclude={"themes"})
        return Points(**parts, themes={**GRAVITY, **self.themes})


class ScoringSettings(_Section):
    timeout: PositiveDuration = timedelta(seconds=30)
    memory_mb: int = Field(default=1024, ge=256)
    deep: bool = True
    # Of every five seconds.
    deep_budget: PositiveDuration = Field(default=timedelta(seconds=4), le=timedelta(seconds=5))
    deep_memory_mb: int = Field(default=2048, ge=512)
    restricted_from: float = Field(default=0.4, gt=0, le=1)
    about_from: float = Field(default=0.35, ge=0, le=1)
    encoder: Path | None = None
    thresholds: list[Annotated[int, Field(ge=1)]] = Field(
        default_factory=lambda: list(THRESHOLDS), min_length=1, max_length=6
    )
    severity: SeveritySettings = SeveritySettings()

    def panel(self, tier: Tier) -> PanelSettings:
        """How the scorer of this tier is set up."""
        deep = tier == "whole"
        return PanelSettings(
            tier=tier,
            encoder=self.encoder if deep else None,
            languages_given=deep,
            thresholds=tuple(self.thresholds),
            points=self.severity.points,
        )


class ServiceSettings(_Section):
    host: str = "127.0.0.1"
    port: int = Field(default=8787, ge=0, le=65535)
    log_format: Literal["auto", "json", "console"] = "auto"
    log_level: Literal["debug", "info", "warning", "error"] = "info"


class DemoSettings(_Section):
    """Plays a recorded week on its own clock, in a scratch database, then goes on live."""

    source: Identifier
    until: PositiveDuration = timedelta(hours=10)


class SourceSettings(_Section):
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


class Config(_Section):
    """The whole configuration, every reference between its parts checked."""

    state_dir: Path = Path("var")
    hospital: HospitalSettings
    watch: tuple[Watch, ...] = Field(min_length=1)
    source: tuple[SourceSettings, ...] = ()
    rule: tuple[Rule, ...] = ()
    person: tuple[Person, ...] = ()
    rota: tuple[RotaSettings, ...] = ()
    calendar: CalendarSettings = CalendarSettings()
    network: NetworkSettings = NetworkSettings()
    database: DatabaseSettings = DatabaseSettings()
    alerts: AlertSettings = AlertSettings()
    slack: SlackSettings | None = None
    email: EmailSettings | None = None
    console: ConsoleSettings = ConsoleSettings()
    digest: DigestSettings = DigestSettings()
    privacy: PrivacySettings = PrivacySettings()
    scoring: ScoringSettings = ScoringSettings()
    service: ServiceSettings = ServiceSettings()
    demo: DemoSettings | None = None

    @property
    def people(self) -> dict[str, Person]:
        return {person.id: person for person in self.person}

    @property
    def language(self) -> Language:
        return self.hospital.language
