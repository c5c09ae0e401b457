"""What is remembered of a forum between two polls, in a cursor of its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Self

from connectors.connector import Cursor
from connectors.forum.robots import Robots
from connectors.reading import instant, mapping, string, strings

VERSION = 1
ROBOTS_FOR = timedelta(days=1)
"""A robots.txt is not believed for longer (RFC 9309 §2.4)."""
_MAX_OPENINGS = 1_000


@dataclass(slots=True)
class Openings:
    """The opening post of each topic met lately: its number or, where it has none, its instant."""

    marks: dict[str, str] = field(default_factory=dict)

    def learn(self, topic: str, mark: str) -> None:
        """An opening post comes before any answer: of two that claim to be it, the lower one is."""
        known = self.marks.pop(topic, None)
        numbers = known is not None and known.isdecimal() and mark.isdecimal()
        self.marks[topic] = min(known, mark, key=int) if numbers and known else mark
        while len(self.marks) > _MAX_OPENINGS:
            del self.marks[next(iter(self.marks))]


@dataclass(slots=True, kw_only=True)
class Board:
    dialect: str = ""
    addresses: dict[str, str] = field(default_factory=dict)  # that answered, by feed name
    openings: Openings = field(default_factory=Openings)
    robots: Robots | None = None
    robots_at: datetime | None = None
    told: list[str] = field(default_factory=list)  # feeds whose refusal was told

    @classmethod
    def load(cls, cursor: Cursor | None) -> Self:
        """A cursor of another version is looked up anew."""
        kept = mapping(cursor)
        if kept.get("v") != VERSION:
            return cls()
        read_at = instant(kept.get("robots_at"))
        return cls(
            dialect=string(kept.get("dialect")) or "",
            addresses=_texts(kept.get("addresses")),
            openings=Openings(_texts(kept.get("openings"))),
            robots=Robots.load(kept.get("robots")) if read_at else None,
            robots_at=read_at,
            told=list(strings(kept.get("told"))),
        )

    def dump(self) -> Cursor:
        return {
            "v": VERSION,
            "dialect": self.dialect,
            "addresses": dict(self.addresses),
            "openings": dict(self.openings.marks),
            "robots": self.robots.dump() if self.robots else None,
            "robots_at": self.robots_at.isoformat() if self.robots_at else None,
            "told": list(self.told),
        }

    def robots_due(self, at: datetime) -> bool:
        if self.robots is None or self.robots_at is None:
            return True
        return not timedelta(0) <= at - self.robots_at < ROBOTS_FOR


def _texts(kept: object) -> dict[str, str]:
    return {name: value for name, value in mapping(kept).items() if isinstance(value, str)}
