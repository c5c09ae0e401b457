"""When one event of an iCalendar takes place (RFC 5545, 3.8.5), as UTC stretches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr
from icalendar import vRecur

Properties = Mapping[str, Any]
"""One event's, by their names."""

DAY = timedelta(days=1)
FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")  # nobody is on call by the minute
TOO_FINE = ("BYMINUTE", "BYSECOND")
MANY = 50_000  # occurrences of one rule that may have to be counted through
CYCLE = 400  # years after which the Gregorian calendar repeats itself, weekdays included


@dataclass(frozen=True, slots=True, kw_only=True)
class Wall:
    """An instant as a clock on the wall shows it; `zone` is None where it stands for a whole day."""

    clock: datetime  # naive
    zone: tzinfo | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """How what is written is meant: floating hours, and whole days that begin at `hour`."""

    zone: ZoneInfo
    hour: time
    since: datetime
    until: datetime

    def read(self, value: Any) -> Wall:
        """A date, or a datetime with or without zone; raises ValueError for anything else."""
        if isinstance(value, datetime):
            return Wall(clock=value.replace(tzinfo=None), zone=value.tzinfo or self.zone)
        if isinstance(value, date):
            return Wall(clock=datetime.combine(value, time()), zone=None)
        raise ValueError("should be a date or an instant")

    def utc(self, wall: Wall) -> datetime:
        if wall.zone is None:
            return datetime.combine(wall.clock.date(), self.hour, self.zone).astimezone(UTC)
        return wall.clock.replace(tzinfo=wall.zone).astimezone(UTC)

    def instant(self, value: Any) -> datetime:
        return self.utc(self.read(value))

    def occurrences(
        self, event: Properties, moved: frozenset[datetime]
    ) -> Iterator[tuple[datetime, datetime]]:
        """The (since, until) of an event that overlap the frame; those in `moved` stand elsewhere.

        Raises ValueError where the event cannot be read or recurs too often.
        """
        start = self.read(event["DTSTART"].dt)
        length = self._length(event, start)
        left_out = moved | self._left_out(event)
        for clock in sorted(set(self._clocks(event, start, length[0]))):
            begin = self.utc(Wall(clock=clock, zone=start.zone))
            # Days last from hour to hour on the wall, whatever the clocks do in between.
            end = self.utc(Wall(clock=clock + length[0], zone=start.zone)) + length[1]
            if begin < min(end, self.until) and end > self.since and begin not in left_out:
                yield begin, end

    def _length(self, event: Properties, start: Wall) -> tuple[timedelta, timedelta]:
        """How long it lasts: on the wall, and what comes to it in hours that passed."""
        if "DURATION" in event:
            lasts: timedelta = event["DURATION"].dt
            days = timedelta(days=lasts.days)
            return days, lasts - days
        if "DTEND" not in event:
            return (DAY if start.zone is None else timedelta()), timedelta()
        end = event["DTEND"].dt
        if isinstance(end, datetime) and end.tzinfo is not None and start.zone is not None:
            end = end.astimezone(start.zone)
        return self.read(end).clock - start.clock, timedelta()

    def _clocks(self, event: Properties, start: Wall, length: timedelta) -> Iterator[datetime]:
        """When it begins, on its own wall: by its start, its rules and its further dates."""
        if "RECURRENCE-ID" in event:
            yield start.clock
            return
        yield start.clock
        zone = start.zone or self.zone
        for rule in _listed(event.get("RRULE")):
            first = self.since.astimezone(zone).replace(tzinfo=None) - length - 2 * DAY
            last = self.until.astimezone(zone).replace(tzinfo=None) + DAY
            yield from _ruled(rule, start.clock, zone, first, last)
        for dates in _listed(event.get("RDATE")):
            for entry in dates.dts:
                value = entry.dt[0] if isinstance(entry.dt, tuple) else entry.dt
                yield self._on_wall_of(start, value)

    def _on_wall_of(self, start: Wall, value: Any) -> datetime:
        wall = self.read(value)
        if start.zone is None or wall.zone is None:
            return wall.clock
        return self.utc(wall).astimezone(start.zone).replace(tzinfo=None)

    def _left_out(self, event: Properties) -> frozenset[datetime]:
        return frozenset(
            self.instant(entry.dt) for dates in _listed(event.get("EXDATE")) for entry in dates.dts
        )


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _ruled(
    rule: vRecur, start: datetime, zone: tzinfo, first: datetime, last: datetime
) -> Iterator[datetime]:
    """What a rule gives from `first` to `last`, on the wall of its start."""
    parts = {str(name).upper(): value for name, value in rule.items()}
    _check(parts)
    end = last
    for until in _listed(parts.pop("UNTIL", None)):
        end = min(end, _until(until, zone))
    # A rule that never comes true is looked for until the year 9999: begin not long before that.
    ahead = CYCLE * ((9999 - last.year) // CYCLE)
    recur: Any = vRecur(parts)
    series = rrulestr(recur.to_ical().decode(), dtstart=start.replace(year=start.year + ahead))
    for count, found in enumerate(series):
        clock = found.replace(year=found.year - ahead)
        if clock > end:
            return
        if count > MANY:
            raise ValueError("recurs too often")
        if clock >= first:
            yield clock


def _check(parts: dict[str, Any]) -> None:
    frequency = str(_listed(parts.get("FREQ"))[0]).upper()
    if frequency not in FREQUENCIES or any(part in parts for part in TOO_FINE):
        raise ValueError("recurs more than daily")
    if any(int(interval) < 1 for interval in _listed(parts.get("INTERVAL"))):
        raise ValueError("recurs after no time at all")


def _until(value: date, zone: tzinfo) -> datetime:
    if not isinstance(value, datetime):
        return datetime.combine(value, time.max)
    local = value.astimezone(zone) if value.tzinfo else value
    return local.replace(tzinfo=None)
