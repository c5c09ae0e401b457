"""A crowd of invented mentions of every sort, kept in plain values beside what is stored of them."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from classifiers.themes import pack
from listener.domain.digest import Period
from listener.storage.database import Database
from listener.storage.tables import metadata
from listener.workflows.draft import LINK
from tests.listener.weeks import SEALER

OWN = frozenset({"chu", "urgences"})
NETWORKS = ("mastodon", "bluesky", "google_reviews", "rss")
KINDS = ("post", "post", "comment", "reply", "repost", "quote", "review", "article", "video")
SUBJECTS = (("chu",), ("chu", "urgences"), ("chu", "bremont"), ("bremont",), ("greve",))
THEMES = ("waiting", "praise", "praise", "rumour", "personal_case", "institutional")
SPEAKERS = (None, None, None, None, None, None, None, "chu", "urgences", "bremont")
STORIES = 24
MERGED = {3: 2, 7: 5, 8: 5, 20: 11}  # which stories have become part of which
REVEALS = "Ma mère Jeanne Morel est hospitalisée aux urgences du CHU de Valmont depuis neuf heures"
TEXTS = ("Le CHU, bien.", REVEALS, "Le CHU !")

_GO_ON = text("SELECT setval(pg_get_serial_sequence('mentions', 'id'), max(id)) FROM mentions")


@dataclass(slots=True, kw_only=True)
class Told:
    """One mention; `readings` are its snapshots' (views, reactions, replies, shares)."""

    id: int
    at: datetime
    network: str = "mastodon"
    kind: str = "post"
    subjects: tuple[str, ...] = ("chu",)
    sentiment: str | None = "neutral"
    themes: tuple[str, ...] = ()
    rating: float | None = None
    speaker: str | None = None
    story: int | None = None
    text: str | None = "Le CHU de Valmont, bien."
    copy_of: int = 0
    severity: float | None = None
    restricted: bool = False
    republish: bool = True
    exercise_id: str = ""
    parent: int | None = None
    root: int | None = None
    readings: list[tuple[int | None, ...]] = field(default_factory=list)

    def highest(self, column: int) -> int | None:
        known = [reading[column] for reading in self.readings if reading[column] is not None]
        return max(known, default=None)

    @property
    def engagement(self) -> int:
        return sum(self.highest(column) or 0 for column in (1, 2, 3))

    @property
    def tone(self) -> str:
        return self.sentiment or "unscored"

    @property
    def stands(self) -> int | None:
        """The story that stands for its own."""
        return MERGED.get(self.story or 0, self.story)

    def is_said_of(self, subjects: Iterable[str] = OWN) -> bool:
        return (
            not self.exercise_id and self.speaker is None and bool({*self.subjects} & {*subjects})
        )

    @property
    def shown(self) -> bool:
        """Whether it may be quoted."""
        open_to_all = self.republish and not self.restricted
        return bool(self.text) and self.text != REVEALS and open_to_all


def within(told: Iterable[Told], period: Period) -> list[Told]:
    return [one for one in told if period.since <= one.at < period.until]


def crowd(rng: random.Random, count: int, *, since: datetime, until: datetime) -> list[Told]:
    """Mentions of every sort; some answer others, whatever the instants say."""
    made: list[Told] = []
    for number in range(1, count + 1):
        kind = rng.choice(KINDS)
        speaker = rng.choice(SPEAKERS)
        answers = rng.random() < (0.8 if speaker else 0.2)
        below = rng.randrange(1, count + 1) if answers else None
        one = Told(
            id=number,
            at=since + rng.random() * (until - since),
            network=rng.choice(NETWORKS),
            kind=kind,
            subjects=rng.choice(SUBJECTS),
            sentiment=rng.choice(("negative", "negative", "neutral", "positive", "positive", None)),
            themes=tuple(sorted({*rng.sample(THEMES, rng.choice((0, 1, 1, 2)))})),
            rating=rng.choice((1.0, 2.0, 2.5, 4.0, 5.0, None)) if kind == "review" else None,
            speaker=speaker,
            story=rng.choice((None, 1 + int(rng.random() ** 2 * STORIES))),
            text=rng.choice((*TEXTS, "", None)),
            severity=rng.choice((None, 2.0, 5.0, 9.0, 50.0, 90.0)),
            restricted=rng.random() < 0.1,
            republish=rng.random() < 0.9,
            exercise_id="drill-1" if rng.random() < 0.05 else "",
            parent=below if rng.random() < 0.6 else None,
            root=below,
            readings=[_reading(rng) for _ in range(rng.choice((0, 0, 1, 3)))],
        )
        # What is copied says the same, and stays a copy once its text is gone.
        one.copy_of = rng.choice((0, TEXTS.index(one.text) + 1 if one.text in TEXTS else 3))
        made.append(one)
    for one in made:
        if one.root and rng.random() < 0.9:
            one.network = made[one.root - 1].network
    return made


