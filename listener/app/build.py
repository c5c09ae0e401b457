"""Opens what the listener needs from the outside, and closes it again."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from classifiers.client import ScorerClient
from classifiers.settings import PanelSettings
from connectors.connector import Clock
from connectors.http import HttpClient
from listener.app.application import Application
from listener.app.clock import utc_now
from listener.app.owner import release_leases_of_the_dead
from listener.app.parts import OnPage
from listener.config.models import Config
from listener.keys import load_keys
from listener.notifiers.build import build_notifiers
from listener.storage import migrate
from listener.storage.breakers import StoredBreakers
from listener.storage.database import Database, resolve_url
from listener.workflows.blindness import Signs, nothing_known
from listener.workflows.build import network_policy
from listener.workflows.scoring import DeepScorer, Scorer

DEMONSTRATION = "demonstration.db"


def build_scorer(config: Config) -> ScorerClient:
    """The scorer's process, not started yet."""
    settings = config.scoring
    command = _worker(settings.memory_mb, settings.panel("fast"), config)
    return ScorerClient(command=command, timeout=settings.timeout.total_seconds())


def build_deep_scorer(config: Config) -> ScorerClient:
    """The process of the deep classifiers, not started before there is something to read."""
    settings = config.scoring
    command = _worker(settings.deep_memory_mb, settings.panel("whole"), config)
    return ScorerClient(command=command, timeout=settings.timeout.total_seconds())


def _worker(memory_mb: int, panel: PanelSettings, config: Config) -> tuple[str, ...]:
    worker = (sys.executable, "-m", "classifiers.worker", "--memory-mb", str(memory_mb))
    return (*worker, "--panel", replace(panel, site=models_folder(config)).dump())


def models_folder(config: Config) -> Path:
    """Where what was learned on site is kept."""
    return (config.state_dir / "models").resolve()


def scratch_url(config: Config) -> str:
    """Where the demonstration is played, apart from all that is real."""
    return f"sqlite:///{config.state_dir / DEMONSTRATION}"


def open_database(config: Config) -> Database:
    """While a configuration holds the demonstration, its scratch database is what is looked at."""
    settings = config.database
    if config.demo is not None:
        return Database(resolve_url(scratch_url(config), config.state_dir))
    return Database(resolve_url(settings.url, config.state_dir, settings.password))


def _http(config: Config, database: Database, clock: Clock) -> HttpClient:
    breakers = StoredBreakers(database=database, clock=clock)
    return HttpClient(network_policy(config), clock=clock, breakers=breakers)


@asynccontextmanager
async def application(
    config: Config,
    *,
    config_hash: str = "",
    clock: Clock = utc_now,
    scorer: Scorer | None = None,
    deep_scorer: DeepScorer | None = None,
    database: Database | None = None,
    on_page: OnPage = lambda _source, _outcome: None,
    console: TextIO | None = None,  # where that channel writes; None: standard output
    signs: Signs = nothing_known,
) -> AsyncIterator[Application]:
    """Every part, opened; closed again at the end. Scorers that are given are not stopped here.

    Without `deep_scorer` what deserves a deeper reading waits for a daemon that has one.
    """
    keys = load_keys(config.state_dir)
    async with AsyncExitStack() as stack:
        if database is None:
            database = open_database(config)
            stack.push_async_callback(database.close)
        await migrate.ensure_current(database)
        await release_leases_of_the_dead(database)
        http = await stack.enter_async_context(_http(config, database, clock))
        if scorer is None:
            own = build_scorer(config)
            stack.push_async_callback(own.stop)
            scorer = own
        notifiers = build_notifiers(config, clock=clock, console=console)
        for notifier in notifiers.values():
            stack.push_async_callback(notifier.close)
        app = Application(
            config=config,
            config_hash=config_hash,
            keys=keys,
            clock=clock,
            scorer=scorer,
            deep_scorer=deep_scorer,
            database=database,
            http=http,
            notifiers=notifiers,
            on_page=on_page,
            signs=signs,
        )
        if app.slack_door is not None:
            stack.push_async_callback(app.slack_door.close)
        stack.push_async_callback(app.drawer.close)
        stack.push_async_callback(app.painter.close)
        await app.graveyard.restore(database, clock())
        yield app
