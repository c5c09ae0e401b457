"""`listener run`: starts everything, rebuilds it on SIGHUP, stops it in order."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import signal
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from classifiers.client import ScorerClient
from connectors.connector import Clock
from listener.app import heart
from listener.app.application import Application
from listener.app.build import application, build_deep_scorer, build_scorer
from listener.app.clock import utc_now
from listener.app.jobs import Jobs
from listener.app.systemd import ServiceManager
from listener.app.vitals import Vitals
from listener.config import Config, ConfigError
from listener.storage.database import DatabaseError, explain, resolve_url
from listener.web.health import Health
from listener.web.hooks import Hooks
from listener.web.links import Links
from listener.web.server import PortError, WebServer
from listener.web.slack import SlackHook
from listener.workflows.collect import Source
from listener.workflows.process import Outcome

log = logging.getLogger(__name__)

STOP_WITHIN = 6.0  # s for pages in hand and deliveries, of the ten that a stop may take

Prologue = Callable[[Application], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A configuration, and the mark of the file that it was read from."""

    config: Config
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Generation:
    """One application with its jobs: from a start or a reload to the next."""

    app: Application
    jobs: Jobs
    parts: AsyncExitStack

    async def close(self) -> None:
        await self.jobs.stop(STOP_WITHIN)
        await self.parts.aclose()


