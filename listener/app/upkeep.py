"""Work with a rhythm of its own beside the mentions: the scorer, rotas, the mailbox, the monitor."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from classifiers.classifier import ModelError
from classifiers.client import ScorerClient, ScorerUnavailable
from listener.app.application import Application
from listener.app.build import models_folder
from listener.app.heartbeat import Heartbeat
from listener.app.rotas import Told, tell_holes
from listener.app.site import SiteWatch
from listener.app.vitals import Vitals
from listener.config.heartbeat import HeartbeatSettings
from listener.domain.notice import NoticeKind

log = logging.getLogger(__name__)

SCORER_EVERY = timedelta(seconds=10)
ROTAS_EVERY = timedelta(minutes=1)

Work = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    every: timedelta
    name: str
    work: Work
    delay: float = 0.0  # s before the first time


@dataclass(slots=True, kw_only=True)
class Upkeep:
    """`wake` starts a delivery."""

    app: Application
    vitals: Vitals
    wake: asyncio.Event
    _told_holes: Told = field(default_factory=set)
    _site: SiteWatch = field(default_factory=SiteWatch)

    def jobs(self) -> Iterator[Job]:
        config = self.app.config
        yield Job(every=SCORER_EVERY, name="scorer", work=self._keep_scorer)
        yield Job(every=ROTAS_EVERY, name="rotas", work=self._look_at_rotas)
        if config.mailbox is not None:
            yield Job(every=config.mailbox.every, name="mailbox", work=self._read_mailbox)
        if config.heartbeat is not None:
            beat = self._heartbeat(config.heartbeat)
            yield Job(every=config.heartbeat.every, name="heartbeat", work=beat, delay=5.0)

    def _heartbeat(self, settings: HeartbeatSettings) -> Work:
        app = self.app
        heartbeat = Heartbeat(
            settings=settings,
            database=app.database,
            http=app.http,
            ticking=lambda: self.vitals.tick.alive,
            # The console always delivers, and wakes nobody.
            channels=[c for c in app.config.alerts.critical if c != "console"],
        )
        return lambda: heartbeat.beat(app.clock())

    async def _look_at_rotas(self) -> None:
        """Calendars are read anew in their own time; what nobody will answer is told ahead."""
        app, at = self.app, self.app.clock()
        await app.calendars.reread(at)
        await tell_holes(
            app.rotas,
            database=app.database,
            supervisor=app.supervisor,
            at=at,
            told=self._told_holes,
        )

    async def _read_mailbox(self) -> None:
        reader = self.app.doors.reader
        if reader is not None and await reader.read():
            self.wake.set()

    async def _keep_scorer(self) -> None:
        scorer = self.app.scorer
        if not isinstance(scorer, ScorerClient):
            return
        folder, deep = models_folder(self.app.config), self.app.deep_scorer
        try:
            await self._site.renew(scorer, folder)
            if isinstance(deep, ScorerClient):
                await self._site.renew(deep, folder)
            await scorer.start()
        except (ModelError, ScorerUnavailable) as error:
            await self._scorer_away(error)
            return
        if self.vitals.scorer_away_since is not None:
            log.info("scorer.recovered")
        self.vitals.scorer_away_since = None

    async def _scorer_away(self, error: Exception) -> None:
        """Say it once: in the log, and to the team, whose alerts are blind without scores."""
        if self.vitals.scorer_away_since is not None:
            return
        at = self.app.clock()
        log.error("scorer.failing error=%s detail=%s", type(error).__name__, error)
        async with self.app.database.write() as connection:
            await self.app.supervisor.notice(
                connection,
                NoticeKind.SCORER_FAILING,
                "scorer",
                since=at,
                at=at,
                cause=type(error).__name__,
            )
        self.vitals.scorer_away_since = at
