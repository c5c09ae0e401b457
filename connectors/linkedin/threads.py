"""What was read of each post's and comment's thread, as the cursor of the comments keeps it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from connectors.connector import Cursor
from connectors.linkedin.figures import Figures
from connectors.mention import Engagement
from connectors.reading import count, instant, mapping


@dataclass(slots=True)
class Thread:
    """Its count of comments when it was last read, and where its walk stands."""

    count: int | None = None
    nested: int | None = None
    walk: Cursor | None = None
    replies: dict[str, Thread] = field(default_factory=dict)  # by the comment's number
    told: tuple[int | None, int | None] | None = None  # reactions and comments, last given

    @classmethod
    def load(cls, kept: object) -> Thread:
        if isinstance(kept, list):
            return cls._unpacked(kept)
        value = mapping(kept)
        replies = mapping(value.get("replies")).items()
        told = value.get("told")
        return cls(
            count=count(value.get("count")),
            nested=count(value.get("nested")),
            walk=mapping(value.get("walk")) or None,
            replies={str(name): cls.load(thread) for name, thread in replies},
            told=(count(told[0]), count(told[1]))
            if isinstance(told, list) and len(told) == 2
            else None,
        )

    @classmethod
    def _unpacked(cls, kept: list[object]) -> Thread:
        many, mark, *seen = kept or [None]
        return cls(count=count(many), walk={"v": 1, "mark": mark, "seen": seen} if mark else None)

    def packed(self) -> Cursor | list[object]:
        """As `dump`, in a quarter of the room where it was read to its end: there are hundreds."""
        walk = self.walk or {}
        if self.under_way or walk.get("seen_from") is not None:
            return self.dump()
        return [self.count, walk.get("mark"), *walk.get("seen", ())]

    def dump(self) -> Cursor:
        replies = {name: thread.packed() for name, thread in self.replies.items()}
        parts = {
            "count": self.count,
            "nested": self.nested,
            "walk": self.walk,
            "replies": replies or None,
            "told": list(self.told) if self.told else None,
        }
        return {name: part for name, part in parts.items() if part is not None}

    @property
    def under_way(self) -> bool:
        own = "walk" in (self.walk or {})
        return own or any(reply.under_way for reply in self.replies.values())

    def is_read_up_to(self, known: int | None) -> bool:
        """An unknown count may hide anything."""
        return known is not None and known == (self.count or 0) and not self.under_way

    def is_news(self, figures: Engagement) -> bool:
        """Whether these figures were not given yet; they count as given then."""
        before, self.told = self.told, (figures.reactions, figures.replies)
        return before != self.told

    def ends(self, figures: Figures | None) -> None:
        if not self.under_way:
            self.count = figures.engagement.replies if figures else None
            self.nested = figures.nested if figures else None


@dataclass(slots=True)
class Threads:
    """Of the posts that are listed now; those that are no longer listed are forgotten."""

    since: datetime  # nothing older is given, however late its thread is met
    posts: dict[str, Thread]

    @classmethod
    def load(
        cls, cursor: Cursor | None, names: Iterator[str] | list[str], first: datetime
    ) -> Threads:
        kept = mapping(cursor)
        posts = mapping(kept.get("posts"))
        return cls(
            since=instant(kept.get("since")) or first,
            posts={name: Thread.load(posts.get(name)) for name in names},
        )

    def dump(self) -> Cursor:
        posts = {name: kept for name, thread in self.posts.items() if (kept := thread.dump())}
        return {"v": 1, "since": self.since.isoformat(), "posts": posts}
