"""What is a breach: one grave mention, words, counts and shares over sliding windows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from listener.domain.rule import (
    Breach,
    Facts,
    Level,
    MentionFact,
    Rule,
    WindowFact,
    densest,
    evaluate,
)

NIGHT = datetime(2026, 3, 14, 21, 40, tzinfo=UTC)
OWN = frozenset({"chu"})
RULES: TypeAdapter[Any] = TypeAdapter(Rule)


def rule(kind: str, **values: Any) -> Any:
    return RULES.validate_python({"id": kind, "kind": kind, "level": "critical"} | values)


def fact(**values: Any) -> MentionFact:
    defaults: dict[str, Any] = {
        "id": 1,
        "subjects": OWN,
        "network": "mastodon",
        "occurred_at": NIGHT,
        "text": "Onze heures d'attente, c'est une honte",
        "severity": 82.4,
        "sentiment": "negative",
    }
    return MentionFact(**(defaults | values))


def window(**values: Any) -> WindowFact:
    defaults: dict[str, Any] = {
        "rule": "count",
        "subject": "chu",
        "until": NIGHT,
        "total": 0,
        "scored": 0,
        "negative": 0,
    }
    return WindowFact(**(defaults | values))


def breaches(*rules: Any, **facts: Any) -> list[Breach]:
    return evaluate(rules, Facts(**facts), own=OWN)


def test_one_grave_mention_breaches_with_its_figures_and_without_its_words() -> None:
    (breach,) = breaches(rule("severity", at_least=80), mentions=[fact()])
    assert breach == Breach(
        rule="severity",
        kind="severity",
        level=Level.CRITICAL,
        subject="chu",
        at=NIGHT,
        seen={"severity": 82},
        expected={"at_least": 80},
        mentions=(1,),
    )
    assert "honte" not in repr(breach)


def test_a_threshold_is_reached_when_it_is_met() -> None:
    exact = rule("severity", at_least=82.4)
    assert breaches(exact, mentions=[fact()])
    assert not breaches(exact, mentions=[fact(severity=82.3)])
    assert not breaches(exact, mentions=[fact(severity=None)])


def test_a_rule_watches_the_hospital_s_own_subjects_unless_it_names_others() -> None:
    peer = fact(subjects=frozenset({"bremont"}))
    service = fact(subjects=frozenset({"chu", "urgences"}))
    assert not breaches(rule("severity", at_least=80), mentions=[peer])
    (found,) = breaches(rule("severity", at_least=80, subjects=["bremont"]), mentions=[peer])
    assert found.subject == "bremont"
    both = breaches(rule("severity", at_least=80, subjects=["chu", "urgences"]), mentions=[service])
    assert [found.subject for found in both] == ["chu", "urgences"]


def test_a_rule_may_be_of_some_networks_or_switched_off() -> None:
    assert breaches(rule("severity", at_least=80, networks=["mastodon"]), mentions=[fact()])
    assert not breaches(rule("severity", at_least=80, networks=["rss"]), mentions=[fact()])
    assert not breaches(rule("severity", at_least=80, enabled=False), mentions=[fact()])


def test_an_old_post_that_takes_off_today_is_news_of_today() -> None:
    old = fact(occurred_at=NIGHT - timedelta(days=30), judged_at=NIGHT)
    (breach,) = breaches(rule("severity", at_least=80), mentions=[old])
    assert breach.at == NIGHT


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Une LISTERIOSE au CHU", ["listériose"]),
        ("cyber-attaque en cours", ["cyber attaque"]),
        ("une cyberattaque", []),
        ("décès et listériose", ["décès", "listériose"]),
        ("il est décédé", []),
    ],
)
def test_terms_are_whole_words_whatever_their_accents(text: str, found: list[str]) -> None:
    terms = rule("terms", terms=["décès", "listériose", "cyber attaque"])
    seen = [b.seen["terms"] for b in breaches(terms, mentions=[fact(text=text)])]
    assert seen == ([found] if found else [])


def test_a_count_is_told_with_its_window_and_since_when() -> None:
    since = NIGHT - timedelta(minutes=8)
    many = rule("count", at_least=5, window="10m", sentiment="negative")
    assert not breaches(many, windows=[window(total=4)])
    (breach,) = breaches(many, windows=[window(total=5, first_at=since)])
    assert breach.seen == {"count": 5, "sentiment": "negative", "minutes": 10}
    assert breach.expected == {"at_least": 5}
    assert (breach.since, breach.at) == (since, NIGHT)


def test_a_share_needs_its_minimum_and_counts_scored_mentions_only() -> None:
    share = rule("negative_share", share=0.5, minimum=4, window="1h")
    name = "negative_share"
    assert not breaches(share, windows=[window(rule=name, total=9, scored=3, negative=3)])
    assert not breaches(share, windows=[window(rule=name, total=9, scored=5, negative=2)])
    (breach,) = breaches(share, windows=[window(rule=name, total=9, scored=4, negative=2)])
    assert breach.seen == {"share": 0.5, "count": 4, "negative": 2, "minutes": 60}
    assert breach.expected == {"share": 0.5, "minimum": 4}


def test_a_window_speaks_for_its_own_rule_and_subjects_only() -> None:
    many = rule("count", at_least=1, window="10m")
    assert not breaches(many, windows=[window(rule="other", total=9)])
    assert not breaches(many, windows=[window(subject="bremont", total=9)])


def test_the_gravest_breach_comes_first() -> None:
    rules = [
        rule("severity", id="a", level="info", at_least=1),
        rule("severity", id="b", level="critical", at_least=1),
        rule("severity", id="c", level="warning", at_least=1),
    ]
    assert [b.rule for b in breaches(*rules, mentions=[fact()])] == ["b", "c", "a"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "severity", "at_least": 101},
        {"kind": "count", "at_least": 0, "window": "10m"},
        {"kind": "count", "at_least": 3},
        {"kind": "count", "at_least": 3, "window": 10},
        {"kind": "count", "at_least": 3, "window": "0m"},
        {"kind": "negative_share", "share": 1.2, "minimum": 5, "window": "1h"},
        {"kind": "negative_share", "share": 0.5, "minimum": 1, "window": "1h"},
        {"kind": "terms", "terms": []},
        {"kind": "terms", "terms": ["…"]},
        {"kind": "storm"},
        {},
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        RULES.validate_python({"id": "x", "level": "info"} | wrong)


Instants = list[tuple[datetime, bool | None]]
instants = st.lists(
    st.tuples(st.integers(0, 40), st.sampled_from([True, False, None])), max_size=25
).map(
    lambda pairs: sorted(((NIGHT + timedelta(minutes=m), n) for m, n in pairs), key=lambda p: p[0])
)
windowed = st.one_of(
    st.integers(1, 6).map(lambda n: rule("count", at_least=n, window="10m")),
    st.tuples(st.floats(0.1, 1), st.integers(2, 5)).map(
        lambda p: rule("negative_share", share=p[0], minimum=p[1], window="10m")
    ),
)


def brute_force(
    points: Instants, tried: Any, not_before: datetime | None
) -> tuple[datetime, int, int, int] | None:
    found = None
    last = max((at for at, _ in points), default=NIGHT)
    ends = {at for at, _ in points} | {at + tried.window for at, _ in points}
    for until in sorted(end for end in ends if end <= last):
        inside = [n for at, n in points if until - tried.window < at <= until]
        scored = [n for n in inside if n is not None]
        if tried.kind == "count":
            breach = len(inside) >= tried.at_least
        else:
            breach = len(scored) >= tried.minimum and sum(scored) >= tried.share * len(scored)
        if breach and (not_before is None or until >= not_before):
            found = (until, len(inside), len(scored), sum(scored))
    return found


@given(instants, windowed, st.none() | st.integers(0, 40))
def test_the_sliding_window_finds_what_trying_every_window_finds(
    points: Instants, tried: Any, minutes: int | None
) -> None:
    not_before = None if minutes is None else NIGHT + timedelta(minutes=minutes)
    found = densest(points, tried, not_before=not_before)
    assert found == brute_force(points, tried, not_before)


def test_a_share_that_rises_as_praise_grows_old_is_seen() -> None:
    praise = [(NIGHT, False)] * 3
    anger = [(NIGHT + timedelta(minutes=5), True)] * 4
    later = [(NIGHT + timedelta(minutes=30), False)]
    share = rule("negative_share", share=0.9, minimum=4, window="10m")
    assert densest(praise + anger + later, share) == (NIGHT + timedelta(minutes=10), 4, 4, 4)


def test_a_count_alone_at_once_is_one_window() -> None:
    many = rule("count", at_least=3, window="10m")
    assert densest([(NIGHT, None)] * 3, many) == (NIGHT, 3, 0, 0)
    assert densest([], many) is None
