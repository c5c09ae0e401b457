"""kill -9 between the answer to a network's call and its reading: the call is read by the next start."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from listener.app.build import application
from listener.config import load
from listener.storage.database import Database
from listener.workflows.forget import Wanted
from tests import databases
from tests.daemons import DaemonProcess, running
from tests.listener.house import WordScorer, count, rows
from tests.networks.facebook import APP_SECRET, PAGE, TOKEN, Facebook
from tests.networks.facebook_wire import PAGE_ID
from tests.networks.standin import Handler

CONFIG = """
state_dir = "{folder}/state"
hospital = {{ name = "CHU de Valmont" }}
watch = [{{ id = "chu", names = ["CHU de Valmont"] }}]
[[source]]
id = "page"
connector = "facebook"
every = "1h"
about = ["chu"]
base_url = "{network}"
page = "{page}"
access_token = {{ env = "PAGE_TOKEN" }}
app_secret = {{ env = "APP_SECRET" }}
verify_token = {{ env = "APP_SECRET" }}
audience = false
[network]
allowed_hosts = ["127.0.0.1"]
[alerts]
critical = ["console"]
warning = ["console"]
fallback = "console"
[database]
url = "{database}"
[digest]
enabled = false
[service]
port = 0
"""
ENVIRON = {"PAGE_TOKEN": TOKEN, "APP_SECRET": APP_SECRET}
AT_ONCE = 15.0  # s, on a busy machine: far less than a lease lasts


class Held(Facebook):
    """Leaves whoever asks for a single comment without an answer until it is `free`."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = asyncio.Event()
        self.free = asyncio.Event()

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if not self.free.is_set() and "900_" in request.query_string:
            self.asked.set()
            await self.free.wait()
            raise ConnectionResetError  # whoever asked was killed
        return await super()._guard(request, handler)


@asynccontextmanager
async def page() -> AsyncIterator[Held]:
    network = Held()
    post = network.post(id=f"{PAGE_ID}_900", message="Portes ouvertes")
    async with network.serving():
        network.comment(post["id"], id="900_1", message="Neuf heures d'attente, honte !")
        yield network


def settle(folder: Path, network: Held, monkeypatch: pytest.MonkeyPatch, url: str) -> Path:
    for name, value in ENVIRON.items():
        monkeypatch.setenv(name, value)
    config = folder / "config.toml"
    config.write_text(
        CONFIG.format(folder=folder, network=network.base_url, page=PAGE, database=url), "utf-8"
    )
    return config


def call(comment: str = "900_1", **fields: Any) -> bytes:
    value = {
        "item": "comment",
        "verb": "add",
        "from": {"id": "331", "name": "Claire Vauquelin"},
        "post_id": f"{PAGE_ID}_900",
        "parent_id": f"{PAGE_ID}_900",
        "comment_id": comment,
        "created_time": int(time.time()),
        **fields,
    }
    change = {"field": "feed", "value": value}
    return json.dumps({"object": "page", "entry": [{"id": PAGE_ID, "changes": [change]}]}).encode()


def port_of(log: Path) -> int:
    told = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    return next(int(line["port"]) for line in told if line["event"] == "web.listening")


async def push(log: Path, network: Held, body: bytes) -> int:
    async with (
        aiohttp.ClientSession() as session,
        session.post(
            f"http://127.0.0.1:{port_of(log)}/hooks/page", data=body, headers=network.signed(body)
        ) as answer,
    ):
        return answer.status


async def figures(log: Path) -> str:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{port_of(log)}/metrics") as answer,
    ):
        return await answer.text()


async def read_all(database: Database) -> None:
    async with asyncio.timeout(AT_ONCE):
        while any(row.done_at is None for row in await rows(database, "inbox")):
            await asyncio.sleep(0.05)


async def killed_while_reading(config: Path, network: Held, *bodies: bytes) -> None:
    log = config.with_name("first.log")
    async with running(config, log=log, environ=ENVIRON) as daemon:
        for body in bodies:
            assert await push(log, network, body) == 200
        async with asyncio.timeout(AT_ONCE):
            await network.asked.wait()
        assert 'listener_inbox_oldest_seconds{source="page"}' in await figures(log)
        assert await daemon.kill() == 0
    network.free.set()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> Any:
    if request.param == "sqlite":
        yield "sqlite"
        return
    if not databases.postgresql_listens():
        pytest.skip("no PostgreSQL listens")
    with databases.scratch_postgresql(f"listener_killed_inbox_{os.getpid()}") as scratch:
        yield scratch.set(drivername="postgresql").render_as_string(hide_password=False)


async def test_a_call_that_was_answered_is_read_after_a_kill(tmp_path, monkeypatch, url) -> None:
    async with page() as network:
        config = settle(tmp_path, network, monkeypatch, url)
        await killed_while_reading(config, network, call(), call("900_2", message="Honte à eux"))
        async with application(load(config), scorer=WordScorer()) as app:
            waiting = await rows(app.database, "inbox")
            assert [row.done_at for row in waiting] == [None, None]
            async with running(config, log=tmp_path / "second.log", environ=ENVIRON) as daemon:
                await read_all(app.database)
                assert await daemon.stop() == 0
            texts = {row.text for row in await rows(app.database, "mentions")}
    assert {"Neuf heures d'attente, honte !", "Honte à eux"} <= texts


async def test_who_was_forgotten_while_their_call_waited_is_not_read_from_it(
    tmp_path, monkeypatch, url
) -> None:
    async with page() as network:
        config = settle(tmp_path, network, monkeypatch, url)
        other = call("900_2", message="Merci", **{"from": {"id": "77", "name": "Luc Tisserand"}})
        await killed_while_reading(config, network, call(), other)
        async with application(load(config), scorer=WordScorer()) as app:
            wanted = Wanted(network="facebook", author="331")
            await app.forgetter.forget(wanted, app.clock())
            async with running(config, log=tmp_path / "second.log", environ=ENVIRON) as daemon:
                await read_all(app.database)
                assert await daemon.stop() == 0
            texts = {row.text for row in await rows(app.database, "mentions")}
            assert await count(app.database, "quarantine") == 0
    assert "Merci" in texts
    assert "Neuf heures d'attente, honte !" not in texts


async def test_calls_come_through_while_the_configuration_is_read_again(
    tmp_path, monkeypatch
) -> None:
    async with page() as network:
        network.free.set()
        config = settle(tmp_path, network, monkeypatch, "sqlite")
        log = tmp_path / "reload.log"
        async with running(config, log=log, environ=ENVIRON) as daemon:
            answers = await _pushed_during_reloads(daemon, log, network)
            database = Database(databases.sqlite_url(tmp_path / "state" / "listener.db"))
            await read_all(database)
            stored = {row.text for row in await rows(database, "mentions")}
            await database.close()
            assert log.read_text().count("config.reloaded") == 3
            assert await daemon.stop() == 0
    assert set(answers.values()) == {200}
    assert set(answers) <= stored


async def _pushed_during_reloads(daemon: DaemonProcess, log: Path, network: Held) -> dict[str, int]:
    answers: dict[str, int] = {}
    for reload in range(3):
        daemon.hang_up()
        until = time.monotonic() + AT_ONCE
        while log.read_text().count("config.reloaded") <= reload and time.monotonic() < until:
            said = f"Honte numéro {len(answers)}"
            body = call(f"900_{100 + len(answers)}", message=said)
            answers[said] = await push(log, network, body)
    return answers
