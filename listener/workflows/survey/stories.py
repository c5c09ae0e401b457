"""The stories of a period: the largest, those that faded, and the claims that go round."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from classifiers.themes import unpack
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
    now, before = scope.filters(), scope.filters(scope.period.previous())
    claims = scope.filters(themes=(RUMOUR,))
    largest = await story_figures.largest(connection, now, limit=LARGEST, at_least=LARGEST_FROM)
    rumours = await story_figures.largest(connection, claims, limit=RUMOURS)
    faded = await story_figures.faded(connection, now, before, limit=FADED, at_least=FADED_FROM)
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
    """Where nothing of a story is left now, its networks, themes and post are those of before."""
    now, before = [
        await _tallies(connection, numbers, scope.filters(period))
        for period in (scope.period, scope.period.previous())
    ]
    first = await story_figures.first_told(connection, scope.ever(), numbers)
    posts = await furthest.of_stories(connection, scope.filters(), numbers, each=CANDIDATES)
    gone = [number for number in numbers if number not in now]
    then = scope.filters(scope.period.previous())
    posts |= await furthest.of_stories(connection, then, gone, each=CANDIDATES)
    told: dict[int, Story] = {}
    for number in numbers:
        was = before.get(number, _Tally())
        shown = now.get(number, was)
        told[number] = Story(
            number=number,
            now=now[number].figures if number in now else Figures(),
            before=was.figures.mentions,
            engagement=now[number].engagement if number in now else 0,
            networks=dict(sorted(shown.networks.items(), key=lambda one: (-one[1], one[0]))),
            themes=shown.usual_themes,
            first_at=first.get(number),
            post=next(quotable(scope.viewer, posts.get(number, ())), None),
        )
    return told


async def _tallies(
    connection: AsyncConnection, numbers: Sequence[int], filters: Filters
) -> dict[int, _Tally]:
    found: dict[int, _Tally] = {}
    for row in await story_figures.parts(connection, filters, numbers):
        found.setdefault(row.story, _Tally()).add(row)
    return found
