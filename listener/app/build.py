"""Wires every part from the configuration: the one place where all of them meet."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from classifiers.client import ScorerClient
from connectors.connector import Clock
from connectors.http import HttpClient
from listener.app.clock import utc_now
from listener.app.owner import owner_name, release_leases_of_the_dead
from listener.config.models import Config
from listener.domain.calendar import WorkCalendar
from listener.domain.oncall import Rota
from listener.domain.privacy import Pseudonyms
from listener.domain.rule import Level
from listener.domain.watch import Watcher
from listener.keys import Keys, load_keys
from listener.notifiers.base import Notifier
from listener.notifiers.build import build_notifiers
from listener.notifiers.network import policy_of
from listener.storage import migrate
from listener.storage.breakers import StoredBreakers
from listener.storage.database import Database, resolve_url
from listener.storage.seal import Sealer
from listener.workflows.build import build_sources
from listener.workflows.collect import Collector, Source
from listener.workflows.compose import Composer
from listener.workflows.deliver import Postman
from listener.workflows.judgement import Judgement
from listener.workflows.process import Outcome, Processor
from listener.workflows.refresh import Refresher
from listener.workflows.report import Reporter
from listener.workflows.rescore import Rescorer
from listener.workflows.scoring import Scorer
from listener.workflows.summon import Summons
from listener.workflows.supervise import Supervisor
from listener.workflows.tick import Ticker
from listener.workflows.view import Viewer

OnPage = Callable[[Source, Outcome], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """Every part of one running listener."""

    config: Config
    clock: Clock
    database: Database
    http: HttpClient
    scorer: Scorer
    watcher: Watcher
    pseudonyms: Pseudonyms
    sealer: Sealer
    calendar: WorkCalendar
    rotas: tuple[Rota, ...]
    notifiers: Mapping[str, Notifier]
    sources: Mapping[str, Source]
    processor: Processor
    collector: Collector
    refresher: Refresher
    rescorer: Rescorer
    viewer: Viewer
    reporter: Reporter
    postman: Postman
    ticker: Ticker


def build_calendar(config: Config) -> WorkCalendar:
    return WorkCalendar(config.calendar, config.hospital.zone)


def build_summons(config: Config, exercise_id: str = "") -> Summons:
    return Summons(
        calendar=build_calendar(config),
        rotas=[Rota(settings, config.hospital.zone) for settings in config.rota],
        channels={level: config.alerts.channels(level) for level in Level},
        mode=config.alerts.mode,
        exercise_id=exercise_id,
    )


def build_judgement(
    config: Config, watcher: Watcher, *, config_hash: str, exercise_id: str = ""
) -> Judgement:
    return Judgement(
        rules=config.rule,
        own=watcher.own,
        policy=config.alerts.policy,
        summons=build_summons(config, exercise_id),
        config_hash=config_hash,
        exercise_id=exercise_id,
    )


def open_database(config: Config) -> Database:
    settings = config.database
    return Database(resolve_url(settings.url, config.state_dir, settings.password))


@asynccontextmanager
async def application(
    config: Config,
    *,
    config_hash: str = "",
    clock: Clock = utc_now,
    scorer: Scorer | None = None,
    database: Database | None = None,
    on_page: OnPage = lambda _source, _outcome: None,
) -> AsyncIterator[Application]:
    """Every part, opened; closed again at the end. A scorer that is given is not stopped here."""
    keys = load_keys(config.state_dir)
    async with AsyncExitStack() as stack:
        if database is None:
            database = open_database(config)
            stack.push_async_callback(database.close)
        await migrate.ensure_current(database)
        await release_leases_of_the_dead(database)
        http = await stack.enter_async_context(
            HttpClient(
                policy_of(config.network),
                clock=clock,
                breakers=StoredBreakers(database=database, clock=clock),
            )
        )
        if scorer is None:
            own = ScorerClient(timeout=config.scoring.timeout.total_seconds())
            stack.push_async_callback(own.stop)
            scorer = own
        notifiers = build_notifiers(config, clock=clock)
        for notifier in notifiers.values():
            stack.push_async_callback(notifier.close)
        yield _assemble(
            config,
            keys=keys,
            config_hash=config_hash,
            clock=clock,
            scorer=scorer,
            database=database,
            http=http,
            notifiers=notifiers,
            on_page=on_page,
        )


def _assemble(
    config: Config,
    *,
    keys: Keys,
    config_hash: str,
    clock: Clock,
    scorer: Scorer,
    database: Database,
    http: HttpClient,
    notifiers: Mapping[str, Notifier],
    on_page: OnPage,
) -> Application:
    watcher = Watcher(config.watch)
    pseudonyms = Pseudonyms(keys.pseudonym, public=watcher.handles)
    sealer = Sealer(keys.encryption)
    calendar = build_calendar(config)
    owner = owner_name()
    judgement = build_judgement(config, watcher, config_hash=config_hash)
    processor = Processor(
        database=database,
        scorer=scorer,
        watcher=watcher,
        judgement=judgement,
        pseudonyms=pseudonyms,
        sealer=sealer,
        retention=timedelta(days=config.privacy.retention_days),
        quarantine=timedelta(days=config.privacy.quarantine_days),
    )
    viewer = Viewer(
        hospital=config.hospital.name,
        timezone=config.hospital.timezone,
        watches={watch.id: watch for watch in config.watch},
        rules={rule.id: rule for rule in config.rule},
        people=config.people,
        sealer=sealer,
    )
    collector = Collector(
        database=database,
        processor=processor,
        supervisor=Supervisor(calendar=calendar, channels=config.alerts.warning),
        owner=owner,
        clock=clock,
        on_page=on_page,
    )
    reporter = Reporter(config=config, database=database, calendar=calendar, viewer=viewer)
    rescorer = Rescorer(processor=processor)
    composer = Composer(database=database, config=config, viewer=viewer, digest=reporter.compose)
    return Application(
        config=config,
        clock=clock,
        database=database,
        http=http,
        scorer=scorer,
        watcher=watcher,
        pseudonyms=pseudonyms,
        sealer=sealer,
        calendar=calendar,
        rotas=tuple(judgement.summons.rotas),
        notifiers=notifiers,
        sources={
            source.id: source
            for source in build_sources(
                config, http=http, watcher=watcher, clock=clock, key=keys.pseudonym
            )
        },
        processor=processor,
        collector=collector,
        refresher=Refresher(database=database, sealer=sealer, collector=collector),
        rescorer=rescorer,
        viewer=viewer,
        reporter=reporter,
        postman=Postman(
            database=database,
            notifiers=notifiers,
            compose=composer.compose,
            owner=owner,
            clock=clock,
            fallback=config.alerts.fallback,
        ),
        ticker=Ticker(
            database=database,
            policy=config.alerts.policy,
            owner=owner,
            rescorer=rescorer,
            planners=(reporter.plan,),
            handlers={"digest": reporter.run},
        ),
    )
