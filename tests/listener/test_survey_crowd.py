"""Every figure of a digest against a plain recount of an invented crowd, on both engines."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from listener.domain.alert import PostView
from listener.domain.digest import Answers, Digest, Figures, Part, Period, Story, usual
from listener.domain.digest.grievance import GRIEVANCES
from listener.storage.database import Database
from tests.listener.digest_crowd import OWN, REVEALS, Told, crowd, store, within
from tests.listener.reporting import House
from tests.listener.weeks import MONDAY, PARIS, W47

SINCE = W47.since - timedelta(weeks=7, days=3)
UNTIL = W47.until + timedelta(days=3)
BEFORE = W47.previous()


@pytest.fixture
async def told(database: Database) -> list[Told]:
    """Mentions of nine weeks, most of the two that are compared; a few stories fade."""
    rng = random.Random(47)
    found = crowd(rng, 1500, since=SINCE, until=UNTIL)
    for one in rng.sample(found, 1100):
        fades = one.story in (4, 9, 12)
        one.at = BEFORE.since + rng.random() * timedelta(days=7 if fades else 14)
    await store(database, found)
    return found


async def read(database: Database, *, service: str = "", period: Period = W47) -> Digest:
    surveyor = House(database).reporter.surveyor
    async with database.read(snapshot=True) as connection:
        return await surveyor.digest(connection, period, MONDAY, service=service)


def figures(told: Iterable[Told]) -> Figures:
    return Figures(**Counter(one.tone for one in told))


def counted(told: Sequence[Told], of: Callable[[Told], Iterable[str]]) -> dict[str, Part]:
    """Parts by name, as three looks at the list give them."""
    periods = {"now": W47, "before": BEFORE, "year_before": W47.year_before()}
    names = {
        name for period in periods.values() for one in within(told, period) for name in of(one)
    }
    return {
        name: Part(
            name=name,
            **{
                which: figures(one for one in within(told, period) if name in of(one))
                for which, period in periods.items()
            },
        )
        for name in names
    }


def by_name(parts: Sequence[Part]) -> dict[str, Part]:
    assert list(parts) == sorted(parts, key=lambda p: (-p.now.mentions, -p.before.mentions, p.name))
    return {part.name: part for part in parts}


@pytest.mark.parametrize("service", ["", "urgences"])
async def test_networks_themes_days_and_counts(database, told, service):
    digest = await read(database, service=service)
    about = [one for one in told if one.is_said_of([service] if service else OWN)]
    now = within(about, W47)
    assert by_name(digest.networks) == counted(about, lambda one: [one.network])
    assert by_name(digest.themes) == counted(about, lambda one: one.themes)
    assert digest.now == figures(now)
    assert digest.restricted == sum(one.restricted for one in now)
    for period, found in ((W47, digest.reviews), (BEFORE, digest.reviews_before)):
        stars = [one.rating for one in within(about, period) if one.kind == "review" and one.rating]
        assert (found.count, found.total) == (len(stars), sum(stars))
        assert found.stars == Counter(int(rating) for rating in stars)
    own = [one for one in told if one.speaker in ([service] if service else OWN)]
    own = [one for one in own if not one.exercise_id]
    assert digest.published == len(within(own, W47)) > 0
    assert digest.published_before == len(within(own, BEFORE)) > 0
    by_day = Counter(one.at.astimezone(PARIS).date() for one in about)
    assert digest.days_before == {day: by_day[day] for day in BEFORE.days}
    for found in digest.days:
        assert found.figures == figures(
            o for o in now if o.at.astimezone(PARIS).date() == found.day
        )
        known = [found.day - n * timedelta(weeks=1) for n in range(1, 8)]  # the eighth in part only
        assert found.usual == usual([by_day[day] for day in known])
    assert [found.day for found in digest.days] == W47.days


async def test_services_and_peers(database, told):
    digest = await read(database)
    said = [one for one in told if not one.exercise_id and one.speaker is None]
    parts = counted(said, lambda one: one.subjects)
    assert list(digest.services) == [replace(parts["urgences"], title="urgences")]
    (peer,) = digest.peers
    assert (peer.name, peer.now, peer.before) == (
        "CHU de Brémont",
        parts["bremont"].now,
        parts["bremont"].before,
    )
    alone = await read(database, service="urgences")
    assert (alone.service, alone.services, alone.peers) == ("urgences", [], [])


async def test_reach_is_of_each_mention_s_highest_figures(database, told):
    digest = await read(database)
    about = [one for one in told if one.is_said_of()]
    for period, found in ((W47, digest.reach), (BEFORE, digest.reach_before)):
        said = within(about, period)
        assert [n.network for n in found.networks] == sorted({one.network for one in said})
        for network in found.networks:
            here = [one for one in said if one.network == network.network]
            assert network.mentions == len(here)
            known = [[one.highest(column) for column in range(4)] for one in here]
            assert network.told == sum(highest != [None] * 4 for highest in known)
            for column, name in enumerate(("views", "reactions", "replies", "shares")):
                known = [n for one in here if (n := one.highest(column)) is not None]
                assert getattr(network, name) == (sum(known) if known else None)
        assert found.engagement == sum(one.engagement for one in said)


def ranked(told: Iterable[Told]) -> list[int]:
    """Stories by their mentions, their engagement, their first instant and their number."""
    found: dict[int, list[Told]] = {}
    for one in told:
        if one.stands is not None:
            found.setdefault(one.stands, []).append(one)
    return sorted(
        found,
        key=lambda story: (
            -len(found[story]),
            -sum(one.engagement for one in found[story]),
            min(one.at for one in found[story]),
            story,
        ),
    )


def number_of(post: PostView | None) -> int | None:
    """By the link's last part."""
    return None if post is None else int((post.link or "").rpartition("/")[2])


