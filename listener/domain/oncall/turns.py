"""Whose turn it is by the rota alone, for each kind of rota: a person or nobody, and for how long."""

from __future__ import annotations

import heapq
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from listener.domain.calendar import WEEKDAYS
from listener.domain.oncall.settings import AnyRota, DailyRota, IcsRota, WeekdayRota, WeeklyRota

FAR = timedelta(days=366)  # nothing changes before: look again then


class Turns(Protocol):
    """Whose turn it is at an instant, None for nobody, and an instant until which that holds."""

    def at(self, at: datetime) -> tuple[str | None, datetime]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Somebody's hours, as UTC instants."""

    person: str
    since: datetime
    until: datetime


def turns_of(settings: AnyRota, zone: ZoneInfo, stretches: Sequence[Stretch]) -> Turns:
    """The turns of one rota; `stretches` are what was read of its calendar, if it is one."""
    match settings:
        case WeeklyRota():
            weekday = WEEKDAYS.index(settings.handover_day)
            behind = (settings.starts_on.weekday() - weekday) % 7
            return Rotation(settings, settings.starts_on - timedelta(days=behind), 7, zone)
        case DailyRota():
            return Rotation(settings, settings.starts_on, 1, zone)
        case WeekdayRota():
            return Table(settings, zone)
        case IcsRota():
            return Timeline(stretches)


class Rotation:
    """People in turn, some days each; hand-overs stay at their local hour over DST."""

    def __init__(
        self, settings: WeeklyRota | DailyRota, first: date, days: int, zone: ZoneInfo
    ) -> None:
        self._people = settings.people
        self._hour = settings.handover_time
        self._first = first
        self._days = days
        self._zone = zone
        self._end = midnight_after(settings.ends_on, zone)

    def at(self, at: datetime) -> tuple[str | None, datetime]:
        turn = self._turn(at)
        until = self._handover(turn + 1)
        if turn < 0 or (self._end is not None and at >= self._end):
            return None, until
        person = self._people[turn % len(self._people)]
        return person, until if self._end is None else min(until, self._end)

    def _turn(self, at: datetime) -> int:
        turn = (at.astimezone(self._zone).date() - self._first).days // self._days
        return turn if at >= self._handover(turn) else turn - 1

    def _handover(self, turn: int) -> datetime:
        return _local(self._first + timedelta(days=turn * self._days), self._hour, self._zone)


class Table:
    """The same people each week, by weekday and hour."""

    def __init__(self, settings: WeekdayRota, zone: ZoneInfo) -> None:
        self._settings = settings
        self._zone = zone
        start = settings.starts_on
        self._start = None if start is None else _local(start, time(), zone)
        self._end = midnight_after(settings.ends_on, zone)

    def at(self, at: datetime) -> tuple[str | None, datetime]:
        found = list(self._near(at))
        edges = {edge for _, since, until, _ in found for edge in (since, until)}
        edges |= {edge for edge in (self._start, self._end) if edge is not None}
        until = min((edge for edge in edges if edge > at), default=at + timedelta(days=1))
        if self._is_out(at):
            return None, until
        present = [duty for duty in found if duty[1] <= at < duty[2]]
        # Hours are nearer than a whole day; then what began last; then what is written last.
        nearest = max(present, key=lambda duty: (duty[0], duty[1]), default=None)
        return (None if nearest is None else nearest[3]), until

    def _is_out(self, at: datetime) -> bool:
        return (self._start is not None and at < self._start) or (
            self._end is not None and at >= self._end
        )

    def _near(self, at: datetime) -> Iterator[tuple[bool, datetime, datetime, str]]:
        """(by the hour?, since, until, who) of the days around an instant, the last line first."""
        today = at.astimezone(self._zone).date()
        hour = self._settings.handover_time
        for offset in (-1, 0, 1):
            day = today + timedelta(days=offset)
            for duty in reversed(self._settings.duties(day)):
                if duty.hours is None:
                    since = _local(day, hour, self._zone)
                    until = _local(day + timedelta(days=1), hour, self._zone)
                else:
                    since, until = duty.hours.on(day, self._zone)
                yield duty.hours is not None, since, until, duty.person


class Timeline:
    """Stretches laid over one another: whoever came on last stands, and of those the briefest."""

    def __init__(self, stretches: Iterable[Stretch]) -> None:
        self._edges: list[datetime] = []
        self._people: list[str | None] = []  # from the edge of the same place on
        for since, person in _flattened(stretches):
            if not self._people or self._people[-1] != person:
                self._edges.append(since)
                self._people.append(person)

    def at(self, at: datetime) -> tuple[str | None, datetime]:
        place = bisect_right(self._edges, at)
        until = self._edges[place] if place < len(self._edges) else at + FAR
        return (self._people[place - 1] if place else None), until


def _flattened(stretches: Iterable[Stretch]) -> Iterator[tuple[datetime, str | None]]:
    """(since, who stands from then on) at every edge, in order. n log n."""
    coming = sorted(stretches, key=lambda s: s.since)
    edges = sorted({edge for s in coming for edge in (s.since, s.until)})
    present: list[tuple[float, datetime, str, datetime]] = []
    place = 0
    for edge in edges:
        while place < len(coming) and coming[place].since <= edge:
            s = coming[place]
            heapq.heappush(present, (-s.since.timestamp(), s.until, s.person, s.until))
            place += 1
        while present and present[0][3] <= edge:
            heapq.heappop(present)
        yield edge, present[0][2] if present else None


def midnight_after(day: date | None, zone: ZoneInfo) -> datetime | None:
    return None if day is None else _local(day + timedelta(days=1), time(), zone)


def _local(day: date, hour: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, hour, zone).astimezone(UTC)