def _reading(rng: random.Random) -> tuple[int | None, ...]:
    return tuple(rng.choice((None, rng.randrange(6))) for _ in range(4))


async def store(
    database: Database,
    told: Sequence[Told],
    *,
    stories: int = STORIES,
    merged: Mapping[int, int] = MERGED,
) -> None:
    """All of it in one transaction."""
    tables: dict[str, list[dict[str, Any]]] = {
        "stories": [
            _story(number, merged.get(number), told[0].at) for number in range(1, stories + 1)
        ],
        "mentions": [_mention(one) for one in told],
        "mention_subjects": [row for one in told for row in _subjects(one)],
        "mention_links": [_link(one) for one in told],
        "snapshots": [row for one in told for row in _snapshots(one)],
    }
    async with database.write() as connection:
        for name, rows in tables.items():
            if rows:
                await connection.execute(metadata.tables[name].insert(), rows)
        if not database.is_sqlite:  # its own numbers go on after these
            await connection.execute(_GO_ON)


def _story(number: int, merged_into: int | None, at: datetime) -> dict[str, Any]:
    return {"id": number, "opened_at": at, "last_at": at, "merged_into": merged_into}


def ref(number: int) -> str:
    return f"{number:032x}"


def _mention(one: Told) -> dict[str, Any]:
    return {
        "id": one.id,
        "exercise_id": one.exercise_id,
        "network": one.network,
        "ref": ref(one.id),
        "source_id": one.network,
        "kind": one.kind,
        "live": True,
        "speaker": one.speaker,
        "text": one.text,
        "text_hash": ref(one.copy_of or 10_000 + one.id),
        "occurred_at": one.at,
        "received_at": one.at + timedelta(minutes=1),
        "parent_ref": ref(one.parent) if one.parent else None,
        "root_ref": ref(one.root) if one.root else None,
        "rating": one.rating,
        "republish": one.republish,
        "sentiment": one.sentiment,
        "severity": one.severity,
        "themes": pack(one.themes) if one.themes or one.sentiment else None,
        "restricted": one.restricted,
        "story_id": one.story,
    }


def _subjects(one: Told) -> list[dict[str, Any]]:
    said = {
        "mention_id": one.id,
        "exercise_id": one.exercise_id,
        "occurred_at": one.at,
        "live": True,
        "network": one.network,
        "sentiment": one.sentiment,
    }
    return [{**said, "subject": subject} for subject in one.subjects]


def _link(one: Told) -> dict[str, Any]:
    """Its number is its link's last part: a post that is shown is known by it."""
    told = {"url": f"https://reseau.example/{one.id}", "external_id": str(one.id)}
    sealed = SEALER.seal(told, LINK)
    return {"mention_id": one.id, "sealed": sealed, "expires_at": one.at + timedelta(days=400)}


def _snapshots(one: Told) -> list[dict[str, Any]]:
    names = ("views", "reactions", "replies", "shares")
    return [
        {"mention_id": one.id, "taken_at": one.at + timedelta(hours=n)}
        | dict(zip(names, reading, strict=True))
        for n, reading in enumerate(one.readings)
    ]
