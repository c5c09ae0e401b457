"""The stretch of days that a digest tells: a week, a month, or any days, in the hospital's calendar."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

LONGEST = 366  # days
YEAR = timedelta(weeks=52)  # the same weekdays a year before

_WEEK = re.compile(r"((?:19|20)\d\d)-W(\d\d)")
_MONTH = re.compile(r"((?:19|20)\d\d)-(\d\d)")
_DAY = r"((?:19|20)\d\d-\d\d-\d\d)"
_STRETCH = re.compile(rf"{_DAY}\.\.{_DAY}")


class Span(StrEnum):
    """How long a digest looks back."""

    WEEK = "week"
    MONTH = "month"
    DAYS = "days"


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Whole local days, the first and the last included. A week is ISO 8601's.

    ValueError where the last comes before the first, or more than a year after it.
    """

    first_day: date
    last_day: date
    zone: ZoneInfo
    span: Span = Span.DAYS

    def __post_init__(self) -> None:
        if self.last_day < self.first_day:
            raise ValueError(f"{self.last_day} comes before {self.first_day}")
        if self.length > LONGEST:
            raise ValueError(f"{self.first_day} to {self.last_day} is more than {LONGEST} days")

    @classmethod
    def week_of(cls, day: date, zone: ZoneInfo) -> Period:
        """The week that holds a day."""
        monday = day - timedelta(days=day.weekday())
        last = monday + timedelta(days=6)
        return cls(first_day=monday, last_day=last, zone=zone, span=Span.WEEK)

    @classmethod
    def month_of(cls, day: date, zone: ZoneInfo) -> Period:
        """The calendar month that holds a day."""
        first = day.replace(day=1)
        last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        return cls(first_day=first, last_day=last, zone=zone, span=Span.MONTH)

    @property
    def label(self) -> str:
        """ "2026-W47", "2026-11" or "2026-11-03..2026-11-12"."""
        match self.span:
            case Span.WEEK:
                year, week, _ = self.first_day.isocalendar()
                return f"{year}-W{week:02}"
            case Span.MONTH:
                return f"{self.first_day:%Y-%m}"
            case Span.DAYS:
                return f"{self.first_day}..{self.last_day}"

    @property
    def length(self) -> int:
        """Its number of days."""
        return (self.last_day - self.first_day).days + 1

    @property
    def days(self) -> Sequence[date]:
        return [self.first_day + timedelta(days=n) for n in range(self.length)]

    @property
    def since(self) -> datetime:
        """Local midnight of the first day, in UTC."""
        return midnight(self.first_day, self.zone)

    @property
    def until(self) -> datetime:
        """The midnight that ends the last day, in UTC: an hour off where the clocks change."""
        return midnight(self.last_day + timedelta(days=1), self.zone)

    def previous(self) -> Period:
        return self._beside(self.first_day - timedelta(days=1), -self.length)

    def next(self) -> Period:
        return self._beside(self.last_day + timedelta(days=1), self.length)

    def _beside(self, day: date, shift: int) -> Period:
        if self.span is Span.MONTH:
            return self.month_of(day, self.zone)
        return self._shifted(timedelta(days=shift))

    def year_before(self) -> Period:
        """The week of the same number, the same month, or the same weekdays 52 weeks before.

        Of a week 53 that the year before does not have, the last one it has.
        """
        if self.span is Span.MONTH:
            return self.month_of(self.first_day.replace(year=self.first_day.year - 1), self.zone)
        if self.span is Span.DAYS:
            return self._shifted(-YEAR)
        year, week, _ = self.first_day.isocalendar()
        last_week = date(year - 1, 12, 28).isocalendar().week
        return self.week_of(date.fromisocalendar(year - 1, min(week, last_week), 1), self.zone)

    def _shifted(self, by: timedelta) -> Period:
        first, last = self.first_day + by, self.last_day + by
        return Period(first_day=first, last_day=last, zone=self.zone, span=self.span)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """When a local day begins, in UTC."""
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def week(label: str, zone: ZoneInfo) -> Period:
    """The week that a label such as "2026-W47" names; ValueError for any other text."""
    match = _WEEK.fullmatch(label.strip())
    if match is None:
        raise ValueError(f'a week should look like "2026-W47", not {label!r}')
    try:
        monday = date.fromisocalendar(int(match[1]), int(match[2]), 1)
    except ValueError:
        raise ValueError(f"{match[1]} has no week {match[2]}") from None
    return Period.week_of(monday, zone)


def month(label: str, zone: ZoneInfo) -> Period:
    """The month that a label such as "2026-11" names; ValueError for any other text."""
    match = _MONTH.fullmatch(label.strip())
    if match is None:
        raise ValueError(f'a month should look like "2026-11", not {label!r}')
    try:
        return Period.month_of(date(int(match[1]), int(match[2]), 1), zone)
    except ValueError:
        raise ValueError(f"a year has no month {match[2]}") from None


def stretch(first: str, last: str, zone: ZoneInfo) -> Period:
    """The days from "2026-11-03" to "2026-11-12", both included; ValueError for any other texts."""
    return Period(first_day=_day(first), last_day=_day(last), zone=zone)


def _day(text: str) -> date:
    if re.fullmatch(_DAY, text.strip()) is None:
        raise ValueError(f'a day should look like "2026-11-03", not {text!r}')
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"there is no day {text.strip()}") from None


def named(label: str, zone: ZoneInfo) -> Period:
    """The period of any label; ValueError for a text that is none."""
    if match := _STRETCH.fullmatch(label):
        return stretch(match[1], match[2], zone)
    return week(label, zone) if "W" in label else month(label, zone)


def last_complete(at: datetime, zone: ZoneInfo, span: Span = Span.WEEK) -> Period:
    """The week or the month that ended last."""
    today = at.astimezone(zone).date()
    return (Period.month_of if span is Span.MONTH else Period.week_of)(today, zone).previous()
