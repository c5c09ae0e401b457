"""What lasts, clears, cools down, mutes and is known beforehand: the same for whoever looks when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from listener.domain.rule import (
    Breach,
    Effect,
    EventSettings,
    Facts,
    KnownEvent,
    Level,
    RuleState,
    evaluate,
    spells,
    weigh,
)
from listener.domain.rule.looks import look
from listener.domain.rule.windows import lingers, reaches
from tests.listener.test_rules import NIGHT, OWN, Instants, fact, instants, rule

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
SPAN = 60  # minutes that a timeline is followed


def at(minutes: float) -> datetime:
    return NIGHT + minutes * MINUTE


counts = st.tuples(st.integers(1, 6), st.integers(1, 6), st.none() | st.integers(1, 25)).map(
    lambda p: rule(
        "count",
        at_least=max(p[0], p[1]),
        clear=min(p[0], p[1]),
        window="10m",
        **({"for": f"{p[2]}m"} if p[2] else {}),
    )
)
shares = st.tuples(st.floats(0.3, 1), st.floats(0.1, 1), st.integers(2, 5)).map(
    lambda p: rule(
        "negative_share",
        share=max(p[0], p[1]),
        clear_share=min(p[0], p[1]),
        minimum=p[2],
        window="10m",
    )
)


def followed(points: Instants, tried: Any) -> list[tuple[int, int | None]]:
    """Every spell in whole minutes, by looking at each: begin, end (None: still going on)."""
    found: list[tuple[int, int | None]] = []
    began: int | None = None
    for minute in range(SPAN + 1):
        inside = [bad for when, bad in points if at(minute) - tried.window < when <= at(minute)]
        scored = [bad for bad in inside if bad is not None]
        figures = {"total": len(inside), "scored": len(scored), "negative": sum(scored)}
        crossed = reaches(tried, **figures) if began is None else lingers(tried, **figures)
        if crossed and began is None:
            began = minute
        if not crossed and began is not None:
            found.append((began, minute))
            began = None
    return found if began is None else [*found, (began, None)]


@given(instants, counts | shares)
def test_spells_are_what_looking_at_every_minute_finds(points: Instants, tried: Any) -> None:
    found = spells(points, tried, start=NIGHT, until=at(SPAN))
    told = [(s.since, None if s.ongoing else s.until) for s in found]
    assert told == [
        (at(begin), None if end is None else at(end)) for begin, end in followed(points, tried)
    ]


class Watching:
    """A rule over one timeline, looked at as the listener does: at pages, and when it is due."""

    def __init__(self, tried: Any, points: Instants) -> None:
        self.tried = tried
        self.points = points
        self.states: dict[tuple[str, str], RuleState] = {}
        self.breaches: list[Breach] = []

    @property
    def state(self) -> RuleState:
        return self.states.get((self.tried.id, "chu"), RuleState())

    def look(self, now: datetime, touched: datetime | None = None) -> None:
        known = [p for p in self.points if p[0] <= now]
        windows = look(self.tried, "chu", known, state=self.state, touched=touched or now, at=now)
        facts = Facts(windows=windows, states=dict(self.states), at=now)
        weighed = weigh([self.tried], facts, own=OWN)
        self.states |= weighed.states
        self.breaches += weighed.breaches

    def run(self, late: int) -> None:
        """Each mention is read `late` minutes after it occurred; due moments are kept, as late."""
        pages = sorted({when + late * MINUTE for when, _ in self.points})
        now = NIGHT - SECOND
        while True:
            coming = [page for page in pages if page > now]
            due = self.state.due_at
            moments = coming[:1] + ([max(due, now + SECOND)] if due else [])
            if not moments or min(moments) > at(SPAN):
                return
            now = min(moments)
            new = [when for when, _ in self.points if when + late * MINUTE == now]
            self.look(now, min(new, default=None))


@settings(max_examples=200)
@given(instants, counts)
def test_no_spell_that_lasts_is_missed_and_none_that_does_not_is_told(
    points: Instants, tried: Any
) -> None:
    watching = Watching(tried, points)
    watching.run(late=0)
    lasting = tried.for_ or timedelta()
    for begin, end in followed(points, tried):
        told = [
            b for b in watching.breaches if at(begin) <= b.at and (end is None or b.at <= at(end))
        ]
        lasted = (at(SPAN) if end is None else at(end)) - at(begin)
        if lasted > lasting:
            assert told, (begin, end)
            assert min(b.at for b in told) == at(begin) + lasting
        if lasted < lasting:
            assert not told, (begin, end)


@settings(max_examples=100)
@given(instants, counts, st.lists(st.integers(0, SPAN), max_size=8))
def test_looking_more_often_changes_nothing(points: Instants, tried: Any, more: list[int]) -> None:
    seldom, often = Watching(tried, points), Watching(tried, points)
    moments = sorted({when for when, _ in points})
    for watching, looks in ((seldom, []), (often, [at(m) for m in more])):
        for now in sorted({*moments, *looks, at(SPAN)}):
            watching.look(now)
    assert seldom.state.since == often.state.since
    firsts = [_begun(watching, tried) for watching in (seldom, often)]
    assert firsts[0] == firsts[1]


def _begun(watching: Watching, tried: Any) -> set[int]:
    """The spells, by number, of which anything was told."""
    found = followed(watching.points, tried)
    return {
        number
        for number, (begin, end) in enumerate(found)
        for breach in watching.breaches
        if at(begin) <= breach.at <= at(SPAN if end is None else end)
    }


def test_what_must_last_fires_with_no_mention_arriving() -> None:
    tried = rule("count", at_least=3, window="30m", **{"for": "10m"})
    watching = Watching(tried, [(NIGHT, True)] * 3)
    watching.look(NIGHT)
    assert not watching.breaches
    assert watching.state.due_at == at(10)
    watching.look(at(10))
    (breach,) = watching.breaches
    assert (breach.at, breach.seen["held"], breach.expected["for"]) == (at(10), 10, 10)


def test_a_due_moment_that_was_missed_still_tells_what_lasted() -> None:
    tried = rule("count", at_least=3, window="30m", **{"for": "10m"})
    watching = Watching(tried, [(NIGHT, True)] * 3)
    watching.look(NIGHT)
    watching.look(at(300))
    (breach,) = watching.breaches
    assert breach.at == at(30)
    watching.look(at(301))
    assert len(watching.breaches) == 1


def test_figures_around_the_threshold_do_not_flap() -> None:
    points: Instants = [(at(m), True) for m in (0, 1, 2, 3, 4, 11.5, 12.5, 13.5, 15, 16, 17)]
    tried = rule("count", at_least=5, clear=3, window="10m", cool_down="1h")
    watching = Watching(tried, points)
    for minute in range(19):
        watching.look(at(minute))
    assert {state.since for state in watching.states.values()} == {at(4)}
    told = [breach.at for breach in watching.breaches]
    assert told == [at(minute) for minute in range(4, 19)]


def test_after_a_breach_the_next_spell_is_silent_for_a_while() -> None:
    points: Instants = [(at(m), True) for m in (0, 0, 15, 15, 40, 40)]
    tried = rule("count", at_least=2, window="5m", cool_down="30m")
    watching = Watching(tried, points)
    for minute in (0, 10, 15, 25, 40):
        watching.look(at(minute))
    assert [breach.at for breach in watching.breaches] == [at(0), at(40)]


def test_a_mention_cools_its_subject_down_but_not_the_others() -> None:
    tried = rule("severity", at_least=50, cool_down="30m", subjects=["chu", "urgences"])

    def page(minute: int, *subjects: str, **values: Any) -> Facts:
        said = fact(id=minute, occurred_at=at(minute), subjects=frozenset(subjects), **values)
        return Facts(mentions=[said], at=at(minute), states=states)

    states: dict[tuple[str, str], RuleState] = {}
    told = []
    for minute, subject in ((1, "chu"), (5, "chu"), (6, "urgences"), (31, "chu"), (40, "chu")):
        weighed = weigh([tried], page(minute, subject), own=OWN)
        states |= weighed.states
        told += [(minute, breach.subject) for breach in weighed.breaches]
    assert told == [(1, "chu"), (6, "urgences"), (31, "chu")]


def test_life_and_safety_do_not_cool_down() -> None:
    tried = rule("theme", themes=["person_in_danger"], cool_down="1h")
    states: dict[tuple[str, str], RuleState] = {}
    for minute in (0, 5):
        danger = fact(id=minute, occurred_at=at(minute), themes={"person_in_danger": 0.9})
        weighed = weigh([tried], Facts(mentions=[danger], at=at(minute), states=states), own=OWN)
        states |= weighed.states
        assert weighed.breaches


CRITICAL = rule("severity", id="grave", at_least=80, inhibits=["nombre"])
WARNING = rule("terms", id="nombre", level="warning", terms=["attente"])


def levels(found: Iterable[Breach]) -> dict[str, Level]:
    return {breach.rule: breach.level for breach in found}


def test_a_critical_mutes_its_warnings_which_stay_noted() -> None:
    found = weigh([WARNING, CRITICAL], Facts(mentions=[fact()], at=NIGHT), own=OWN).breaches
    assert levels(found) == {"grave": Level.CRITICAL, "nombre": Level.INFO}
    assert found[1].muted_by == "grave"


def test_a_rule_speaks_for_others_for_a_while_and_for_its_own_subject() -> None:
    rules = [WARNING, CRITICAL]
    first = weigh(rules, Facts(mentions=[fact()], at=NIGHT), own=OWN)
    for minutes, subject, level in (
        (59, "chu", Level.INFO),
        (60, "chu", Level.WARNING),
        (59, "ehpad", Level.WARNING),
    ):
        mild = fact(id=2, severity=10, occurred_at=at(minutes), subjects=frozenset({subject}))
        facts = Facts(mentions=[mild], at=at(minutes), states=first.states)
        found = weigh(rules, facts, own=frozenset({"chu", "ehpad"})).breaches
        assert levels(found) == {"nombre": level}


def test_muted_by_says_the_same_as_inhibits() -> None:
    loud = rule("severity", id="grave", at_least=80)
    quiet = rule("terms", id="nombre", level="warning", terms=["attente"], muted_by=["grave"])
    found = weigh([quiet, loud], Facts(mentions=[fact()], at=NIGHT), own=OWN).breaches
    assert levels(found)["nombre"] is Level.INFO


def test_what_is_muted_itself_does_not_mute() -> None:
    strike = event(rules=frozenset({"grave"}))
    facts = Facts(mentions=[fact()], at=NIGHT, events=[strike])
    found = weigh([WARNING, CRITICAL], facts, own=OWN).breaches
    assert levels(found) == {"grave": Level.INFO, "nombre": Level.WARNING}


def event(**values: Any) -> KnownEvent:
    known: dict[str, Any] = {
        "id": "greve",
        "name": "Préavis de grève",
        "since": NIGHT - timedelta(hours=1),
        "until": NIGHT + timedelta(hours=1),
        "effect": Effect.MUTE,
    }
    return KnownEvent(**(known | values))


def judged(*events: KnownEvent, **values: Any) -> Breach:
    grave = rule("severity", at_least=50, level="warning")
    (breach,) = evaluate([grave], Facts(mentions=[fact(**values)], events=events), own=OWN)
    return breach


def test_a_known_event_mutes_and_says_so() -> None:
    breach = judged(event())
    assert (breach.level, breach.event) == (Level.INFO, "greve")


def test_a_known_event_raises_by_one_level_and_is_heard_over_one_that_mutes() -> None:
    breach = judged(event(), event(id="plan-blanc", effect=Effect.RAISE))
    assert (breach.level, breach.event) == (Level.CRITICAL, "plan-blanc")


@pytest.mark.parametrize(
    "other",
    [
        {"subjects": frozenset({"bremont"})},
        {"rules": frozenset({"nombre"})},
        {"themes": frozenset({"staffing"})},
        {"until": NIGHT},
        {"since": NIGHT + MINUTE, "until": NIGHT + 2 * MINUTE},
    ],
)
def test_an_event_concerns_what_it_names_while_it_lasts(other: dict[str, Any]) -> None:
    assert judged(event(**other)).event is None


def test_an_event_s_theme_is_what_the_mention_is_about() -> None:
    strike = event(themes=frozenset({"staffing"}))
    assert judged(strike, themes={"staffing": 0.8}).event == "greve"
    assert judged(strike, themes={"staffing": 0.2}).event is None


def test_no_event_mutes_life_and_safety() -> None:
    danger = rule("theme", themes=["person_in_danger"])
    said = fact(themes={"person_in_danger": 0.9})
    (breach,) = evaluate([danger], Facts(mentions=[said], events=[event()]), own=OWN)
    assert (breach.level, breach.event) == (Level.CRITICAL, None)


PARIS = ZoneInfo("Europe/Paris")


def written(**values: Any) -> EventSettings:
    known = {"id": "e", "name": "Grève", "effect": "mute", "from": date(2026, 3, 29)}
    return EventSettings.model_validate(known | values)


def test_a_day_is_whole_on_the_hospital_s_clocks_also_when_they_change() -> None:
    known = written(until=date(2026, 3, 29)).known(PARIS)
    assert known.since == datetime(2026, 3, 28, 23, tzinfo=UTC)
    assert known.until == datetime(2026, 3, 29, 22, tzinfo=UTC)  # of 23 hours


def test_an_hour_is_the_hospital_s_unless_it_says_otherwise() -> None:
    known = written(until=datetime.fromisoformat("2026-03-29T08:00")).known(PARIS)
    assert known.until == datetime(2026, 3, 29, 6, tzinfo=UTC)
    known = written(until=datetime(2026, 3, 29, 8, tzinfo=UTC)).known(PARIS)
    assert known.until == datetime(2026, 3, 29, 8, tzinfo=UTC)


def test_an_event_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValidationError):
        written(until=date(2026, 3, 28))


def test_rules_that_remember_nothing_leave_no_state() -> None:
    plain: Sequence[Any] = [rule("severity", at_least=50)]
    assert not weigh(plain, Facts(mentions=[fact()], at=NIGHT), own=OWN).states
