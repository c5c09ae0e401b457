"""One rota, asked with UTC instants: its turns, then its swaps, then its overrides, then its fallback."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from listener.domain.oncall.settings import AnyRota, Between
from listener.domain.oncall.turns import Stretch, turns_of


@dataclass(frozen=True, slots=True, kw_only=True)
class OnCall:
    """Who answers, until when that surely holds, and whether the rota had a hole."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A stretch through which one and the same person answers."""

    person: str
    rota: str
    since: datetime
    until: datetime
    hole: bool


class Rota:
    """`stretches` are what was read of a calendar that is kept elsewhere."""

    def __init__(
        self, settings: AnyRota, zone: ZoneInfo, stretches: Sequence[Stretch] = ()
    ) -> None:
        self.settings = settings
        self.zone = zone
        # An instant in the hour that spring skips may end before it begins: it is then nothing.
        self._overrides = [
            (since, until, override.person)
            for override in settings.override
            for since, until in _stretches((override,), zone)
        ]
        self._swaps = [
            (since, until, swap)
            for swap in settings.swap
            for since, until in _stretches(swap.during, zone)
        ]
        edges = [*self._overrides, *self._swaps]
        self._edges = sorted({edge for since, until, _ in edges for edge in (since, until)})
        self.take(stretches)

    def take(self, stretches: Sequence[Stretch]) -> None:
        """Stand by what was read anew of the calendar."""
        self._stretches = tuple(stretches)
        self._turns = turns_of(self.settings, self.zone, self._stretches)

    @property
    def id(self) -> str:
        return self.settings.id

    def concerns(self, subject: str) -> bool:
        return not self.settings.subjects or subject in self.settings.subjects

    def everybody(self) -> frozenset[str]:
        """All who may be called by this rota."""
        settings = self.settings
        found = {*settings.named(), settings.fallback}
        found |= {override.person for override in settings.override if override.person}
        found |= {person for swap in settings.swap for person in swap.people}
        return frozenset(found | {stretch.person for stretch in self._stretches})

    def on_call(self, at: datetime) -> OnCall:
        """Who is on call at an instant; the fallback where the rota has a hole."""
        person, until = self._rostered(at)
        until = min([edge for edge in self._edges if edge > at] + [until])
        return OnCall(
            person=person or self.settings.fallback,
            rota=self.settings.id,
            until=until,
            hole=person is None,
        )

    def _rostered(self, at: datetime) -> tuple[str | None, datetime]:
        person, until = self._turns.at(at)
        # The last override written wins: one of an override is added below the first.
        for since, end, instead in reversed(self._overrides):
            if since <= at < end:
                return instead, until
        for since, end, swap in self._swaps:
            if since <= at < end:
                person = swap.stands_for(person)
        return person, until

    def shifts(self, since: datetime, until: datetime) -> Iterator[Shift]:
        """Who answers from one instant to another; neighbours differ."""
        begun, at = since, since
        duty = self.on_call(at)
        while at < until:
            at = min(duty.until, until)
            following = self.on_call(at)
            if at == until or (following.person, following.hole) != (duty.person, duty.hole):
                yield Shift(
                    person=duty.person, rota=duty.rota, since=begun, until=at, hole=duty.hole
                )
                begun = at
            duty = following

    def holes(self, since: datetime, until: datetime) -> list[Hole]:
        """Every stretch between two instants that only the fallback covers."""
        return [
            Hole(rota=shift.rota, since=shift.since, until=shift.until)
            for shift in self.shifts(since, until)
            if shift.hole
        ]


def _stretches(written: Iterable[Between], zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    for between in written:
        since, until = between.between(zone)
        if since < until:
            yield since, until
