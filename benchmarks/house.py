"""A listener in miniature for benchmarks: 2,000 terms, one rule of each kind, a crowd on a bad day."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import asyncpg
from sqlalchemy.engine import URL

from classifiers.classifier import Sample, Score
from connectors.connector import Page
from connectors.file.records import Defaults, read_record
from connectors.mention import Engagement, Mention
from listener.domain.calendar import CalendarSettings, WorkCalendar
from listener.domain.incident import Policy
from listener.domain.oncall import Rota, RotaSettings
from listener.domain.privacy import Pseudonyms
from listener.domain.rule import CountRule, Level, NegativeShareRule, Rule, SeverityRule, TermsRule
from listener.domain.watch import Watch, Watcher, WatchKind, fold
from listener.storage.database import Database
from listener.storage.seal import Sealer
from listener.workflows.draft import Origin
from listener.workflows.marks import Marker
from listener.workflows.process import Processor
from listener.workflows.scoring import Scorer
from tests import databases
from tests.listener.house import judgement_of
from tests.load import crowd

PARIS = ZoneInfo("Europe/Paris")
NIGHT = datetime(2026, 3, 14, 22, 0, tzinfo=UTC)
KEY = b"k" * 32
ORIGIN = Origin(source_id="bench", refreshes=True)
PAGE = 100
PEERS = 400
RULES: tuple[Rule, ...] = (
    SeverityRule(id="grave", kind="severity", level=Level.CRITICAL, at_least=85),
    CountRule(
        id="nombre",
        kind="count",
        level=Level.WARNING,
        at_least=20,
        window=timedelta(minutes=30),
        sentiment="negative",
    ),
    NegativeShareRule(
        id="part",
        kind="negative_share",
        level=Level.WARNING,
        share=0.8,
        minimum=10,
        window=timedelta(hours=1),
    ),
    TermsRule(
        id="mots", kind="terms", level=Level.WARNING, terms=("plainte", "décès", "maltraitance")
    ),
)


def watches(peers: int = PEERS) -> list[Watch]:
    """The hospital, two services, and `peers` other hospitals of five terms each."""
    own = Watch(
        id="chu",
        names=("CHU de Valmont", "hôpital de Valmont"),
        aliases=("CHU Valmont",),
        accounts=("chu_valmont",),
        hashtags=("CHUValmont",),
        domains=("chu-valmont.example",),
    )
    services = [
        Watch(id=fold(name), kind=WatchKind.SERVICE, of="chu", names=(name,))
        for name in ("urgences", "maternité")
    ]
    names = ("CHU de {}", "hôpital de {}", "clinique de {}", "maternité de {}", "urgences de {}")
    others = [
        Watch(
            id=f"peer-{n}",
            kind=WatchKind.PEER,
            names=tuple(name.format(f"Brémont{n}") for name in names),
        )
        for n in range(peers)
    ]
    return [own, *services, *others]


def build(
    database: Database, scorer: Scorer, *, rules: Sequence[Rule] = RULES, deep: bool = False
) -> Processor:
    watcher = Watcher(watches())
    rota = RotaSettings(id="astreinte", people=("lea",), starts_on="2026-01-05", fallback="marc")
    calendar = WorkCalendar(CalendarSettings(monday=("09:00-18:00",), country="FR"), PARIS)
    policy = Policy(
        max_lateness=timedelta(hours=12),
        repeat_interval=timedelta(hours=4),
        resolve_after=timedelta(hours=12),
    )
    return Processor(
        database=database,
        scorer=scorer,
        watcher=watcher,
        judgement=judgement_of(
            watcher, calendar, [Rota(rota, PARIS)], rules, "live", policy=policy
        ),
        pseudonyms=Pseudonyms(KEY, public=watcher.handles),
        sealer=Sealer(KEY),
        retention=timedelta(days=30),
        quarantine=timedelta(days=30),
        marker=Marker(rules=rules, own=watcher.own, deep=deep),
    )


def pages(count: int, *, seed: int = 1, per_minute: float = 100.0) -> list[Page]:
    """Pages of 100 of a crowd that ends at NIGHT; every second mention comes with its figures."""
    start = NIGHT - timedelta(minutes=count / per_minute)
    defaults = Defaults(network="bench", zone=PARIS, at=NIGHT)
    said: list[Mention] = []
    for item in crowd(count, seed=seed, start=start, per_minute=per_minute):
        for entry in read_record(item, defaults):
            assert isinstance(entry, Mention)
            said.append(entry)
    return [
        Page(
            feed="bench",
            mentions=part,
            engagements=[
                Engagement(key=m.key, taken_at=NIGHT, reactions=n % 7, replies=n % 3, shares=0)
                for n, m in enumerate(part)
                if n % 2
            ],
            cursor={"v": 1, "mark": part[-1].external_id},
            complete=True,
        )
        for part in (said[first : first + PAGE] for first in range(0, count, PAGE))
    ]


async def settle(processor: Processor) -> None:
    """Let the source have read its first look-back: what comes now is live, and rules apply."""
    empty = Page(feed="bench", cursor={"v": 1}, complete=True)
    await processor.process(empty, ORIGIN, NIGHT - timedelta(days=1))


class Recorded:
    """Answers as the real scorer did, at once: what remains is what everything else costs."""

    def __init__(self) -> None:
        self.known: dict[str, list[Score]] = {}

    async def learn(self, scorer: Scorer, samples: Sequence[Sample]) -> None:
        scores, _ = await scorer.score_or_bisect(samples)
        self.known.update(
            (sample.text, found)
            for sample, found in zip(samples, scores, strict=True)
            if found is not None
        )

    async def score_or_bisect(
        self, samples: Sequence[Sample]
    ) -> tuple[list[list[Score] | None], list[int]]:
        return [self.known[sample.text] for sample in samples], []


def sample_of(mention: Mention) -> Sample:
    return Sample(
        text=mention.text,
        title=mention.title,
        network=mention.network,
        kind=mention.kind.value,
        rating=mention.rating,
        followers=mention.author.followers,
    )


@contextmanager
def _url(engine: str) -> Iterator[URL]:
    if engine == "postgresql":
        with databases.scratch_postgresql("listener_bench") as url:
            yield url
        return
    folder = Path("var")
    folder.mkdir(exist_ok=True)
    # On the disk that the listener itself would use: /tmp may be memory.
    with TemporaryDirectory(prefix="bench-", dir=folder) as made:
        yield databases.sqlite_url(Path(made) / "listener.db")


@contextmanager
def migrated(engine: str) -> Iterator[URL]:
    """The address of a migrated, empty database, as durable as in real use."""
    with _url(engine) as url:
        databases.migrated(url)
        if engine == "postgresql":
            asyncio.run(_durable(url))
        yield url


async def _durable(url: URL) -> None:
    """Tests commit lazily; a benchmark pays for its commits."""
    connection = await asyncpg.connect(databases.SERVER)
    await connection.execute(f'ALTER DATABASE "{url.database}" RESET synchronous_commit')
    await connection.close()


def engines() -> list[str]:
    return ["sqlite", *(["postgresql"] if databases.postgresql_listens() else [])]
