"""Every part of one running listener, each built from the configuration when it is first asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from connectors.connector import Unseen
from listener.app.doors import Doors
from listener.app.parts import Parts
from listener.domain.rule import Level
from listener.notifiers.build import excerpt_setting
from listener.notifiers.digest.charts import Painter
from listener.notifiers.email import EmailNotifier
from listener.notifiers.gateway import Gateway
from listener.notifiers.picture import Drawer
from listener.storage import spending
from listener.workflows.chronicle import Chronicler
from listener.workflows.collect import Collector
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
from listener.workflows.process import Processor
from listener.workflows.receive import Receiver
from listener.workflows.refresh import Refresher
from listener.workflows.report import Reporter
from listener.workflows.rescore import Rescorer
from listener.workflows.standing import Standing
from listener.workflows.tick import Round, Ticker
from listener.workflows.view import Viewer


@dataclass(frozen=True, kw_only=True)
class Application(Parts):
    """The work that is done with the parts, each piece wired once."""

    @cached_property
    def doors(self) -> Doors:
        return Doors(
            config=self.config,
            keys=self.keys,
            database=self.database,
            clock=self.clock,
            owner=self.owner,
            act=self.alerting.actor.act,
            subject=self.viewer.subject,
            supervisor=self.supervisor,
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
            answerable=frozenset({"slack"} if self.slack_door else ()),
            reads_deeply=lambda: self.deepener is not None and not self.deepener.away,
        )

    @cached_property
    def reporter(self) -> Reporter:
        return Reporter(
            config=self.config,
            database=self.database,
            calendar=self.calendar,
            viewer=self.viewer,
            painter=self.painter,
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
            drawer=self.drawer,
            inviter=self.doors.inviter,
            kinds={
                "digest": self.reporter.compose,
                "handover": self.alerting.handovers.compose,
                "selftest": self.alerting.self_tests.compose,
                "reply": self.doors.compose,
                "note": self.chronicler.note,
                "morning": self.chronicler.morning,
            },
        )

    @cached_property
    def chronicler(self) -> Chronicler:
        return Chronicler(database=self.database, config=self.config, viewer=self.viewer)

    @cached_property
    def drawer(self) -> Drawer:
        return Drawer()

    @cached_property
    def painter(self) -> Painter:
        return Painter()

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
            channels={level.value: self.config.alerts.channels(level) for level in Level},
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

    async def _expire_copies(self, at: datetime) -> None:
        """Copies of messages show texts: they go when the texts do."""
        privacy = self.config.privacy
        for name, notifier in self.notifiers.items():
            whole = excerpt_setting(self.config, name) == "full"
            kept = privacy.restricted_retention if whole else privacy.retention
            if isinstance(notifier, EmailNotifier | Gateway):
                await notifier.expire(at - kept)

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
            planners=(
                self.reporter.plan,
                self.alerting.handovers.plan,
                self.alerting.self_tests.plan,
            ),
            restricted_retention=self.config.privacy.restricted_retention,
            expirers=(
                self._expire_copies,
                self.receiver.expire,
                self._expire_spending,
                self.doors.expire,
                self.alerting.bursts.expire,
            ),
            handlers={
                "digest": self.reporter.run,
                "amend": self.mender.run,
                "update": self.alerting.updater(self.composer.compose).run,
                "morning": self.alerting.morning_round.run,
                "handover": self.alerting.handovers.run,
                "selftest": self.alerting.self_tests.run,
            },
        )

    def _rounds(self) -> tuple[Round, ...]:
        """In this order: what is one is united before anybody is rung about both, and no phone
        waits for what is merely looked at.
        """
        alerting = self.alerting
        # Observe mode calls nobody: there is nothing to repeat or to pass on.
        live = self.config.alerts.mode == "live"
        ring: tuple[Round, ...] = (alerting.escalator.escalate,) if live else ()
        return (alerting.reconciler.reconcile, *ring, alerting.lookout.look)
