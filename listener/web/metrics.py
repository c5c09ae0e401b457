"""Figures for Prometheus. Labels are ids of the configuration, never a person or a text."""

from __future__ import annotations

import asyncio
import platform
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from importlib import metadata

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from classifiers.client import ScorerClient
from listener.app.application import Application
from listener.app.vitals import Vitals
from listener.storage import deep, inbox, sources
from listener.storage.tables import mentions, outbox
from listener.workflows.deepen import Deepener

ANSWER_WITHIN = 5.0  # s for the database
OUTCOMES = ("received", "stored", "edited", "dropped", "deleted", "rejected", "unscored")


@dataclass(slots=True, kw_only=True)
class Stored:
    """What the database says; empty where it does not answer."""

    answers: bool = False
    since_success: dict[str, float] = field(default_factory=dict)  # s, by source
    failing: dict[str, int] = field(default_factory=dict)  # failures in a row, by source
    stopped: dict[str, bool] = field(default_factory=dict)
    letters: dict[tuple[str, str], int] = field(default_factory=dict)  # by channel and state
    repeats: dict[str, int] = field(default_factory=dict)  # by channel
    unread: dict[str, float] = field(default_factory=dict)  # s, the oldest pushed call by source
    unscored: int = 0
    undeepened: deep.Waiting | None = None
    undeepened_for: float = 0.0  # s, the oldest


async def exposition(app: Application | None, vitals: Vitals) -> bytes:
    """Everything in Prometheus' text format; what the database cannot tell is left out."""
    stored = Stored()
    if app is not None:
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                stored = await _read(app, app.clock())
        except (SQLAlchemyError, OSError, TimeoutError):
            stored = Stored()
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    registry.register(_Once([*_of_sources(vitals), *_of_daemon(app, vitals), *_of_store(stored)]))
    return generate_latest(registry)


async def _read(app: Application, at: datetime) -> Stored:
    found = Stored(answers=True)
    async with app.database.read() as connection:
        for row in await sources.all_states(connection):
            if row.id not in app.sources:
                continue
            found.failing[row.id] = row.failures
            found.stopped[row.id] = row.stopped is not None
            if row.last_success_at is not None:
                found.since_success[row.id] = (at - row.last_success_at).total_seconds()
        for source_id, waiting in (await inbox.waiting(connection)).items():
            found.unread[source_id] = (at - waiting.oldest).total_seconds()
        by = outbox.c.channel, outbox.c.state
        letters = await connection.execute(
            select(*by, func.count(), func.sum(outbox.c.repeats)).group_by(*by)
        )
        for channel, state, count, repeats in letters:
            found.letters[channel, state] = count
            found.repeats[channel] = found.repeats.get(channel, 0) + int(repeats)
        found.undeepened = await deep.waiting(connection)
        if found.undeepened.oldest is not None:
            found.undeepened_for = (at - found.undeepened.oldest).total_seconds()
        found.unscored = (
            await connection.execute(
                select(func.count())
                .select_from(mentions)
                .where(mentions.c.scored_at.is_(None), mentions.c.text.is_not(None))
            )
        ).scalar_one()
    return found


class _Once:
    """A collector of figures that were read already: reading them again would need the loop."""

    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterator[Metric]:
        return iter(self._families)


def _counter(name: str, text: str, *labels: str) -> CounterMetricFamily:
    return CounterMetricFamily(f"listener_{name}", text, labels=labels)


def _gauge(name: str, text: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"listener_{name}", text, labels=labels)


def _of_sources(vitals: Vitals) -> Iterator[Metric]:
    told = _counter("mentions", "Mentions by what became of them.", "source", "outcome")
    polls = _counter("polls", "Polls that ran.", "source")
    failures = _counter("poll_failures", "Polls that the network failed.", "source")
    for source_id, counts in vitals.sources.items():
        for outcome in OUTCOMES:
            told.add_metric([source_id, outcome], counts.mentions[outcome])
        polls.add_metric([source_id], counts.polls)
        failures.add_metric([source_id], counts.failures)
    hooks = _counter("hooks", "Calls of networks, by what became of them.", "source", "outcome")
    for (source_id, outcome), count in vitals.hooks.items():
        hooks.add_metric([source_id, outcome], count)
    yield from (told, polls, failures, hooks)


