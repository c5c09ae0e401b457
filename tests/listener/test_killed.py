"""kill -9 between a channel's answer and our commit: found again on Slack, counted by e-mail."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiohttp import web
from aiosmtpd.smtp import SMTP, Envelope, Session

from listener.app.build import application
from listener.app.owner import is_gone, owner_name
from listener.config import load
from listener.storage.database import Database
from tests import databases
from tests.daemons import running
from tests.listener.house import WordScorer, count, rows
from tests.load import write_crowd
from tests.networks.slack import TOKEN, SlackApi
from tests.networks.smtp import SmtpStandIn
from tests.networks.standin import Handler

CONFIG = """
state_dir = "{folder}/state"
hospital = {{ name = "CHU de Valmont" }}
watch = [{{ id = "chu", names = ["CHU de Valmont"] }}]
[[source]]
id = "soir"
connector = "file"
path = "{folder}/soir.jsonl"
mode = "replay"
[[rule]]
id = "mots"
kind = "terms"
level = "critical"
terms = ["cyberattaque"]
[[person]]
id = "lea"
name = "Léa Morvan"
email = "lea@chu-valmont.example"
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
channel = "C0VALMONT01"
base_url = "{slack}"
[email]
host = "127.0.0.1"
port = {smtp}
security = "none"
relay = true
sender = "veille@chu-valmont.example"
[digest]
enabled = false
[service]
port = 0
"""
BEGIN = datetime(2026, 3, 14, 20, 0, tzinfo=UTC)


class Gate:
    """Where a request is held: "before" the channel keeps its message, "after" it has, or not."""

    def __init__(self) -> None:
        self.place = ""
        self.reached = asyncio.Event()
        self._opened = asyncio.Event()

    async def stand(self, place: str) -> None:
        if place == self.place:
            self.reached.set()
            await self._opened.wait()
            raise ConnectionResetError  # whoever asked was killed

    def close(self, place: str) -> None:
        """Let go who is held, and hold the next one there."""
        self._opened.set()
        self.place, self.reached, self._opened = place, asyncio.Event(), asyncio.Event()


class HeldSlack(SlackApi):
    def __init__(self) -> None:
        super().__init__()
        self.gate = Gate()

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if not request.path.endswith("chat.postMessage"):
            return await super()._guard(request, handler)
        await self.gate.stand("before")
        response = await super()._guard(request, handler)
        await self.gate.stand("after")
        return response


class HeldSmtp(SmtpStandIn):
    def __init__(self) -> None:
        super().__init__()
        self.gate = Gate()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        await self.gate.stand("before")
        reply = await super().handle_DATA(server, session, envelope)
        await self.gate.stand("after")
        return reply


@asynccontextmanager
async def channels() -> AsyncIterator[tuple[HeldSlack, HeldSmtp]]:
    slack, smtp = HeldSlack(), HeldSmtp()
    async with slack.serving(), smtp.serving():
        yield slack, smtp
        slack.gate.close("")
        smtp.gate.close("")


def said(number: int, text: str) -> dict[str, str]:
    at = BEGIN + timedelta(seconds=number)
    return {
        "network": "forums",
        "external_id": f"m{number}",
        "published_at": at.isoformat(),
        "text": text,
    }


async def settle(folder: Path, slack: HeldSlack, smtp: HeldSmtp) -> Path:
    """A house whose source is live, and one message about to come that calls somebody."""
    lines = [said(0, "Le CHU de Valmont"), said(1, "Cyberattaque au CHU de Valmont ?")]
    write_crowd(folder / "soir.jsonl", iter(lines))
    config = folder / "config.toml"
    config.write_text(CONFIG.format(folder=folder, slack=slack.api_url, smtp=smtp.port))
    async with application(load(config), scorer=WordScorer()) as app:
        await app.collector.poll(app.sources["soir"])
    await asyncio.sleep(1.0)  # the replay goes at the world's pace
    return config


async def delivered(database: Database) -> None:
    async with asyncio.timeout(20):
        while await count(database, "outbox", state="sent") < 2:
            await asyncio.sleep(0.05)


async def killed_when_held(
    config: Path, environ: dict[str, str], slack: HeldSlack, smtp: HeldSmtp, places: list[str]
) -> None:
    slack.gate.close(places[0])
    smtp.gate.close(places[1])
    async with running(config, log=config.with_suffix(".log"), environ=environ) as daemon:
        async with asyncio.timeout(20):
            await slack.gate.reached.wait()
            await smtp.gate.reached.wait()
        assert await daemon.kill() == 0


async def test_an_alert_cut_by_kills_comes_once_on_slack_and_under_one_message_id_by_mail(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("SLACK_TOKEN", TOKEN)
    environ = {"SLACK_TOKEN": TOKEN}
    async with channels() as (slack, smtp):
        config = await settle(tmp_path, slack, smtp)
        for places in (["before", "after"], ["after", "before"]):
            await killed_when_held(config, environ, slack, smtp, places)
        slack.gate.close("")
        smtp.gate.close("")
        database = Database(databases.sqlite_url(tmp_path / "state" / "listener.db"))
        async with running(config, log=tmp_path / "last.log", environ=environ) as daemon:
            await delivered(database)
            assert await daemon.stop() == 0
        letters = {row.channel: row for row in await rows(database, "outbox")}
        stored = await count(database, "mentions")
        await database.close()

    assert stored == 2
    assert {letter.state for letter in letters.values()} == {"sent"}
    (posted,) = slack.messages
    assert posted.key == letters["slack"].key
    assert letters["slack"].receipt["id"] == posted.ts
    assert {mail.message["Message-ID"] for mail in smtp.mails} == {letters["email"].receipt["id"]}
    assert (len(smtp.mails), letters["email"].repeats) == (2, 2)  # one of them went nowhere
    assert letters["slack"].repeats == 0


async def test_what_a_killed_process_had_in_hand_is_known_to_be_free():
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", "pass")
    await process.wait()
    place = owner_name().rsplit(":", 2)[0]
    assert is_gone(f"{place}:{process.pid}:00000000")
    assert not is_gone(f"{place}:{os.getppid()}:00000000")
    assert not is_gone(f"elsewhere:{process.pid}:00000000")
    # Another container of the same host name counts its processes by itself.
    assert not is_gone(f"{place}7:{process.pid}:00000000")
