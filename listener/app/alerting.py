"""From breaches to phones: the parts that judge, ring, escalate, update and act, wired once each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from listener.config.models import Config
from listener.domain.calendar import WorkCalendar
from listener.domain.escalation import Chain
from listener.domain.oncall import Rota
from listener.domain.paging import PagingPolicy
from listener.domain.privacy import Pseudonyms
from listener.domain.rule import Level, watched_streams
from listener.domain.watch import Watcher, WatchKind
from listener.notifiers.base import Amending, Notifier
from listener.storage.database import Database
from listener.workflows.act import Actor
from listener.workflows.blindness import BlindSpots, Signs
from listener.workflows.bursts import BurstWatch
from listener.workflows.collect import Source
from listener.workflows.deliver import Compose
from listener.workflows.escalate import Escalator
from listener.workflows.handover import Handovers
from listener.workflows.judgement import Judgement
from listener.workflows.lookout import Lookout
from listener.workflows.morning import Morning, MorningRound
from listener.workflows.reconcile import Reconciler
from listener.workflows.ring import Ringer
from listener.workflows.selftest import SelfTests
from listener.workflows.summon import Summons
from listener.workflows.update import Updater, Updates
from listener.workflows.weigh import Weigher, weigher_of

PATIENCE = 1.0  # s that a tick waits for detectors that are being made anew


@dataclass(frozen=True, kw_only=True)
class Alerting:
    """The fields come from the application; the properties are built when first asked for."""

    config: Config
    config_hash: str
    database: Database
    watcher: Watcher
    pseudonyms: Pseudonyms
    calendar: WorkCalendar
    rotas: Sequence[Rota]
    notifiers: Mapping[str, Notifier]
    sources: Mapping[str, Source]
    signs: Signs

    @cached_property
    def chain(self) -> Chain:
        return Chain(self.config.escalation, self.rotas, self.calendar)

    @cached_property
    def ringer(self) -> Ringer:
        alerts = self.config.alerts
        return Ringer(
            chain=self.chain,
            channels=alerts.critical,
            ringing=frozenset(channel.id for channel in self.config.channel if channel.rings),
            policy=PagingPolicy(repeat_every=self.chain.repeat_every, max_pages=alerts.max_pages),
        )

    @cached_property
    def updates(self) -> Updates:
        alerts = self.config.alerts
        can_change = [name for name, one in self.notifiers.items() if isinstance(one, Amending)]
        return Updates(channels=can_change, every=alerts.update_every, most=alerts.max_updates)

    @cached_property
    def morning(self) -> Morning:
        return Morning(channels=self.config.alerts.warning)

    @cached_property
    def weigher(self) -> Weigher:
        return weigher_of(self.config, self.watcher.own, self.pseudonyms)

    @cached_property
    def judgement(self) -> Judgement:
        alerts = self.config.alerts
        return Judgement(
            weigher=self.weigher,
            policy=alerts.policy,
            summons=Summons(
                calendar=self.calendar,
                ringer=self.ringer,
                channels={level: alerts.channels(level) for level in Level},
                mode=alerts.mode,
                morning=self.morning,
            ),
            updates=self.updates,
            config_hash=self.config_hash,
            narrow=frozenset(w.id for w in self.config.watch if w.kind is WatchKind.SERVICE),
        )

    @cached_property
    def actor(self) -> Actor:
        return Actor(
            database=self.database,
            ringer=self.ringer,
            updates=self.updates,
            allowed=self.chain.everybody,
        )

    @cached_property
    def escalator(self) -> Escalator:
        return Escalator(database=self.database, ringer=self.ringer)

    @cached_property
    def reconciler(self) -> Reconciler:
        return Reconciler(database=self.database, updates=self.updates)

    @cached_property
    def morning_round(self) -> MorningRound:
        return MorningRound(database=self.database, morning=self.morning)

    @cached_property
    def lookout(self) -> Lookout:
        return Lookout(
            database=self.database,
            judgement=self.judgement,
            bursts=self.bursts.advance,
            judged=self.bursts.settle,
            coverage=self.blind_spots.facts,
        )

    @cached_property
    def bursts(self) -> BurstWatch:
        return BurstWatch(
            database=self.database,
            watched=watched_streams(self.config.rule, self.watcher.own),
            zone=self.config.hospital.zone,
            sources=[s.id for s in self.sources.values() if not (s.closed_on or s.origin.backfill)],
            patience=PATIENCE,
            late=self.config.alerts.max_lateness,
        )

    @cached_property
    def blind_spots(self) -> BlindSpots:
        return BlindSpots(
            database=self.database,
            sources=self.sources,
            zone=self.config.hospital.zone,
            signs=self.signs,
            also=(self.self_tests.unproven,),
        )

    @cached_property
    def handovers(self) -> Handovers:
        return Handovers(config=self.config, database=self.database, rotas=self.rotas)

    @cached_property
    def self_tests(self) -> SelfTests:
        return SelfTests(
            config=self.config,
            database=self.database,
            calendar=self.calendar,
            chain=self.chain,
        )

    def updater(self, compose: Compose) -> Updater:
        return Updater(
            database=self.database,
            notifiers=self.notifiers,
            compose=compose,
            updates=self.updates,
        )
