"""Every part of one running listener, each built from the configuration when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from connectors.connector import Clock, Unseen
from connectors.http import HttpClient
from listener.app.alerting import Alerting
from listener.app.owner import owner_name
from listener.config.models import Config
from listener.domain.calendar import WorkCalendar
from listener.domain.oncall import Rota
from listener.domain.privacy import Pseudonyms
from listener.domain.watch import Watcher
from listener.keys import Keys
from listener.notifiers.base import Notifier
from listener.notifiers.build import excerpt_setting
from listener.notifiers.email import EmailNotifier
from listener.storage import spending
from listener.storage.database import Database
from listener.storage.seal import Sealer
from listener.workflows.build import build_sources
from listener.workflows.collect import Collector, Source
from listener.workflows.compose import Composer
from listener.workflows.deepen import Deepener
from listener.workflows.deliver import Postman
from listener.workflows.expiry import Expiries
from listener.workflows.forget import Forgetter
from listener.workflows.graveyard import Graveyard
from listener.workflows.marks import marker_of
from listener.workflows.mend import Mender
from listener.workflows.merge import Merger
from listener.workflows.overview import unseen
from listener.workflows.process import Outcome, Processor
from listener.workflows.receive import Receiver
from listener.workflows.refresh import Refresher
from listener.workflows.report import Reporter
from listener.workflows.rescore import Rescorer
from listener.workflows.scoring import DeepScorer, Scorer
from listener.workflows.standing import Standing
from listener.workflows.stores import Stores, ledgers_of, tokens_of
from listener.workflows.supervise import Supervisor
from listener.workflows.tick import Round, Ticker
from listener.workflows.view import Viewer

OnPage = Callable[[Source, Outcome], None]


@dataclass(frozen=True, kw_only=True)
class Application:
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
        zone = self.config.hospital.zone
        return tuple(Rota(settings, zone) for settings in self.config.rota)

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
        )

    @cached_property
    def processor(self) -> Processor:
        privacy = self.config.privacy
        return Processor(
            database=self.database,
            scorer=self.scorer,
            watcher=self.watcher,
            judgement=self.alerting.judgement,
            pseudonyms=self.pseudonyms,
            sealer=self.sealer,
            retention=privacy.retention,
            quarantine=timedelta(days=privacy.quarantine_days),
            zone=self.config.hospital.zone,
            marker=marker_of(self.config.scoring, self.config.rule, self.watcher.own),
        )

    @cached_property
    def deepener(self) -> Deepener | None:
        if (scorer := self.deep_scorer) is None:
            return None
        stopping = self.collector.stopping.is_set
        return Deepener(
            processor=self.processor, scorer=scorer, owner=self.owner, stopping=stopping
        )

    @cached_property
    def merger(self) -> Merger | None:
        if self.deep_scorer is None:
            return None
        return Merger(database=self.database, proposer=self.deep_scorer)

    @cached_property
    def supervisor(self) -> Supervisor:
        return Supervisor(calendar=self.calendar, channels=self.config.alerts.warning)

    @cached_property
    def collector(self) -> Collector:
        return Collector(
            database=self.database,
            processor=self.processor,
            supervisor=self.supervisor,
            standing=self.standing,
            owner=self.owner,
            clock=self.clock,
            on_page=self.on_page,
        )

    @cached_property
    def standing(self) -> Standing:
        return Standing(
            database=self.database,
            supervisor=self.supervisor,
            clock=self.clock,
            sealer=self.sealer,
            quarantine=timedelta(days=self.config.privacy.quarantine_days),
        )

    @cached_property
    def expiries(self) -> Expiries:
        return Expiries(database=self.database, supervisor=self.supervisor)

    @cached_property
    def receiver(self) -> Receiver:
        return Receiver(
            database=self.database,
            sealer=self.sealer,
            collector=self.collector,
            standing=self.standing,
            owner=self.owner,
        )

    @cached_property
    def refresher(self) -> Refresher:
        return Refresher(database=self.database, sealer=self.sealer, collector=self.collector)

    @cached_property
    def rescorer(self) -> Rescorer:
        return Rescorer(processor=self.processor)

    @cached_property
    def viewer(self) -> Viewer:
        return Viewer(
            hospital=self.config.hospital.name,
            timezone=self.config.hospital.timezone,
            watches={watch.id: watch for watch in self.config.watch},
            rules={rule.id: rule for rule in self.config.rule},
            people=self.config.people,
            sealer=self.sealer,
            reads_deeply=lambda: self.deepener is not None and not self.deepener.away,
        )

    @cached_property
    def reporter(self) -> Reporter:
        return Reporter(
            config=self.config,
            database=self.database,
            calendar=self.calendar,
            viewer=self.viewer,
            blind=self._blind,
        )

    def _blind(self) -> Mapping[str, Sequence[Unseen]]:
        return {source.id: kinds for source in self.sources.values() if (kinds := unseen(source))}

    @cached_property
    def composer(self) -> Composer:
        return Composer(
            database=self.database,
            config=self.config,
            viewer=self.viewer,
            digest=self.reporter.compose,
        )

    @cached_property
    def postman(self) -> Postman:
        return Postman(
            database=self.database,
            notifiers=self.notifiers,
            compose=self.composer.compose,
            owner=self.owner,
            clock=self.clock,
            fallback=self.config.alerts.fallback,
            supervisor=self.supervisor,
        )

    @cached_property
    def forgetter(self) -> Forgetter:
        return Forgetter(
            database=self.database,
            pseudonyms=self.pseudonyms,
            sealer=self.sealer,
            mender=self.mender,
            graveyard=self.graveyard,
        )

    @cached_property
    def graveyard(self) -> Graveyard:
        return Graveyard(path=self.config.state_dir / "tombstones.jsonl")

    @cached_property
    def mender(self) -> Mender:
        return Mender(
            database=self.database,
            notifiers=self.notifiers,
            compose=self.composer.compose,
            zone=self.calendar.zone,
        )

    async def _expire_mail(self, at: datetime) -> None:
        """Copies of e-mails show texts: they go when the texts do."""
        mail, privacy = self.notifiers.get("email"), self.config.privacy
        whole = excerpt_setting(self.config, "email") == "full"
        if isinstance(mail, EmailNotifier):
            await mail.expire(at - (privacy.restricted_retention if whole else privacy.retention))

    async def _expire_spending(self, at: datetime) -> None:
        async with self.database.write() as connection:
            await spending.expire(connection, at=at)

    @cached_property
    def ticker(self) -> Ticker:
        return Ticker(
            database=self.database,
            policy=self.config.alerts.policy,
            owner=self.owner,
            rescorer=self.rescorer,
            updates=self.alerting.updates,
            rounds=self._rounds(),
            planners=(self.reporter.plan,),
            restricted_retention=self.config.privacy.restricted_retention,
            expirers=(self._expire_mail, self.receiver.expire, self._expire_spending),
            handlers={
                "digest": self.reporter.run,
                "amend": self.mender.run,
                "update": self.alerting.updater(self.composer.compose).run,
                "morning": self.alerting.morning_round.run,
            },
        )

    def _rounds(self) -> tuple[Round, ...]:
        """In this order: what is one is united before anybody is rung about both."""
        alerting = self.alerting
        rounds: tuple[Round, ...] = (alerting.lookout.look, alerting.reconciler.reconcile)
        # Observe mode calls nobody: there is nothing to repeat or to pass on.
        live = self.config.alerts.mode == "live"
        return (*rounds, alerting.escalator.escalate) if live else rounds
