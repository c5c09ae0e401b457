"""What to do: each rule at its edge, in the order of what cannot wait, three at most."""

from __future__ import annotations

from datetime import timedelta

import pytest

from listener.domain.alert import PostView
from listener.domain.digest import (
    Advice,
    Answers,
    Coverage,
    Digest,
    Figures,
    IncidentLine,
    Owner,
    Reviews,
    SilentSource,
    Story,
    Waiting,
    advise,
)
from listener.domain.incident import State
from listener.domain.rule import Level
from tests.listener.weeks import MONDAY, W47


def digest(**values) -> Digest:
    return Digest(period=W47, hospital="CHU de Valmont", at=MONDAY, **values)


def given(**values) -> list[Advice]:
    return [action.advice for action in advise(digest(**values))]


def incident(number: int = 1, **values) -> IncidentLine:
    told = {
        "subject": "CHU de Valmont",
        "level": Level.CRITICAL,
        "state": State.OPEN,
        "opened_at": W47.since,
        "closed_at": None,
        "mentions": 12,
    }
    return IncidentLine(number=number, **{**told, **values})


def story(mentions: int, negative: int = 0, before: int = 0, number: int = 1) -> Story:
    now = Figures(negative=negative, neutral=mentions - negative)
    return Story(number=number, now=now, before=before)


def waiting(*waits: timedelta, answered: int = 0) -> Answers:
    """Complaints of which so many wait, so long."""
    return Answers(
        asked=len(waits) + answered,
        delays=[timedelta(hours=1)] * answered,
        oldest=[Waiting(network="x", said_at=MONDAY - wait) for wait in waits],
    )


HOUR, DAY = timedelta(hours=1), timedelta(days=1)
THANKS = PostView(network="x", kind="post", occurred_at=W47.since, excerpt="Merci.", link=None)
EVERYTHING = {
    "incidents": [
        incident(),
        incident(2, state=State.DISMISSED, false_alarm=True),
        incident(3, state=State.DISMISSED, false_alarm=True),
    ],
    "restricted": 2,
    "complaints": waiting(3 * DAY),
    "rumours": [story(4)],
    "stories": [story(10, negative=8)],
    "reviews": Reviews(count=5, total=10),
    "reviews_before": Reviews(count=5, total=20),
    "unseen": Coverage(sources=[SilentSource(source="mastodon")]),
    "praise": [THANKS],
}
ORDER = [
    ("incidents", Advice.CLOSE, Owner.ON_CALL),
    ("restricted", Advice.PROTECT, Owner.PROTECTION),
    ("complaints", Advice.ANSWER, Owner.MEDIATION),
    ("rumours", Advice.CHECK, Owner.COMMUNICATION),
    ("stories", Advice.EXPLAIN, Owner.SERVICE),
    ("reviews", Advice.IMPROVE, Owner.QUALITY),
    ("", Advice.TUNE, Owner.COMMUNICATION),
    ("unseen", Advice.REPAIR, Owner.OPERATIONS),
    ("praise", Advice.SHARE, Owner.COMMUNICATION),
]


def test_a_quiet_week_asks_nothing_of_anybody():
    assert given() == []


def test_three_things_are_asked_at_most_and_what_cannot_wait_first():
    assert given(**EVERYTHING) == [Advice.CLOSE, Advice.PROTECT, Advice.ANSWER]


def test_what_was_done_makes_room_for_what_comes_next():
    left = dict(EVERYTHING)
    told = []
    for field, advice, owner in ORDER:
        first = advise(digest(**left))[0]
        told.append((first.advice, first.owner))
        assert told[-1] == (advice, owner)
        if field:
            left.pop(field)
        if advice is Advice.CLOSE:  # the false alarms are still there
            left["incidents"] = EVERYTHING["incidents"][1:]
        if advice is Advice.TUNE:
            left.pop("incidents")
    assert given(**left) == []


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        (incident(), [Advice.CLOSE]),
        (incident(state=State.ACKNOWLEDGED), [Advice.CLOSE]),
        (incident(state=State.RESOLVED), []),
        (incident(state=State.DISMISSED), []),
        (incident(level=Level.WARNING), []),
    ],
)
def test_a_critical_incident_that_is_not_over_is_to_be_closed(line, asked):
    assert given(incidents=[line]) == asked


def test_of_several_open_incidents_all_are_counted_and_the_first_is_named():
    (action,) = advise(digest(incidents=[incident(7), incident(9)]))
    assert (action.count, action.incident.number) == (2, 7)


