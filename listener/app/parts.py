"""What a listener is made of: what had to be opened, and what follows from the configuration alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from connectors.connector import Clock
from connectors.http import HttpClient
from listener.app.alerting import Alerting
from listener.app.owner import owner_name
from listener.app.slack_door import SlackDoor, build_door
from listener.config.models import Config
from listener.domain.calendar import WorkCalendar
from listener.domain.oncall import Rota
from listener.domain.privacy import Pseudonyms
from listener.domain.rule import blindness_of
from listener.domain.watch import Watcher
from listener.keys import Keys
from listener.notifiers.base import Notifier
from listener.storage.database import Database
from listener.storage.seal import Sealer
from listener.workflows.blindness import Signs, nothing_known
from listener.workflows.build import build_sources
from listener.workflows.calendars import Calendars, rotas_of
from listener.workflows.collect import Source
from listener.workflows.process import Outcome
from listener.workflows.scoring import DeepScorer, Scorer
from listener.workflows.stores import Stores, ledgers_of, tokens_of
from listener.workflows.supervise import Supervisor

OnPage = Callable[[Source, Outcome], None]


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The fields are what had to be opened; the properties are wired from them, once each."""

    config: Config
    config_hash: str
    keys: Keys
    clock: Clock
    scorer: Scorer
    deep_scorer: DeepScorer | None
    database: Database
    http: HttpClient
    notifiers: Mapping[str, Notifier]
    on_page: OnPage
    signs: Signs = nothing_known  # of the process, where there is one that lasts

    @cached_property
    def owner(self) -> str:
        return owner_name()

    @cached_property
    def watcher(self) -> Watcher:
        return Watcher(self.config.watch)

    @cached_property
    def pseudonyms(self) -> Pseudonyms:
        return Pseudonyms(self.keys.pseudonym, public=self.watcher.handles)

    @cached_property
    def sealer(self) -> Sealer:
        return Sealer(self.keys.encryption)

    @cached_property
    def calendar(self) -> WorkCalendar:
        return WorkCalendar(self.config.calendar, self.config.hospital.zone)

    @cached_property
    def rotas(self) -> tuple[Rota, ...]:
        return rotas_of(self.config, self.clock())

    @cached_property
    def stores(self) -> Stores:
        return Stores(
            ledger=ledgers_of(self.database, self.clock),
            tokens=tokens_of(self.config.state_dir, self.sealer),
        )

    @cached_property
    def sources(self) -> Mapping[str, Source]:
        built = build_sources(
            self.config,
            http=self.http,
            watcher=self.watcher,
            clock=self.clock,
            stores=self.stores,
            key=self.keys.pseudonym,
        )
        return {source.id: source for source in built}

    @cached_property
    def supervisor(self) -> Supervisor:
        return Supervisor(
            calendar=self.calendar,
            channels=self.config.alerts.warning,
            spoken_for=blindness_of(self.config.rule),
        )

    @cached_property
    def alerting(self) -> Alerting:
        return Alerting(
            config=self.config,
            config_hash=self.config_hash,
            database=self.database,
            watcher=self.watcher,
            pseudonyms=self.pseudonyms,
            calendar=self.calendar,
            rotas=self.rotas,
            notifiers=self.notifiers,
            sources=self.sources,
            signs=self.signs,
        )

    @cached_property
    def calendars(self) -> Calendars:
        return Calendars(
            rotas=self.rotas,
            people=self.config.person,
            state_dir=self.config.state_dir,
            http=self.http,
            database=self.database,
            supervisor=self.supervisor,
        )

    @cached_property
    def slack_door(self) -> SlackDoor | None:
        return build_door(self.config, act=self.alerting.actor.act, clock=self.clock)
