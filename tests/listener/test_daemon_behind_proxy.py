"""The whole way behind a hospital's proxy: no other way out, a login, a private authority."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import psutil
import pytest

from listener.app.build import application
from listener.config import load
from listener.storage.database import Database
from tests import databases
from tests.daemons import DaemonProcess, running
from tests.listener.house import WordScorer, count, rows
from tests.networks.mastodon import TOKEN as MASTODON_TOKEN
from tests.networks.mastodon import Mastodon
from tests.networks.proxy import ForwardProxy, PrivateAuthority
from tests.networks.rss import FeedServer
from tests.networks.slack import TOKEN as SLACK_TOKEN
from tests.networks.slack import SlackApi
from tests.networks.slack_live import APP_TOKEN as SLACK_APP_TOKEN
from tests.networks.smtp import SmtpStandIn

MAIL = ("veille", "motdepasse-du-courrier")
PROXY_PASSWORD = "motdepasse:é-du-proxy"
CONFIG = """
state_dir = "{folder}/state"
hospital = {{ name = "CHU de Valmont" }}
watch = [{{ id = "chu", names = ["CHU de Valmont"], hashtags = ["CHUValmont"] }}]
[[source]]
id = "presse"
connector = "rss"
url = "https://press.example/feed/"
[[source]]
id = "mastodon"
connector = "mastodon"
instances = ["https://mastodon.example"]
access_token = {{ env = "MASTODON_TOKEN" }}
stream = true
[[rule]]
id = "mots"
kind = "terms"
level = "critical"
terms = ["cyberattaque"]
[[person]]
id = "lea"
name = "Léa Morvan"
email = "lea@chu-valmont.example"
slack = "U0LEA00001"
[[rota]]
id = "astreinte"
people = ["lea"]
starts_on = 2026-01-05
fallback = "lea"
[alerts]
mode = "live"
team_email = "communication@chu-valmont.example"
[slack]
token = {{ env = "SLACK_TOKEN" }}
app_token = {{ env = "SLACK_APP_TOKEN" }}
channel = "C0VALMONT01"
base_url = "https://slack.example/api/"
[email]
host = "mail.example"
user = "veille"
password = {{ env = "SMTP_PASSWORD" }}
sender = "veille@chu-valmont.example"
[digest]
enabled = false
[service]
port = 0
log_level = "debug"
[network]
proxy = "{proxy}"
proxy_user = "listener"
proxy_password = {{ env = "PROXY_PASSWORD" }}
no_proxy = []
ca_file = "{ca}"
"""
HOSTS = {"press.example:443", "mastodon.example:443", "slack.example:443", "mail.example:587"}
HOSTS |= {"wss-primary.slack.example:443"}


@dataclass
class Outside:
    """All that stands beyond the proxy, and the house within."""

    folder: Path
    proxy: ForwardProxy
    feed: FeedServer
    mastodon: Mastodon
    slack: SlackApi
    smtp: SmtpStandIn
    environ: dict[str, str]

    @property
    def config(self) -> Path:
        return self.folder / "config.toml"

    @property
    def log(self) -> Path:
        return self.folder / "daemon.log"

    def database(self) -> Database:
        return Database(databases.sqlite_url(self.folder / "state" / "listener.db"))


@pytest.fixture
async def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Outside]:
    authority = PrivateAuthority()
    feed, mastodon, slack = FeedServer(), Mastodon(), SlackApi()
    smtp = SmtpStandIn(tls=authority.server("mail.example"), login=MAIL)
    environ = {
        "MASTODON_TOKEN": MASTODON_TOKEN,
        "SLACK_TOKEN": SLACK_TOKEN,
        "SLACK_APP_TOKEN": SLACK_APP_TOKEN,
        "SMTP_PASSWORD": MAIL[1],
        "PROXY_PASSWORD": PROXY_PASSWORD,
    }
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    async with AsyncExitStack() as stack:
        for server in (feed, mastodon, slack, smtp):
            await stack.enter_async_context(server.serving())
        named = {"press": feed, "mastodon": mastodon, "slack": slack}
        names = {f"{name}.example": address(server) for name, server in named.items()}
        names |= {f"{name}.slack.example": address(slack) for name in ("wss-primary", "hooks")}
        slack.live.sockets_base = "wss://wss-primary.slack.example"
        slack.live.hooks_base = "https://hooks.slack.example"
        names["mail.example"] = ("127.0.0.1", smtp.port)
        proxy = ForwardProxy(names, password=PROXY_PASSWORD, opens_tls=authority)
        await stack.enter_async_context(proxy.serving())
        ca = authority.write(tmp_path / "ca.pem")
        found = Outside(tmp_path, proxy, feed, mastodon, slack, smtp, environ)
        found.config.write_text(CONFIG.format(folder=tmp_path, proxy=proxy.url, ca=ca))
        yield found


def address(server: FeedServer | Mastodon | SlackApi) -> tuple[str, int]:
    return "127.0.0.1", int(server.base_url.rpartition(":")[2])


def publish(outside: Outside, title: str, number: int) -> None:
    outside.feed.entries.append(
        {
            "guid": f"https://press.example/{number}",
            "title": title,
            "link": f"https://press.example/{number}",
            "date": format_datetime(datetime.now(UTC)),
            "comments": "0",
        }
    )


async def look_back(outside: Outside) -> list[str]:
    """The first poll of each source, so that what comes next is live; what failed."""
    async with application(load(outside.config), scorer=WordScorer()) as app:
        polls = [await app.collector.poll(source) for source in app.sources.values()]
    return [poll.error for poll in polls if poll.error]


@asynccontextmanager
async def watched(daemon: DaemonProcess, ports: set[int]) -> AsyncIterator[None]:
    """Note every port that the daemon is connected to meanwhile."""

    async def watch() -> None:
        process = psutil.Process(daemon.pid)
        while True:
            found = await asyncio.to_thread(process.net_connections, "inet")
            ports.update(connection.raddr.port for connection in found if connection.raddr)
            await asyncio.sleep(0.02)

    watching = asyncio.create_task(watch())
    try:
        yield
    finally:
        watching.cancel()


async def until(is_so: object, within: float = 20.0) -> None:
    async with asyncio.timeout(within):
        while not is_so():
            await asyncio.sleep(0.05)


async def failures(outside: Outside, wanted: set[str]) -> dict[str, str]:
    """The last error of each source, once the wanted ones have one."""
    database, found = outside.database(), {}
    async with asyncio.timeout(20):
        while not wanted <= set(found):
            await asyncio.sleep(0.05)
            states = await rows(database, "sources")
            found = {row.id: row.last_error for row in states if row.last_error}
    await database.close()
    return found


async def test_mentions_come_in_and_alerts_go_out_through_the_proxy_alone(outside):
    publish(outside, "Le CHU de Valmont recrute", 1)
    assert await look_back(outside) == []
    publish(outside, "Cyberattaque au CHU de Valmont", 2)
    outside.mastodon.post(created_at=datetime.now(UTC).isoformat())

    ports: set[int] = set()
    async with (
        running(outside.config, log=outside.log, environ=outside.environ) as daemon,
        watched(daemon, ports),
    ):
        await until(lambda: outside.slack.messages and outside.smtp.mails)
        await until(lambda: outside.mastodon.subscriptions)
        await outside.slack.live.connected()
        database = outside.database()
        async with asyncio.timeout(10):
            while await count(database, "outbox", state="sent") < 2:
                await asyncio.sleep(0.05)
        assert await daemon.stop() == 0
    stored = await rows(database, "mentions")
    await database.close()

    assert {target.removeprefix("CONNECT ") for target in outside.proxy.seen} == HOSTS
    assert outside.proxy.refused == []
    assert ports == {int(outside.proxy.url.rpartition(":")[2])}
    assert {row.source_id for row in stored} == {"presse", "mastodon"}
    (mail,) = outside.smtp.mails
    assert (mail.tls, mail.user) == (True, MAIL[0])
    assert secrets_in(outside) == []


async def test_who_is_called_takes_it_by_a_button_through_the_proxy_alone(outside):
    publish(outside, "Le CHU de Valmont recrute", 1)
    assert await look_back(outside) == []
    publish(outside, "Cyberattaque au CHU de Valmont", 2)

    ports: set[int] = set()
    async with (
        running(outside.config, log=outside.log, environ=outside.environ) as daemon,
        watched(daemon, ports),
    ):
        await until(lambda: outside.slack.messages)
        await outside.slack.live.connected()
        alert = outside.slack.messages[0]
        await outside.slack.live.press(alert, "listener:acknowledge", user="U0LEA00001")
        await until(lambda: outside.slack.live.whispers)
        assert await daemon.stop() == 0
    database = outside.database()
    (incident,) = await rows(database, "incidents")
    await database.close()

    assert (incident.state, incident.acknowledged_by) == ("acknowledged", "lea")
    assert "pris en charge par Léa Morvan" in outside.slack.live.whispers[0].text
    assert ports == {int(outside.proxy.url.rpartition(":")[2])}
    assert "Unclosed" not in outside.log.read_text()
    assert secrets_in(outside) == []


async def test_a_proxy_that_does_not_know_us_is_said_and_nothing_else_is_tried(outside):
    os.environ["PROXY_PASSWORD"] = outside.environ["PROXY_PASSWORD"] = "motdepasse-faux"
    async with running(outside.config, log=outside.log, environ=outside.environ) as daemon:
        failing = await failures(outside, {"presse", "mastodon"})
        assert await daemon.stop() == 0

    assert all("proxy" in error and "407" in error for error in failing.values()), failing
    assert "proxy refuses us (status 407)" in outside.log.read_text()
    assert (outside.proxy.seen, outside.feed.requests, outside.mastodon.requests) == ([], [], [])
    assert secrets_in(outside, "motdepasse-faux") == []


async def test_the_right_proxy_password_at_the_next_start_mends_every_source(outside):
    publish(outside, "Le CHU de Valmont recrute", 1)
    os.environ["PROXY_PASSWORD"] = "motdepasse-faux"
    assert len(await look_back(outside)) == 2
    os.environ["PROXY_PASSWORD"] = PROXY_PASSWORD
    assert await look_back(outside) == []

    database = outside.database()
    states = await rows(database, "sources")
    await database.close()
    assert {row.failures for row in states} == {0}
    assert outside.feed.requests and outside.mastodon.requests


def secrets_in(outside: Outside, *more: str) -> list[str]:
    """Secrets that stand in what the daemon wrote: its log, its database, its files."""
    secrets = [*outside.environ.values(), *more]
    written = [outside.log, *(path for path in (outside.folder / "state").rglob("*"))]
    return [
        f"{secret} in {path.name}"
        for path in written
        if path.is_file()
        for secret in secrets
        if secret.encode() in path.read_bytes()
    ]
