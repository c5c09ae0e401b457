"""A quiet month of an ordinary hospital under the shipped example's rules: how often it wakes anybody.

Thirty invented posts a day, by writers whom no shipped model learnt from, at the hours at which
people write; nobody in danger, no crisis. Real fast classifiers, simulated time, a tick each five
minutes. Whoever is called answers within minutes.
"""

from __future__ import annotations

import io
import math
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from connectors.connector import Page
from connectors.mention import Author, Engagement, Kind, Mention
from listener.app.application import Application
from listener.app.build import application, build_scorer
from listener.config.load import load
from listener.config.models import Config
from listener.domain.action import Action, Request, Way
from listener.domain.incident import State
from listener.storage import incidents
from listener.workflows.draft import Origin
from tests.listener.house import rows

pytestmark = pytest.mark.soak

ROOT = Path(__file__).parents[2]
CORPUS = ROOT / "classifiers/training/corpus"
BEGIN = datetime(2026, 2, 2, tzinfo=UTC)  # a Monday; a week to learn what is usual, then the month
LEARNT, DAYS, A_DAY = 7, 30, 30
STEP = timedelta(minutes=5)
ANSWERED_AFTER = timedelta(minutes=4)
# Shares of a day's posts by local hour, from midnight on: people write at noon and in the evening.
HOURS = (1, 1, 0, 0, 0, 1, 2, 4, 6, 7, 7, 7, 8, 7, 6, 6, 7, 8, 8, 8, 8, 7, 5, 3)
GRAVE = ("person_in_danger", "cyberattack", "violence")
NIGHT_FROM, NIGHT_UNTIL = 22, 7


def posts() -> list[dict[str, Any]]:
    """What ordinary days hold: no emergency among them."""
    lines = [
        orjson.loads(line)
        for name in ("validation.jsonl", "test.jsonl")
        for line in (CORPUS / name).read_bytes().splitlines()
    ]
    return [post for post in lines if not set(post["themes"]) & set(GRAVE)]


def month(config: Config) -> Iterator[tuple[datetime, Mention]]:
    """When each post is read, in order."""
    rng, said = random.Random(5), posts()
    rng.shuffle(said)
    zone = config.hospital.zone
    for number in range((LEARNT + DAYS) * A_DAY):
        day = BEGIN + timedelta(days=number // A_DAY)
        hour = rng.choices(range(24), HOURS)[0]
        local = day.astimezone(zone).replace(hour=hour, minute=rng.randrange(60))
        at = local.astimezone(UTC)
        yield at, mention(number, said[number % len(said)], at, rng)


def mention(number: int, post: dict[str, Any], at: datetime, rng: random.Random) -> Mention:
    followers = int(math.exp(rng.gauss(5.0, 1.4)))
    return Mention(
        network=str(post.get("network", "mastodon")),
        external_id=f"mois-{number}",
        kind=Kind.POST,
        published_at=at - timedelta(minutes=rng.randrange(1, 6)),
        url=f"https://reseau.example/{number}",
        text=post["text"],
        author=Author(external_id=f"a{number % 700}", followers=followers),
    )


def ordinary(folder: Path) -> Config:
    """The shipped example without its demonstration, as a hospital would begin with it."""
    config = load(ROOT / "config.example.toml", {})
    email = config.email.model_copy(update={"outbox": folder / "outbox"}) if config.email else None
    changed = {"demo": None, "state_dir": folder, "email": email, "source": ()}
    return config.model_copy(update=changed)


async def read(app: Application, said: Mention, at: datetime, rng: random.Random) -> None:
    key = said.key
    reactions = int(rng.paretovariate(1.3)) - 1
    figures = Engagement(key=key, taken_at=at, reactions=reactions, replies=reactions // 4)
    page = Page(mentions=[said], engagements=[figures], cursor={"v": 1}, complete=True)
    await app.processor.process(page, Origin(source_id="mois", about=("chu",)), at)


async def answer(app: Application, at: datetime) -> None:
    async with app.database.read() as connection:
        current = await incidents.unfinished(connection)
    for incident in current:
        called = incident.state is State.OPEN and incident.step_at
        if called and at - called >= ANSWERED_AFTER:
            (who, *_rest) = app.alerting.ringer.steps(incident, at)[0].people
            ask = Request(incident=incident.id, action=Action.ACKNOWLEDGE, person=who, way=Way.SMS)
            await app.alerting.actor.act(ask, at)


async def test_a_quiet_month_calls_somebody_at_night_once_at_most(tmp_path: Path) -> None:
    config = ordinary(tmp_path)
    due = list(month(config))[::-1]
    due.sort(key=lambda pair: pair[0], reverse=True)
    now, rng = [BEGIN], random.Random(7)
    scorer = build_scorer(config)
    await scorer.start()
    try:
        async with application(
            config, clock=lambda: now[0], scorer=scorer, console=io.StringIO()
        ) as app:
            origin = Origin(source_id="mois", about=("chu",))
            await app.processor.process(Page(cursor={"v": 1}, complete=True), origin, BEGIN)
            while now[0] < BEGIN + timedelta(days=LEARNT + DAYS):
                now[0] += STEP
                while due and due[-1][0] <= now[0]:
                    at, said = due.pop()
                    await read(app, said, at, rng)
                await app.ticker.tick(now[0])
                await answer(app, now[0])
            await tell(app, config)
    finally:
        await scorer.stop()


async def tell(app: Application, config: Config) -> None:
    zone, since = config.hospital.zone, BEGIN + timedelta(days=LEARNT)
    found = {row.id: row for row in await rows(app.database, "incidents")}
    events = [e for e in await rows(app.database, "incident_events") if e.at >= since]
    calls = [e for e in events if e.kind == "alerted" and e.data.get("called")]
    night = [e for e in calls if not NIGHT_UNTIL <= e.at.astimezone(zone).hour < NIGHT_FROM]
    held = [e for e in events if e.kind == "held"]
    mentions = len(await rows(app.database, "mentions"))
    print(
        f"\n{mentions} mentions; in {DAYS} days {len(calls)} calls, {len(night)} of them at night;"
    )
    print(f"{len(held)} alerts held until a morning, {len(found)} incidents in all")
    for event in calls:
        rules = [item["rule"] for item in found[event.incident_id].evidence]
        print(f"  {event.at.astimezone(zone):%a %d %b %H:%M} {event.data['alert']} {rules}")
    assert len({event.incident_id for event in night}) <= 1
