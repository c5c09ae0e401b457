"""When a phone rings: repeated until somebody answers, passed on, and never more than is bearable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from listener.domain.escalation import Step
from listener.domain.incident import AlertKind, Incident, State
from listener.domain.rule import Level

CLOCK_BACK = timedelta(seconds=30)  # a call of ours in the future: the clock was set back


@dataclass(frozen=True, slots=True, kw_only=True)
class PagingPolicy:
    repeat_every: timedelta = timedelta(minutes=3)
    max_pages: int = 10
    within: timedelta = timedelta(minutes=30)
    # Once the last step has been rung for `within`, it is rung as seldom as this: a phone that has
    # not woken anybody ten times wakes nobody the eleventh, and its battery is needed.
    later: timedelta = timedelta(minutes=15)
    apart: timedelta = timedelta(minutes=1)  # two rings of one phone: what comes between is folded


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """Ring these people about an incident; with nobody to ring, only the instants are set anew."""

    step: int
    kind: AlertKind
    people: tuple[str, ...] = ()
    rebased: bool = False
    anew: bool = False  # the step's wait begins again


def first_call(incident: Incident, steps: Sequence[Step], kind: AlertKind) -> Call:
    """What there is news to tell of: to the step that is being rung already, else to the first."""
    if not steps:
        return Call(step=0, kind=kind, anew=True)
    step = min(incident.step, len(steps) - 1) if incident.paged_at is not None else 0
    return Call(step=step, kind=kind, people=steps[step].people, anew=True)


def due_call(
    incident: Incident, steps: Sequence[Step], policy: PagingPolicy, at: datetime
) -> Call | None:
    """What is due for an incident that nobody has answered; at most one thing, however late it is."""
    if incident.state is not State.OPEN or incident.level is not Level.CRITICAL or not steps:
        return None
    index = min(incident.step, len(steps) - 1)
    # Before the snooze is asked, which would last as much longer as the clock went back.
    if incident.paged_at is not None and incident.paged_at > at + CLOCK_BACK:
        return Call(step=index, kind=AlertKind.REPEATED, rebased=True)
    if incident.snoozed_until is not None and at < incident.snoozed_until:
        return None
    people = steps[index].people
    if incident.paged_at is None:
        return Call(step=index, kind=AlertKind.OPENED, people=people)
    if incident.snoozed_until is not None:
        # Whoever put it off is asked first: nobody has failed to answer meanwhile.
        return Call(step=index, kind=AlertKind.REPEATED, people=people, anew=True)
    since = incident.step_at or incident.paged_at
    if index + 1 < len(steps) and at - since >= steps[index].wait:
        return Call(step=index + 1, kind=AlertKind.ESCALATED, people=steps[index + 1].people)
    tired = index + 1 == len(steps) and incident.paged_at - since >= policy.within
    if at - incident.paged_at >= (policy.later if tired else policy.repeat_every):
        return Call(step=index, kind=AlertKind.REPEATED, people=people)
    return None


def snoozed_by_new_clock(incident: Incident, at: datetime) -> datetime | None:
    """When a snooze ends by a clock that was set back: no later than it did by the old one."""
    if incident.snoozed_until is None or incident.paged_at is None:
        return None
    return incident.snoozed_until - (incident.paged_at - at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One person is to be rung about one incident; `since`: when it last rang, else opened."""

    person: str
    incident: int
    level: Level
    since: datetime
    exempt: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring:
    """One ring of one phone: about `incident`, with `others` told in the same breath."""

    person: str
    incident: int
    exempt: bool
    others: tuple[int, ...] = ()


def ration(
    wanted: Sequence[Wanted],
    rung: Mapping[str, Sequence[datetime]],
    waiting: Mapping[str, Sequence[int]],
    policy: PagingPolicy,
    at: datetime,
) -> tuple[list[Ring], list[Wanted]]:
    """The rings that go now, one a person, and what is folded into the person's next one.

    `rung` holds when each person's phone rang within the last `policy.within`; `waiting` are
    incidents that were folded since. Life and safety ring whatever was rung before.
    """
    rings: list[Ring] = []
    folded: list[Wanted] = []
    for person in dict.fromkeys(want.person for want in wanted):
        mine = sorted((w for w in wanted if w.person == person), key=_gravest_first)
        lead, rest = mine[0], mine[1:]
        if not lead.exempt and _is_too_much(rung.get(person, ()), policy, at):
            folded += mine
            continue
        folded += rest
        others = dict.fromkeys([*(w.incident for w in rest), *waiting.get(person, ())])
        others.pop(lead.incident, None)
        rings.append(
            Ring(person=person, incident=lead.incident, exempt=lead.exempt, others=tuple(others))
        )
    return rings, folded


def _is_too_much(rung: Sequence[datetime], policy: PagingPolicy, at: datetime) -> bool:
    return len(rung) >= policy.max_pages or any(at - when < policy.apart for when in rung)


def _gravest_first(want: Wanted) -> tuple[bool, int, datetime, int]:
    return not want.exempt, -want.level.rank, want.since, want.incident
