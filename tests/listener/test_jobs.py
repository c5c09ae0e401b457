"""The daemon's work from the inside: what fails, what is cut short, and what is waited for."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError, OperationalError

from listener.app import heart, jobs
from listener.app.jobs import Jobs
from listener.app.rotas import holes_ahead, tell_holes
from listener.app.systemd import ServiceManager
from listener.app.vitals import Vitals
from listener.domain.calendar import CalendarSettings, WorkCalendar
from listener.domain.oncall import Rota, RotaSettings
from listener.storage import database as storage
from listener.storage import sources
from listener.storage.database import Database
from listener.web.health import Health
from listener.workflows.collect import Poll
from listener.workflows.process import Outcome
from listener.workflows.supervise import Supervisor
from tests import databases
from tests.listener.house import rows

PARIS = ZoneInfo("Europe/Paris")
AT = datetime(2026, 3, 14, 22, tzinfo=UTC)
PATIENCE = 20.0  # s, on a busy machine


class Collector:
    """Polls by whatever a test hands it."""

    def __init__(self, work) -> None:
        self.work = work
        self.stopping = asyncio.Event()
        self.in_hand: set[asyncio.Task | None] = set()
        self.follows = 0

    async def poll(self, source) -> Poll:
        await self.work(self)
        return Poll(source=source.id)

    async def follow(self, source) -> None:
        self.follows += 1


async def nothing(*_) -> int:
    return 0


def application(database=None, *, poll=nothing, deliver=nothing, tick=nothing, stream=False):
    source = SimpleNamespace(id="presse", every=timedelta(hours=1), stream=stream, closed_on=None)
    return SimpleNamespace(
        clock=lambda: AT,
        database=database or SimpleNamespace(is_sqlite=True, url=None),
        scorer=None,
        sources={"presse": source},
        collector=Collector(poll),
        ticker=SimpleNamespace(tick=tick),
        refresher=SimpleNamespace(refresh=nothing),
        deepener=None,
        merger=None,
        postman=SimpleNamespace(deliver=deliver),
        receiver=SimpleNamespace(read=nothing),
        config=SimpleNamespace(
            mailbox=None,
            heartbeat=None,
            scoring=SimpleNamespace(deep_budget=timedelta(seconds=4)),
        ),
        slack_door=None,
        rotas=(),
        calendars=SimpleNamespace(reread=nothing),
        supervisor=None,
    )


def working(app, vitals=None, wake=None) -> Jobs:
    return Jobs(app, vitals or Vitals(), wake=wake or asyncio.Event(), called=asyncio.Event())


@pytest.fixture
async def sqlite(sqlite_template, tmp_path, monkeypatch):
    """A database whose writers give up at once."""
    monkeypatch.setattr(storage, "BUSY_SECONDS", 0.05)
    opened = Database(databases.copied(sqlite_template, tmp_path))
    yield opened
    await opened.close()


async def test_a_job_that_fails_again_and_again_is_told_once_and_its_recovery_too(caplog) -> None:
    caplog.set_level("INFO")
    vitals, faults = Vitals(), [ValueError("Mme X"), ValueError("Mme Y"), None]

    async def work() -> None:
        if (fault := faults.pop(0)) is not None:
            raise fault

    job = working(application(), vitals)
    for _ in range(3):
        await job.guarded("tick", work)
    assert [record.msg.split()[0] for record in caplog.records] == ["job.failed", "job.recovered"]
    assert caplog.records[0].exc_info
    assert vitals.failures["tick"] == 2
    assert vitals.failing == {}


async def test_an_alert_that_a_deeper_reading_brings_is_delivered_at_once(monkeypatch) -> None:
    monkeypatch.setattr(jobs, "DELIVER_EVERY", 3600.0)
    asked, delivered = [], asyncio.Event()

    async def deepen(at, budget) -> int:
        asked.append((at, budget))
        return 1

    async def deliver() -> None:
        if asked:
            delivered.set()

    app = application(deliver=deliver)
    app.deepener = SimpleNamespace(deepen=deepen)
    job = working(app)
    job.start()
    try:
        await asyncio.wait_for(delivered.wait(), PATIENCE)
    finally:
        await job.stop(1.0)
    assert asked[0] == (AT, timedelta(seconds=4))


async def test_a_locked_database_is_said_once_for_all_jobs_and_nothing_ends(sqlite, caplog) -> None:
    caplog.set_level("INFO")
    vitals = Vitals()

    async def write() -> None:
        async with sqlite.write():
            pass

    job = working(application(sqlite), vitals)
    other = sqlite3.connect(sqlite.url.database, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    for name in ("tick", "poll:presse", "deliver"):
        await job.guarded(name, write)
    other.close()
    for name in ("tick", "poll:presse", "deliver"):
        assert vitals.failing
        await job.guarded(name, write)
    assert not vitals.failing
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 2
    assert told[0].startswith("database.failing")
    assert "locked by another process" in told[0]
    assert told[1] == "database.recovered"


async def ready(app, vitals) -> tuple[int, list[str]]:
    """What /readyz answers."""
    vitals.ready = True
    answer = await Health(lambda: app, vitals).readyz(None)
    return answer.status, json.loads(answer.body)["reasons"]


async def test_a_disk_that_takes_a_tick_and_no_page_is_told_until_a_page_is_written(
    sqlite, caplog
) -> None:
    caplog.set_level("INFO")
    vitals, app, room = Vitals(), application(sqlite), {"pages": 1}  # as few as there are

    async def tick() -> None:
        await _store(sqlite, "tick", "")

    async def poll() -> None:
        async with sqlite.write() as connection:
            await connection.execute(text(f"PRAGMA max_page_count = {room['pages']}"))
        await _store(sqlite, "page", "x" * 1_000_000)

    job = working(app, vitals)
    await job.guarded("poll:presse", poll)
    await job.guarded("tick", tick)
    status, (reason,) = await ready(app, vitals)
    assert (status, "the disk is full" in reason) == (503, True)
    assert "database.recovered" not in caplog.text
    room["pages"] = 1_000_000
    await job.guarded("poll:presse", poll)
    assert await ready(app, vitals) == (200, [])
    told = [record.getMessage().split()[0] for record in caplog.records]
    assert told == ["database.failing", "database.recovered"]


async def _store(database, name: str, what: str) -> None:
    async with database.write() as connection:
        await sources.set_state(connection, name, last_error=what)


async def test_a_stream_that_writes_again_has_recovered_though_it_never_ends(sqlite) -> None:
    vitals = Vitals()
    job = working(application(sqlite), vitals)

    async def cut() -> None:
        raise OperationalError("INSERT", {}, sqlite3.OperationalError("disk I/O error"))

    await job.guarded("stream:presse", cut)
    assert vitals.failing
    vitals.saw_page(SimpleNamespace(id="presse"), Outcome())
    assert not vitals.failing


async def test_a_full_disk_of_postgresql_is_the_databases_failure_too(caplog) -> None:
    vitals, url = Vitals(), make_url("postgresql+asyncpg://listener:secret@base.example/listener")
    job = working(application(SimpleNamespace(is_sqlite=False, url=url)), vitals)
    full = RuntimeError("could not extend file")
    full.sqlstate = "53100"

    async def write() -> None:
        raise DBAPIError("INSERT", {}, full)

    await job.guarded("poll:presse", write)
    assert set(vitals.failing) == {"database"}
    assert "could not extend file" in caplog.text
    assert "secret" not in caplog.text


class Deadlock(Exception):
    sqlstate = "40P01"


@pytest.mark.parametrize(
    "error",
    [
        OperationalError("INSERT", {}, sqlite3.OperationalError("disk I/O error")),
        DBAPIError("UPDATE", {}, Deadlock("deadlock detected")),
    ],
)
async def test_a_source_of_once_a_day_does_not_wait_a_day_after_the_database_failed(
    sqlite, monkeypatch, error
) -> None:
    monkeypatch.setattr(jobs, "AGAIN", timedelta(seconds=0.02))
    polls = []

    async def poll(_collector) -> None:
        polls.append(1)
        if len(polls) == 1:
            raise error

    vitals = Vitals()
    job = working(application(sqlite, poll=poll), vitals)
    job.start()
    async with asyncio.timeout(PATIENCE):
        while len(polls) < 2:
            await asyncio.sleep(0.005)
    await job.stop(within=1.0)
    assert len(polls) == 2
    assert vitals.failures["poll:presse"] == 1
    assert not vitals.failing


async def test_a_page_in_hand_is_finished_before_the_daemon_stops() -> None:
    done = []

    async def poll(collector) -> None:
        collector.in_hand.add(asyncio.current_task())
        await asyncio.sleep(0.1)
        collector.in_hand.clear()
        done.append("committed")

    job = working(application(poll=poll))
    job.start()
    await asyncio.sleep(0.03)
    await job.stop(within=5.0)
    assert done == ["committed"]


async def test_a_poll_that_waits_for_its_network_does_not_hold_up_the_stop() -> None:
    async def poll(_collector) -> None:
        await asyncio.sleep(60)

    job = working(application(poll=poll))
    job.start()
    await asyncio.sleep(0.03)
    began = time.monotonic()
    await job.stop(within=2 * PATIENCE)
    assert time.monotonic() - began < PATIENCE


async def test_what_hangs_is_cut_off_when_the_time_to_stop_is_over(caplog) -> None:
    async def tick(_at) -> None:
        await asyncio.sleep(60)

    job = working(application(tick=tick))
    task = asyncio.create_task(job.guarded("tick", lambda: tick(AT)))
    job.start()
    await asyncio.sleep(0.03)
    await job.stop(within=0.05)
    assert task.done()
    assert "daemon.cut_short jobs=tick" in caplog.text


async def test_an_alert_is_delivered_at_once_even_while_another_channel_hangs(monkeypatch) -> None:
    monkeypatch.setattr(jobs, "DELIVER_EVERY", 3600.0)
    sent = []

    async def deliver() -> None:
        sent.append(AT)
        if len(sent) == 1:
            await asyncio.sleep(60)

    wake = asyncio.Event()
    job = working(application(deliver=deliver), wake=wake)
    job.start()
    async with asyncio.timeout(PATIENCE):
        for count in (1, 2):
            wake.set()
            while len(sent) < count:
                await asyncio.sleep(0.005)
    await job.stop(within=0.05)


async def test_a_stream_that_ends_is_followed_again(monkeypatch) -> None:
    monkeypatch.setattr(jobs, "FOLLOW_AGAIN", (0.001, 0.01))
    app = application(stream=True)
    job = working(app)
    job.start()
    async with asyncio.timeout(PATIENCE):
        while app.collector.follows < 3:
            await asyncio.sleep(0.005)
    await job.stop(within=1.0)


@pytest.mark.parametrize(("age", "fed"), [(0.0, True), (1000.0, False)])
async def test_the_watchdog_is_fed_only_while_the_tick_goes_round(age, fed) -> None:
    told = []
    manager = ServiceManager(watchdog=timedelta(seconds=0.3))
    manager.feed_watchdog = lambda: told.append("fed")
    vitals = Vitals()
    vitals.tick.beat_at -= age
    beating = asyncio.create_task(heart.beat(vitals, manager, lambda: "well"))
    await asyncio.sleep(heart.BEAT * 1.5)
    beating.cancel()
    with suppress(asyncio.CancelledError):
        await beating
    assert bool(told) is fed


def rota(**values) -> Rota:
    told = {"id": "astreinte", "people": ["lea"], "starts_on": "2026-01-05", "fallback": "marc"}
    return Rota(RotaSettings(**told | values), PARIS)


async def test_a_hole_in_the_rota_is_told_a_week_ahead_once_however_often_we_start(
    sqlite, caplog
) -> None:
    supervisor = Supervisor(calendar=WorkCalendar(CalendarSettings(), PARIS), channels=("console",))
    told: set = set()

    async def look(at) -> None:
        ends = [rota(ends_on="2026-03-21")]
        await tell_holes(ends, database=sqlite, supervisor=supervisor, at=at, told=told)

    await look(AT)
    assert await rows(sqlite, "outbox") == []
    for hours in (1, 2, 24):
        await look(AT + timedelta(hours=hours, minutes=1))
    (notice,) = await rows(sqlite, "outbox")
    assert notice.payload["notice"] == "rota_hole"
    assert caplog.text.count("rota.hole rota=astreinte since=2026-03-21T23:00:00+00:00") == 1


def test_a_rota_that_ended_long_ago_is_told_again_each_month() -> None:
    ended = rota(ends_on="2026-01-31")
    march = {holes_ahead([ended], AT + timedelta(days=day))[0].since for day in (0, 3, 9)}
    april = holes_ahead([ended], AT + timedelta(days=20))[0].since
    assert len(march) == 1
    assert april not in march


def test_a_full_rota_is_not_spoken_of() -> None:
    assert holes_ahead([rota()], AT) == []


async def test_what_was_pushed_before_a_start_is_read_at_once_and_then_whenever_one_calls() -> None:
    app, called, reads = application(), asyncio.Event(), []

    async def read(_sources, _at) -> int:
        reads.append(1)
        return 0

    app.receiver.read = read
    job = Jobs(app, Vitals(), wake=asyncio.Event(), called=called)
    job.start()
    for count in (1, 2):
        async with asyncio.timeout(PATIENCE):
            while len(reads) < count:
                await asyncio.sleep(0.005)
        called.set()
    await job.stop(within=1.0)
