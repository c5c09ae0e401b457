"""Who is on call at an instant: a weekly rotation, dated overrides, and a named fallback for holes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, model_validator

from connectors.durations import ClockTime
from listener.domain.calendar import WEEKDAYS, Weekday
from listener.domain.values import Address, Identifier


class Person(BaseModel):
    """Somebody who can be reached."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Identifier
    name: str = Field(min_length=1)
    email: Address | None = None
    slack: str | None = None  # the member id, U…
    phone: str | None = None
    addresses: dict[str, str] = {}  # by channel's id, where it is not the phone


class Override(BaseModel):
    """Somebody else, or nobody, between two local instants."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    since: datetime = Field(alias="from")  # local to the hospital where no offset is given
    until: datetime
    person: str | None = None  # None: a hole that is known, the fallback takes it

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if (self.since.tzinfo is None) != (self.until.tzinfo is None):
            raise ValueError("from and until should both carry an offset, or neither")
        if self.until <= self.since:
            raise ValueError(f"until ({self.until}) should come after from ({self.since})")
        return self

    def between(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        return _local(self.since, zone), _local(self.until, zone)


class RotaSettings(BaseModel):
    """`[[rota]]`: people in turn, a week each."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Identifier
    people: tuple[str, ...] = Field(min_length=1)
    starts_on: date  # the first person's first week begins on the hand-over day of this week
    ends_on: date | None = None
    handover_day: Weekday = "monday"
    handover_time: ClockTime = time(9, 0)
    fallback: str
    subjects: tuple[str, ...] = ()  # watch ids; empty: all
    override: tuple[Override, ...] = ()


def _local(instant: datetime, zone: ZoneInfo) -> datetime:
    aware = instant if instant.tzinfo else instant.replace(tzinfo=zone)
    return aware.astimezone(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class OnCall:
    """Who answers, since when by which rule, and whether the rota had a hole."""

    person: str
    rota: str
    until: datetime
    hole: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Hole:
    """A stretch of the rota with nobody in it."""

    rota: str
    since: datetime
    until: datetime


class Rota:
    """One rota, asked with UTC instants; hand-overs stay at their local hour over DST."""

    def __init__(self, settings: RotaSettings, zone: ZoneInfo) -> None:
        self.settings = settings
        self.zone = zone
        weekday = WEEKDAYS.index(settings.handover_day)
        behind = (settings.starts_on.weekday() - weekday) % 7
        self._first = settings.starts_on - timedelta(days=behind)
        self._end = self._midnight_after(settings.ends_on) if settings.ends_on else None

    def _midnight_after(self, day: date) -> datetime:
        return datetime.combine(day + timedelta(days=1), time(), self.zone).astimezone(UTC)

    def _handover(self, week: int) -> datetime:
        day = self._first + timedelta(weeks=week)
        return datetime.combine(day, self.settings.handover_time, self.zone).astimezone(UTC)

    def _week(self, at: datetime) -> int:
        week = (at.astimezone(self.zone).date() - self._first).days // 7
        return week if at >= self._handover(week) else week - 1

    def everybody(self) -> frozenset[str]:
        """All who may be called by this rota."""
        overrides = {o.person for o in self.settings.override if o.person is not None}
        return frozenset({*self.settings.people, *overrides, self.settings.fallback})

    def on_call(self, at: datetime) -> OnCall:
        """Who is on call at an instant; the fallback where the rota has a hole."""
        week = self._week(at)
        until = self._next_change(at, self._handover(week + 1))
        person = self._rostered(at, week)
        if person is None:
            return OnCall(
                person=self.settings.fallback, rota=self.settings.id, until=until, hole=True
            )
        return OnCall(person=person, rota=self.settings.id, until=until)

    def _rostered(self, at: datetime, week: int) -> str | None:
        # The last override written wins: a swap of a swap is added below the first.
        for override in reversed(self.settings.override):
            since, until = override.between(self.zone)
            if since <= at < until:
                return override.person
        if week < 0 or (self._end is not None and at >= self._end):
            return None
        return self.settings.people[week % len(self.settings.people)]

    def _edges(self) -> list[datetime]:
        edges = [edge for o in self.settings.override for edge in o.between(self.zone)]
        return edges if self._end is None else [*edges, self._end]

    def _next_change(self, at: datetime, handover: datetime) -> datetime:
        return min([edge for edge in self._edges() if edge > at] + [handover])

    def holes(self, since: datetime, until: datetime) -> list[Hole]:
        """Every stretch between two instants that only the fallback covers."""
        found: list[Hole] = []
        at = since
        while at < until:
            duty = self.on_call(at)
            if duty.hole:
                end = min(duty.until, until)
                if found and found[-1].until == at:
                    found[-1] = Hole(rota=duty.rota, since=found[-1].since, until=end)
                else:
                    found.append(Hole(rota=duty.rota, since=at, until=end))
            at = duty.until
        return found
