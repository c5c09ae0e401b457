"""Known events: a campaign, a strike notice, a plan blanc; dated, they mute rules or raise them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from classifiers.themes import THEMES
from listener.domain.values import Identifier


def _known_theme(name: str) -> str:
    if name not in THEMES:
        raise ValueError(f"no theme of this name; there are {', '.join(THEMES)}")
    return name


ThemeName = Annotated[str, AfterValidator(_known_theme)]


class Effect(StrEnum):
    MUTE = "mute"  # its breaches are noted, and call nobody
    RAISE = "raise"  # its breaches are one level graver


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownEvent:
    """What is known beforehand; empty collections mean all."""

    id: str
    name: str
    since: datetime
    until: datetime
    effect: Effect
    subjects: frozenset[str] = frozenset()
    rules: frozenset[str] = frozenset()
    themes: frozenset[str] = frozenset()

    def concerns(self, *, rule: str, subject: str, themes: Collection[str], at: datetime) -> bool:
        """Whether it holds at an instant for a breach about these themes."""
        return (
            self.since <= at < self.until
            and (not self.subjects or subject in self.subjects)
            and (not self.rules or rule in self.rules)
            and (not self.themes or not self.themes.isdisjoint(themes))
        )


class EventSettings(BaseModel):
    """One `[[event]]`; instants without an offset are on the hospital's clocks."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    id: Identifier
    name: str = Field(min_length=1)
    since: datetime | date = Field(alias="from")
    until: datetime | date  # a date: to the end of that day
    effect: Effect
    subjects: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    themes: tuple[ThemeName, ...] = ()

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> EventSettings:
        since, until = _naive(_begin(self.since)), _naive(_end(self.until))
        if until <= since:
            raise ValueError("should end after it begins")
        return self

    def known(self, zone: tzinfo) -> KnownEvent:
        return KnownEvent(
            id=self.id,
            name=self.name,
            since=_aware(_begin(self.since), zone),
            until=_aware(_end(self.until), zone),
            effect=self.effect,
            subjects=frozenset(self.subjects),
            rules=frozenset(self.rules),
            themes=frozenset(self.themes),
        )


def _begin(day: datetime | date) -> datetime:
    return day if isinstance(day, datetime) else datetime.combine(day, time.min)


def _end(day: datetime | date) -> datetime:
    if isinstance(day, datetime):
        return day
    return datetime.combine(day + timedelta(days=1), time.min)


def _naive(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None)


def _aware(moment: datetime, zone: tzinfo) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)
