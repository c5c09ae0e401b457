"""Three invented weeks of the CHU de Valmont as whole digests: a quiet one, good news, a crisis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from listener.domain.digest import Band, Day, Digest, Part, Period, Reviews, month
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


def days(counts: Sequence[Counts], period: Period = W47) -> Sequence[Day]:
    return [
        Day(day=day, figures=figures(each), usual=usual_on(day))
        for day, each in zip(period.days, counts, strict=True)
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


def quiet() -> Digest:
    """138 mentions after 131: nothing stands out, nobody was called."""
    return invented(
        networks=parts(
            {
                "facebook": (14, 25, 12, 1),
                "x": (7, 14, 2, 1),
                "google_business": (4, 2, 15, 0),
                "rss": (1, 14, 3, 0),
                "mastodon": (3, 9, 2, 0),
                "instagram": (0, 3, 6, 0),
            },
            BEFORE_BY_NETWORK,
        ),
        services=parts(
            {
                "Urgences": (11, 16, 5, 0),
                "Maternité": (2, 8, 15, 0),
                "Pédiatrie": (1, 4, 6, 0),
                "Cardiologie": (1, 4, 2, 0),
            },
            BEFORE_BY_SERVICE,
        ),
        themes=parts(
            {
                "waiting": (14, 9, 1, 0),
                "praise": (0, 2, 31, 0),
                "institutional": (1, 23, 4, 0),
                "staff_attitude": (6, 3, 7, 0),
                "staffing": (5, 9, 0, 0),
                "premises": (3, 4, 2, 0),
                "public_health": (0, 12, 1, 0),
                "billing": (2, 1, 0, 0),
            },
            BEFORE_BY_THEME,
        ),
        days=days(
            [
                (5, 12, 7, 0),
                (5, 10, 6, 1),
                (3, 10, 6, 0),
                (6, 11, 6, 0),
                (4, 11, 5, 1),
                (3, 7, 5, 0),
                (3, 6, 5, 0),
            ]
        ),
        reach=REACH,
        stories=[tales.PARKING, tales.WARD],
        faded=[tales.STRIKE],
        rumours=[],
        incidents=[],
    )


def good_news() -> Digest:
    """264 mentions after 131, three in five of them positive: a children's ward was opened."""
    return invented(
        networks=parts(
            {
                "facebook": (9, 32, 88, 2),
                "instagram": (1, 9, 41, 0),
                "rss": (1, 19, 8, 0),
                "google_business": (3, 1, 17, 0),
                "x": (5, 10, 6, 0),
                "mastodon": (2, 6, 4, 0),
            },
            BEFORE_BY_NETWORK,
        ),
        services=parts(
            {
                "Urgences": (9, 13, 5, 0),
                "Maternité": (1, 7, 16, 0),
                "Pédiatrie": (3, 31, 102, 1),
                "Cardiologie": (0, 3, 2, 0),
            },
            BEFORE_BY_SERVICE,
        ),
        themes=parts(
            {
                "praise": (0, 6, 121, 0),
                "institutional": (2, 44, 38, 1),
                "premises": (3, 12, 41, 0),
                "waiting": (10, 7, 1, 0),
                "staff_attitude": (3, 2, 19, 0),
                "staffing": (4, 8, 1, 0),
                "public_health": (0, 9, 0, 0),
                "billing": (1, 0, 0, 0),
            },
            BEFORE_BY_THEME,
        ),
        days=days(
            [
                (3, 10, 13, 0),
                (3, 9, 15, 0),
                (4, 12, 30, 1),
                (4, 16, 44, 1),
                (3, 13, 30, 0),
                (2, 9, 18, 0),
                (2, 8, 14, 0),
            ]
        ),
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
        networks=parts(
            {
                "facebook": (121, 41, 9, 3),
                "x": (84, 31, 2, 1),
                "rss": (19, 30, 1, 0),
                "mastodon": (17, 9, 0, 0),
                "google_business": (14, 2, 6, 0),
                "instagram": (9, 10, 3, 0),
            },
            BEFORE_BY_NETWORK,
        ),
        services=parts(
            {
                "Urgences": (211, 84, 6, 3),
                "Maternité": (24, 15, 7, 0),
                "Pédiatrie": (2, 5, 4, 0),
                "Cardiologie": (3, 4, 1, 0),
            },
            BEFORE_BY_SERVICE,
        ),
        themes=parts(
            {
                "waiting": (187, 51, 1, 2),
                "staffing": (74, 32, 0, 0),
                "rumour": (29, 17, 0, 0),
                "staff_attitude": (27, 6, 4, 0),
                "institutional": (11, 22, 1, 0),
                "death": (24, 3, 0, 0),
                "praise": (0, 2, 17, 0),
                "medical_error": (14, 2, 0, 0),
                "public_health": (1, 9, 0, 0),
                "premises": (5, 3, 1, 0),
            },
            BEFORE_BY_THEME,
        ),
        days=days(
            [
                (7, 13, 4, 0),
                (9, 12, 3, 0),
                (38, 18, 3, 1),
                (82, 26, 2, 2),
                (63, 23, 2, 1),
                (39, 17, 3, 0),
                (26, 14, 4, 0),
            ]
        ),
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