def _spare_the_collector() -> None:
    """Leave what stands out of every later collection.

    Looking through all that was imported holds the event loop for 80 ms, again and again.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()


@dataclass(slots=True, kw_only=True)
class Daemon:
    """Runs until it is told to stop, by a signal or by `stopping`.

    `reload` reads the configuration again (blocking; raises ConfigError). `prologue` runs once the
    application stands and before its jobs begin: the demonstration.
    """

    loaded: Loaded
    reload: Callable[[], Loaded]
    manager: ServiceManager = field(default_factory=ServiceManager)
    clock: Clock = utc_now
    prologue: Prologue | None = None
    needs_port: bool = True  # False: go on without health pages where the port is taken
    vitals: Vitals = field(default_factory=Vitals)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _reloading: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _wake: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _called: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _scorer: ScorerClient = field(init=False)
    _deep_scorer: ScorerClient | None = field(default=None, init=False)
    _web: WebServer = field(init=False)
    _generation: _Generation | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self._scorer = build_scorer(self.loaded.config)
        self._web = WebServer(
            Health(lambda: self.app, self.vitals),
            Hooks(lambda: self.app, self.vitals, self._called.set),
            SlackHook(lambda: self.app.slack_door if self.app else None),
            Links(lambda: self.app.doors.desk if self.app else None),
        )

    @property
    def app(self) -> Application | None:
        return self._generation.app if self._generation else None

    @property
    def port(self) -> int:
        """Where the health pages are; 0 while they are not."""
        return self._web.port

    async def run(self) -> None:
        """Raises ConfigError, DatabaseError or PortError where it cannot start."""
        with _signals(self.stopping, self._reloading):
            async with AsyncExitStack() as stack:
                stack.push_async_callback(self._stop_scorers)
                stack.push_async_callback(self._close)
                self._generation = await self._open(self.loaded)
                stack.push_async_callback(self._web.stop)
                await self._serve_health(self.loaded.config)
                beating = heart.beat(self.vitals, self.manager, self.status)
                stack.callback(asyncio.create_task(beating).cancel)
                if await self._introduce(self._generation.app):
                    await self._work()
                self.vitals.ready = False
                self.manager.stopping("finishing what is in hand")
                log.info("daemon.stopping")
        log.info("daemon.stopped")

    def status(self) -> str:
        """What `systemctl status` shows."""
        sources = len(self.app.sources) if self.app else 0
        read, kept = self.vitals.received, self.vitals.stored
        words = f"{sources} sources, {read} mentions read, {kept} kept"
        if self.app and self.app.deepener and self.app.deepener.away:
            words += ", fast scores alone"
        failing = ", ".join(sorted(self.vitals.failing))
        return f"{words}; failing: {failing}" if failing else words

    async def _open(self, loaded: Loaded) -> _Generation:
        """Build everything, start nothing yet."""
        parts = AsyncExitStack()
        try:
            app = await parts.enter_async_context(
                application(
                    loaded.config,
                    config_hash=loaded.fingerprint,
                    clock=self.clock,
                    scorer=self._scorer,
                    deep_scorer=self._deep(loaded.config),
                    on_page=self._saw_page,
                    signs=self.vitals.signs,
                )
            )
            # Built now, while an error still leaves the old configuration in force.
            jobs = Jobs(app, self.vitals, wake=self._wake, called=self._called)
        except (SQLAlchemyError, OSError) as error:
            await parts.aclose()
            raise DatabaseError(_explain(error, loaded.config)) from error
        except BaseException:  # whatever it is, what was opened is closed before it goes on
            await parts.aclose()
            raise
        return _Generation(app=app, jobs=jobs, parts=parts)

    def _deep(self, config: Config) -> ScorerClient | None:
        """The process of the deep classifiers, one from the first configuration that wants it on."""
        if not config.scoring.deep:
            return None
        self._deep_scorer = self._deep_scorer or build_deep_scorer(config)
        return self._deep_scorer

    async def _stop_scorers(self) -> None:
        await self._scorer.stop()
        if self._deep_scorer is not None:
            await self._deep_scorer.stop()

    def _saw_page(self, source: Source, outcome: Outcome) -> None:
        self.vitals.saw_page(source, outcome)
        if outcome.alerts:
            self._wake.set()

    async def _serve_health(self, config: Config) -> None:
        try:
            await self._web.start(config.service.host, config.service.port)
        except PortError as error:
            if self.needs_port:
                raise
            log.warning("web.not_listening detail=%s", error)

    async def _introduce(self, app: Application) -> bool:
        """Play the prologue, if there is one; False where we were told to stop meanwhile."""
        if self.prologue is None:
            return not self.stopping.is_set()
        playing = asyncio.ensure_future(self.prologue(app))
        await self._first(playing, self.stopping.wait())
        if not playing.done():
            playing.cancel()
            await asyncio.wait([playing])
            return False
        playing.result()
        return not self.stopping.is_set()

    async def _work(self) -> None:
        assert self._generation is not None
        _spare_the_collector()
        self._generation.jobs.start()
        self.vitals.ready = True
        self.manager.ready(self.status())
        log.info(
            "daemon.ready sources=%d mode=%s",
            len(self._generation.app.sources),
            self.loaded.config.alerts.mode,
        )
        while True:
            await self._first(self.stopping.wait(), self._reloading.wait())
            if self.stopping.is_set():
                return
            self._reloading.clear()
            self.manager.reloading()
            await self._replace()
            _spare_the_collector()
            self.manager.ready(self.status())

    async def _replace(self) -> None:
        """Go over to the new configuration, once it is known to work; else keep the old one."""
        try:
            loaded = await asyncio.to_thread(self.reload)
            fresh = await self._open(loaded)
        except (ConfigError, DatabaseError) as error:
            _reject(error)
            return
        except Exception as error:
            # Whatever a new file brings about, who listened before goes on listening.
            log.error("config.rejected", exc_info=error)
            return
        try:
            await self._serve_health(loaded.config)
        except PortError as error:
            await fresh.parts.aclose()
            _reject(error)
            return
        # From here on the new one answers: a network that calls while the old one ends is not told off.
        old, self._generation, self.loaded = self._generation, fresh, loaded
        if old is not None:
            await old.close()
        self._scorer.timeout = loaded.config.scoring.timeout.total_seconds()
        if self._deep_scorer is not None and not loaded.config.scoring.deep:
            await self._deep_scorer.stop()
        self.vitals.forget_failures()
        fresh.jobs.start()
        log.info("config.reloaded sources=%d", len(fresh.app.sources))

    async def _close(self) -> None:
        generation, self._generation = self._generation, None
        if generation is not None:
            await generation.close()

    @staticmethod
    async def _first(*waited: Awaitable[Any]) -> None:
        """Wait for one of these; those that were begun for it are cancelled, futures are not."""
        tasks = [asyncio.ensure_future(one) for one in waited]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for one, task in zip(waited, tasks, strict=True):
            if task is not one:
                task.cancel()


def _reject(error: ConfigError | DatabaseError | PortError) -> None:
    problems = error.problems if isinstance(error, ConfigError) else [str(error)]
    for problem in problems:
        log.error("config.rejected problem=%s", problem)


def _explain(error: BaseException, config: Config) -> str:
    settings = config.database
    return explain(error, resolve_url(settings.url, config.state_dir, settings.password))


@contextlib.contextmanager
def _signals(stopping: asyncio.Event, reloading: asyncio.Event) -> Iterator[None]:
    """SIGTERM and SIGINT stop, SIGHUP reloads, and nobody's fault is told in a library's words."""
    loop = asyncio.get_running_loop()
    wanted = {signal.SIGTERM: stopping, signal.SIGINT: stopping, signal.SIGHUP: reloading}
    for number, event in wanted.items():
        loop.add_signal_handler(number, event.set)
    loop.set_exception_handler(_tell)
    try:
        yield
    finally:
        loop.set_exception_handler(None)
        for number in wanted:
            loop.remove_signal_handler(number)


def _tell(_loop: asyncio.AbstractEventLoop, context: Mapping[str, Any]) -> None:
    log.error("loop.unhandled detail=%s", context["message"], exc_info=context.get("exception"))
