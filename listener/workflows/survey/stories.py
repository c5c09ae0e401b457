"""The stories of a period: the largest, those that faded, and the claims that go round."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from classifiers.themes import unpack
from listener.domain.alert import PostView
from listener.domain.digest import Figures, Story
from listener.storage import furthest, story_figures
from listener.storage.figures import Filters
from listener.workflows.survey.quotes import quotable
from listener.workflows.survey.scope import Scope

LARGEST, LARGEST_FROM = 8, 2  # mentions: one that stands alone is no story to tell
FADED, FADED_FROM = 5, 5  # mentions of the period before
RUMOURS = 5
RUMOUR = "rumour"
CANDIDATES = 8  # of each story: some of them may reveal a patient


@dataclass(frozen=True, slots=True, kw_only=True)
class Stories:
    largest: Sequence[Story] = ()
    faded: Sequence[Story] = ()
    rumours: Sequence[Story] = ()


async def stories(connection: AsyncConnection, scope: Scope) -> Stories:
    now, claims = scope.filters(), scope.filters(themes=(RUMOUR,))
    since, until = scope.period.since, scope.period.until
    both = scope.ever(since=scope.period.previous().since, until=until)
    largest = await story_figures.largest(connection, now, limit=LARGEST, at_least=LARGEST_FROM)
    rumours = await story_figures.largest(connection, claims, limit=RUMOURS)
    faded = await story_figures.faded(connection, both, since, limit=FADED, at_least=FADED_FROM)
    told = await _tell(connection, scope, [*largest, *rumours, *faded])
    return Stories(
        largest=[told[number] for number in largest],
        faded=[told[number] for number in faded],
        rumours=[told[number] for number in rumours],
    )


@dataclass(slots=True, kw_only=True)
class _Tally:
    """One story in one period."""

    figures: Figures = field(default_factory=Figures)
    engagement: int = 0
    networks: Counter[str] = field(default_factory=Counter)
    themes: Counter[str] = field(default_factory=Counter)

    def add(self, row: Row[Any]) -> None:
        size = int(row.size)
        self.figures += Figures(**{row.sentiment: size})
        self.engagement += int(row.engagement)
        self.networks[row.network] += size
        for theme in unpack(row.themes):
            self.themes[theme] += size

    @property
    def usual_themes(self) -> Sequence[str]:
        """Of more than half of its mentions, most first."""
        most = [(-many, theme) for theme, many in self.themes.items()]
        return [theme for many, theme in sorted(most) if -2 * many > self.figures.mentions]


async def _tell(
    connection: AsyncConnection, scope: Scope, numbers: Sequence[int]
) -> dict[int, Story]:
    """What is known of some stories, by their numbers."""
    now_of, before_of = scope.filters(), scope.filters(scope.period.previous())
    now = await _tallies(connection, numbers, now_of)
    before = await _tallies(connection, numbers, before_of)
    first = await story_figures.first_told(connection, scope.ever(), numbers)
    left = [number for number in numbers if number in now]
    gone = [number for number in numbers if number not in now]
    posts = await furthest.of_stories(connection, now_of, left, each=CANDIDATES)
    posts |= await furthest.of_stories(connection, before_of, gone, each=CANDIDATES)
    nothing = _Tally()
    return {
        number: _story(
            number,
            now.get(number, nothing),
            before.get(number, nothing),
            first_at=first.get(number),
            post=next(quotable(scope.viewer, posts.get(number, ())), None),
        )
        for number in numbers
    }


def _story(
    number: int, now: _Tally, before: _Tally, *, first_at: datetime | None, post: PostView | None
) -> Story:
    """Where nothing of a story is left now, its networks and themes are those of before."""
    shown = now if now.figures.mentions else before
    return Story(
        number=number,
        now=now.figures,
        before=before.figures.mentions,
        engagement=now.engagement,
        networks=dict(sorted(shown.networks.items(), key=lambda one: (-one[1], one[0]))),
        themes=shown.usual_themes,
        first_at=first_at,
        post=post,
    )


async def _tallies(
    connection: AsyncConnection, numbers: Sequence[int], filters: Filters
) -> dict[int, _Tally]:
    found: dict[int, _Tally] = {}
    for row in await story_figures.parts(connection, filters, numbers):
        found.setdefault(row.story, _Tally()).add(row)
    return found
