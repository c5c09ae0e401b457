"""Each kind of breach in words: figures against what was expected, and never a stranger's markup."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listener.domain.burst import BurstFact
from listener.domain.coverage import Blindness, CoverageFact
from listener.domain.rule import Breach, Facts, RatingFact, SpreadFact, evaluate
from listener.i18n import Speaker
from listener.notifiers import reasons
from listener.notifiers.limits import what_was_expected
from tests.listener.alerts import reason
from tests.listener.test_rules import NIGHT, OWN, fact, rule, window

ENGLISH = Speaker("en", ZoneInfo("Europe/Paris"))
HOUR = timedelta(hours=1)


def told(tried: Any, **facts: Any) -> tuple[str, str]:
    """What is said of the one breach, after a journey through the database."""
    (breach,) = evaluate([tried], Facts(**{"at": NIGHT, **facts}), own=OWN)
    return spoken(breach)


def spoken(breach: Breach) -> tuple[str, str]:
    kept = json.loads(json.dumps({"seen": dict(breach.seen), "expected": dict(breach.expected)}))
    view = reason(kind=breach.kind, **kept)
    said = (reasons.seen(ENGLISH, view), reasons.expected(ENGLISH, view))
    return said[0].replace("\xa0", " "), said[1].replace("\xa0", " ")


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
        "span": HOUR / 3,
    }
    return BurstFact(**(known | values))


def test_a_burst_says_how_many_times_the_usual() -> None:
    what, limit = told(rule("burst", factor=4), bursts=[burst()])
    assert what == "34 negative posts in 20 min, 12 times the usual"
    assert limit == "threshold: at least 3, and 4 times the usual"


def test_a_burst_where_nothing_is_usual_says_its_figures_alone() -> None:
    what, _ = told(rule("burst"), bursts=[burst(expected=0.0)])
    assert what == "34 negative posts in 20 min"


def test_a_theme_s_burst_names_it() -> None:
    what, _ = told(rule("burst", theme="death"), bursts=[burst(stream="theme:death")])
    assert what == "34 posts about death in 20 min, 12 times the usual"


CASES: list[tuple[Any, dict[str, Any], str, str]] = [
    (
        rule("growth", at_least=1000, within="6h"),
        {"mentions": [fact(forecast={"over_1000_6h": 0.86, "current": 240.0})]},
        "a post is taking off: 240 interactions, 86% likely to go viral within 6 h",
        "threshold: 1,000 interactions, 80% likely",
    ),
    (
        rule("author_reach", followers=50_000, sentiment="negative"),
        {"mentions": [fact(followers=81_200)]},
        "a negative post by an account with 81,200 followers",
        "threshold: 50,000 followers",
    ),
    (
        rule("author_list", lists=["presse"]),
        {"mentions": [fact(author_ref="r")], "lists": {"presse": frozenset({"r"})}},
        "a post by somebody on the list “presse”",
        "authors under watch",
    ),
    (
        rule("rating", stars=2),
        {"mentions": [fact(rating=1.0)]},
        "a review of 1/5",
        "threshold: 2/5 or less",
    ),
    (
        rule("rating", fall=1.0),
        {
            "ratings": [
                RatingFact(
                    rule="rating",
                    subject="chu",
                    until=NIGHT,
                    mean=2.6,
                    count=8,
                    before=3.7,
                    before_count=60,
                )
            ]
        },
        "mean of reviews 2.6/5 over 7 d, 3.7/5 before",
        "threshold: a fall of 1",
    ),
    (
        rule("spread", at_least=2, window="6h"),
        {
            "mentions": [fact(story=7)],
            "spreads": [
                SpreadFact(
                    rule="spread",
                    subject="chu",
                    story=7,
                    until=NIGHT,
                    networks=["mastodon", "x"],
                    count=4,
                    first_at=NIGHT,
                )
            ],
        },
        "the same story on Mastodon and X within 6 h",
        "threshold: 2 networks",
    ),
    (
        rule("theme", themes=["death"]),
        {"mentions": [fact(themes={"death": 0.91})]},
        "a post is about death (91% sure)",
        "theme under watch",
    ),
    (
        rule("coverage"),
        {
            "coverage": [
                CoverageFact(kind=Blindness.SOURCE_SILENT, name="bluesky", since=NIGHT - HOUR)
            ]
        },
        "the watch is partly blind: source silent (bluesky)",
        "",
    ),
    (
        rule(
            "all",
            conditions=[
                {"kind": "severity", "at_least": 60},
                {"kind": "count", "at_least": 5, "window": "20m", "sentiment": "negative"},
            ],
        ),
        {"mentions": [fact()], "windows": [window(rule="all.1", total=6)]},
        "one very serious post (82/100) and 6 negative posts in 20 min",
        "threshold: 60/100 and threshold: 5",
    ),
]


@pytest.mark.parametrize(("tried", "facts", "what", "limit"), CASES, ids=lambda c: None)
def test_every_kind_says_what_was_seen_and_what_was_asked(
    tried: Any, facts: dict[str, Any], what: str, limit: str
) -> None:
    assert told(tried, **facts) == (what, limit)


def test_what_had_to_last_says_how_long_it_has() -> None:
    tried = rule("count", at_least=5, window="30m", **{"for": "10m"})
    lasted = window(total=6, crossed_since=NIGHT - HOUR / 4)
    what, _ = told(tried, windows=[lasted])
    assert what == "6 posts in 30 min, for 15 min already"


def test_french_words_exist_for_what_is_said_to_a_sleepy_reader() -> None:
    """Whatever the catalogue holds, a figure is never lost in it."""
    french = Speaker("fr", ZoneInfo("Europe/Paris"))
    (breach,) = evaluate([rule("burst")], Facts(bursts=[burst()], at=NIGHT), own=OWN)
    view = reason(kind="burst", seen=dict(breach.seen), expected=dict(breach.expected))
    said = reasons.seen(french, view)
    assert "34" in said and "12" in said and "20" in said


KINDS = st.sampled_from(
    ["count", "negative_share", "severity", "terms", "theme", "burst", "growth", "author_reach",
     "author_list", "rating", "spread", "coverage", "all", "any", "of tomorrow"]
)  # fmt: skip


@given(KINDS, st.dictionaries(st.sampled_from(["themes", "terms", "names"]), st.lists(st.text())))
def test_figures_that_an_older_version_wrote_are_still_told(kind: str, found: Any) -> None:
    assert reasons.what_was_seen(ENGLISH, kind, found)
    assert isinstance(what_was_expected(ENGLISH, kind, found), str)
