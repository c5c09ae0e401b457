"""What to do this week: at most three actions, by rules in the order of what cannot wait.

Each rule reads the digest's own figures and gives an action with its reason in figures, or nothing.
Who may own it is a function of the hospital, never a person.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from listener.domain.digest.digest import Digest, Story
from listener.domain.digest.events import IncidentLine
from listener.domain.incident import UNFINISHED
from listener.domain.rule import Level

MOST = 3
WAITS_LONG = timedelta(days=2)  # a complaint without an answer
WAIT_MANY = 3  # complaints without an answer, however young
CLAIMED_BY = 3  # mentions of a claim to be checked
GROWS_FROM = 5  # mentions of a story that is mostly negative
FALSE_FROM, FALSE_SHARE = 2, 1 / 3  # of the incidents
STARS_LOST, STARS_FROM = 0.3, 5  # of a mean over so many reviews


class Advice(StrEnum):
    CLOSE = "close"  # a critical incident is not over
    PROTECT = "protect"  # posts may reveal who is a patient
    ANSWER = "answer"  # complaints and cases wait for an answer
    CHECK = "check"  # a claim goes round
    EXPLAIN = "explain"  # a negative story has grown
    IMPROVE = "improve"  # reviews have lost stars
    TUNE = "tune"  # too many false alarms
    REPAIR = "repair"  # sources do not answer
    SHARE = "share"  # praise that the staff should read


class Owner(StrEnum):
    COMMUNICATION = "communication"
    ON_CALL = "on_call"  # whoever was called
    PROTECTION = "protection"  # the data protection officer
    MEDIATION = "mediation"  # where complaints belong
    SERVICE = "service"  # the direction of what it is about
    QUALITY = "quality"
    OPERATIONS = "operations"  # who runs the listener


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One thing to do: `count` is its reason in figures; the rest names what it is about."""

    advice: Advice
    owner: Owner
    count: int
    story: Story | None = None
    incident: IncidentLine | None = None
    source: str = ""
    longest: timedelta | None = None  # that somebody has waited


def advise(digest: Digest) -> Sequence[Action]:
    """The first three of what the rules propose."""
    return [found for rule in RULES if (found := rule(digest)) is not None][:MOST]


def _close(digest: Digest) -> Action | None:
    left = [
        line
        for line in digest.incidents
        if line.level is Level.CRITICAL and line.state in UNFINISHED
    ]
    if not left:
        return None
    return Action(advice=Advice.CLOSE, owner=Owner.ON_CALL, count=len(left), incident=left[0])


def _protect(digest: Digest) -> Action | None:
    if not digest.restricted:
        return None
    return Action(advice=Advice.PROTECT, owner=Owner.PROTECTION, count=digest.restricted)


def _answer(digest: Digest) -> Action | None:
    count = digest.complaints.unanswered + digest.cases.unanswered
    waits = [digest.at - w.said_at for a in (digest.complaints, digest.cases) for w in a.oldest]
    longest = max(waits, default=None)
    if count < WAIT_MANY and (longest is None or longest < WAITS_LONG):
        return None
    return Action(advice=Advice.ANSWER, owner=Owner.MEDIATION, count=count, longest=longest)


def _check(digest: Digest) -> Action | None:
    claim = max(digest.rumours, key=lambda story: story.now.mentions, default=None)
    if claim is None or claim.now.mentions < CLAIMED_BY:
        return None
    count = claim.now.mentions
    return Action(advice=Advice.CHECK, owner=Owner.COMMUNICATION, count=count, story=claim)


def _explain(digest: Digest) -> Action | None:
    grown = [
        story
        for story in digest.stories
        if story.now.mentions >= GROWS_FROM
        and story.now.mentions > story.before
        and 2 * story.now.negative > story.now.mentions
    ]
    worst = max(grown, key=lambda story: story.now.negative, default=None)
    if worst is None:
        return None
    count = worst.now.negative
    return Action(advice=Advice.EXPLAIN, owner=Owner.SERVICE, count=count, story=worst)


def _improve(digest: Digest) -> Action | None:
    now, before = digest.reviews, digest.reviews_before
    if now.mean is None or before.mean is None or min(now.count, before.count) < STARS_FROM:
        return None
    # From 4.3 to 4.0 is 0.2999… to a float.
    if round(before.mean - now.mean, 6) < STARS_LOST:
        return None
    return Action(advice=Advice.IMPROVE, owner=Owner.QUALITY, count=now.count)


def _tune(digest: Digest) -> Action | None:
    wrong = digest.false_alarms
    if wrong < FALSE_FROM or wrong < FALSE_SHARE * len(digest.troubles):
        return None
    return Action(advice=Advice.TUNE, owner=Owner.COMMUNICATION, count=wrong)


def _repair(digest: Digest) -> Action | None:
    silent = digest.unseen.sources
    if not silent:
        return None
    first = silent[0].source
    return Action(advice=Advice.REPAIR, owner=Owner.OPERATIONS, count=len(silent), source=first)


def _share(digest: Digest) -> Action | None:
    if not digest.praise:
        return None
    return Action(advice=Advice.SHARE, owner=Owner.COMMUNICATION, count=len(digest.praise))


RULES: Sequence[Callable[[Digest], Action | None]] = (
    _close,
    _protect,
    _answer,
    _check,
    _explain,
    _improve,
    _tune,
    _repair,
    _share,
)
