"""The demonstration: a recorded week on its own clock, its nights included, then on as a live daemon."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from connectors.file.replay import Tempo, index
from connectors.file.settings import FileSettings
from listener.app.application import Application
from listener.app.build import DEMONSTRATION, scratch_url
from listener.app.clock import SimulatedClock
from listener.app.narrate import Narrator
from listener.config import Config, ConfigError, SourceSettings
from listener.config.models import DatabaseSettings
from listener.domain.action import Action, Reply, Request, Way
from listener.domain.digest import Period
from listener.domain.incident import State
from listener.storage import incidents

SLOT = timedelta(minutes=30)
MINUTE = timedelta(minutes=1)
BUSY = 6  # lines within a slot: from here on every minute of it matters
LAST_LOOK = timedelta(minutes=15)  # after the digest's hour
NO_DIGEST = timedelta(hours=12)
PAUSE = 0.015  # s between two steps where somebody watches
ANSWERED_AFTER = timedelta(minutes=4)
TIME_TO_READ = 4.0  # s after an alert, where somebody watches


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """A recording, where it stands in simulated time, and the configuration that plays it."""

    config: Config
    source: str
    begin: datetime
    moments: Sequence[datetime]  # of the recording's lines, in simulated time, ascending

    @property
    def ends(self) -> datetime:
        return self.moments[-1]


def prepare(config: Config) -> Demo:
    """Read the recording, and put the configuration on a scratch database. Blocking.

    Raises ConfigError where the demonstration's source cannot be replayed.
    """
    assert config.demo is not None
    (source,) = [source for source in config.source if source.id == config.demo.source]
    settings = source.settings
    if not isinstance(settings, FileSettings) or settings.mode != "replay":
        raise ConfigError([f'demo.source: {source.id!r} should be a file with mode = "replay"'])
    if not settings.path.is_file():
        raise ConfigError([f"source {source.id!r}: {settings.path} is not there"])
    lines = [moment.at for moment in index(settings, None, datetime.now(UTC))]
    if not lines:
        raise ConfigError([f"source {source.id!r}: {settings.path} holds nothing to play"])
    settings = settings.model_copy(
        update={
            "start": settings.start or settings.anchor or lines[0],
            "anchor": settings.anchor or settings.start or lines[0],
        }
    )
    assert settings.start is not None
    assert settings.anchor is not None
    tempo = Tempo(start=settings.start, origin=settings.anchor, pace=settings.pace)
    moments = [tempo.moved(line).astimezone(UTC) for line in lines]
    return Demo(
        config=_on_scratch(config, source.model_copy(update={"settings": settings})),
        source=source.id,
        begin=moments[0] + config.demo.until,
        moments=moments,
    )


def _on_scratch(config: Config, source: SourceSettings) -> Config:
    """The week is played anew each time, and never mixes with what is real."""
    others = (other for other in config.source if other.id != source.id)
    database = DatabaseSettings(url=scratch_url(config))
    return config.model_copy(update={"database": database, "source": (source, *others)})


def clear(config: Config) -> None:
    """Remove what an earlier demonstration left. Blocking."""
    for name in (DEMONSTRATION, f"{DEMONSTRATION}-wal", f"{DEMONSTRATION}-shm"):
        (Path(config.state_dir) / name).unlink(missing_ok=True)


def instants(moments: Iterable[datetime], begin: datetime, end: datetime) -> list[datetime]:
    """When to look: every minute that brings something while much happens, else every half hour."""
    slots: defaultdict[datetime, list[datetime]] = defaultdict(list)
    for moment in moments:
        slots[_ceiling(moment, SLOT)].append(moment)
    looks = {begin}
    at = _ceiling(begin, SLOT)
    while at <= end:
        looks.add(at)
        if len(slots[at]) >= BUSY:
            looks.update(_ceiling(moment, MINUTE) for moment in slots[at])
        at += SLOT
    return sorted(look for look in looks if begin <= look <= end)


def _ceiling(at: datetime, step: timedelta) -> datetime:
    over = (at - datetime.min.replace(tzinfo=UTC)) % step
    return at + (step - over if over else timedelta())


async def play(demo: Demo, app: Application, *, clock: SimulatedClock, narrator: Narrator) -> None:
    """Play it to its end: read, judge and deliver at each instant that matters."""
    source = app.sources[demo.source]
    narrator.begin(demo.config.hospital.name)
    narrator.at(demo.begin, (await app.collector.poll(source)).outcome)
    watched = narrator.is_watched
    for at in instants(demo.moments, demo.begin, _end(demo, app)):
        clock.set(at)
        poll = await app.collector.poll(source)
        await app.ticker.tick(at)
        for reply in await _answer(app, at):
            narrator.answered(at, reply)
        narrator.at(at, poll.outcome)
        await app.postman.deliver(at)
        if watched:
            await asyncio.sleep(TIME_TO_READ if poll.outcome.alerts else PAUSE)
    await narrator.sum_up(app)


async def _answer(app: Application, at: datetime) -> list[Reply]:
    """What the recorded people do: whoever is called answers, a few minutes later."""
    async with app.database.read() as connection:
        current = await incidents.unfinished(connection)
    replies = []
    for incident in current:
        called_at = incident.paged_at and incident.step_at
        if called_at is None or incident.state is not State.OPEN or at - called_at < ANSWERED_AFTER:
            continue
        steps = app.alerting.ringer.steps(incident, at)
        who = steps[min(incident.step, len(steps) - 1)].people[0]
        request = Request(incident=incident.id, action=Action.ACKNOWLEDGE, person=who, way=Way.SMS)
        replies.append(await app.alerting.actor.act(request, at))
    return replies


def _end(demo: Demo, app: Application) -> datetime:
    """A little after the digest that tells of the recording."""
    if not demo.config.digest.enabled:
        return demo.ends + NO_DIGEST
    period = Period.week_of(demo.ends.astimezone(app.calendar.zone).date(), app.calendar.zone)
    return app.reporter.due_at(period) + LAST_LOOK
