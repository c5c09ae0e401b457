"""A monitor outside hears that all is well only while it is, and nobody reads its address."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from pydantic import SecretStr, ValidationError
from sqlalchemy.exc import OperationalError

from connectors.http import HttpClient
from connectors.policy import NetworkPolicy
from listener.app.heartbeat import Heartbeat
from listener.config.heartbeat import HeartbeatSettings
from listener.config.load import parse
from listener.storage import outbox
from listener.storage.database import Database
from listener.workflows.outgoing import outgoing
from tests.listener.house import NIGHT
from tests.networks.proxy import ForwardProxy, PrivateAuthority

SECRET = "5f1c2a7e-ping"
HOME = NetworkPolicy(allowed_hosts=("127.0.0.1",))


@dataclass
class Monitor:
    """Stand-in of healthchecks: remembers each call, answers `status`."""

    status: int = 200
    heard: list[tuple[str, str, str]] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/{SECRET}"

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Monitor]:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._hear)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.port = runner.addresses[0][1]
        try:
            yield self
        finally:
            await runner.cleanup()

    async def _hear(self, request: web.Request) -> web.Response:
        self.heard.append((request.method, request.path, await request.text()))
        return web.Response(status=self.status)


def heart_of(database: Database, http: HttpClient, url: str, **values: Any) -> Heartbeat:
    parts = {"database": database, "http": http, "ticking": lambda: True}
    return Heartbeat(settings=HeartbeatSettings(url=url), **{**parts, **values})


async def letter(database: Database, channel: str, *, attempts: int = 0) -> None:
    """An alert that `attempts` could not deliver."""
    before = NIGHT - timedelta(minutes=10)
    async with database.write() as connection:
        await outbox.enqueue(
            connection,
            key=f"alert/{channel}",
            kind="alert",
            channel=channel,
            person="lea",
            payload={},
            created_at=before,
            due_at=before,
        )
        lease = timedelta(minutes=1)
        for _ in range(attempts):
            claimed = await outbox.claim(connection, owner="x", at=before, lease=lease)
            one = next(one for one in claimed if one.channel == channel)
            await outbox.retry(connection, one, due_at=before, error="away", ambiguous=False)


async def test_while_all_is_well_the_monitor_hears_of_it(database: Database) -> None:
    async with Monitor().serving() as monitor, HttpClient(HOME) as http:
        assert await heart_of(database, http, monitor.url).beat(NIGHT) == ""
    assert monitor.heard == [("GET", f"/{SECRET}", "")]


async def test_a_tick_that_stands_still_is_told(database: Database) -> None:
    async with Monitor().serving() as monitor, HttpClient(HOME) as http:
        await heart_of(database, http, monitor.url, ticking=lambda: False).beat(NIGHT)
    assert monitor.heard == [("POST", f"/{SECRET}/fail", "the tick does not go round")]


class Away:
    """A database that does not answer, with words that nobody else should read."""

    def read(self) -> Any:
        raise OperationalError("SELECT 1", {}, OSError("password of listener@db"))


async def test_a_database_away_is_told_without_its_words() -> None:
    away: Any = Away()
    async with Monitor().serving() as monitor, HttpClient(HOME) as http:
        await heart_of(away, http, monitor.url).beat(NIGHT)
    expected = "the database does not answer: OperationalError"
    assert monitor.heard == [("POST", f"/{SECRET}/fail", expected)]


async def test_channels_that_all_fail_are_told_and_one_that_delivers_is_enough(
    database: Database,
) -> None:
    paging = ("slack", "email")
    async with Monitor().serving() as monitor, HttpClient(HOME) as http:
        heart = heart_of(database, http, monitor.url, channels=paging)
        await letter(database, "slack", attempts=3)
        assert await heart.beat(NIGHT) == ""
        await letter(database, "email", attempts=2)
        assert await heart.beat(NIGHT) == "no channel delivers"
        async with database.write() as connection:
            found = await outbox.claim(
                connection, owner="x", at=NIGHT, lease=timedelta(minutes=1), limit=9
            )
            mail = next(one for one in found if one.channel == "email")
            await outbox.sent(connection, mail, at=NIGHT, receipt={})
        assert await heart.beat(NIGHT) == ""
    assert [path for _, path, _ in monitor.heard] == [f"/{SECRET}", f"/{SECRET}/fail", f"/{SECRET}"]


@pytest.mark.parametrize("status", [404, 500])
async def test_a_monitor_that_refuses_raises_nothing_and_is_told_once_without_its_address(
    database: Database, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    caplog.set_level(logging.DEBUG)
    async with Monitor(status=status).serving() as monitor, HttpClient(HOME) as http:
        heart = heart_of(database, http, monitor.url, ticking=lambda: False)
        for _ in range(3):
            await heart.beat(NIGHT)
        monitor.status, heart.ticking = 200, lambda: True
        await heart.beat(NIGHT)
    told = [record.getMessage() for record in caplog.records if "heartbeat" in record.getMessage()]
    assert len(told) == 2
    assert told[0].startswith("heartbeat.failing")
    assert told[1] == "heartbeat.recovered"
    assert SECRET not in caplog.text


async def test_a_monitor_that_is_away_raises_nothing(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    async def at_once(_seconds: float) -> None:
        pass

    async with HttpClient(HOME, sleep=at_once) as http:
        await heart_of(database, http, f"http://127.0.0.1:9/{SECRET}").beat(NIGHT)
    assert "monitor=Unavailable" in caplog.text
    assert SECRET not in caplog.text


async def test_it_goes_through_the_hospital_s_proxy(database: Database, tmp_path: Path) -> None:
    authority = PrivateAuthority()
    async with Monitor().serving() as monitor:
        names = {"veilleur.example:443": ("127.0.0.1", monitor.port)}
        async with ForwardProxy(names, opens_tls=authority).serving() as proxy:
            policy = NetworkPolicy(
                proxy=proxy.url,
                proxy_user=proxy.user,
                proxy_password=SecretStr(proxy.password),
                ca_file=authority.write(tmp_path / "ca.pem"),
            )
            async with HttpClient(policy) as http:
                await heart_of(database, http, f"https://veilleur.example/{SECRET}").beat(NIGHT)
        assert proxy.seen == ["CONNECT veilleur.example:443"]
    assert monitor.heard == [("GET", f"/{SECRET}", "")]


@pytest.mark.parametrize(
    "url",
    [
        "ftp://veilleur.example/5f1c2a7e-ping",
        "https://veilleur.example",
        "https://veilleur.example/5f1c2a7e-ping?a=b",
        "https://me:you@veilleur.example/5f1c2a7e-ping",
    ],
)
def test_an_address_that_would_not_do_is_refused_unseen(url: str) -> None:
    with pytest.raises(ValidationError) as refused:
        HeartbeatSettings(url=url)
    assert SECRET not in str(refused.value)


def test_the_firewall_s_list_names_its_host_and_not_its_path() -> None:
    console = {level: ["console"] for level in ("critical", "warning", "info")}
    config = parse(
        {
            "hospital": {"name": "CHU de Valmont"},
            "watch": [{"id": "chu", "names": ["CHU de Valmont"]}],
            "alerts": {**console, "fallback": "console"},
            "heartbeat": {"url": {"env": "HEARTBEAT_URL"}},
        },
        environ={"HEARTBEAT_URL": f"https://veilleur.example:8443/{SECRET}"},
    )
    (endpoint,) = outgoing(config)
    assert (endpoint.host, endpoint.port, endpoint.needed_by) == (
        "veilleur.example",
        8443,
        "heartbeat",
    )
    assert SECRET not in repr(config)
