"""`[[person]]` and `[[rota]]` as they are written, and what they may not say."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    SecretStr,
    Tag,
    field_validator,
    model_validator,
)

from connectors.durations import ClockTime, Duration
from listener.domain.calendar import WEEKDAYS, Hours, Weekday
from listener.domain.values import Address, Identifier


class _Settings(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", populate_by_name=True, hide_input_in_errors=True
    )


class Person(_Settings):
    """Somebody who can be reached."""

    id: Identifier
    name: str = Field(min_length=1)
    email: Address | None = None
    slack: str | None = None  # the member id, U…
    phone: str | None = None
    addresses: dict[str, str] = {}  # by channel's id, where it is not the phone


class Between(_Settings):
    """Two local instants, one after the other."""

    since: datetime = Field(alias="from")  # local to the hospital where no offset is given
    until: datetime

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if (self.since.tzinfo is None) != (self.until.tzinfo is None):
            raise ValueError("from and until should both carry an offset, or neither")
        if self.until <= self.since:
            raise ValueError(f"until ({self.until}) should come after from ({self.since})")
        return self

    def between(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """As UTC instants; an end in the hour that spring skips may come before the beginning."""
        return _utc(self.since, zone), _utc(self.until, zone)


class Override(Between):
    """Somebody else, or nobody, between two local instants."""

    person: str | None = None  # None: a hole that is known, the fallback takes it


class Swap(_Settings):
    """Two people exchange their turns: within `during` each stands where the other would have."""

    people: tuple[str, str]
    during: tuple[Between, ...] = Field(min_length=1)

    @field_validator("people")
    @classmethod
    def _two(cls, value: tuple[str, str]) -> tuple[str, str]:
        if value[0] == value[1]:
            raise ValueError("should name two people")
        return value

    def stands_for(self, person: str | None) -> str | None:
        """Who takes somebody's turn."""
        first, second = self.people
        return {first: second, second: first}.get(person or "", person)


class _RotaSettings(_Settings):
    id: Identifier
    fallback: str
    subjects: tuple[str, ...] = ()  # watch ids; empty: all
    override: tuple[Override, ...] = ()
    swap: tuple[Swap, ...] = ()

    def named(self) -> tuple[str, ...]:
        """The people of the rota itself, overrides and fallback left aside."""
        return ()


class WeeklyRota(_RotaSettings):
    """People in turn, a week each."""

    kind: Literal["weekly"] = "weekly"
    people: tuple[str, ...] = Field(min_length=1)
    starts_on: date  # the first person's first week begins on the hand-over day of this week
    ends_on: date | None = None
    handover_day: Weekday = "monday"
    handover_time: ClockTime = time(9, 0)

    def named(self) -> tuple[str, ...]:
        return self.people


class DailyRota(_RotaSettings):
    """People in turn, a day each."""

    kind: Literal["daily"]
    people: tuple[str, ...] = Field(min_length=1)
    starts_on: date  # the first person's first day begins at the hand-over of this date
    ends_on: date | None = None
    handover_time: ClockTime = time(9, 0)

    def named(self) -> tuple[str, ...]:
        return self.people


class Duty(_Settings):
    """One line of a weekday's table: a person, for these hours or from hand-over to hand-over."""

    person: str
    hours: Hours | None = None

    @model_validator(mode="before")
    @classmethod
    def _named(cls, value: Any) -> Any:
        return {"person": value} if isinstance(value, str) else value


class WeekdayRota(_RotaSettings):
    """A table by weekday; hours are nearer than a whole day, and the later line than the earlier."""

    kind: Literal["weekday"]
    monday: tuple[Duty, ...] = ()
    tuesday: tuple[Duty, ...] = ()
    wednesday: tuple[Duty, ...] = ()
    thursday: tuple[Duty, ...] = ()
    friday: tuple[Duty, ...] = ()
    saturday: tuple[Duty, ...] = ()
    sunday: tuple[Duty, ...] = ()
    starts_on: date | None = None
    ends_on: date | None = None
    handover_time: ClockTime = time(9, 0)  # of whole days

    @field_validator(*WEEKDAYS, mode="before")
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str | dict) else value

    @model_validator(mode="after")
    def _somebody(self) -> Self:
        if not self.named():
            raise ValueError('should name somebody on a weekday, such as monday = "lea"')
        return self

    def duties(self, day: date) -> tuple[Duty, ...]:
        table: tuple[Duty, ...] = getattr(self, WEEKDAYS[day.weekday()])
        return table

    def named(self) -> tuple[str, ...]:
        return tuple(duty.person for name in WEEKDAYS for duty in getattr(self, name))


class IcsRota(_RotaSettings):
    """A calendar that is kept elsewhere, in iCalendar's format."""

    kind: Literal["ics"]
    file: Path | None = None
    url: SecretStr | None = None  # whoever has a calendar's address reads it
    every: Duration = Field(default=timedelta(minutes=15), ge=timedelta(minutes=1))
    names: dict[str, str] = Field(default_factory=dict)  # as the calendar writes them → person ids
    handover_time: ClockTime = time(0, 0)  # of events that last whole days

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.file is None) == (self.url is None):
            raise ValueError("should have a file or a url, one of the two")
        return self


def _kind(value: Any) -> Any:
    if isinstance(value, dict):
        return value.get("kind", "weekly")
    return getattr(value, "kind", "weekly")


AnyRota = Annotated[
    Annotated[WeeklyRota, Tag("weekly")]
    | Annotated[DailyRota, Tag("daily")]
    | Annotated[WeekdayRota, Tag("weekday")]
    | Annotated[IcsRota, Tag("ics")],
    Discriminator(_kind),
]
"""`[[rota]]`, by its `kind`; weekly where it says none."""


def _utc(instant: datetime, zone: ZoneInfo) -> datetime:
    aware = instant if instant.tzinfo else instant.replace(tzinfo=zone)
    return aware.astimezone(UTC)
