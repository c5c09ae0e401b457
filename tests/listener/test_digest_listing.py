"""What a digest counts, counted again from what `listener mentions --format csv` lists."""

from __future__ import annotations

import asyncio
import csv
import io
import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

import pytest

from listener.app.build import application
from listener.config import load
from listener.domain.digest import Digest, Figures, Part
from tests.listener.commands import House
from tests.listener.digest_crowd import crowd, store
from tests.listener.weeks import MONDAY, W47

CONFIG = """
state_dir = "{folder}/state"
[hospital]
name = "CHU de Valmont"
[[watch]]
id = "chu"
names = ["CHU de Valmont"]
[[watch]]
id = "urgences"
kind = "service"
of = "chu"
names = ["urgences"]
[[watch]]
id = "bremont"
kind = "peer"
names = ["CHU de Brémont"]
[alerts]
mode = "observe"
critical = ["console"]
warning = ["console"]
fallback = "console"
"""
OURS = ("--subject", "chu", "--subject", "urgences")
BEFORE = W47.previous()
Row = dict[str, str]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> House:
    """A crowd of three weeks in a file, as the daemon would have left it."""
    house = House(tmp_path_factory.mktemp("house"))
    house.config.write_text(CONFIG.format(folder=house.folder), encoding="utf-8")
    asyncio.run(_fill(house))
    return house


async def _fill(house: House) -> None:
    since, until = BEFORE.since - timedelta(days=2), W47.until + timedelta(days=2)
    async with application(load(house.config)) as app:
        await store(app.database, crowd(random.Random(11), 800, since=since, until=until))


@pytest.fixture(scope="module")
def digest(filled: House) -> Digest:
    async def read() -> Digest:
        async with application(load(filled.config)) as app:
            return await app.reporter.digest(W47, MONDAY)

    return asyncio.run(read())


def listed(house: House, *options: str, first: str = "2026-11-16", end: str = "2026-11-23"):
    done = house("mentions", "--format", "csv", "--since", first, "--until", end, *options)
    assert done.exit_code == 0, done.output
    return list(csv.DictReader(io.StringIO(done.stdout))), done.stderr


@pytest.fixture(scope="module")
def now(filled: House) -> list[Row]:
    return listed(filled, *OURS)[0]


@pytest.fixture(scope="module")
def before(filled: House) -> list[Row]:
    return listed(filled, *OURS, first="2026-11-09", end="2026-11-16")[0]


def figures(rows: Iterable[Row]) -> Figures:
    return Figures(**Counter(row["sentiment"] or "unscored" for row in rows))


def recounted(
    now: Sequence[Row], before: Sequence[Row], of: Callable[[Row], Sequence[str]]
) -> dict[str, tuple[Figures, Figures]]:
    names = {name for row in (*now, *before) for name in of(row)}
    return {
        name: (
            figures(row for row in now if name in of(row)),
            figures(row for row in before if name in of(row)),
        )
        for name in names
    }


def told(parts: Sequence[Part]) -> dict[str, tuple[Figures, Figures]]:
    return {part.name: (part.now, part.before) for part in parts}


def test_totals_and_sentiments_are_those_of_the_listing(digest, now, before) -> None:
    assert digest.now == figures(now) and digest.before == figures(before)
    assert digest.now.mentions == len(now) > 50
    assert not [row for row in (*now, *before) if row["speaker"]]


def test_networks_are_those_of_the_listing(digest, now, before) -> None:
    assert told(digest.networks) == recounted(now, before, lambda row: [row["network"]])


def test_services_are_those_of_the_listing(digest, now, before) -> None:
    subjects = recounted(now, before, lambda row: row["subjects"].split())
    assert told(digest.services) == {"urgences": subjects["urgences"]}


def test_themes_are_those_of_the_listing(digest, now, before) -> None:
    assert told(digest.themes) == recounted(now, before, lambda row: row["themes"].split())


def test_days_are_those_of_the_listing(digest, now, before) -> None:
    by_day = Counter(datetime.fromisoformat(row["occurred_at"]).date() for row in (*now, *before))
    assert {found.day: found.figures.mentions for found in digest.days} == {
        day: by_day[day] for day in W47.days
    }
    assert digest.days_before == {day: by_day[day] for day in BEFORE.days}


def test_reviews_are_those_of_the_listing(filled, digest, now) -> None:
    stars = [float(row["rating"]) for row in now if row["kind"] == "review" and row["rating"]]
    assert (digest.reviews.count, digest.reviews.total) == (len(stars), sum(stars))
    assert digest.reviews.stars == Counter(map(int, stars)) != {}
    reviews, _ = listed(filled, *OURS, "--kind", "review")
    assert reviews == [row for row in now if row["kind"] == "review"]


def test_stories_are_those_of_the_listing(digest, now) -> None:
    sizes = Counter(row["story"] for row in now if row["story"])
    several = sorted((number for number in sizes.values() if number > 1), reverse=True)
    assert [story.now.mentions for story in digest.stories] == several[:8]
    for story in digest.stories:
        assert story.now == figures(row for row in now if row["story"] == str(story.number))


def test_peers_are_those_of_the_listing(filled, digest) -> None:
    (peer,) = digest.peers
    assert peer.now == figures(listed(filled, "--subject", "bremont")[0])


def test_what_the_hospital_published_is_listed_on_demand_and_said_to_be_left_out(
    filled, digest
) -> None:
    own, _ = listed(filled, "--own")
    assert len(own) == digest.published > 0
    assert {row["speaker"] for row in own} == {"chu", "urgences"}
    _, closing = listed(filled)
    assert f"{len(own)} of the hospital's own are left out: --own shows them" in closing
