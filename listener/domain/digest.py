"""A week's digest: which week, when it is due, and what it tells in plain values."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from connectors.connector import Unseen
from listener.domain.alert import PostView
from listener.domain.calendar import WEEKDAYS, Weekday, WorkCalendar
from listener.domain.incident import State
from listener.domain.rule import Level

SHARE_FROM = 20  # mentions; a percentage of fewer dresses up a handful of posts
SEARCH_DAYS = 30  # no run of closed days is longer

_LABEL = re.compile(r"((?:19|20)\d\d)-W(\d\d)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """An ISO 8601 week of the hospital's calendar; ValueError for a week the year does not have."""

    year: int
    week: int
    zone: ZoneInfo

    def __post_init__(self) -> None:
        date.fromisocalendar(self.year, self.week, 1)

    @classmethod
    def of(cls, at: datetime, zone: ZoneInfo) -> Period:
        """The week in which an instant falls."""
        return cls.holding(at.astimezone(zone).date(), zone)

    @classmethod
    def holding(cls, day: date, zone: ZoneInfo) -> Period:
        year, week, _ = day.isocalendar()
        return cls(year=year, week=week, zone=zone)

    @property
    def label(self) -> str:
        return f"{self.year}-W{self.week:02}"

    @property
    def first_day(self) -> date:
        return date.fromisocalendar(self.year, self.week, 1)

    @property
    def last_day(self) -> date:
        return self.first_day + timedelta(days=6)

    @property
    def since(self) -> datetime:
        """Monday's local midnight, in UTC."""
        return datetime.combine(self.first_day, time.min, self.zone).astimezone(UTC)

    @property
    def until(self) -> datetime:
        """The next Monday's local midnight, in UTC: an hour sooner or later at a change of clocks."""
        return self.next().since

    def previous(self) -> Period:
        return self.holding(self.first_day - timedelta(days=7), self.zone)

    def next(self) -> Period:
        return self.holding(self.first_day + timedelta(days=7), self.zone)


def week(label: str, zone: ZoneInfo) -> Period:
    """The week that a label such as "2026-W47" names; ValueError for any other text."""
    match = _LABEL.fullmatch(label.strip())
    if match is None:
        raise ValueError(f'a week should look like "2026-W47", not {label!r}')
    try:
        return Period(year=int(match[1]), week=int(match[2]), zone=zone)
    except ValueError:
        raise ValueError(f"{match[1]} has no week {match[2]}") from None


def last_complete(at: datetime, zone: ZoneInfo) -> Period:
    """The week that ended last."""
    return Period.of(at, zone).previous()


def due_at(period: Period, calendar: WorkCalendar, *, day: Weekday, hour: time) -> datetime:
    """When a week's digest goes out: at `hour` on the first `day` after it has ended.

    A public holiday or closed day passes it on to the next working day.
    """
    wanted = period.last_day + timedelta(days=1 + WEEKDAYS.index(day))
    if calendar.is_holiday(wanted):
        following = (wanted + timedelta(days=n) for n in range(1, SEARCH_DAYS))
        wanted = next((found for found in following if _is_open(calendar, found)), wanted)
    return datetime.combine(wanted, hour, calendar.zone).astimezone(UTC)


def _is_open(calendar: WorkCalendar, day: date) -> bool:
    # A calendar without any hours works on every day that is not a holiday.
    return not calendar.is_holiday(day) and calendar.next_working_day(day) == day


def is_superseded(
    period: Period, calendar: WorkCalendar, at: datetime, *, day: Weekday, hour: time
) -> bool:
    """True where a digest that was missed is of no more use: a later week is the one to tell."""
    later = period.next()
    if due_at(later, calendar, day=day, hour=hour) <= at:
        return True
    return due_at(period, calendar, day=day, hour=hour) < later.until <= at


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """How many mentions, and how they sounded to the classifier."""

    negative: int = 0
    neutral: int = 0
    positive: int = 0
    unscored: int = 0

    @property
    def scored(self) -> int:
        return self.negative + self.neutral + self.positive

    @property
    def mentions(self) -> int:
        return self.scored + self.unscored

    def __add__(self, other: Figures) -> Figures:
        return Figures(
            negative=self.negative + other.negative,
            neutral=self.neutral + other.neutral,
            positive=self.positive + other.positive,
            unscored=self.unscored + other.unscored,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkFigures:
    """One network: this week, the week before, and the posts that went furthest.

    `withheld` counts those of them that may reveal a patient: counted, never quoted.
    """

    network: str
    now: Figures = Figures()
    before: Figures = Figures()
    posts: Sequence[PostView] = ()
    withheld: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerFigures:
    """Another hospital, to compare with."""

    name: str
    now: Figures = Figures()
    before: Figures = Figures()


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One alert that called somebody, or would have in observe mode."""

    at: datetime
    level: Level
    at_night: bool  # outside working hours: a night, a weekend, a holiday
    observed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentLine:
    """An incident that began in the week, or called somebody in it."""

    number: int
    subject: str  # the watch's first name
    level: Level
    state: State
    opened_at: datetime
    closed_at: datetime | None
    mentions: int
    calls: Sequence[Call] = ()  # of the week


@dataclass(frozen=True, slots=True, kw_only=True)
class GapLine:
    """What a network can no longer give: `since` is None where its beginning is unknown."""

    source: str
    since: datetime | None
    until: datetime
    reason: str = ""  # the connector's, in English


@dataclass(frozen=True, slots=True, kw_only=True)
class SilentSource:
    """A source that does not answer: since when, and for good if it was stopped.

    `since` is None where it never has.
    """

    source: str
    since: datetime | None = None
    stopped: str | None = None  # unauthorized · closed


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What the listener could not see: a figure is only worth what it leaves out."""

    gaps: Sequence[GapLine] = ()
    sources: Sequence[SilentSource] = ()
    quarantined: int = 0
    blind: Mapping[str, Sequence[Unseen]] = field(default_factory=dict)  # by source


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """All that a week's digest may say, read when it is sent."""

    period: Period
    hospital: str
    at: datetime  # when the figures were read
    networks: Sequence[NetworkFigures] = ()  # the most talkative first, also one gone silent
    peers: Sequence[PeerFigures] = ()
    incidents: Sequence[IncidentLine] = ()
    unseen: Coverage = Coverage()
    known_since: datetime | None = None  # the first mention ever stored: before it nothing is known
    listening_since: datetime | None = None  # when the listener itself began; None: not yet
    mediation: str = ""  # where complaints belong
    exercise: bool = False

    @property
    def now(self) -> Figures:
        return sum((found.now for found in self.networks), Figures())

    @property
    def before(self) -> Figures:
        return sum((found.before for found in self.networks), Figures())

    @property
    def comparable(self) -> bool:
        """Whether anything at all is known of the week before."""
        return self.known_since is not None and self.known_since < self.period.since

    @property
    def partly_known(self) -> bool:
        """Whether the records begin within the week before, after its first day."""
        first_day = self.period.previous().since + timedelta(days=1)
        return self.comparable and self.known_since is not None and self.known_since >= first_day

    @property
    def listened(self) -> bool:
        """Whether the listener ran from the week's beginning on."""
        return self.listening_since is not None and self.listening_since <= self.period.since

    @property
    def calls(self) -> Sequence[Call]:
        return sorted((c for line in self.incidents for c in line.calls), key=lambda call: call.at)

    @property
    def night_calls(self) -> int:
        return sum(1 for call in self.calls if call.at_night)
