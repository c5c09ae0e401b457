"""What each kind of rule calls a breach, what it keeps as evidence, and what it leaves alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from listener.domain.burst import BurstFact
from listener.domain.coverage import Blindness, CoverageFact
from listener.domain.rule import (
    BLIND,
    AuthorListSettings,
    Facts,
    Level,
    RatingFact,
    SpreadFact,
    evaluate,
    weigh,
)
from tests.listener.test_rules import NIGHT, OWN, RULES, breaches, fact, rule, window

MINUTE = timedelta(minutes=1)


def burst(**values: Any) -> BurstFact:
    known: dict[str, Any] = {
        "subject": "chu",
        "stream": "negative",
        "until": NIGHT,
        "score": 9.0,
        "alarm": True,
        "ongoing": True,
        "observed": 34,
        "expected": 2.8,
        "record": 6.0,
        "span": 20 * MINUTE,
    }
    return BurstFact(**(known | values))


def test_a_burst_breaches_with_what_was_expected() -> None:
    (breach,) = breaches(rule("burst"), bursts=[burst()])
    assert breach.seen["observed"] == 34
    assert breach.seen["usual"] == 2.8
    assert breach.seen["minutes"] == 20
    assert breach.since == NIGHT - 20 * MINUTE
    assert breach.story is None


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({}, {"alarm": False, "ongoing": False}),
        ({}, {"stream": "total"}),
        ({}, {"subject": "bremont"}),
        ({"minimum": 35}, {}),
        ({"factor": 20}, {}),
        ({"theme": "death"}, {}),
        ({"stream": "total"}, {}),
    ],
)
def test_what_is_no_burst_of_the_rule_breaches_nothing(
    asked: dict[str, Any], told: dict[str, Any]
) -> None:
    assert not breaches(rule("burst", **asked), bursts=[burst(**told)])


def test_a_theme_s_burst_is_of_its_own_stream() -> None:
    (breach,) = breaches(rule("burst", theme="death"), bursts=[burst(stream="theme:death")])
    assert breach.seen["theme"] == "death"


def test_a_burst_that_grows_past_the_minimum_later_is_told_then() -> None:
    large = rule("burst", minimum=30)
    small = Facts(bursts=[burst(observed=5)], at=NIGHT)
    first = weigh([large], small, own=OWN)
    grown = burst(observed=31, alarm=False, until=NIGHT + 5 * MINUTE)
    later = Facts(bursts=[grown], at=NIGHT + 5 * MINUTE, states=first.states)
    assert not first.breaches
    assert weigh([large], later, own=OWN).breaches


def test_a_burst_goes_on_until_it_has_calmed_however_few_speak() -> None:
    large = rule("burst", minimum=30)
    first = weigh([large], Facts(bursts=[burst()], at=NIGHT), own=OWN)
    later = burst(observed=3, alarm=False, until=NIGHT + 5 * MINUTE)
    facts = Facts(bursts=[later], at=later.until, states=first.states)
    assert weigh([large], facts, own=OWN).breaches


def test_after_silence_a_burst_is_another_one_and_needs_its_minimum_again() -> None:
    large = rule("burst", minimum=30)
    first = weigh([large], Facts(bursts=[burst()], at=NIGHT), own=OWN)
    later = burst(observed=3, until=NIGHT + 60 * MINUTE)
    facts = Facts(bursts=[later], at=later.until, states=first.states)
    assert not weigh([large], facts, own=OWN).breaches


def test_a_forecast_that_crosses_the_threshold_in_time_breaches() -> None:
    growth = rule("growth", at_least=1000, within="6h", probability=0.8)
    forecast = {"current": 240.0, "over_1000_6h": 0.86, "over_1000_1h": 0.2}
    (breach,) = breaches(growth, mentions=[fact(forecast=forecast)])
    assert breach.seen == {"probability": 0.86, "hours": 6, "current": 240}
    assert breach.expected == {"at_least": 1000, "probability": 0.8}
    hourly = rule("growth", at_least=1000, within="1h")
    assert not breaches(hourly, mentions=[fact(forecast=forecast), fact(id=2)])


def test_an_old_post_that_takes_off_is_news_of_when_its_figures_were_read() -> None:
    growth = rule("growth", at_least=1000, within="6h")
    old = fact(
        occurred_at=NIGHT - timedelta(days=40), judged_at=NIGHT, forecast={"over_1000_6h": 0.9}
    )
    (breach,) = breaches(growth, mentions=[old])
    assert breach.at == NIGHT


def test_reach_may_ask_for_a_sentiment_and_a_severity() -> None:
    loud = rule("author_reach", followers=50_000, sentiment="negative", severity=60)
    heard = fact(followers=80_000, severity=70)
    (breach,) = breaches(loud, mentions=[heard])
    assert breach.seen == {"followers": 80_000, "sentiment": "negative", "severity": 70}
    for quiet in (
        fact(followers=None),
        fact(followers=49_999),
        fact(followers=80_000, sentiment="positive"),
        fact(followers=80_000, severity=59),
        fact(followers=80_000, severity=None),
    ):
        assert not breaches(loud, mentions=[quiet])


def test_somebody_on_a_list_is_known_by_pseudonym_alone() -> None:
    from listener.domain.privacy import Pseudonyms

    names = Pseudonyms(b"k" * 32)
    listed = AuthorListSettings(id="presse", authors=[{"network": "x", "handle": "@Zoe_Info"}])
    lists = {"presse": listed.refs(names)}
    press = rule("author_list", lists=["presse"])
    known = fact(author_ref=names.author("x", "zoe_info"))
    (breach,) = breaches(press, mentions=[known], lists=lists)
    assert breach.seen["lists"] == ["presse"]
    assert "zoe" not in repr(breach).casefold()
    elsewhere = fact(author_ref=names.author("mastodon", "zoe_info"))
    assert not breaches(press, mentions=[elsewhere, fact()], lists=lists)
    assert not breaches(press, mentions=[known])


def test_a_review_of_few_stars_breaches() -> None:
    poor = rule("rating", stars=2)
    (breach,) = breaches(poor, mentions=[fact(rating=2.0)])
    assert breach.seen == {"stars": 2.0}
    assert not breaches(poor, mentions=[fact(rating=2.5), fact(rating=None)])


def rating(**values: Any) -> RatingFact:
    known: dict[str, Any] = {
        "rule": "rating",
        "subject": "chu",
        "until": NIGHT,
        "mean": 2.6,
        "count": 8,
        "before": 3.7,
        "before_count": 60,
    }
    return RatingFact(**(known | values))


def test_a_mean_falls_against_its_own_past_and_needs_enough_of_both() -> None:
    falling = rule("rating", fall=1.0, window="7d", baseline="90d", minimum=5)
    (breach,) = breaches(falling, ratings=[rating()])
    assert breach.seen == {"mean": 2.6, "before": 3.7, "count": 8, "days": 7.0}
    for steady in (
        rating(mean=2.8),
        rating(count=4),
        rating(before_count=19),
        rating(mean=None, count=0),
        rating(before=None, before_count=0),
    ):
        assert not breaches(falling, ratings=[steady])


def spread(**values: Any) -> SpreadFact:
    known: dict[str, Any] = {
        "rule": "spread",
        "subject": "chu",
        "story": 7,
        "until": NIGHT,
        "networks": ["mastodon", "x", "facebook"],
        "count": 12,
        "first_at": NIGHT - 90 * MINUTE,
        "social_at": NIGHT - 90 * MINUTE,
        "press_at": None,
    }
    return SpreadFact(**(known | values))


def test_one_story_on_three_networks_is_one_breach_however_many_tell_it() -> None:
    wide = rule("spread", at_least=3, window="6h")
    told = [fact(id=n, story=7) for n in (1, 2)]
    (breach,) = breaches(wide, mentions=[*told, fact(id=3, story=8)], spreads=[spread()])
    assert breach.story == 7
    assert breach.mentions == (1, 2)
    assert breach.seen["on"] == ["mastodon", "x", "facebook"]
    assert not breaches(wide, mentions=told, spreads=[spread(networks=["x", "mastodon"])])


def test_the_press_counts_where_it_takes_up_what_was_said_before() -> None:
    taken = rule("spread", to_press=True, window="1d")
    told = [fact(story=7)]
    assert breaches(taken, mentions=told, spreads=[spread(press_at=NIGHT)])
    assert not breaches(taken, mentions=told, spreads=[spread()])
    first = spread(press_at=NIGHT - 100 * MINUTE)
    assert not breaches(taken, mentions=told, spreads=[first])
    assert not breaches(taken, mentions=told, spreads=[spread(press_at=NIGHT, social_at=None)])


def test_a_theme_breaches_at_once_and_those_of_life_are_exempt() -> None:
    grave = rule("theme", themes=["person_in_danger", "waiting"], at_least=0.7)
    (danger,) = breaches(grave, mentions=[fact(themes={"person_in_danger": 0.8, "waiting": 0.2})])
    assert danger.seen == {"themes": ["person_in_danger"], "probability": 0.8}
    assert danger.exempt
    (waits,) = breaches(grave, mentions=[fact(themes={"waiting": 0.7})])
    assert not waits.exempt
    assert not breaches(grave, mentions=[fact(themes={"person_in_danger": 0.69})])


def test_who_writes_the_rules_says_what_is_exempt() -> None:
    said = fact(themes={"death": 0.9, "waiting": 0.9})
    (plain,) = breaches(rule("theme", themes=["death"], exempt=False), mentions=[said])
    assert not plain.exempt
    (grave,) = breaches(rule("theme", themes=["waiting"], exempt=True), mentions=[said])
    assert grave.exempt
    (count,) = breaches(
        rule("count", at_least=1, window="10m", exempt=True), windows=[window(total=1)]
    )
    assert count.exempt


def blind(kind: Blindness, name: str, minutes: int = 30) -> CoverageFact:
    return CoverageFact(kind=kind, name=name, since=NIGHT - minutes * MINUTE)


def test_all_that_the_watch_cannot_see_is_one_breach() -> None:
    seen = [blind(Blindness.SOURCE_SILENT, "bluesky"), blind(Blindness.SCORER_AWAY, "scorer", 5)]
    facts = Facts(coverage=seen, at=NIGHT)
    (breach,) = evaluate([rule("coverage")], facts, own=OWN)
    assert breach.subject == BLIND
    assert breach.seen["names"] == ["bluesky", "scorer"]
    assert breach.since == NIGHT - 30 * MINUTE


def test_a_kind_of_blindness_and_how_long_it_must_last_may_be_asked() -> None:
    seen = [blind(Blindness.SOURCE_SILENT, "bluesky"), blind(Blindness.SCORER_AWAY, "scorer", 5)]
    facts = Facts(coverage=seen, at=NIGHT)
    (lasting,) = evaluate([rule("coverage", **{"for": "10m"})], facts, own=OWN)
    assert lasting.seen["names"] == ["bluesky"]
    (scorer,) = evaluate([rule("coverage", kinds=["scorer_away"])], facts, own=OWN)
    assert scorer.seen["names"] == ["scorer"]
    assert not evaluate([rule("coverage", kinds=["budget_spent"])], facts, own=OWN)


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "burst", "stream": "theme:death"},
        {"kind": "burst", "stream": "total", "theme": "death"},
        {"kind": "burst", "theme": "mort"},
        {"kind": "burst", "networks": ["x"]},
        {"kind": "growth", "at_least": 100, "within": "2h"},
        {"kind": "rating"},
        {"kind": "rating", "stars": 2, "fall": 1},
        {"kind": "rating", "stars": 2, "for": "10m"},
        {"kind": "spread", "window": "6h"},
        {"kind": "spread", "window": "6h", "at_least": 3, "to_press": True},
        {"kind": "theme", "themes": []},
        {"kind": "author_list", "lists": []},
        {"kind": "coverage", "kinds": ["moon"]},
        {"kind": "severity", "at_least": 50, "for": "10m"},
        {"kind": "count", "at_least": 5, "window": "10m", "clear": 6},
        {"kind": "negative_share", "share": 0.5, "minimum": 5, "window": "1h", "clear_share": 0.6},
        {"kind": "all", "conditions": []},
        {"kind": "all", "conditions": [{"kind": "severity", "at_least": 5}]},
        {"kind": "any", "conditions": [{"kind": "coverage"}, {"kind": "coverage"}]},
        {
            "kind": "all",
            "for": "10m",
            "conditions": [
                {"kind": "severity", "at_least": 5},
                {"kind": "count", "at_least": 5, "window": "1h"},
            ],
        },
        {
            "kind": "all",
            "conditions": [
                {"kind": "severity", "at_least": 5, "id": "b", "level": "info"},
                {"kind": "severity", "at_least": 5},
            ],
        },
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        RULES.validate_python({"id": "x", "level": "info"} | wrong)


GRAVE_AND_LOUD = [{"kind": "severity", "at_least": 60}, {"kind": "author_reach", "followers": 1000}]


def test_conditions_of_a_mention_must_hold_on_the_same_one() -> None:
    both = rule("all", conditions=GRAVE_AND_LOUD)
    apart = [fact(id=1, severity=90), fact(id=2, severity=10, followers=5000)]
    assert not breaches(both, mentions=apart)
    (breach,) = breaches(both, mentions=[*apart, fact(id=3, severity=61, followers=1000)])
    assert breach.mentions == (3,)
    assert [seen["kind"] for seen in breach.seen["conditions"]] == ["severity", "author_reach"]
    assert breach.expected["conditions"][1] == {"kind": "author_reach", "at_least": 1000}


def test_any_condition_is_enough_and_only_what_holds_is_evidence() -> None:
    either = rule("any", conditions=GRAVE_AND_LOUD)
    found = breaches(either, mentions=[fact(id=1, severity=90), fact(id=2, severity=1)])
    assert [breach.mentions for breach in found] == [(1,)]
    assert [seen["kind"] for seen in found[0].seen["conditions"]] == ["severity"]


MIXED: list[dict[str, Any]] = [
    {"kind": "author_reach", "followers": 1000},
    {"kind": "count", "at_least": 5, "window": "30m"},
]


def test_a_mention_and_a_count_of_its_subject_combine() -> None:
    mixed = rule("all", conditions=MIXED)
    loud = fact(id=4, followers=2000, story=3)
    many = window(rule="all.1", total=6, first_at=NIGHT - 9 * MINUTE)
    (breach,) = breaches(mixed, mentions=[loud], windows=[many])
    assert (breach.mentions, breach.story) == ((4,), 3)
    assert breach.since == NIGHT - 9 * MINUTE
    assert not breaches(mixed, mentions=[loud])
    elsewhere = window(rule="all.1", total=6, subject="urgences")
    assert not breaches(mixed, mentions=[loud], windows=[elsewhere])


def test_a_mention_waits_for_the_count_and_no_longer_than_its_window() -> None:
    mixed = rule("all", conditions=MIXED)
    loud = Facts(mentions=[fact(id=4, followers=2000)], at=NIGHT)
    first = weigh([mixed], loud, own=OWN)
    assert not first.breaches
    for minutes, expected in ((29, [(4,)]), (30, [])):
        at = NIGHT + minutes * MINUTE
        others = [fact(id=9, occurred_at=at)]
        many = [window(rule="all.1", total=6, until=at)]
        facts = Facts(mentions=others, windows=many, at=at, states=first.states)
        found = weigh([mixed], facts, own=OWN).breaches
        assert [breach.mentions for breach in found] == expected


def test_what_waited_is_told_once() -> None:
    mixed = rule("all", conditions=MIXED)
    first = weigh([mixed], Facts(mentions=[fact(id=4, followers=2000)], at=NIGHT), own=OWN)
    at = NIGHT + 5 * MINUTE
    many = [window(rule="all.1", total=6, until=at)]
    told = weigh([mixed], Facts(windows=many, at=at, states=first.states), own=OWN)
    again = weigh([mixed], Facts(windows=many, at=at, states=told.states), own=OWN)
    assert len(told.breaches) == 1
    assert not again.breaches


def test_conditions_may_be_nested() -> None:
    nested = rule(
        "all",
        conditions=[
            {"kind": "theme", "themes": ["violence"]},
            {"kind": "any", "conditions": GRAVE_AND_LOUD},
        ],
    )
    violent = {"violence": 0.9}
    assert breaches(nested, mentions=[fact(themes=violent, severity=70)])
    assert breaches(nested, mentions=[fact(themes=violent, severity=1, followers=1000)])
    assert not breaches(nested, mentions=[fact(themes=violent, severity=1)])
    (breach,) = breaches(nested, mentions=[fact(themes=violent, severity=70)])
    assert breach.exempt
    assert breach.level is Level.CRITICAL
