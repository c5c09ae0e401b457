"""What was told in the invented weeks: stories, posts, complaints, incidents, and what was not seen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.connector import Unseen
from listener.domain.alert import PostView, ReasonView
from listener.domain.digest import (
    Answers,
    Call,
    Coverage,
    Figures,
    GapLine,
    IncidentLine,
    Network,
    SilentSource,
    Story,
    Waiting,
)
from listener.domain.incident import State
from listener.domain.rule import Level

NAMED = "Ma mère Jeanne Morel a attendu neuf heures sur un brancard, une honte"


def on(day: int, hour: int, minute: int = 0) -> datetime:
    """An instant of November 2026, UTC; the week begins on the 16th."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def hours(*each: float) -> list[timedelta]:
    return [timedelta(hours=count) for count in each]


def post(network: str, at: datetime, excerpt: str | None, **changes: Any) -> PostView:
    values: dict[str, Any] = {
        "kind": "post",
        "link": f"https://{network}.example/valmont/{at:%d%H%M}",
        "sentiment": "neutral",
    }
    return PostView(network=network, occurred_at=at, excerpt=excerpt, **{**values, **changes})


PARKED = post(
    "facebook",
    on(19, 11, 5),
    "Le nouveau parking du CHU coûte 3 € l’heure, même pour les visiteurs ?",
    sentiment="negative",
    severity=31.0,
    themes=("billing", "premises"),
    reactions=44,
    replies=27,
    shares=6,
)
WALLS = post(
    "rss",
    on(17, 5, 30),
    "Le CHU de Valmont ouvrira son nouveau service de pédiatrie jeudi",
    kind="article",
    themes=("institutional",),
)
OPENED = post(
    "facebook",
    on(19, 13, 20),
    "Bravo à toute l’équipe de pédiatrie, le nouveau service est magnifique, les enfants adorent 💙",
    sentiment="positive",
    themes=("praise", "premises"),
    reactions=612,
    replies=88,
    shares=140,
)
THANKED = post(
    "google_business",
    on(18, 18, 41),
    "Merci aux sages-femmes de la maternité, une écoute et une douceur rares.",
    kind="review",
    sentiment="positive",
    themes=("praise",),
)
CORRIDOR = post(
    "x",
    on(18, 21, 14),
    NAMED,
    sentiment="negative",
    severity=91.0,
    followers=12400,
    reactions=840,
    replies=112,
    shares=310,
    spans=((NAMED.index("Jeanne"), NAMED.index(" a attendu")),),
    themes=("waiting", "staffing"),
)
CLOSING = post(
    "facebook",
    on(19, 17, 2),
    "Il paraît que la maternité du CHU ferme lundi, à partager avant censure !",
    sentiment="negative",
    severity=64.0,
    reactions=95,
    replies=41,
    shares=58,
    themes=("rumour",),
)
GONE = post("x", on(19, 8, 12), None, sentiment="negative", severity=70.0, shares=22)

PARKING = Story(
    number=41,
    now=Figures(negative=6, neutral=3),
    before=4,
    engagement=96,
    networks={"facebook": 7, "google_business": 2},
    themes=("billing", "premises"),
    first_at=on(12, 9),
    post=PARKED,
)
WARD = Story(
    number=42,
    now=Figures(neutral=11, positive=3),
    before=2,
    engagement=71,
    networks={"rss": 6, "facebook": 5, "x": 3},
    themes=("institutional",),
    first_at=on(13, 8),
    post=WALLS,
)
WARD_OPENED = Story(
    number=42,
    now=Figures(negative=3, neutral=29, positive=98),
    before=2,
    engagement=1480,
    networks={"facebook": 71, "instagram": 38, "rss": 14, "x": 7},
    themes=("praise", "institutional", "premises"),
    first_at=on(13, 8),
    post=OPENED,
)
STRIKE = Story(
    number=38,
    now=Figures(neutral=2),
    before=17,
    engagement=9,
    networks={"rss": 2},
    themes=("staffing",),
    first_at=on(9, 6),
    post=post("rss", on(10, 5), "Préavis de grève au bloc du CHU de Valmont", kind="article"),
)
NIGHT = Story(
    number=44,
    now=Figures(negative=187, neutral=49, unscored=3),
    engagement=5210,
    networks={"x": 98, "facebook": 96, "rss": 31, "mastodon": 14},
    themes=("waiting", "staffing", "death"),
    first_at=on(18, 20, 51),
    post=CORRIDOR,
)
CLOSURE = Story(
    number=45,
    now=Figures(negative=29, neutral=17),
    engagement=640,
    networks={"facebook": 31, "x": 12, "rss": 3},
    themes=("rumour",),
    first_at=on(19, 16, 40),
    post=CLOSING,
)