def _of_daemon(app: Application | None, vitals: Vitals) -> Iterator[Metric]:
    build = InfoMetricFamily("listener_build", "What runs.")
    build.add_metric([], {"version": _version(), "python": platform.python_version()})
    yield build
    lag = _gauge("loop_lag_seconds", "How late the event loop ran, at worst, in the last minute.")
    lag.add_metric([], vitals.loop_lag)
    yield lag
    tick = _gauge("tick_age_seconds", "Since the last tick ended.")
    tick.add_metric([], vitals.tick.age)
    yield tick
    jobs = _counter("job_failures", "Faults in the daemon's own jobs.", "job")
    for name, count in vitals.failures.items():
        jobs.add_metric([name], count)
    yield jobs
    if app is not None and isinstance(app.scorer, ScorerClient):
        restarts = _counter("scorer_restarts", "Lives of the scorer that ended unasked.")
        restarts.add_metric([], app.scorer.restarts)
        up = _gauge("scorer_up", "Whether the scorer runs.")
        up.add_metric([], float(app.scorer.pid is not None))
        yield from (restarts, up)
    if app is not None and (door := app.slack_door) is not None and door.settings.app_token:
        socket = _gauge("slack_socket_up", "Whether presses of Slack's buttons reach us.")
        socket.add_metric([], float(door.deaf_since is None))
        yield socket
    if app is not None and app.deepener is not None:
        yield from _of_deepener(app.deepener)


def _of_deepener(deepener: Deepener) -> Iterator[Metric]:
    rescored = _counter("deep_rescored", "Mentions that the deep classifiers read.")
    rescored.add_metric([], deepener.rescored)
    shed = _counter("deep_shed", "Mentions that nobody had the time to read deeply.")
    shed.add_metric([], deepener.shed)
    rate = _gauge("deep_texts_per_second", "How fast the deep classifiers last read.")
    rate.add_metric([], deepener.rate)
    up = _gauge("deep_up", "0 where the deep classifiers did not start: the fast scores stand.")
    up.add_metric([], float(not deepener.away))
    yield from (rescored, shed, rate, up)


def _of_store(stored: Stored) -> Iterator[Metric]:
    up = _gauge("database_up", "Whether the database answers.")
    up.add_metric([], float(stored.answers))
    yield up
    if not stored.answers:
        return
    success = _gauge("source_since_success_seconds", "Since a source was last read.", "source")
    failing = _gauge("source_failures_in_a_row", "Failures since the last success.", "source")
    stopped = _gauge("source_stopped", "Whether a source waits for somebody to act.", "source")
    for source_id, seconds in stored.since_success.items():
        success.add_metric([source_id], seconds)
    for source_id, count in stored.failing.items():
        failing.add_metric([source_id], count)
        stopped.add_metric([source_id], float(stored.stopped[source_id]))
    unread = _gauge("inbox_oldest_seconds", "Since the oldest pushed call unread came.", "source")
    for source_id, seconds in stored.unread.items():
        unread.add_metric([source_id], seconds)
    letters = _gauge("outbox_letters", "Letters by channel and state.", "channel", "state")
    for (channel, state), count in stored.letters.items():
        letters.add_metric([channel, state], count)
    repeats = _gauge("outbox_repeats", "Sends after one that may have arrived.", "channel")
    for channel, count in stored.repeats.items():
        repeats.add_metric([channel], count)
    unscored = _gauge("mentions_unscored", "Mentions that wait for a score.")
    unscored.add_metric([], stored.unscored)
    waiting = _gauge("deep_waiting", "Mentions that wait for the deep classifiers.")
    oldest = _gauge("deep_oldest_seconds", "Since the oldest of them was scored fast.")
    if stored.undeepened is not None:
        waiting.add_metric([], stored.undeepened.count)
        oldest.add_metric([], stored.undeepened_for)
    yield from (success, failing, stopped, unread, letters, repeats, unscored, waiting, oldest)


def _version() -> str:
    try:
        return metadata.version("hospital-listener")
    except metadata.PackageNotFoundError:  # run from a copy that was not installed
        return "unknown"
