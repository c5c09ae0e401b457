"""An invented evening: the alert that tests of messages start from."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from listener.domain.alert import AlertView, PostView, ReasonView, Recipient
from listener.domain.incident import AlertKind, State
from listener.domain.rule import Level

AT = datetime(2026, 3, 7, 22, 24, tzinfo=UTC)
CAMILLE = Recipient(
    person="camille",
    name="Camille Roy",
    address="camille@chu-valmont.example",
    mention="U0CAMILLE1",
)
NAMED = "Neuf heures d'attente pour ma mère Jeanne Morel, une honte"


def ago(minutes: float) -> datetime:
    return AT - timedelta(minutes=minutes)


def post(**changes: Any) -> PostView:
    defaults: dict[str, Any] = {
        "network": "x",
        "kind": "post",
        "occurred_at": ago(12),
        "excerpt": NAMED,
        "link": "https://x.example/valmont/1",
        "severity": 91.0,
        "sentiment": "negative",
        "followers": 12400,
        "shares": 310,
        "spans": ((NAMED.index("Jeanne"), NAMED.index(", une")),),
    }
    return PostView(**{**defaults, **changes})


def reason(**changes: Any) -> ReasonView:
    defaults: dict[str, Any] = {
        "rule": "avalanche",
        "kind": "count",
        "level": Level.CRITICAL,
        "at": AT,
        "since": ago(20),
        "seen": {"count": 34, "sentiment": "negative", "minutes": 20},
        "expected": {"at_least": 15},
    }
    return ReasonView(**{**defaults, **changes})


def alert(**changes: Any) -> AlertView:
    defaults: dict[str, Any] = {
        "incident": 12,
        "kind": AlertKind.OPENED,
        "level": Level.CRITICAL,
        "state": State.OPEN,
        "subject": "CHU de Valmont",
        "hospital": "CHU de Valmont",
        "opened_at": ago(20),
        "first_at": ago(33),
        "at": AT,
        "timezone": "Europe/Paris",
        "mentions": 34,
        "negative": 29,
        "networks": {"x": 21, "mastodon": 9, "facebook": 4},
        "recent": [(ago(24), 4), (ago(14), 8), (ago(4), 20)],
        "reasons": [reason()],
        "posts": [post()],
        "told": ("Amina Diallo", "Équipe communication"),
        "called": "Camille Roy",
    }
    return AlertView(**{**defaults, **changes})
