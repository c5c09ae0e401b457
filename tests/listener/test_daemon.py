"""The daemon as the service manager, a monitoring system and an operator see it."""

from __future__ import annotations

import json
import signal
import socket
import sqlite3
import time

import pytest

from tests.listener.service import house, service

pytestmark = pytest.mark.xdist_group("daemon")  # one process for the module

WATCHDOG = {"WATCHDOG_USEC": "1500000"}


@pytest.fixture(scope="module")
def daemon(tmp_path_factory):
    """One that runs; tests leave it running."""
    folder = tmp_path_factory.mktemp("daemon")
    house(folder)
    with service(folder, environ=WATCHDOG) as started:
        started.wait_for("READY=1")
        yield started


def test_it_says_when_it_is_ready_and_what_it_does(daemon) -> None:
    assert daemon.told[0] == "READY=1"
    assert daemon.told[1].startswith("STATUS=1 sources")
    assert daemon.logged("daemon.ready")["mode"] == "observe"


def test_it_feeds_the_watchdog(daemon) -> None:
    daemon.wait_for("WATCHDOG=1")
    daemon.wait_for("WATCHDOG=1")


def test_it_tells_that_it_lives_and_works(daemon) -> None:
    status, body = daemon.get("/healthz")
    assert (status, json.loads(body)["status"]) == (200, "ok")
    until = time.monotonic() + 20
    while (answer := daemon.get("/readyz"))[0] != 200 and time.monotonic() < until:
        time.sleep(0.1)
    assert answer[0] == 200, answer


def test_its_figures_tell_of_sources_and_of_nobody(daemon) -> None:
    until = time.monotonic() + 20
    read = 'listener_mentions_total{outcome="received",source="archive"} 1.0'
    ended = 'listener_source_since_success_seconds{source="archive"}'  # told after its pages
    while ended not in (body := daemon.get("/metrics")[1]) and time.monotonic() < until:
        time.sleep(0.1)
    assert read in body
    for name in (
        'listener_polls_total{source="archive"}',
        'listener_poll_failures_total{source="archive"} 0.0',
        "listener_build_info{",
        "listener_loop_lag_seconds",
        "listener_scorer_restarts_total 0.0",
        "listener_deep_waiting ",
        "listener_deep_rescored_total ",
        "listener_deep_shed_total 0.0",
        "listener_deep_texts_per_second ",
        "listener_deep_up ",
        "listener_database_up 1.0",
    ):
        assert name in body
    assert "Valmont" not in body


def test_a_reload_with_a_wrong_configuration_keeps_the_old_one(daemon, request) -> None:
    folder = daemon.log.parent
    before = (folder / "config.toml").read_text()
    request.addfinalizer(lambda: (folder / "config.toml").write_text(before))
    (folder / "config.toml").write_text(before.replace("[hospital]", "[hospitall]"))
    daemon.signal(signal.SIGHUP)
    daemon.wait_for("RELOADING=1")
    assert any(line.startswith("MONOTONIC_USEC=") for line in daemon.told)
    daemon.wait_for("READY=1")
    assert "hospital" in daemon.logged("config.rejected")["problem"]
    assert daemon.get("/healthz")[0] == 200


def test_a_reload_takes_up_a_new_source(daemon, request) -> None:
    path = daemon.log.parent / "config.toml"
    before = path.read_text()
    request.addfinalizer(lambda: path.write_text(before))
    second = '[[source]]\nid = "second"\nconnector = "file"\npath = "posts.jsonl"\n[alerts]'
    path.write_text(before.replace("[alerts]", second))
    daemon.signal(signal.SIGHUP)
    daemon.wait_for("RELOADING=1")
    daemon.wait_for("READY=1")
    assert daemon.logged("config.reloaded")["sources"] == 2
    assert daemon.get("/healthz")[0] == 200


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_in_order_within_ten_seconds(tmp_path, number) -> None:
    house(tmp_path)
    with service(tmp_path) as daemon:
        daemon.wait_for("READY=1")
        began = time.monotonic()
        daemon.signal(number)
        daemon.wait_for("STOPPING=1")
        assert daemon.ended() == 0
        assert time.monotonic() - began < 10
        assert daemon.logged("daemon.stopped")


def test_a_port_in_use_is_said_and_ends_the_start(tmp_path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        house(tmp_path, port=taken.getsockname()[1])
        with service(tmp_path) as daemon:
            assert daemon.ended() == 1
            log = daemon.log.read_text()
    assert "is in use already" in log
    assert "[service]" in log
    assert "Traceback" not in log


def test_a_schema_from_a_newer_version_is_refused_untouched(tmp_path) -> None:
    house(tmp_path)
    (tmp_path / "state").mkdir(mode=0o700)
    with sqlite3.connect(tmp_path / "state" / "listener.db") as database:
        database.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        database.execute("INSERT INTO alembic_version VALUES ('20991231_future')")
    with service(tmp_path) as daemon:
        assert daemon.ended() == 3
        log = daemon.log.read_text()
    assert "upgraded by a newer version" in log
    assert "Traceback" not in log
    with sqlite3.connect(tmp_path / "state" / "listener.db") as database:
        tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    assert tables == [("alembic_version",)]


def test_a_database_that_cannot_be_reached_is_said_in_a_line(tmp_path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    house(tmp_path, more=f'[database]\nurl = "postgresql://listener@127.0.0.1:{port}/listener"\n')
    with service(tmp_path) as daemon:
        assert daemon.ended() == 3
        log = daemon.log.read_text()
    assert f"127.0.0.1:{port}" in log
    assert "Traceback" not in log


def test_a_wrong_configuration_ends_the_start_for_good(tmp_path) -> None:
    house(tmp_path, more="[privacy]\nretention_days = 0\n")
    with service(tmp_path) as daemon:
        assert daemon.ended() == 2
        assert "privacy.retention_days" in daemon.log.read_text()
