"""What a running listener knows of itself, in memory: counts since its start, and signs of life."""

from __future__ import annotations

import logging
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from listener.domain.blindness import OwnSigns
from listener.workflows.collect import Poll, Source
from listener.workflows.process import Outcome

log = logging.getLogger(__name__)

COUNTED = ("received", "stored", "edited", "dropped", "deleted", "rejected", "unscored", "alerts")


@dataclass(slots=True)
class SourceCounts:
    """One source since the process started."""

    polls: int = 0
    failures: int = 0
    pages: int = 0
    mentions: Counter[str] = field(default_factory=Counter)  # by what became of them


@dataclass(slots=True)
class Pulse:
    """A loop that must go round: when it last did, in seconds of the monotonic clock."""

    patience: float
    beat_at: float = field(default_factory=time.monotonic)

    def beat(self) -> None:
        self.beat_at = time.monotonic()

    @property
    def age(self) -> float:
        return time.monotonic() - self.beat_at

    @property
    def alive(self) -> bool:
        return self.age <= self.patience


@dataclass(slots=True)
class Vitals:
    """Written by the loops, read by the health pages and the watchdog."""

    ready: bool = False
    started_at: float = field(default_factory=time.monotonic)
    sources: dict[str, SourceCounts] = field(default_factory=dict)
    # A tick may bring up to date what an outage left unscored: minutes, and still alive.
    tick: Pulse = field(default_factory=lambda: Pulse(patience=300.0))
    loop_lag: float = 0.0  # s, the worst of the last minute
    loop_lag_max: float = 0.0  # s, since the start
    failures: Counter[str] = field(default_factory=Counter)  # of our own jobs, by name
    failing: dict[str, str] = field(default_factory=dict)  # job → its error, while it lasts
    unwritten: dict[str, str] = field(default_factory=dict)  # job → how the database failed it
    scorer_away_since: datetime | None = None

    hooks: Counter[tuple[str, str]] = field(default_factory=Counter)  # calls by source and outcome

    def signs(self, at: datetime) -> OwnSigns:
        """What a watch over the watcher wants to know."""
        return OwnSigns(
            up_since=at - timedelta(seconds=time.monotonic() - self.started_at),
            tick_age=timedelta(seconds=self.tick.age),
            loop_lag=timedelta(seconds=self.loop_lag),
            scorer_away_since=self.scorer_away_since,
        )

    def of(self, source_id: str) -> SourceCounts:
        return self.sources.setdefault(source_id, SourceCounts())

    def saw_page(self, source: Source, outcome: Outcome) -> None:
        counts = self.of(source.id)
        counts.pages += 1
        for name in COUNTED:
            counts.mentions[name] += getattr(outcome, name)
        self.database_served(f"stream:{source.id}")  # a stream's job never ends to say so itself

    def database_failed(self, job: str, detail: str) -> None:
        """Told once for all jobs that it fails in one way."""
        known = set(self.unwritten.values())
        self.unwritten[job] = detail
        self.failing["database"] = detail
        if detail not in known:
            log.error("database.failing detail=%s", detail)

    def database_served(self, job: str) -> None:
        """It has recovered once every job that it failed has succeeded: a full disk takes a tick."""
        if self.unwritten.pop(job, None) is not None and not self.unwritten:
            self.failing.pop("database", None)
            log.info("database.recovered")

    def forget_failures(self) -> None:
        """Other jobs follow, which have not failed yet."""
        self.failing.clear()
        self.unwritten.clear()

    def saw_poll(self, poll: Poll) -> None:
        if poll.skipped:
            return
        counts = self.of(poll.source)
        counts.polls += 1
        counts.failures += poll.error is not None

    @property
    def received(self) -> int:
        return sum(counts.mentions["received"] for counts in self.sources.values())

    @property
    def stored(self) -> int:
        return sum(counts.mentions["stored"] for counts in self.sources.values())
