"""What becomes of breaches: opened once, reminded rarely, raised at once, told late when late."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listener.domain.incident import (
    AlertKind,
    Incident,
    Past,
    Policy,
    State,
    Verdict,
    is_calm,
    judge,
)
from listener.domain.rule import Breach, Level

AT = datetime(2026, 3, 14, 22, tzinfo=UTC)
POLICY = Policy(
    max_lateness=timedelta(hours=6),
    repeat_interval=timedelta(hours=4),
    resolve_after=timedelta(hours=12),
)


def breach(level: Level = Level.CRITICAL, at: datetime = AT, **values: Any) -> Breach:
    return Breach(**({"rule": "r", "subject": "chu"} | values), level=level, at=at)


def incident(level: Level = Level.CRITICAL, **values: Any) -> Incident:
    defaults: dict[str, Any] = {
        "id": 7,
        "subject": "chu",
        "state": State.OPEN,
        "opened_at": AT - timedelta(hours=1),
        "last_breach_at": AT - timedelta(hours=1),
    }
    return Incident(**(defaults | values), level=level)


def verdict(
    *breaches: Breach,
    current: Incident | None = None,
    paged: tuple[timedelta, Level] | None = None,
) -> Verdict:
    past = Past(alerted=(AT - paged[0], paged[1]) if paged else None)
    return judge(breaches, current, past, policy=POLICY, at=AT)


def test_the_first_breach_opens_an_incident_and_calls() -> None:
    found = verdict(breach(mentions=(1, 2)), breach(Level.WARNING, mentions=(2, 3)))
    assert found.opens
    assert found.alert is AlertKind.OPENED
    assert found.level is Level.CRITICAL
    assert found.mentions == {1, 2, 3}
    assert found.last_breach_at == AT


def test_a_breach_that_goes_on_joins_without_calling_again() -> None:
    found = verdict(
        breach(), current=incident(), paged=(timedelta(hours=3, minutes=59), Level.CRITICAL)
    )
    assert not found.opens
    assert found.alert is None


def test_after_the_repeat_interval_an_open_incident_is_called_again() -> None:
    paged = (timedelta(hours=4), Level.CRITICAL)
    assert verdict(breach(), current=incident(), paged=paged).alert is AlertKind.REMINDED


def test_an_acknowledged_incident_is_not_called_again_unless_it_gets_graver() -> None:
    known = incident(Level.WARNING, state=State.ACKNOWLEDGED)
    paged = (timedelta(hours=5), Level.WARNING)
    assert verdict(breach(Level.WARNING), current=known, paged=paged).alert is None
    assert verdict(breach(Level.CRITICAL), current=known, paged=paged).alert is AlertKind.RAISED


def test_what_somebody_took_before_anybody_was_called_is_theirs_unless_it_gets_graver() -> None:
    known = incident(Level.WARNING, state=State.ACKNOWLEDGED)
    assert verdict(breach(Level.INFO), current=known).alert is None
    assert verdict(breach(Level.CRITICAL), current=known).alert is AlertKind.RAISED
    grave = breach(Level.CRITICAL, exempt=True)
    taken = incident(Level.CRITICAL, state=State.ACKNOWLEDGED)
    assert verdict(breach(), current=taken).alert is None
    assert verdict(grave, current=taken).alert is AlertKind.RAISED


def test_a_graver_breach_calls_at_once() -> None:
    paged = (timedelta(minutes=1), Level.WARNING)
    raised = verdict(breach(), current=incident(Level.WARNING), paged=paged)
    assert raised.alert is AlertKind.RAISED
    assert verdict(breach(), paged=paged).alert is AlertKind.OPENED


def test_a_milder_breach_of_a_grave_incident_does_not_call() -> None:
    paged = (timedelta(minutes=1), Level.CRITICAL)
    assert verdict(breach(Level.WARNING), current=incident(), paged=paged).alert is None


def test_a_subject_that_was_closed_and_breaches_again_soon_opens_silently() -> None:
    found = verdict(breach(), paged=(timedelta(hours=1), Level.CRITICAL))
    assert found.opens
    assert found.alert is None
    assert verdict(breach(), paged=(timedelta(hours=4), Level.CRITICAL)).alert is AlertKind.OPENED


def test_what_is_too_old_is_recorded_and_calls_nobody() -> None:
    old = breach(at=AT - timedelta(hours=6, seconds=1))
    found = verdict(old)
    assert found.opens
    assert found.alert is AlertKind.RECORDED
    assert verdict(old, current=incident()).alert is None


def test_old_news_is_a_warning_at_most_and_moves_nothing_that_stands() -> None:
    """Whatever is open and critical rings at the next tick."""
    old = breach(at=AT - timedelta(hours=7))
    assert verdict(old).level is Level.WARNING
    for level in Level:
        assert verdict(old, current=incident(level)).level is level


def test_a_life_at_stake_calls_within_the_interval_unless_it_was_told() -> None:
    grave, paged = breach(exempt=True), (timedelta(hours=1), Level.CRITICAL)
    assert verdict(grave, paged=paged).alert is AlertKind.OPENED
    assert verdict(grave, current=incident(), paged=paged).alert is AlertKind.RAISED
    told = Past(alerted=(AT - paged[0], paged[1]), grave=frozenset({"r"}))
    assert judge([grave], incident(), told, policy=POLICY, at=AT).alert is None


def test_a_warning_that_turns_critical_calls_whatever_was_told_of_its_matter_before() -> None:
    paged = (timedelta(hours=1), Level.CRITICAL)
    taken = incident(Level.WARNING, state=State.ACKNOWLEDGED)
    assert verdict(breach(), current=taken, paged=paged).alert is AlertKind.RAISED


def test_what_is_as_old_as_allowed_still_calls() -> None:
    assert verdict(breach(at=AT - timedelta(hours=6))).alert is AlertKind.OPENED


def test_an_old_grave_breach_does_not_raise_the_level_that_calls() -> None:
    old = breach(Level.CRITICAL, at=AT - timedelta(hours=7))
    found = verdict(old, breach(Level.WARNING))
    assert found.level is Level.WARNING
    assert found.alert is AlertKind.OPENED
    assert len(found.breaches) == 2


def test_an_incident_that_was_only_recorded_calls_when_it_becomes_fresh() -> None:
    assert verdict(breach(), current=incident()).alert is AlertKind.OPENED


@pytest.mark.parametrize(
    ("state", "hours", "calm"),
    [
        (State.OPEN, 12, True),
        (State.OPEN, 11, False),
        (State.ACKNOWLEDGED, 13, True),
        (State.RESOLVED, 13, False),
        (State.DISMISSED, 13, False),
    ],
)
def test_an_incident_without_breach_for_long_enough_is_calm(
    state: State, hours: int, calm: bool
) -> None:
    quiet = incident(state=state, last_breach_at=AT - timedelta(hours=hours))
    assert is_calm(quiet, policy=POLICY, at=AT) is calm


@pytest.mark.parametrize("moved", ["acknowledged_at", "step_at"])
def test_what_was_taken_up_again_a_moment_ago_is_not_calm(moved: str) -> None:
    quiet = incident(last_breach_at=AT - timedelta(hours=20), **{moved: AT})
    assert not is_calm(quiet, policy=POLICY, at=AT + timedelta(seconds=10))
    assert is_calm(quiet, policy=POLICY, at=AT + timedelta(hours=12))


levels = st.sampled_from(list(Level))
ages = st.integers(0, 20 * 60).map(lambda minutes: timedelta(minutes=minutes))


@given(
    st.lists(st.tuples(levels, ages), min_size=1, max_size=6),
    st.none() | st.tuples(levels, st.sampled_from([State.OPEN, State.ACKNOWLEDGED])),
    st.none() | st.tuples(ages, levels),
)
def test_nobody_is_called_for_old_news_nor_twice_within_the_interval(
    found: list[tuple[Level, timedelta]],
    current: tuple[Level, State] | None,
    paged: tuple[timedelta, Level] | None,
) -> None:
    result = verdict(
        *(breach(level, AT - age) for level, age in found),
        current=incident(current[0], state=current[1]) if current else None,
        paged=paged,
    )
    fresh = [level for level, age in found if age <= POLICY.max_lateness]
    calls = result.alert in (AlertKind.OPENED, AlertKind.RAISED, AlertKind.REMINDED)
    assert result.opens is (current is None)
    if not fresh:
        assert not calls
    elif paged and paged[0] < POLICY.repeat_interval:
        told = min(paged[1].rank, current[0].rank) if current else paged[1].rank
        assert calls is (max(level.rank for level in fresh) > told)
    elif paged is None and current and current[1] is State.ACKNOWLEDGED:
        assert calls is (max(level.rank for level in fresh) > current[0].rank)
    elif paged is None:
        assert calls