def furthest(told: Iterable[Told]) -> int | None:
    shown = [one for one in told if one.shown]
    worst = min(shown, key=lambda o: (-o.engagement, -(o.severity or -1), o.id), default=None)
    return worst.id if worst else None


def check_story(story: Story, told: Sequence[Told]) -> None:
    mine = [one for one in told if one.stands == story.number]
    now, before = within(mine, W47), within(mine, BEFORE)
    assert (story.now, story.before) == (figures(now), len(before))
    assert story.engagement == sum(one.engagement for one in now)
    assert story.first_at == min(one.at for one in mine)
    shown = now or before
    assert story.networks == Counter(one.network for one in shown)
    themes = Counter(theme for one in shown for theme in one.themes)
    usual_ones = {theme for theme, number in themes.items() if 2 * number > len(shown)}
    assert set(story.themes) == usual_ones
    assert number_of(story.post) == furthest(shown)


async def test_stories(database, told):
    digest = await read(database)
    about = [one for one in told if one.is_said_of()]
    now, before = within(about, W47), within(about, BEFORE)
    sizes = Counter(one.stands for one in now)
    sizes_before = Counter(one.stands for one in before)
    several = [story for story in ranked(now) if sizes[story] >= 2]
    assert [story.number for story in digest.stories] == several[:8]
    gone = [
        story
        for story in ranked(before)
        if sizes_before[story] >= 5 and 2 * sizes[story] <= sizes_before[story]
    ]
    assert [story.number for story in digest.faded] == gone[:5]
    claims = ranked(one for one in now if "rumour" in one.themes)
    assert [story.number for story in digest.rumours] == claims[:5]
    assert digest.faded and len(digest.stories) == 8 and len(digest.rumours) == 5
    for story in (*digest.stories, *digest.faded, *digest.rumours):
        check_story(story, about)


async def test_praise_is_the_furthest_then_the_newest_each_text_once(database, told):
    digest = await read(database)
    thanks = [
        one
        for one in within([one for one in told if one.is_said_of()], W47)
        if one.sentiment == "positive" and "praise" in one.themes and one.kind != "repost"
    ]
    thanks.sort(key=lambda one: (-one.engagement, -one.at.timestamp(), -one.id))
    first: dict[int, Told] = {}
    for one in thanks:
        if one.text is not None and one.republish and not one.restricted:
            first.setdefault(one.copy_of or 10_000 + one.id, one)
    wanted = [one.id for one in first.values() if one.shown and (one.severity or 0) < 10]
    assert [number_of(post) for post in digest.praise] == wanted[:5] != []


def complains(one: Told) -> bool:
    if one.kind == "review" and one.rating is not None and one.rating <= 2:
        return True
    asks = one.kind not in ("article", "repost", "story", "video")
    return asks and one.sentiment == "negative" and bool({*one.themes} & {*GRIEVANCES})


