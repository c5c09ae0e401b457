"""Whom an incident calls, one step after the other, as the rotas stand at an instant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict, Field

from connectors.durations import PositiveDuration
from listener.domain.calendar import WorkCalendar
from listener.domain.oncall import Rota
from listener.domain.rule import Level
from listener.domain.values import Identifier

WAIT = timedelta(minutes=10)
LAST_RESORT = "last-resort"


class StepSettings(BaseModel):
    """`[[escalation.step]]`: who is called together, and for how long before the next step is.

    Without `rotas` and `people`: every rota that concerns the incident's subject.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    rotas: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    wait: PositiveDuration = WAIT
    wait_off_hours: PositiveDuration | None = None  # None: as `wait`
    levels: tuple[Level, ...] = ()  # empty: all
    subjects: tuple[str, ...] = ()  # watch ids; empty: all


class EscalationSettings(BaseModel):
    """`[escalation]`: who is called when whoever was called does not answer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    repeat_every: PositiveDuration = timedelta(minutes=3)  # a page, until somebody answers
    last_resort: Identifier | None = None  # a person; None: the fallback of the rota concerned
    step: tuple[StepSettings, ...] = Field(default=(), max_length=20)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """People who are called together. `wait` passes before the next step is called.

    `name` is the step's place in the file ("1", "2", …; "last-resort"), which stays the same
    where a step before it is skipped.
    """

    people: tuple[str, ...]
    wait: timedelta
    name: str


class Chain:
    """The escalation, asked with UTC instants."""

    def __init__(
        self, settings: EscalationSettings, rotas: Sequence[Rota], calendar: WorkCalendar
    ) -> None:
        self._settings = settings
        self._rotas = rotas
        self._calendar = calendar

    @property
    def repeat_every(self) -> timedelta:
        return self._settings.repeat_every

    def steps(self, level: Level, subject: str, at: datetime) -> tuple[Step, ...]:
        """Who would be called for an incident of that level and subject, in order.

        Nobody is called by two steps, and a step with nobody left is not there. The last one is
        always the last resort alone, who may have been called before. Empty only where neither a
        rota nor a last resort is configured.
        """
        steps: list[Step] = []
        called: set[str] = set()
        for number, settings in enumerate(self._settings.step or (StepSettings(),), start=1):
            if not _concerns(settings, level, subject):
                continue
            people = tuple(p for p in self._people(settings, subject, at) if p not in called)
            if people:
                called |= set(people)
                steps.append(Step(people=people, wait=self._wait(settings, at), name=str(number)))
        last = self.last_resort(subject)
        if last is not None and not (steps and steps[-1].people == (last,)):
            steps.append(
                Step(people=(last,), wait=self._wait(StepSettings(), at), name=LAST_RESORT)
            )
        return tuple(steps)

    def last_resort(self, subject: str) -> str | None:
        """Who answers when nobody else does; None where nobody is configured at all."""
        if self._settings.last_resort is not None:
            return self._settings.last_resort
        rotas = self.rotas(subject) or list(self._rotas)
        return rotas[0].settings.fallback if rotas else None

    def rotas(self, subject: str) -> list[Rota]:
        """The rotas that concern a subject: its own before those for all."""
        concerned = [rota for rota in self._rotas if rota.concerns(subject)]
        return sorted(concerned, key=lambda rota: not rota.settings.subjects)

    def everybody(self) -> frozenset[str]:
        """All who may ever be called: by any rota, step or last resort."""
        found = {person for step in self._settings.step for person in step.people}
        found |= {person for rota in self._rotas for person in rota.everybody()}
        if self._settings.last_resort is not None:
            found.add(self._settings.last_resort)
        return frozenset(found)

    def _people(self, settings: StepSettings, subject: str, at: datetime) -> list[str]:
        everything = not settings.rotas and not settings.people
        on_call = (
            rota.on_call(at).person
            for rota in self.rotas(subject)
            if everything or rota.settings.id in settings.rotas
        )
        return _once((*on_call, *settings.people))

    def _wait(self, settings: StepSettings, at: datetime) -> timedelta:
        if settings.wait_off_hours is None or self._calendar.is_working(at):
            return settings.wait
        return settings.wait_off_hours


def _concerns(settings: StepSettings, level: Level, subject: str) -> bool:
    return (not settings.levels or level in settings.levels) and (
        not settings.subjects or subject in settings.subjects
    )


def _once(people: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(people))
