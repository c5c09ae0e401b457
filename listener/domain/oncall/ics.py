"""A calendar in iCalendar's format (RFC 5545) → who is on call when."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from zoneinfo import ZoneInfo

from icalendar import Calendar

from listener.domain.oncall.recurrence import Frame, Properties
from listener.domain.oncall.settings import IcsRota, Person
from listener.domain.oncall.turns import Stretch
from listener.domain.watch import fold

LARGEST = 4 * 1024 * 1024  # bytes
EVENTS = 5_000
ZONES = 50
STRETCHES = 20_000
PATIENCE = 10.0  # seconds for the rules of a whole calendar
TOLD = 20  # of the events that name nobody
LONGEST_TITLE = 80

_FOLDED = re.compile(rb"\r?\n[ \t]")
_ZONE = re.compile(rb"^BEGIN:VTIMEZONE\s*$(.*?)^END:VTIMEZONE\s*$", re.M | re.S | re.I)
_RULE = re.compile(rb"^RRULE[:;](.*)$", re.M | re.I)


class CalendarError(ValueError):
    """The calendar cannot be used; the words are safe to show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What a calendar says of a while. `unknown` are titles of events that stand for no person."""

    stretches: tuple[Stretch, ...] = ()
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Reads one rota's calendar. `ticking` gives seconds, to lose patience by."""

    rota: IcsRota
    people: Sequence[Person]
    zone: ZoneInfo
    ticking: Callable[[], float] = field(default=time.monotonic)

    def read(self, body: bytes, since: datetime, until: datetime) -> Imported:
        """The stretches that overlap a while; raises CalendarError.

        An event that names no person, or cannot be read, is left out and told: its hours are a
        hole, and the fallback's.
        """
        events = _events(body)
        names = _Names(self.rota, self.people)
        frame = Frame(zone=self.zone, hour=self.rota.handover_time, since=since, until=until)
        moved = _moved(events, frame)
        stretches: list[Stretch] = []
        unknown: dict[str, None] = {}
        deadline = self.ticking() + PATIENCE
        for event in events:
            if self.ticking() > deadline:
                raise CalendarError("its recurring events take too long to work out")
            found = _stretches(event, names, frame, moved)
            if found is None:
                unknown[_title(event)] = None
                continue
            stretches += found
            if len(stretches) > STRETCHES:
                raise CalendarError(f"it holds more than {STRETCHES} stretches of duty")
        return Imported(stretches=tuple(stretches), unknown=tuple(islice(unknown, TOLD)))


def _events(body: bytes) -> list[Properties]:
    """The events of a calendar that is small and plain enough to be worked out."""
    if len(body) > LARGEST:
        raise CalendarError(f"it is larger than {LARGEST // 2**20} MB")
    whole = _FOLDED.sub(b"", body)
    if whole.upper().count(b"BEGIN:VEVENT") > EVENTS:
        raise CalendarError(f"it holds more than {EVENTS} events")
    _check_zones(whole)
    try:
        calendar = Calendar.from_ical(body)
    except (ValueError, IndexError, KeyError, RecursionError) as error:
        raise CalendarError("it is not in iCalendar's format") from error
    if not isinstance(calendar, Calendar):
        raise CalendarError("it is not in iCalendar's format")
    return list(calendar.walk("VEVENT"))


def _check_zones(body: bytes) -> None:
    """Clocks change once a year: a zone whose rule is finer would be worked out for centuries."""
    zones = _ZONE.findall(body)
    rules = [rule for zone in zones for rule in _RULE.findall(zone)]
    if len(zones) > ZONES or len(rules) > 4 * ZONES:
        raise CalendarError(f"it defines more than {ZONES} time zones")
    if any(b"FREQ=YEARLY" not in rule.upper() for rule in rules):
        raise CalendarError("it defines a time zone whose rules are not yearly")


def _moved(events: Sequence[Properties], frame: Frame) -> Mapping[str, frozenset[datetime]]:
    """By an event's UID, which of its occurrences an event of their own stands for."""
    moved: dict[str, set[datetime]] = {}
    for event in events:
        try:
            at = frame.instant(event["RECURRENCE-ID"].dt)
        except (KeyError, ValueError, OverflowError):
            continue
        moved.setdefault(str(event.get("UID", "")), set()).add(at)
    return {uid: frozenset(instants) for uid, instants in moved.items()}


def _stretches(
    event: Properties, names: _Names, frame: Frame, moved: Mapping[str, frozenset[datetime]]
) -> list[Stretch] | None:
    """The stretches of one event; None where it says nothing that can be used."""
    if str(event.get("STATUS", "")).upper() == "CANCELLED":
        return []
    of_others = frozenset[datetime]()
    if "RECURRENCE-ID" not in event:
        of_others = moved.get(str(event.get("UID", "")), of_others)
    try:
        found = list(islice(frame.occurrences(event, of_others), STRETCHES + 1))
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, OverflowError):
        return None  # whatever is wrong with one event, the others stand
    if not found:
        return []  # long past, or of no length: whose it is does not matter
    person = names.of(event)
    if person is None:
        return None
    return [Stretch(person=person, since=since, until=until) for since, until in found]


class _Names:
    """Whom an event means: by its title, whom it invites, or the one person its title speaks of."""

    def __init__(self, rota: IcsRota, people: Sequence[Person]) -> None:
        self._known: dict[str, str] = {}
        for person in people:
            for name in (person.email, person.name, person.id):
                if name and fold(name):
                    self._known[fold(name)] = person.id
        self._known |= {fold(name): person for name, person in rota.names.items() if fold(name)}

    def of(self, event: Properties) -> str | None:
        title = fold(str(event.get("SUMMARY", "")))
        return (
            self._known.get(title)
            or next(filter(None, map(self._known.get, _invited(event))), None)
            or self._spoken_of(title)
        )

    def _spoken_of(self, title: str) -> str | None:
        words = f" {title} "
        found = {person for name, person in self._known.items() if f" {name} " in words}
        return found.pop() if len(found) == 1 else None


def _invited(event: Properties) -> Iterator[str]:
    """Addresses and names of those who were asked and did not decline."""
    invited = event.get("ATTENDEE", [])
    for attendee in invited if isinstance(invited, list) else [invited]:
        if str(attendee.params.get("PARTSTAT", "")).upper() == "DECLINED":
            continue
        yield fold(str(attendee).lower().removeprefix("mailto:"))
        yield fold(str(attendee.params.get("CN", "")))


def _title(event: Properties) -> str:
    title = " ".join(str(event.get("SUMMARY", "")).split())
    return title[:LONGEST_TITLE] or "(no title)"