def tells_a_case(one: Told) -> bool:
    asks = one.kind not in ("article", "repost", "story", "video")
    thanks = one.sentiment == "positive"
    return asks and "personal_case" in one.themes and not complains(one) and not thanks


@pytest.mark.parametrize("service", ["", "urgences"])
async def test_complaints_and_cases_and_their_answers(database, told, service):
    digest = await read(database, service=service)
    about = [one for one in told if one.is_said_of([service] if service else OWN)]
    first: dict[tuple[int, str], datetime] = {}
    for reply in sorted(told, key=lambda one: one.at):
        below = reply.parent or reply.root
        if reply.speaker in OWN and not reply.exercise_id and below and reply.at <= MONDAY:
            first.setdefault((below, reply.network), reply.at)
    for asks, found in ((complains, digest.complaints), (tells_a_case, digest.cases)):
        asked = [one for one in within(about, W47) if asks(one)]
        check_answers(found, asked, lambda one: first.get((one.id, one.network)))
    assert service or digest.complaints.unanswered > 5


def check_answers(
    found: Answers, asked: Sequence[Told], reply: Callable[[Told], datetime | None]
) -> None:
    assert found.asked == len(asked)
    delays = [max(at - one.at, timedelta(0)) for one in asked if (at := reply(one)) is not None]
    assert sorted(found.delays) == sorted(delays) != []
    waiting = sorted((one for one in asked if reply(one) is None), key=lambda one: one.at)[:5]
    assert [(w.said_at, w.network) for w in found.oldest] == [(o.at, o.network) for o in waiting]
    for shown, one in zip(found.oldest, waiting, strict=True):
        assert number_of(shown.post) == (one.id if one.shown else None)


async def test_no_story_thanks_or_complaint_quotes_what_may_reveal_a_patient(database, told):
    digest = await read(database)
    stories = (*digest.stories, *digest.faded, *digest.rumours)
    waiting = (*digest.complaints.oldest, *digest.cases.oldest)
    posts = [holder.post for holder in (*stories, *waiting)] + list(digest.praise)
    shown = [post for post in posts if post is not None]
    assert len(shown) > 10
    assert not [post for post in shown if post.restricted or post.excerpt == REVEALS]
    private = {one.id for one in told if not one.republish}
    assert not private & {number_of(post) for post in shown}


async def test_a_network_that_was_silent_all_week_keeps_its_other_weeks(database):
    await store(database, [Told(id=1, at=BEFORE.since), Told(id=2, at=W47.since, network="rss")])
    spoken, silent = (await read(database)).networks
    assert (spoken.name, spoken.now.mentions, spoken.before.mentions) == ("rss", 1, 0)
    assert (silent.name, silent.now.mentions, silent.before.mentions) == ("mastodon", 0, 1)


async def test_an_empty_week_is_made_of_nothing(database):
    digest = await read(database)
    assert digest.now == Figures() and not digest.networks and not digest.themes
    assert [found.figures for found in digest.days] == [Figures()] * 7
    assert {found.usual for found in digest.days} == {None}
    assert digest.days_before == dict.fromkeys(BEFORE.days, 0)
    assert not (*digest.stories, *digest.faded, *digest.rumours, *digest.praise, *digest.accounts)
    assert (digest.complaints, digest.cases) == (Answers(delays=[], oldest=[]),) * 2
    assert (digest.reviews.count, digest.reviews.mean, digest.published) == (0, None, 0)
    assert (digest.reach.networks, digest.has_year, digest.known_since) == ([], False, None)


async def test_ten_thousand_stories_are_ranked_as_few_are(database):
    """One or two mentions of each, three of one; one went further than the others."""
    stories, count = 10_000, 12_500
    told = [
        Told(id=n + 1, at=W47.since + timedelta(seconds=n), story=1 + n % stories)
        for n in range(count)
    ]
    told.append(Told(id=count + 1, at=W47.since + timedelta(days=1), story=1_778))
    told[4].readings = [(None, 9, None, None)]
    await store(database, told, stories=stories, merged={})
    digest = await read(database)
    assert [story.number for story in digest.stories] == [1_778, 5, 1, 2, 3, 4, 6, 7]
    assert [story.now.mentions for story in digest.stories] == [3] + [2] * 7
    assert digest.now.mentions == count + 1
