"""What an incident is about: one story, or what is said of a subject in sum."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from listener.domain.incident import Incident
from listener.domain.rule import Breach


def of_story(story: int) -> str:
    return f"story/{story}"


def of_subject(subject: str) -> str:
    """The sum of what is said of a subject: a count, a share, a burst."""
    return f"subject/{subject}"


COVERAGE = "coverage"  # the watch itself is blind, wherever


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """An unfinished incident, with the stories that are its own (those that stand for them)."""

    incident: Incident
    stories: frozenset[int]

    @property
    def is_sum(self) -> bool:
        return self.incident.matter.startswith("subject/")


@dataclass(slots=True, kw_only=True)
class Case:
    """One matter with the breaches that are to join it; `incident` None: it is to be opened."""

    matter: str
    subject: str
    incident: Incident | None = None
    stories: set[int] = field(default_factory=set)
    mentions: set[int] = field(default_factory=set)
    held: frozenset[int] = frozenset()  # those of them that the incident holds already
    breaches: list[Breach] = field(default_factory=list)

    @property
    def is_sum(self) -> bool:
        return self.matter.startswith("subject/")

    def take(self, breach: Breach) -> None:
        self.breaches.append(breach)
        self.mentions.update(breach.mentions)
        if breach.story is not None:
            self.stories.add(breach.story)


def cases_of(
    breaches: Iterable[Breach],
    openings: Sequence[Opening],
    held: Mapping[int, Collection[int]],
    *,
    narrow: Collection[str] = (),
) -> list[Case]:
    """The breaches by the matter they belong to; each breach in one of them.

    `held` gives which of the breaches' mentions each unfinished incident holds; `narrow` are the
    subjects that are part of another, such as services: one storm over both is theirs.

    Sums go first: one that nobody has opened yet then takes the stories that made it.
    """
    cases = [
        Case(
            matter=opening.incident.matter,
            subject=opening.incident.subject,
            incident=opening.incident,
            stories=set(opening.stories),
            mentions=set(held.get(opening.incident.id, ())),
            held=frozenset(held.get(opening.incident.id, ())),
        )
        for opening in openings
    ]
    # An exempt breach last among equals changes nothing; what is graver names the incident.
    for breach in sorted(breaches, key=lambda b: _order(b, narrow)):
        case = _of_story(breach, cases) if breach.story is not None else _of_sum(breach, cases)
        if case is None:
            case = _new(breach)
            cases.append(case)
        case.take(breach)
    return [case for case in cases if case.breaches]


def _order(breach: Breach, narrow: Collection[str]) -> tuple[bool, bool, int]:
    return breach.story is not None, breach.subject not in narrow, -breach.level.rank


def _new(breach: Breach) -> Case:
    return Case(matter=_matter(breach), subject=breach.subject)


def _matter(breach: Breach) -> str:
    if breach.kind == "coverage":
        return COVERAGE
    return of_subject(breach.subject) if breach.story is None else of_story(breach.story)


def _of_story(breach: Breach, cases: Sequence[Case]) -> Case | None:
    for case in cases:
        if breach.story in case.stories:
            return case
    if breach.exempt:
        return None  # a life at stake is not one more voice in a crowd
    sums = [case for case in cases if case.is_sum and not case.mentions.isdisjoint(breach.mentions)]
    return sums[0] if sums else None


def _of_sum(breach: Breach, cases: Sequence[Case]) -> Case | None:
    wanted = set(breach.mentions)
    if wanted:
        fullest = max(cases, key=lambda case: len(case.mentions & wanted), default=None)
        if fullest is not None and 2 * len(fullest.mentions & wanted) > len(wanted):
            return fullest
    matter = _matter(breach)
    return next((case for case in cases if case.matter == matter), None)
