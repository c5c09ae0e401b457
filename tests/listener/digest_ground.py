"""What is the same in every invented week: the one before it, the audiences, other hospitals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from listener.domain.digest import Account, Figures, Peer, Reach, Reaches
from tests.listener.weeks import MONDAY

Counts = tuple[int, int, int, int]  # negative, neutral, positive, unscored

USUAL = (22.0, 21.0, 20.0, 21.0, 20.0, 14.0, 14.0)  # mentions by weekday
BEFORE_BY_DAY = (23, 21, 20, 20, 19, 14, 14)
BEFORE_BY_NETWORK: Mapping[str, Counts] = {
    "facebook": (13, 24, 11, 0),
    "x": (8, 13, 3, 0),
    "google_business": (5, 2, 12, 0),
    "rss": (2, 13, 2, 0),
    "mastodon": (3, 8, 3, 0),
    "instagram": (1, 3, 5, 0),
}
BEFORE_BY_SERVICE: Mapping[str, Counts] = {
    "Urgences": (12, 15, 4, 0),
    "Maternité": (3, 8, 14, 0),
    "Pédiatrie": (1, 5, 6, 0),
    "Cardiologie": (1, 3, 2, 0),
}
BEFORE_BY_THEME: Mapping[str, Counts] = {
    "waiting": (15, 9, 1, 0),
    "praise": (0, 2, 27, 0),
    "institutional": (2, 21, 3, 0),
    "staff_attitude": (7, 3, 6, 0),
    "staffing": (6, 9, 0, 0),
    "premises": (4, 4, 2, 0),
    "public_health": (0, 11, 0, 0),
    "billing": (2, 1, 0, 0),
    "medical_error": (1, 0, 0, 0),
}


def figures(counts: Counts) -> Figures:
    negative, neutral, positive, unscored = counts
    return Figures(negative=negative, neutral=neutral, positive=positive, unscored=unscored)


REACH = Reaches(
    networks=[
        Reach(network="facebook", mentions=48, told=48, reactions=412, replies=96, shares=31),
        Reach(network="x", mentions=24, told=24, views=9400, reactions=88, replies=14, shares=21),
        Reach(network="mastodon", mentions=14, told=14, reactions=31, replies=9, shares=12),
        Reach(network="instagram", mentions=9, told=9, reactions=260, replies=18),
        Reach(network="google_business", mentions=19),
        Reach(network="rss", mentions=17),
    ]
)

ACCOUNTS = [
    Account(
        network="facebook",
        account="CHU de Valmont",
        owner="chu",
        peer=False,
        taken_at=MONDAY - timedelta(hours=9),
        followers=18420,
        followers_before=18312,
        reach=41200,
        posts=9,
    ),
    Account(
        network="instagram",
        account="chudevalmont",
        owner="chu",
        peer=False,
        taken_at=MONDAY - timedelta(hours=9),
        followers=6210,
        followers_before=6195,
        views=15800,
        posts=6,
        most_viewed=4100,
        most_viewed_url="https://instagram.example/p/valmont-6",
    ),
    Account(
        network="google_business",
        account="CHU de Valmont",
        owner="chu",
        peer=False,
        taken_at=MONDAY - timedelta(hours=9),
        rating=3.8,
        ratings=1204,
    ),
    Account(
        network="facebook",
        account="CH d’Aubrac",
        owner="aubrac",
        peer=True,
        taken_at=MONDAY - timedelta(hours=9),
        followers=9105,
        followers_before=9088,
    ),
]

PEERS = [
    Peer(name="CH d’Aubrac", now=figures((14, 38, 17, 0)), before=figures((11, 41, 15, 0))),
    Peer(name="CHU de Montclar", now=figures((61, 92, 44, 2)), before=figures((52, 97, 41, 0))),
]


def reach(times: int) -> Reaches:
    """So many times as far as the week before."""
    return Reaches(networks=[_grown(found, times) for found in REACH.networks])


def _grown(found: Reach, times: int) -> Reach:
    names = ("views", "reactions", "replies", "shares")
    known = {name: value for name in names if (value := getattr(found, name)) is not None}
    return replace(found, **{name: value * times for name, value in known.items()})
