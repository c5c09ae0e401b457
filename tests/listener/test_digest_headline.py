"""What a period is remembered for: the first finding that holds, and the story that carries it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from listener.domain.digest import (
    Day,
    Digest,
    Figures,
    Finding,
    IncidentLine,
    Part,
    Period,
    Story,
    headline,
    leading,
)
from listener.domain.incident import State
from listener.domain.rule import Level
from tests.listener.weeks import MONDAY, W47

BEFORE = W47.previous()


QUIET = Figures(neutral=100)


def digest(now: Figures, before: Figures = QUIET, **values) -> Digest:
    """A week of so many mentions, evenly spread over its days, as the week before was."""
    told = {
        "networks": [Part(name="x", now=now, before=before)],
        "days": [Day(day=day, figures=Figures(neutral=n)) for day, n in _spread(W47, now)],
        "days_before": dict(_spread(BEFORE, before)),
        "known_since": BEFORE.since - timedelta(days=90),
        "listening_since": BEFORE.since,
        "at": MONDAY,
    }
    return Digest(period=W47, hospital="CHU de Valmont", **{**told, **values})


def _spread(period: Period, figures: Figures):
    each, more = divmod(figures.mentions, 7)
    return [(day, each + (place < more)) for place, day in enumerate(period.days)]


def incident(**values) -> IncidentLine:
    told = {
        "number": 1,
        "subject": "CHU de Valmont",
        "level": Level.CRITICAL,
        "state": State.RESOLVED,
        "opened_at": W47.since,
        "closed_at": None,
        "mentions": 12,
    }
    return IncidentLine(**{**told, **values})


def story(number: int, mentions: int) -> Story:
    return Story(number=number, now=Figures(neutral=mentions))


WORSE = Figures(negative=60, neutral=40)
PRAISED = Figures(positive=60, neutral=40)
HALF_BAD = Figures(negative=50, neutral=50)


@pytest.mark.parametrize(
    ("found", "finding"),
    [
        (digest(Figures()), Finding.NOTHING),
        (digest(Figures(), listening_since=None), Finding.UNHEARD),
        (digest(Figures(), listening_since=W47.since + timedelta(days=1)), Finding.UNHEARD),
        (digest(Figures(neutral=100), incidents=[incident()]), Finding.CRISIS),
        (digest(WORSE), Finding.WORSE),
        (digest(PRAISED), Finding.PRAISED),
        (digest(Figures(neutral=100), HALF_BAD), Finding.BETTER),
        (digest(Figures(neutral=200)), Finding.BUSY),
        (digest(Figures(neutral=50)), Finding.CALM),
        (digest(Figures(neutral=104)), Finding.STEADY),
        (digest(Figures(unscored=1), Figures()), Finding.STEADY),
    ],
)
def test_each_finding_has_its_week(found, finding):
    assert headline(found).finding is finding


@pytest.mark.parametrize(
    ("found", "finding"),
    [
        (digest(Figures(), incidents=[incident()]), Finding.NOTHING),
        (digest(WORSE, incidents=[incident()]), Finding.CRISIS),
        (digest(Figures(negative=90, positive=110), Figures(positive=100)), Finding.WORSE),
        (digest(PRAISED, HALF_BAD), Finding.PRAISED),
        (digest(Figures(negative=20, neutral=180), HALF_BAD), Finding.BETTER),
        (digest(Figures(positive=190, neutral=10)), Finding.PRAISED),
    ],
)
def test_of_two_findings_the_first_in_order_is_told(found, finding):
    assert headline(found).finding is finding


@pytest.mark.parametrize(
    "line",
    [
        incident(level=Level.WARNING),
        incident(state=State.DISMISSED),
        incident(blind=True),
    ],
)
def test_a_warning_a_false_alarm_and_the_listeners_own_trouble_are_no_crisis(line):
    assert headline(digest(Figures(neutral=100), incidents=[line])).finding is Finding.STEADY


@pytest.mark.parametrize("state", [State.OPEN, State.ACKNOWLEDGED, State.RESOLVED])
def test_a_crisis_is_one_whether_it_is_over_or_not(state):
    found = digest(Figures(neutral=100), incidents=[incident(state=state)])
    assert headline(found).finding is Finding.CRISIS


@pytest.mark.parametrize(
    ("figures", "finding"),
    [
        (Figures(positive=50, neutral=50), Finding.PRAISED),
        (Figures(positive=49, neutral=51), Finding.STEADY),
        (Figures(positive=10, neutral=10, unscored=80), Finding.PRAISED),  # of what was judged
        (Figures(positive=19, unscored=81), Finding.STEADY),  # too little was judged for a share
    ],
)
def test_praise_is_half_of_what_was_judged_or_more(figures, finding):
    assert headline(digest(figures)).finding is finding


def test_without_a_week_before_nothing_has_changed():
    first = {"known_since": W47.since}
    assert headline(digest(WORSE, **first)).finding is Finding.STEADY
    assert headline(digest(Figures(neutral=900), **first)).finding is Finding.STEADY
    assert headline(digest(PRAISED, **first)).finding is Finding.PRAISED


@pytest.mark.parametrize(
    ("mentions", "stories", "number"),
    [
        (100, [story(1, 20)], 1),
        (100, [story(1, 19)], None),
        (100, [story(1, 25), story(2, 40)], 2),
        (100, [story(1, 30), story(2, 30)], 1),
        (20, [story(1, 4)], None),  # a fifth, and an anecdote
        (20, [story(1, 5)], 1),
        (100, [], None),
        (0, [], None),
    ],
)
def test_a_story_leads_from_a_fifth_of_all_that_was_said(mentions, stories, number):
    found = digest(Figures(neutral=mentions), stories=stories)
    told = leading(found)
    assert (told.number if told else None) == number
    assert headline(found).story == told
