"""The digest's settings: when, to whom, what it tells and in which order: [digest], [[digest.service]]."""

from __future__ import annotations

from collections import Counter
from datetime import time
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, Field

from connectors.durations import ClockTime
from listener.config.section import Language, Section
from listener.domain.calendar import Weekday
from listener.domain.values import Address, Identifier

SectionName = Literal[
    "days",
    "themes",
    "stories",
    "incidents",
    "answers",
    "praise",
    "rumours",
    "networks",
    "services",
    "reviews",
    "audience",
    "peers",
    "unseen",
    "actions",
]
EVERY_SECTION: tuple[SectionName, ...] = get_args(SectionName)


def _arranged(names: tuple[SectionName, ...]) -> tuple[SectionName, ...]:
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        left = ", ".join(name for name in EVERY_SECTION if name not in names)
        raise ValueError(f'should name "{twice[0]}" once; not named yet: {left or "none"}')
    if "unseen" not in names:
        raise ValueError('should hold "unseen": a figure is only worth what it leaves out')
    return names


Sections = Annotated[tuple[SectionName, ...], AfterValidator(_arranged)]


class ServiceDigestSettings(Section):
    """One service's own digest, by e-mail, on the day and at the hour of the hospital's."""

    subject: Identifier
    recipients: tuple[Address, ...] = Field(min_length=1)
    sections: Sections | None = None  # None: the hospital's


class DigestSettings(Section):
    enabled: bool = True
    day: Weekday = "monday"
    hour: ClockTime = time(8, 0)
    monthly: bool = False  # the month's as well, on the first working day after it
    recipients: tuple[Address, ...] = ()
    slack: bool = True
    language: Language | None = None  # None: the hospital's
    sections: Sections = EVERY_SECTION
    peers: tuple[Identifier, ...] = ()  # to compare with; none: all that are watched
    service: tuple[ServiceDigestSettings, ...] = ()

    def of_service(self, subject: str) -> ServiceDigestSettings | None:
        return next((found for found in self.service if found.subject == subject), None)

    def sections_of(self, subject: str = "") -> tuple[SectionName, ...]:
        """What a service's digest tells, in order; without a subject, the hospital's."""
        own = self.of_service(subject)
        return own.sections if own and own.sections else self.sections
