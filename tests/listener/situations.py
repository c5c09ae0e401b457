"""Five invented situations as people would be told of them, in Slack, by e-mail and by SMS."""

from __future__ import annotations

from datetime import timedelta

from listener.domain.alert import AlertView, PostView, ReasonView
from listener.domain.incident import AlertKind, State
from listener.domain.rule import Level
from tests.listener.alerts import AT, ago, alert, post, reason


def _burst() -> AlertView:
    night = [
        (ago(4 + 10 * n), count)
        for n, count in zip(range(7, -1, -1), (0, 1, 0, 2, 1, 5, 11, 23), strict=True)
    ]
    return alert(
        subject="Urgences",
        hospital="CHU de Valmont",
        mentions=43,
        negative=36,
        networks={"x": 24, "facebook": 12, "mastodon": 7},
        recent=night,
        usual=1.4,
        reasons=[
            _why(
                "burst",
                rule="urgences-avalanche",
                seen={"observed": 34, "usual": 2.8, "minutes": 20, "stream": "negative"},
                expected={"minimum": 6, "factor": 4.0},
                description="Les urgences font parler bien plus que d’habitude",
            )
        ],
        posts=[post(), _second(), _third()],
    )


def _grave() -> AlertView:
    text = "Mon père est mort hier dans le couloir, personne n’est venu malgré nos appels"
    return alert(
        mentions=1,
        negative=1,
        networks={"facebook": 1},
        recent=[(ago(6), 1)],
        first_at=ago(6),
        opened_at=ago(5),
        told=(),
        reasons=[
            _why(
                "theme",
                rule="vie-et-securite",
                seen={"themes": ["death", "medical_error"], "probability": 0.93},
                expected={},
                description="Un décès est imputé à l’hôpital",
            )
        ],
        posts=[
            post(
                network="facebook",
                kind="comment",
                excerpt=text,
                spans=(),
                themes=("death", "medical_error"),
                shares=3,
                followers=None,
                occurred_at=ago(6),
            )
        ],
    )


def _rumour() -> AlertView:
    return alert(
        kind=AlertKind.ESCALATED,
        level=Level.CRITICAL,
        mentions=118,
        negative=61,
        networks={"x": 71, "telegram": 22, "facebook": 19, "rss": 6},
        recent=[
            (ago(4 + 10 * n), c)
            for n, c in zip(
                range(11, -1, -1), (1, 2, 2, 4, 3, 7, 9, 12, 14, 19, 22, 23), strict=True
            )
        ],
        reasons=[
            _why(
                "spread",
                rule="rumeur",
                seen={"on": ["x", "telegram", "facebook", "rss"], "hours": 3, "to_press": True},
                expected={"to_press": True},
                description="La presse reprend ce qui se dit",
            )
        ],
        posts=[
            post(
                excerpt="Il paraît que la maternité du CHU ferme lundi, à partager !",
                spans=(),
                themes=("rumour",),
            ),
            _second(),
        ],
        told=("Amina Diallo", "Équipe communication"),
        called="Nadia Benali",
    )


def _blind() -> AlertView:
    return alert(
        level=Level.WARNING,
        subject="CHU de Valmont",
        mentions=0,
        negative=0,
        networks={},
        recent=[],
        posts=[],
        reasons=[
            _why(
                "coverage",
                level=Level.WARNING,
                rule="veille-aveugle",
                seen={"kinds": ["source_silent", "budget_spent"], "names": ["page-facebook", "x"]},
                expected={},
                description="Ce qui s’y dit n’est pas vu pour l’instant",
            )
        ],
        called=None,
        told=("Équipe communication",),
    )


def _calm() -> AlertView:
    return alert(
        kind=AlertKind.OPENED,
        level=Level.WARNING,
        state=State.RESOLVED,
        at=AT + timedelta(hours=9, minutes=6),
        held_since=ago(0),
        mentions=27,
        negative=19,
        networks={"facebook": 20, "x": 7},
        recent=[(ago(24), 8), (ago(14), 6), (ago(4), 1)],
        reasons=[
            _why(
                "negative_share",
                level=Level.WARNING,
                rule="climat-negatif",
                seen={"share": 0.7, "negative": 19, "count": 27, "minutes": 60},
                expected={"share": 0.55, "minimum": 8},
            )
        ],
        posts=[_second()],
        called=None,
        told=("Équipe communication",),
    )


def _why(kind: str, **values) -> ReasonView:
    return reason(kind=kind, **values)


def _second() -> PostView:
    return post(
        network="facebook",
        kind="comment",
        excerpt="Quarante personnes en salle d’attente et deux infirmières, le personnel n’en peut plus",
        spans=(),
        severity=74.0,
        followers=None,
        shares=41,
        replies=18,
        link="https://facebook.example/valmont/2",
        occurred_at=ago(21),
    )


def _third() -> PostView:
    return post(
        network="mastodon",
        excerpt="Le SAMU réoriente vers Aubrac ce soir, évitez les urgences de Valmont",
        spans=(),
        severity=58.0,
        followers=820,
        shares=12,
        link="https://toot.example/@veille/3",
        occurred_at=ago(8),
    )


SITUATIONS = {
    "burst": _burst,
    "grave": _grave,
    "rumour": _rumour,
    "blind": _blind,
    "calm": _calm,
}
