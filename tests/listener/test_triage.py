"""What is read again, and in which order."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listener.domain.rule import CountRule, Level, SeverityRule
from listener.domain.triage import Judged, priority

OWN = frozenset({"chu"})
SEVERE = SeverityRule(id="grave", kind="severity", level=Level.CRITICAL, at_least=80)
MANY = CountRule(
    id="nombre", kind="count", level=Level.WARNING, at_least=5, window=timedelta(minutes=30)
)
RULES = (SEVERE, MANY)
CALM = Judged(
    subjects=OWN, network="x", severity=12.0, negative=0.05, confidence=0.9, patient_privacy=0.02
)
fractions = st.floats(0, 1)


def first(judged: Judged, near: frozenset[str] = frozenset(), rules=RULES) -> float:
    """None stands behind everything."""
    found = priority(judged, rules, own=OWN, near=near)
    return 0.0 if found is None else found


def test_what_is_certain_and_harmless_is_not_read_again() -> None:
    assert priority(CALM, RULES, own=OWN) is None
    assert priority(replace(CALM, negative=0.95, confidence=0.95), RULES, own=OWN) is None
    assert priority(Judged(subjects=OWN, network="x"), RULES, own=OWN) is None


def test_what_could_alert_comes_before_what_could_soon_before_what_is_uncertain() -> None:
    uncertain = replace(CALM, confidence=0.5, negative=0.4)
    angry = replace(CALM, negative=0.95, confidence=0.95)
    order = [
        first(replace(CALM, severity=70.0)),
        first(angry, OWN),
        first(uncertain, OWN),
        first(uncertain),
        first(angry),
    ]
    assert order == sorted(order, reverse=True)
    assert len(set(order)) == len(order)


@pytest.mark.parametrize(
    "judged",
    [
        replace(CALM, severity=65.0),
        replace(CALM, severity=99.0),
        replace(CALM, danger=0.2),
        replace(CALM, danger=0.99),
        replace(CALM, patient_privacy=0.4),
    ],
    ids=str,
)
def test_what_may_call_somebody_or_reveal_a_patient_comes_first(judged: Judged) -> None:
    assert first(judged) >= 3


@pytest.mark.parametrize(
    "rule",
    [
        SEVERE.model_copy(update={"networks": ("mastodon",)}),
        SEVERE.model_copy(update={"subjects": ("bremont",)}),
        SEVERE.model_copy(update={"enabled": False}),
    ],
    ids=["another network", "another subject", "switched off"],
)
def test_a_rule_that_does_not_concern_it_makes_nothing_urgent(rule: SeverityRule) -> None:
    assert priority(replace(CALM, severity=95.0), (rule,), own=OWN) is None


@given(low=st.floats(0, 100), high=st.floats(0, 100), negative=fractions, sure=fractions)
def test_a_graver_post_never_waits_behind(
    low: float, high: float, negative: float, sure: float
) -> None:
    low, high = sorted((low, high))
    judged = replace(CALM, negative=negative, confidence=max(negative, sure))
    for near in (frozenset[str](), OWN):
        assert first(replace(judged, severity=low), near) <= first(
            replace(judged, severity=high), near
        )


@given(
    less=st.floats(1 / 3, 1),
    more=st.floats(1 / 3, 1),
    negative=fractions,
    severity=st.floats(0, 64),
)
def test_an_uncertain_post_never_waits_behind_a_surer_one(
    less: float, more: float, negative: float, severity: float
) -> None:
    less, more = sorted((less, more))
    judged = replace(CALM, negative=min(negative, less), severity=severity)
    for near in (frozenset[str](), OWN):
        assert first(replace(judged, confidence=more), near) <= first(
            replace(judged, confidence=less), near
        )


@given(severity=st.floats(0, 100), negative=fractions, sure=fractions, danger=fractions)
def test_the_queue_has_four_steps(
    severity: float, negative: float, sure: float, danger: float
) -> None:
    judged = replace(CALM, severity=severity, negative=negative, confidence=sure, danger=danger)
    found = priority(judged, RULES, own=OWN, near=OWN)
    assert found is None or 1 <= found <= 4
