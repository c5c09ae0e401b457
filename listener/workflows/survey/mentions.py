"""What was said: how much, where, of what, on which day; how far it went, and what is worth quoting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from listener.domain.alert import PostView
from listener.domain.digest import (
    Day,
    Figures,
    Network,
    Part,
    Peer,
    Period,
    Reach,
    Reaches,
    Reviews,
    usual,
)
from listener.domain.digest.period import midnight
from listener.domain.digest.trend import WEEKS_USUAL
from listener.storage import breakdown, figures, furthest, reach
from listener.workflows.survey.quotes import quotable, reveals
from listener.workflows.survey.scope import Scope, figures_by

CANDIDATES = 8  # of each network: some of them may reveal a patient
POSTS = 3
PRAISED_CANDIDATES, PRAISED = 40, 5
HARMLESS = 10.0  # of a severity of 100; thanks that are graver are likely to be irony
WEEK = timedelta(weeks=1)


async def networks(connection: AsyncConnection, scope: Scope) -> Sequence[Part]:
    now, before, year = [
        figures_by(await figures.tally(connection, scope.filters(period)))
        for period in _three(scope.period)
    ]
    return parts(now, before, year)


async def subjects(connection: AsyncConnection, scope: Scope) -> Mapping[str, Part]:
    """Every watch's part, by its id; a mention that concerns several counts for each."""
    now, before, year = [
        figures_by(await breakdown.by_subject(connection, scope.filters(period, subjects=())))
        for period in _three(scope.period)
    ]
    return {part.name: part for part in parts(now, before, year)}


async def themes(connection: AsyncConnection, scope: Scope) -> Sequence[Part]:
    now, before, year = [
        figures_by(await breakdown.by_theme(connection, scope.filters(period)))
        for period in _three(scope.period)
    ]
    return parts(now, before, year)


def _three(period: Period) -> Sequence[Period]:
    return (period, period.previous(), period.year_before())


def parts(
    now: Mapping[str, Figures], before: Mapping[str, Figures], year: Mapping[str, Figures]
) -> Sequence[Part]:
    """The most spoken of first; also what was spoken of in the other periods alone."""
    nothing = Figures()
    found = [
        Part(
            name=name,
            now=now.get(name, nothing),
            before=before.get(name, nothing),
            year_before=year.get(name, nothing),
        )
        for name in now.keys() | before.keys() | year.keys()
    ]
    return sorted(found, key=lambda part: (-part.now.mentions, -part.before.mentions, part.name))


async def days(
    connection: AsyncConnection, scope: Scope, known_since: datetime | None
) -> tuple[Sequence[Day], Mapping[date, int]]:
    """Each day of the period beside what is usual on its weekday, and the days of the one before."""
    period, previous = scope.period, scope.period.previous()
    first = min(period.first_day - WEEKS_USUAL * WEEK, previous.first_day)
    listed = [first + timedelta(days=n) for n in range((period.last_day - first).days + 1)]
    midnights = [midnight(day, period.zone) for day in listed]
    told = scope.ever(since=midnights[0], until=period.until)
    tally = await breakdown.by_day(connection, told, [*midnights, period.until])
    found = figures_by(tally)
    by_day = {
        day: found.get(begun, Figures()) for day, begun in zip(listed, midnights, strict=True)
    }
    now = [
        Day(
            day=day,
            figures=by_day[day],
            usual=usual([by_day[one].mentions for one in _alike(day, period, known_since)]),
        )
        for day in period.days
    ]
    return now, {day: by_day[day].mentions for day in previous.days}


def _alike(day: date, period: Period, known_since: datetime | None) -> Sequence[date]:
    """The same weekday in the weeks before the period, as far back as all of a week is known."""
    if known_since is None:
        return ()
    weeks = [period.first_day - n * WEEK for n in range(1, WEEKS_USUAL + 1)]
    known = [week for week in weeks if known_since <= midnight(week, period.zone)]
    offset = (day - period.first_day) % WEEK
    return [week + offset for week in known]


async def reaches(connection: AsyncConnection, scope: Scope, period: Period) -> Reaches:
    rows = await reach.by_network(connection, scope.filters(period))
    found = [
        Reach(
            network=row.network,
            mentions=int(row.mentions),
            told=int(row.told),
            **{
                name: None if row._mapping[name] is None else int(row._mapping[name])
                for name in reach.FIGURES
            },
        )
        for row in rows
    ]
    return Reaches(networks=found)


async def notable(connection: AsyncConnection, scope: Scope) -> Sequence[Network]:
    """The posts that went furthest on each network."""
    listed = await furthest.notable(connection, scope.filters(), per_network=CANDIDATES)
    posts: dict[str, list[PostView]] = {}
    for item in listed:
        post = scope.viewer.post(item.row, item.figures)
        posts.setdefault(post.network, []).append(post)
    return [_network(name, found) for name, found in posts.items()]


def _network(name: str, posts: Sequence[PostView]) -> Network:
    shown = [post for post in posts if not reveals(post)]
    return Network(network=name, posts=shown[:POSTS], withheld=len(posts) - len(shown))


async def praise(connection: AsyncConnection, scope: Scope) -> Sequence[PostView]:
    """Thanks worth sharing, each text once: the furthest, then the newest."""
    filters = scope.filters(sentiments=("positive",), themes=("praise",), restricted=False)
    found = await furthest.newest(connection, filters, limit=PRAISED_CANDIDATES)
    posts = quotable(scope.viewer, found)
    return [post for post in posts if (post.severity or 0) < HARMLESS][:PRAISED]


async def reviews(connection: AsyncConnection, scope: Scope, period: Period) -> Reviews:
    found = await breakdown.by_rating(connection, scope.filters(period, kinds=("review",)))
    stars: dict[int, int] = {}
    for rating, number in found.items():
        stars[int(rating)] = stars.get(int(rating), 0) + number
    total = sum(rating * number for rating, number in sorted(found.items()))
    return Reviews(count=sum(found.values()), total=total, stars=dict(sorted(stars.items())))


async def restricted(connection: AsyncConnection, scope: Scope) -> int:
    return await figures.count(connection, scope.filters(restricted=True))


async def published(connection: AsyncConnection, scope: Scope, period: Period) -> int:
    """What the subjects' own accounts have published, about whatever it was."""
    own = scope.filters(period, subjects=(), official=True, speakers=sorted(scope.subjects))
    return await figures.count(connection, own)


def peer(scope: Scope, part: Part) -> Peer:
    return Peer(name=scope.viewer.subject(part.name), now=part.now, before=part.before)
