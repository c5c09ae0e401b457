"""How many and how they sounded: counts, set against other periods, never dressed up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

SHARE_FROM = 20  # mentions; a percentage of fewer dresses up a handful of posts


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """How many mentions, and how they sounded to the classifier."""

    negative: int = 0
    neutral: int = 0
    positive: int = 0
    unscored: int = 0

    @property
    def scored(self) -> int:
        return self.negative + self.neutral + self.positive

    @property
    def mentions(self) -> int:
        return self.scored + self.unscored

    def __add__(self, other: Figures) -> Figures:
        return Figures(
            negative=self.negative + other.negative,
            neutral=self.neutral + other.neutral,
            positive=self.positive + other.positive,
            unscored=self.unscored + other.unscored,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of what was said (a network, a service, a theme) in three periods.

    `before` and `year_before` are as counted: whether anything is known of these periods, the
    digest says. `name` is a key: a network's, a watch's or a theme's; `title` is what a watch is called.
    """

    name: str
    title: str = ""
    now: Figures = Figures()
    before: Figures = Figures()
    year_before: Figures = Figures()


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """What is usual on a weekday: the middle of the last ones, and what eight in ten lay within."""

    low: float
    middle: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One local day; `usual` is None where too few weeks are known."""

    day: date
    figures: Figures = Figures()
    usual: Band | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What one network publishes of how far its mentions went; None where it publishes nothing.

    Sums over each mention's highest figures known; `told` counts the mentions that have any.
    """

    network: str
    mentions: int = 0
    told: int = 0
    views: int | None = None
    reactions: int | None = None
    replies: int | None = None
    shares: int | None = None

    @property
    def engagement(self) -> int | None:
        """Reactions, replies and shares together."""
        known = [n for n in (self.reactions, self.replies, self.shares) if n is not None]
        return sum(known) if known else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaches:
    """How far a period's mentions went, network by network."""

    networks: Sequence[Reach] = ()

    @property
    def engagement(self) -> int:
        return sum(found.engagement or 0 for found in self.networks)

    @property
    def views(self) -> int:
        return sum(found.views or 0 for found in self.networks)

    @property
    def silent(self) -> Sequence[str]:
        """Networks that publish neither engagement nor views."""
        return [n.network for n in self.networks if n.engagement is None and n.views is None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviews:
    """Reviews with stars; `stars` counts them by their whole stars, 1 to 5."""

    count: int = 0
    total: float = 0.0  # of their stars
    stars: Mapping[int, int] | None = None

    @property
    def mean(self) -> float | None:
        return self.total / self.count if self.count else None
