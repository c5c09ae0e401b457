"""A recording played again: its lines in the order of their instants, moved to a new beginning."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, BaseModel

from connectors.connector import Refused
from connectors.file.defaults import Defaults
from connectors.file.draft import Draft
from connectors.file.importing import parse_object
from connectors.file.lines import BadLine, Line, Lines, decode
from connectors.file.opened import is_settled, opened
from connectors.file.records import Entry, read_record
from connectors.file.settings import FileSettings
from connectors.file.values import read_instant
from connectors.mention import Deletion, Mention

_MOST_LINES = 1_000_000
# Each small read gives up the interpreter's lock and wins it back at once: the event loop starves.
_BUFFER = 1 << 20
_SENSIBLE = range(2000, 2100)
_FAR = datetime.max.replace(tzinfo=UTC)


class Moment(NamedTuple):
    """A line's place: ordered by its instant in the recording, then by its offset."""

    at: datetime
    offset: int
    number: int


class Played(BaseModel):
    """How far the replay has come. `extent`: the recording's size when it began."""

    v: Literal[1] = 1
    mode: Literal["replay"] = "replay"
    start: AwareDatetime
    origin: AwareDatetime
    extent: int
    at: AwareDatetime | None = None
    offset: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tempo:
    """Where an instant of the recording falls: `origin` at `start`, what follows `pace` times faster."""

    start: datetime
    origin: datetime
    pace: float

    def moved(self, instant: datetime) -> datetime:
        passed = instant - self.origin
        try:
            return self.start + (passed if instant < self.origin else passed / self.pace)
        except OverflowError:
            return _FAR

    def moved_entry(self, entry: Entry) -> Entry:
        if isinstance(entry, Mention):
            published, edited = entry.published_at, entry.edited_at
            return replace(
                entry,
                published_at=published and self.moved(published),
                edited_at=edited and self.moved(edited),
            )
        if isinstance(entry, Deletion):
            return replace(entry, seen_at=self.moved(entry.seen_at))
        return replace(entry, taken_at=self.moved(entry.taken_at))


def index(settings: FileSettings, played: Played | None, at: datetime) -> list[Moment]:
    """Every line by its instant; one without takes that of the line before it. Blocking.

    A line appended since the replay began comes no earlier than where it stands.
    """
    moments: list[Moment] = []
    carried: datetime | None = None
    zone = ZoneInfo(settings.zone)
    with opened(settings.path, buffering=_BUFFER) as file:
        settled = is_settled(file, at)
        for line in Lines(file, cap=settings.max_line):
            if line.blank:
                continue
            try:
                carried = _claimed(line, settings, zone) or carried
            except BadLine:
                if not (line.terminated or settled):
                    break
            moments.append(Moment(_placed(line, carried, played), line.start, line.number - 1))
            if len(moments) > _MOST_LINES:
                raise Refused(f"{settings.path}: a replay holds at most {_MOST_LINES} lines")
    return _with_a_beginning(sorted(moments))


_UNKNOWN = datetime.min.replace(tzinfo=UTC)


def _placed(line: Line, instant: datetime | None, played: Played | None) -> datetime:
    instant = instant or _UNKNOWN
    if played is None or played.at is None or line.start < played.extent:
        return instant
    return max(instant, played.at)


def _with_a_beginning(moments: list[Moment]) -> list[Moment]:
    """Lines before any instant come with the first one."""
    first = next((moment.at for moment in moments if moment.at != _UNKNOWN), None)
    if first is None:
        return moments
    return [m._replace(at=first) if m.at == _UNKNOWN else m for m in moments]


def _claimed(line: Line, settings: FileSettings, zone: tzinfo) -> datetime | None:
    record = parse_object(decode(line, settings.encoding))
    if not isinstance(record, dict):
        return None
    claim = record.get("published_at") or record.get("at")
    try:
        instant = read_instant(claim, zone)
    except ValueError:
        return None
    # A date of 1970 would hold everything else back for half a century.
    return instant if instant.year in _SENSIBLE else None


def due(
    moments: list[Moment], played: Played, settings: FileSettings, at: datetime
) -> list[Moment]:
    """The moments not yet played whose time has come at `at`."""
    tempo = tempo_of(played, settings)
    first = 0
    if played.at is not None:
        first = bisect_right(moments, (played.at, played.offset), key=lambda m: (m.at, m.offset))
    last = bisect_right(moments, at, key=lambda m: tempo.moved(m.at))
    return moments[first:last]


def tempo_of(played: Played, settings: FileSettings) -> Tempo:
    return Tempo(
        start=settings.start or played.start,
        origin=settings.anchor or played.origin,
        pace=settings.pace,
    )


def read_moments(settings: FileSettings, moments: Iterable[Moment], tempo: Tempo) -> Draft:
    """What these lines say, at its new time. Blocking."""
    draft = Draft()
    with opened(settings.path) as file:
        defaults = Defaults.of(settings, tempo.origin)
        for moment in moments:
            place = Lines(file, offset=moment.offset, number=moment.number, cap=settings.max_line)
            line = place.next()
            if line is None:
                continue
            try:
                record = parse_object(decode(line, settings.encoding))
                entries = read_record(record, replace(defaults, at=moment.at))
            except BadLine as error:
                draft.reject(line, error)
                continue
            draft.add(tempo.moved_entry(entry) for entry in entries)
    return draft
