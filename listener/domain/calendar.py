"""When somebody is at work: hours by weekday, nights over midnight, public holidays, closed days."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal, get_args
from zoneinfo import ZoneInfo

import holidays
from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator, model_validator

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)
HOURS = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)-([01]?\d|2[0-4]):([0-5]\d)")
SEARCH_DAYS = 400  # a calendar without one opening in so long has none


class Hours(BaseModel):
    """One stretch of a local day; an end at or before its start runs over midnight."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    start: time
    end: time  # 00:00 means midnight at the end of the day

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        match = HOURS.fullmatch(value.strip())
        if match is None or (match[3] == "24" and match[4] != "00"):
            raise ValueError('should be hours such as "08:30-18:00" or "22:00-06:00"')
        return {
            "start": time(int(match[1]), int(match[2])),
            "end": time(int(match[3]) % 24, int(match[4])),
        }

    def on(self, day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """The stretch that begins on `day`, as UTC instants: an hour longer or shorter at DST."""
        last = day if self.end > self.start else day + timedelta(days=1)
        begin = datetime.combine(day, self.start, zone).astimezone(UTC)
        return begin, datetime.combine(last, self.end, zone).astimezone(UTC)


class CalendarSettings(BaseModel):
    """`[calendar]`: when the team reads its messages."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    monday: tuple[Hours, ...] = ()
    tuesday: tuple[Hours, ...] = ()
    wednesday: tuple[Hours, ...] = ()
    thursday: tuple[Hours, ...] = ()
    friday: tuple[Hours, ...] = ()
    saturday: tuple[Hours, ...] = ()
    sunday: tuple[Hours, ...] = ()
    country: str = "FR"
    subdivision: str | None = None
    closed_days: tuple[date, ...] = ()

    @field_validator(*WEEKDAYS, mode="before")
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) and value else value or ()

    @field_validator("country")
    @classmethod
    def _known_country(cls, value: str) -> str:
        if value not in holidays.list_supported_countries():
            raise ValueError("should be a two-letter code such as FR or CH")
        return value

    @field_validator("subdivision")
    @classmethod
    def _known_subdivision(cls, value: str | None, info: ValidationInfo) -> str | None:
        country = info.data.get("country")
        if value is None or country is None:
            return value
        known = holidays.list_supported_countries()[country]
        aliases = getattr(getattr(holidays, country), "subdivisions_aliases", {})
        if value not in known and value not in aliases:
            raise ValueError(f"should be one of {', '.join(known)} for {country}")
        return value


class WorkCalendar:
    """Working hours in the hospital's zone, asked with UTC instants."""

    def __init__(self, settings: CalendarSettings, zone: ZoneInfo) -> None:
        self.zone = zone
        self._hours: tuple[tuple[Hours, ...], ...] = tuple(
            getattr(settings, name) for name in WEEKDAYS
        )
        self._closed = frozenset(settings.closed_days)
        self._holidays = holidays.country_holidays(
            settings.country, subdiv=settings.subdivision, language=None
        )

    def is_holiday(self, day: date) -> bool:
        return day in self._closed or day in self._holidays

    def openings(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        """The working stretches that begin on a local day, as UTC instants; none on a holiday."""
        if self.is_holiday(day):
            return
        for hours in self._hours[day.weekday()]:
            yield hours.on(day, self.zone)

    def is_working(self, at: datetime) -> bool:
        today = at.astimezone(self.zone).date()
        # Yesterday's stretch may run over midnight.
        return any(
            begin <= at < end
            for day in (today - timedelta(days=1), today)
            for begin, end in self.openings(day)
        )

    def next_opening(self, at: datetime) -> datetime:
        """`at` itself within working hours, else when the next stretch begins.

        A calendar that never opens holds nothing: the answer is then `at`.
        """
        if self.is_working(at):
            return at
        today = at.astimezone(self.zone).date()
        for offset in range(SEARCH_DAYS):
            starts = [b for b, _ in self.openings(today + timedelta(days=offset)) if b > at]
            if starts:
                return min(starts)
        return at

    def next_working_day(self, day: date) -> date:
        """`day` itself where somebody works on it, else the next on which somebody does."""
        for offset in range(SEARCH_DAYS):
            candidate = day + timedelta(days=offset)
            if any(True for _ in self.openings(candidate)):
                return candidate
        return day