def test_one_post_that_may_reveal_a_patient_is_enough_to_protect():
    (action,) = advise(digest(restricted=1))
    assert (action.advice, action.count) == (Advice.PROTECT, 1)


@pytest.mark.parametrize(
    ("complaints", "cases", "asked"),
    [
        (waiting(HOUR, HOUR), Answers(), []),
        (waiting(HOUR, HOUR, HOUR), Answers(), [Advice.ANSWER]),
        (waiting(HOUR, HOUR), waiting(HOUR), [Advice.ANSWER]),  # both sorts wait
        (waiting(2 * DAY - HOUR), Answers(), []),
        (waiting(2 * DAY), Answers(), [Advice.ANSWER]),
        (Answers(), waiting(2 * DAY), [Advice.ANSWER]),
        (waiting(answered=9), Answers(), []),
    ],
)
def test_three_who_wait_or_one_for_two_days_are_to_be_answered(complaints, cases, asked):
    assert given(complaints=complaints, cases=cases) == asked


def test_who_has_waited_longest_is_told():
    (action,) = advise(digest(complaints=waiting(HOUR, 4 * DAY), cases=waiting(3 * DAY)))
    assert (action.count, action.longest) == (3, 4 * DAY)


@pytest.mark.parametrize(("mentions", "asked"), [(2, []), (3, [Advice.CHECK])])
def test_a_claim_is_to_be_checked_once_three_have_made_it(mentions, asked):
    assert given(rumours=[story(mentions)]) == asked


def test_the_claim_that_goes_round_most_is_the_one_to_check():
    (action,) = advise(digest(rumours=[story(3, number=1), story(8, number=2)]))
    assert (action.story.number, action.count) == (2, 8)


@pytest.mark.parametrize(
    ("told", "asked"),
    [
        (story(5, negative=3), [Advice.EXPLAIN]),
        (story(4, negative=4), []),
        (story(6, negative=3), []),  # half of it is not most of it
        (story(6, negative=4, before=5), [Advice.EXPLAIN]),
        (story(6, negative=4, before=6), []),
        (story(6, negative=4, before=60), []),
    ],
)
def test_a_negative_story_that_grows_is_to_be_explained(told, asked):
    assert given(stories=[told]) == asked


def test_the_story_with_most_negative_posts_is_the_one_to_explain():
    stories = [story(20, negative=11, number=1), story(15, negative=15, number=2)]
    (action,) = advise(digest(stories=stories))
    assert (action.story.number, action.count) == (2, 15)


@pytest.mark.parametrize(
    ("now", "before", "asked"),
    [
        ((5, 20.0), (5, 21.5), [Advice.IMPROVE]),  # 4.0 after 4.3
        ((10, 40.1), (10, 43.0), []),  # 4.01 after 4.3
        ((4, 4.0), (50, 250.0), []),
        ((50, 50.0), (4, 20.0), []),
        ((5, 25.0), (5, 5.0), []),
        ((0, 0.0), (5, 25.0), []),
    ],
)
def test_reviews_that_lose_three_tenths_of_a_star_are_to_be_looked_into(now, before, asked):
    reviews = [Reviews(count=count, total=total) for count, total in (now, before)]
    assert given(reviews=reviews[0], reviews_before=reviews[1]) == asked


@pytest.mark.parametrize(
    ("wrong", "right", "asked"),
    [
        (1, 0, []),
        (2, 0, [Advice.TUNE]),
        (2, 4, [Advice.TUNE]),  # a third
        (2, 5, []),
        (3, 6, [Advice.TUNE]),
        (10, 20, [Advice.TUNE]),
    ],
)
def test_rules_are_to_be_tuned_from_a_third_of_false_alarms(wrong, right, asked):
    lines = [incident(state=State.DISMISSED, false_alarm=True)] * wrong
    lines += [incident(state=State.RESOLVED)] * right
    assert given(incidents=lines) == asked


def test_a_silent_source_is_to_be_repaired_and_named():
    silent = [SilentSource(source="mastodon"), SilentSource(source="presse")]
    (action,) = advise(digest(unseen=Coverage(sources=silent)))
    assert (action.advice, action.count, action.source) == (Advice.REPAIR, 2, "mastodon")


def test_praise_is_to_be_shared():
    (action,) = advise(digest(praise=[THANKS, THANKS]))
    assert (action.advice, action.count) == (Advice.SHARE, 2)
