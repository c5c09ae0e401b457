"""A listener in miniature for tests: real database and rules, a scorer that judges by one word."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from classifiers.classifier import Sample, Score
from classifiers.client import ScorerUnavailable
from classifiers.virality import virality
from connectors.connector import Clock, Page
from connectors.mention import Author, Engagement, Kind, Mention, MentionKey
from listener.domain.calendar import CalendarSettings, WorkCalendar
from listener.domain.escalation import Chain, EscalationSettings
from listener.domain.incident import Policy
from listener.domain.oncall import Rota, RotaSettings
from listener.domain.paging import PagingPolicy
from listener.domain.privacy import Pseudonyms
from listener.domain.rule import CountRule, Level, NegativeShareRule, SeverityRule
from listener.domain.watch import Watch, Watcher
from listener.storage.database import Database
from listener.storage.seal import Sealer
from listener.storage.tables import metadata
from listener.workflows.collect import Collector
from listener.workflows.draft import Origin
from listener.workflows.judgement import Judgement
from listener.workflows.marks import Marker
from listener.workflows.morning import Morning
from listener.workflows.process import Processor
from listener.workflows.ring import Ringer
from listener.workflows.standing import Standing
from listener.workflows.summon import Summons
from listener.workflows.supervise import Supervisor
from listener.workflows.update import Updates
from listener.workflows.weigh import Weigher

PARIS = ZoneInfo("Europe/Paris")
NIGHT = datetime(2026, 3, 14, 22, 0, tzinfo=UTC)  # a Saturday, 23:00 in Paris
KEY = b"k" * 32
WATCHES = (
    Watch(
        id="chu",
        names=("CHU de Valmont",),
        aliases=("CHU",),
        accounts=("chu_valmont",),
        exclude=("CHU de Brémont",),
    ),
    Watch(id="urgences", kind="service", of="chu", names=("urgences",)),
    Watch(id="bremont", kind="peer", names=("CHU de Brémont",)),
)
SEVERE = SeverityRule(id="grave", kind="severity", level=Level.CRITICAL, at_least=80)
MANY = CountRule(
    id="nombre",
    kind="count",
    level=Level.CRITICAL,
    at_least=5,
    window=timedelta(minutes=30),
    sentiment="negative",
)
SHARE = NegativeShareRule(
    id="part",
    kind="negative_share",
    level=Level.WARNING,
    share=0.6,
    minimum=10,
    window=timedelta(hours=1),
)
POLICY = Policy(
    max_lateness=timedelta(hours=6),
    repeat_interval=timedelta(hours=4),
    resolve_after=timedelta(hours=12),
)


@dataclass
class WordScorer:
    """ "honte" is negative, "merci" positive; severity is the number after "gravité"."""

    away: bool = False
    poison: str | None = None
    asked: list[Sample] = field(default_factory=list)

    async def score_or_bisect(
        self, samples: Sequence[Sample]
    ) -> tuple[list[list[Score] | None], list[int]]:
        if self.away:
            raise ScorerUnavailable("the scorer is away")
        self.asked += samples
        poison = [i for i, s in enumerate(samples) if self.poison and self.poison in s.text]
        return [None if i in poison else score(s) for i, s in enumerate(samples)], poison


def score(sample: Sample) -> list[Score]:
    label = "neutral"
    if "honte" in sample.text:
        label = "negative"
    elif "merci" in sample.text:
        label = "positive"
    rest = {name: 0.05 for name in ("negative", "neutral", "positive") if name != label}
    words = sample.text.split()
    grave = float(words[words.index("gravité") + 1]) if "gravité" in words else 10.0
    growth = virality(sample)
    if growth.value is not None and growth.value > 2:
        grave = min(100.0, grave + 50.0)
    return [
        Score(classifier="language", version="w1", probabilities={"fr": 1.0}),
        Score(classifier="sentiment", version="w1", probabilities={label: 0.9, **rest}),
        growth,
        Score(classifier="severity", version="w1", value=grave),
    ]


def house(
    database: Database,
    *,
    scorer: Any = None,
    rules: Sequence[Any] = (SEVERE, MANY, SHARE),
    mode: str = "live",
    deep: bool = False,
) -> Processor:
    watcher = Watcher(WATCHES)
    calendar = WorkCalendar(
        CalendarSettings(
            **dict.fromkeys(("monday", "tuesday", "wednesday", "thursday"), ("09:00-18:00",)),
            country="FR",
        ),
        PARIS,
    )
    rota = Rota(
        RotaSettings(id="astreinte", people=("lea",), starts_on="2026-01-05", fallback="marc"),
        PARIS,
    )
    judgement = judgement_of(watcher, calendar, [rota], rules, mode)
    return Processor(
        database=database,
        scorer=scorer or WordScorer(),
        watcher=watcher,
        judgement=judgement,
        pseudonyms=Pseudonyms(KEY, public=watcher.handles),
        sealer=Sealer(KEY),
        retention=timedelta(days=30),
        quarantine=timedelta(days=30),
        zone=PARIS,
        marker=Marker(rules=rules, own=watcher.own, deep=deep),
    )


def judgement_of(
    watcher: Watcher,
    calendar: WorkCalendar,
    rotas: Sequence[Rota],
    rules: Sequence[Any],
    mode: Any,
    *,
    escalation: EscalationSettings | None = None,
    paging: PagingPolicy | None = None,
    policy: Policy = POLICY,
    exercise_id: str = "",
) -> Judgement:
    """Judges by these rules, and rings whom these rotas name."""
    settings = escalation or EscalationSettings()
    summons = Summons(
        calendar=calendar,
        ringer=Ringer(
            chain=Chain(settings, rotas, calendar),
            channels=("slack", "email"),
            policy=paging or PagingPolicy(),
            exercise_id=exercise_id,
        ),
        channels={
            Level.CRITICAL: ("slack", "email"),
            Level.WARNING: ("slack",),
            Level.INFO: ("console",),
        },
        mode=mode,
        morning=Morning(channels=("slack",), exercise_id=exercise_id),
        exercise_id=exercise_id,
    )
    return Judgement(
        weigher=Weigher(rules=rules, own=watcher.own, exercise_id=exercise_id),
        policy=policy,
        summons=summons,
        updates=Updates(channels=("slack",), exercise_id=exercise_id),
        config_hash="0" * 16,
        narrow=frozenset({"urgences"}),
        exercise_id=exercise_id,
    )


def mention(number: int, text: str = "Le CHU de Valmont, honte !", **values: Any) -> Mention:
    """A post by an invented author, a minute before NIGHT unless told otherwise."""
    known: dict[str, Any] = {
        "network": "mastodon",
        "external_id": f"https://social.example/users/zoe{number}/statuses/{number}",
        "kind": Kind.POST,
        "published_at": NIGHT - timedelta(minutes=1),
        "url": f"https://social.example/@zoe{number}/{number}",
        "text": text,
        "author": Author(handle=f"zoe{number}@social.example", external_id=f"u{number}"),
    }
    return Mention(**{**known, **values})


def figures(of: Mention, at: datetime, **values: int) -> Engagement:
    key = MentionKey(network=of.network, external_id=of.external_id)
    return Engagement(key=key, taken_at=at, **values)


def page(*mentions: Mention, **values: Any) -> Page:
    return Page(mentions=mentions, **{"cursor": {"v": 1}, "complete": True, **values})


ORIGIN = Origin(source_id="mastodon", refreshes=True)


async def live(processor: Processor, at: datetime = NIGHT - timedelta(days=1)) -> None:
    """Let the source have read its first look-back: what comes now is live."""
    await processor.process(page(), ORIGIN, at)


async def count(database: Database, table: str, **where: Any) -> int:
    rows = metadata.tables[table]
    async with database.read() as connection:
        query = select(func.count()).select_from(rows)
        for name, value in where.items():
            query = query.where(rows.c[name] == value)
        return int((await connection.execute(query)).scalar_one())


async def rows(database: Database, table: str) -> list[Any]:
    """Every row by its key: PostgreSQL gives a row that was changed after the others, or before."""
    kept = metadata.tables[table]
    async with database.read() as connection:
        return list(await connection.execute(kept.select().order_by(*kept.primary_key)))


def collector_of(
    processor: Processor, clock: Clock, *, jitter: Callable[[], float] = lambda: 1.0, **values: Any
) -> Collector:
    """A collector over a house, as the application wires one."""
    calendar = processor.judgement.summons.calendar
    supervisor = Supervisor(calendar=calendar, channels=("slack",))
    standing = Standing(
        database=processor.database,
        supervisor=supervisor,
        clock=clock,
        sealer=processor.sealer,
        quarantine=processor.quarantine,
        jitter=jitter,
    )
    parts = {
        "database": processor.database,
        "processor": processor,
        "supervisor": supervisor,
        "standing": standing,
        "owner": "one",
        "clock": clock,
    }
    return Collector(**{**parts, **values})
