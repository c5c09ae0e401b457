"""Two daemons on one database, a clock that may be set wrong, and a fuse that kills in mid-transaction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import event, update
from sqlalchemy.engine import URL

from classifiers.classifier import Sample, Score
from connectors.connector import Page
from connectors.mention import Kind, Mention
from listener.domain.action import Reply, Request
from listener.domain.calendar import CalendarSettings, WorkCalendar
from listener.domain.escalation import EscalationSettings
from listener.domain.oncall import Rota, RotaSettings
from listener.domain.paging import PagingPolicy
from listener.domain.privacy import Pseudonyms
from listener.domain.watch import Watcher
from listener.storage.database import Database
from listener.storage.due import Errand
from listener.storage.seal import Sealer
from listener.storage.tables import outbox
from listener.workflows.act import Actor
from listener.workflows.escalate import Escalator
from listener.workflows.marks import Marker
from listener.workflows.morning import MorningRound
from listener.workflows.process import Processor
from listener.workflows.reconcile import Reconciler
from listener.workflows.rescore import Rescorer
from listener.workflows.tick import Ticker
from tests.listener.house import KEY, NIGHT, ORIGIN, PARIS, POLICY, WATCHES, judgement_of, page
from tests.listener.machine_model import PEOPLE, RULES

PAGING = PagingPolicy(max_pages=4)
WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday")
CALENDAR = WorkCalendar(
    CalendarSettings.model_validate(dict.fromkeys(WEEK, "09:00-18:00") | {"country": "FR"}), PARIS
)
ROTA = RotaSettings(id="astreinte", people=("lea",), starts_on="2026-01-05", fallback="dir")
CHAIN = EscalationSettings.model_validate(
    {"step": [{"rotas": ["astreinte"]}, {"people": ["marc"], "wait": "5m"}], "last_resort": "dir"}
)


WORDS = ("ascenseur", "cantine", "parking", "urgences")


class Crash(Exception):
    """The process is killed here."""


@dataclass
class Fuse:
    """Burns after so many statements."""

    left: int | None = None

    def burn(self, *_: Any) -> None:
        if self.left is None:
            return
        self.left -= 1
        if self.left < 0:
            raise Crash

    @contextmanager
    def out(self) -> Iterator[None]:
        kept, self.left = self.left, None
        yield
        self.left = kept


class Gravity:
    """Says the severity that stands in the text; what a thousand people liked is grave."""

    async def score_or_bisect(
        self, samples: Sequence[Sample]
    ) -> tuple[list[list[Score] | None], list[int]]:
        return [self._score(sample) for sample in samples], []

    def _score(self, sample: Sample) -> list[Score]:
        words = sample.text.split()
        said = float(words[words.index("gravité") + 1])
        if any((reading.reactions or 0) >= 1000 for reading in sample.readings):
            said = max(said, 90.0)
        rest = {"negative": 0.9, "neutral": 0.05, "positive": 0.05}
        return [
            Score(classifier="language", version="w1", probabilities={"fr": 1.0}),
            Score(classifier="sentiment", version="w1", probabilities=rest),
            Score(classifier="severity", version="w1", value=said),
        ]


class Daemon:
    """What one process holds, as the application wires it."""

    def __init__(self, url: URL, name: str, rules: Sequence[Any] = RULES) -> None:
        self.fuse = Fuse()
        self.database = Database(url)
        event.listen(self.database.engine.sync_engine, "before_cursor_execute", self.fuse.burn)
        watcher = Watcher(WATCHES)
        judgement = judgement_of(
            watcher, CALENDAR, [Rota(ROTA, PARIS)], rules, "live", escalation=CHAIN, paging=PAGING
        )
        self.processor = Processor(
            database=self.database,
            scorer=Gravity(),
            watcher=watcher,
            judgement=judgement,
            pseudonyms=Pseudonyms(KEY, public=watcher.handles),
            sealer=Sealer(KEY),
            retention=timedelta(days=30),
            quarantine=timedelta(days=30),
            zone=PARIS,
            marker=Marker(rules=rules, own=watcher.own),
        )
        summons, updates = judgement.summons, judgement.updates
        self.actor = Actor(
            database=self.database, ringer=summons.ringer, updates=updates, allowed=lambda: PEOPLE
        )
        self.morning = MorningRound(database=self.database, morning=summons.morning)
        self.ticker = Ticker(
            database=self.database,
            policy=POLICY,
            owner=name,
            rescorer=Rescorer(processor=self.processor),
            updates=updates,
            handlers={"morning": self._tell_morning, "update": self._let_go},
        )
        self.rounds = (
            Reconciler(database=self.database, updates=updates).reconcile,
            Escalator(database=self.database, ringer=summons.ringer).escalate,
        )

    async def tick(self, at: datetime) -> None:
        """As the ticker does it, except that a crash in a round is not survived."""
        for go_round in self.rounds:
            await go_round(at)
        await self.ticker.tick(at)

    async def _tell_morning(self, errand: Errand, at: datetime) -> None:
        with self.fuse.out():  # the ticker would survive it, and try again once the lease is over
            await self.morning.run(errand, at)

    async def _let_go(self, errand: Errand, at: datetime) -> None:
        """Nothing is sent here that could be amended."""


@dataclass
class World:
    """`now` is the time that passes; `clock` is what the daemons read."""

    url: URL
    rules: Sequence[Any] = RULES
    daemons: list[Daemon] = field(default_factory=list)
    now: datetime = NIGHT
    wrong: timedelta = timedelta()  # how far the clock is off
    stepped_at: datetime | None = None

    def __post_init__(self) -> None:
        self.daemons = [Daemon(self.url, name, self.rules) for name in ("one", "two")]

    @property
    def clock(self) -> datetime:
        return self.now + self.wrong

    def step_clock(self, by: timedelta) -> None:
        self.wrong += by
        self.stepped_at = self.now

    async def begin(self) -> None:
        """The source has read its first look-back: what comes now is live."""
        await self.daemons[0].processor.process(page(), ORIGIN, self.now - timedelta(days=1))

    async def restart(self, number: int) -> Daemon:
        """A new process in the place of a dead one."""
        await self.daemons[number].database.close()
        self.daemons[number] = Daemon(self.url, f"{number} again", self.rules)
        return self.daemons[number]

    async def close(self) -> None:
        for daemon in self.daemons:
            await daemon.database.close()

    async def hear(self, daemon: Daemon, brought: Page) -> None:
        await daemon.processor.process(brought, ORIGIN, self.clock)

    async def act(self, daemon: Daemon, request: Request) -> Reply:
        return await daemon.actor.act(request, self.clock)

    async def deliver(self) -> None:
        """Every channel takes what waits for it."""
        async with self.daemons[0].database.write() as connection:
            waiting = outbox.c.state == "pending"
            sent = {"state": "sent", "receipt": {"id": "x"}, "sent_at": self.clock}
            await connection.execute(update(outbox).where(waiting).values(**sent))


def post(number: int, story: int, severity: int, published: datetime) -> Mention:
    """One person's post of one of the stories; the article it links to makes it this story's."""
    return Mention(
        network="mastodon",
        external_id=f"https://social.example/users/zoe/statuses/{number}",
        kind=Kind.POST,
        published_at=published,
        url=f"https://social.example/@zoe/{number}",
        text=f"CHU de Valmont gravité {severity} {' '.join([WORDS[story]] * 3)}",
        links=(f"https://actu.example/2026/article-{story}-chu",),
    )