FURTHEST = [
    Network(network="facebook", posts=[PARKED]),
    Network(network="rss", posts=[WALLS]),
    Network(network="x", posts=[], withheld=1),
]
FURTHEST_OF_THE_WARD = [
    Network(network="facebook", posts=[OPENED, PARKED]),
    Network(network="rss", posts=[WALLS]),
]
FURTHEST_OF_THE_NIGHT = [
    Network(network="x", posts=[CORRIDOR, GONE], withheld=2),
    Network(network="facebook", posts=[CLOSING, PARKED], withheld=1),
    Network(network="rss", posts=[WALLS]),
]
PRAISE = [THANKED]
PRAISE_OF_THE_WARD = [OPENED, THANKED]

COMPLAINTS = Answers(
    asked=9,
    delays=hours(2, 3.5, 5, 7, 22, 26),
    oldest=[Waiting(network="facebook", said_at=PARKED.occurred_at, post=PARKED)],
)
FEW_COMPLAINTS = Answers(asked=4, delays=hours(1.5, 3, 4, 20))
MANY_COMPLAINTS = Answers(
    asked=74,
    delays=hours(3, 6, 9, 14, 20, 28, 31),
    oldest=[
        Waiting(network="x", said_at=CORRIDOR.occurred_at, post=CORRIDOR),
        Waiting(network="facebook", said_at=on(18, 22, 30)),
        Waiting(network="facebook", said_at=PARKED.occurred_at, post=PARKED),
    ],
)
CASES = Answers(asked=3, delays=hours(6, 30), oldest=[Waiting(network="x", said_at=on(20, 9))])
MANY_CASES = Answers(
    asked=12,
    delays=hours(8, 25),
    oldest=[
        Waiting(network="facebook", said_at=on(18, 23, 10)),
        Waiting(network="x", said_at=on(19, 7)),
    ],
)


def breach(kind: str, level: Level, at: datetime, **seen: Any) -> ReasonView:
    return ReasonView(rule=kind, kind=kind, level=level, at=at, since=None, seen=seen, expected={})


ALERTED = IncidentLine(
    number=12,
    subject="Urgences",
    level=Level.CRITICAL,
    state=State.ACKNOWLEDGED,
    opened_at=on(18, 21, 22),
    closed_at=None,
    mentions=301,
    calls=[
        Call(at=on(18, 21, 22), level=Level.CRITICAL, at_night=True),
        Call(at=on(19, 5, 40), level=Level.CRITICAL, at_night=True),
    ],
    first_at=on(18, 20, 51),
    acknowledged_at=on(18, 21, 26),
    reasons=[
        breach("severity", Level.WARNING, on(18, 21, 20), severity=71),
        breach("count", Level.CRITICAL, on(18, 21, 22), count=34, sentiment="negative", minutes=20),
    ],
)
CLAIMED = IncidentLine(
    number=13,
    subject="Maternité",
    level=Level.WARNING,
    state=State.RESOLVED,
    opened_at=on(19, 17, 15),
    closed_at=on(20, 15),
    mentions=46,
    calls=[Call(at=on(19, 17, 15), level=Level.WARNING, at_night=False)],
    first_at=on(19, 16, 40),
    acknowledged_at=on(19, 17, 48),
    reasons=[breach("theme", Level.WARNING, on(19, 17, 15), themes=["rumour"], probability=0.83)],
)
CALLED_FOR_NOTHING = IncidentLine(
    number=11,
    subject="CHU de Valmont",
    level=Level.WARNING,
    state=State.DISMISSED,
    opened_at=on(17, 10, 2),
    closed_at=on(17, 10, 20),
    mentions=8,
    calls=[Call(at=on(17, 10, 2), level=Level.WARNING, at_night=False)],
    first_at=on(17, 9, 30),
    acknowledged_at=on(17, 10, 20),
    false_alarm=True,
    reasons=[breach("severity", Level.WARNING, on(17, 10, 2), severity=82)],
)
BLIND = IncidentLine(
    number=14,
    subject="CHU de Valmont",
    level=Level.WARNING,
    state=State.RESOLVED,
    opened_at=on(21, 3, 10),
    closed_at=on(21, 9, 30),
    mentions=0,
    blind=True,
    reasons=[
        breach(
            "coverage", Level.WARNING, on(21, 3, 10), kinds=["budget_spent"], names=["x-recherche"]
        )
    ],
)

UNSEEN = Coverage(
    gaps=[
        GapLine(
            source="mastodon-recherche",
            since=on(21, 2),
            until=on(21, 4, 15),
            reason="older than the search reaches",
        )
    ],
    sources=[SilentSource(source="page-linkedin", since=on(20, 6))],
    quarantined=1,
    blind={"page-facebook": [Unseen.ELSEWHERE, Unseen.AUTHORS]},
)
