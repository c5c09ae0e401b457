"""Three invented weeks of the CHU de Valmont as whole digests: a quiet one, good news, a crisis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from listener.domain.digest import Band, Day, Digest, Part, Period, Reviews, month
from tests.listener import digest_counts as counts
from tests.listener import digest_tales as tales
from tests.listener.digest_ground import (
    ACCOUNTS,
    BEFORE_BY_DAY,
    BEFORE_BY_NETWORK,
    BEFORE_BY_SERVICE,
    BEFORE_BY_THEME,
    PEERS,
    REACH,
    USUAL,
    Counts,
    figures,
    reach,
)
from tests.listener.weeks import MONDAY, PARIS, W47

NOTHING: Counts = (0, 0, 0, 0)


def parts(now: Mapping[str, Counts], before: Mapping[str, Counts]) -> Sequence[Part]:
    """The most talkative first; a year before, a tenth less of each was said than the week before."""
    made = [
        Part(
            name=name,
            now=figures(now.get(name, NOTHING)),
            before=figures(before.get(name, NOTHING)),
            year_before=figures(tuple(count * 9 // 10 for count in before.get(name, NOTHING))),
        )
        for name in {**now, **before}
    ]
    return sorted(made, key=lambda part: -part.now.mentions)


def days(found: Sequence[Counts], period: Period = W47) -> Sequence[Day]:
    return [
        Day(day=day, figures=figures(each), usual=usual_on(day))
        for day, each in zip(period.days, found, strict=True)
    ]


def usual_on(day: date) -> Band:
    middle = USUAL[day.weekday()]
    return Band(low=middle * 0.7, middle=middle, high=middle * 1.35)


def invented(**changes: Any) -> Digest:
    """A week in which every field is filled; the three weeks change what sets them apart."""
    values: dict[str, Any] = {
        "period": W47,
        "hospital": "CHU de Valmont",
        "at": MONDAY,
        "days_before": dict(zip(W47.previous().days, BEFORE_BY_DAY, strict=True)),
        "furthest": tales.FURTHEST,
        "praise": tales.PRAISE,
        "complaints": tales.COMPLAINTS,
        "cases": tales.CASES,
        "reviews": Reviews(count=21, total=83.0, stars={5: 11, 4: 5, 3: 1, 2: 1, 1: 3}),
        "reviews_before": Reviews(count=19, total=72.0, stars={5: 9, 4: 4, 3: 2, 2: 1, 1: 3}),
        "reach_before": REACH,
        "restricted": 2,
        "accounts": ACCOUNTS,
        "published": 18,
        "published_before": 15,
        "peers": PEERS,
        "unseen": tales.UNSEEN,
        "known_since": datetime(2025, 3, 1, tzinfo=UTC),
        "listening_since": datetime(2025, 3, 3, 9, tzinfo=UTC),
        "mediation": "la commission des usagers",
    }
    return Digest(**{**values, **changes})


def counted(found: Mapping[str, Any]) -> dict[str, Any]:
    """The parts and days of a digest from what was counted."""
    return {
        "networks": parts(found["networks"], BEFORE_BY_NETWORK),
        "services": parts(found["services"], BEFORE_BY_SERVICE),
        "themes": parts(found["themes"], BEFORE_BY_THEME),
        "days": days(found["days"]),
    }


def quiet() -> Digest:
    """138 mentions after 131: nothing stands out, nobody was called."""
    return invented(
        **counted(counts.QUIET),
        reach=REACH,
        stories=[tales.PARKING, tales.WARD],
        faded=[tales.STRIKE],
        rumours=[],
        incidents=[],
    )


def good_news() -> Digest:
    """264 mentions after 131, three in five of them positive: a children's ward was opened."""
    return invented(
        **counted(counts.GOOD_NEWS),
        reach=reach(3),
        stories=[tales.WARD_OPENED, tales.PARKING],
        faded=[tales.STRIKE],
        praise=tales.PRAISE_OF_THE_WARD,
        furthest=tales.FURTHEST_OF_THE_WARD,
        complaints=tales.FEW_COMPLAINTS,
        restricted=0,
        published=24,
        incidents=[tales.CALLED_FOR_NOTHING],
    )


def crisis() -> Digest:
    """412 mentions after 131, two in three negative: a night in the emergency room, and a claim."""
    return invented(
        **counted(counts.CRISIS),
        reach=reach(7),
        stories=[tales.NIGHT, tales.CLOSURE, tales.PARKING],
        faded=[tales.STRIKE],
        furthest=tales.FURTHEST_OF_THE_NIGHT,
        praise=tales.PRAISE[:1],
        rumours=[tales.CLOSURE],
        complaints=tales.MANY_COMPLAINTS,
        cases=tales.MANY_CASES,
        reviews=Reviews(count=22, total=57.0, stars={5: 5, 4: 2, 3: 2, 2: 5, 1: 8}),
        restricted=7,
        published=21,
        incidents=[tales.ALERTED, tales.CLAIMED, tales.CALLED_FOR_NOTHING, tales.BLIND],
    )


def a_month() -> Digest:
    """The November that holds the crisis, day by day; the other fields are the week's."""
    november = month("2026-11", PARIS)
    known = {day.day: day for day in crisis().days}
    calm = [
        Day(day=day, figures=figures((4, 9, 5, 0)), usual=usual_on(day)) for day in november.days
    ]
    return invented(
        period=november,
        networks=parts({"facebook": (356, 330, 136, 4)}, {"facebook": (128, 275, 155, 0)}),
        days=[known.get(day.day, day) for day in calm],
        themes=crisis().themes,
        days_before=dict.fromkeys(november.previous().days, 18),
    )


def empty() -> Digest:
    """A week in which nothing was said."""
    return Digest(period=W47, hospital="CHU de Valmont", at=MONDAY, days=days([NOTHING] * 7))


WEEKS = {"quiet": quiet, "good news": good_news, "crisis": crisis}
