"""A small house on disk and its command line: a bad evening stored, alerted about and partly unreadable."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from connectors.connector import Page, Reject
from connectors.mention import Author, Engagement
from listener.app.application import Application
from listener.app.build import application
from listener.cli.app import app as commands
from listener.config import load
from tests.listener.forgetting import ORIGIN, post, reply, unreadable
from tests.listener.house import NIGHT, WordScorer

CONFIG = """
state_dir = "{folder}/state"
[hospital]
name = "CHU de Valmont"
[[watch]]
id = "chu"
names = ["CHU de Valmont"]
[[rule]]
id = "grave"
kind = "severity"
level = "critical"
at_least = 80
[[person]]
id = "lea"
name = "Léa Petit"
email = "lea@chu-valmont.example"
[[rota]]
id = "astreinte"
people = ["lea"]
starts_on = 2026-01-05
fallback = "lea"
[alerts]
mode = "live"
critical = ["email"]
warning = ["console"]
fallback = "email"
team_email = "communication@chu-valmont.example"
[email]
outbox = "{folder}/outbox"
"""
NAMED = "CHU de Valmont : ma mère Jeanne Morel attend aux urgences, =1+1"


@dataclass
class House:
    """`listener` in a folder; `answer` is for what it asks."""

    folder: Path
    runner: CliRunner = field(default_factory=CliRunner)

    def __call__(self, *arguments: str, answer: str | None = None) -> Result:
        options = [arguments[0], "--config", str(self.config), *arguments[1:]]
        return self.runner.invoke(commands, options, input=answer, env={"COLUMNS": "200"})

    def json(self, *arguments: str) -> Any:
        done = self(*arguments, "--json")
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    def lines(self, *arguments: str) -> list[Any]:
        done = self(*arguments)
        assert done.exit_code == 0, done.output
        return [json.loads(line) for line in done.stdout.splitlines()]

    @property
    def config(self) -> Path:
        return self.folder / "config.toml"


def build(folder: Path) -> House:
    house = House(folder)
    house.config.write_text(CONFIG.format(folder=folder), encoding="utf-8")
    return house


async def fill(house: House, pages: Sequence[Page] = ()) -> None:
    """Pages arrive at NIGHT, the source being live; what must be told is told."""
    async with application(load(house.config), clock=lambda: NIGHT, scorer=WordScorer()) as app:
        await _hear(app, [Page(cursor={"v": 1}, complete=True), *(pages or evening())])
        await app.postman.deliver(NIGHT)


async def _hear(app: Application, pages: Sequence[Page]) -> None:
    for page in pages:
        await app.processor.process(page, ORIGIN, NIGHT)


def evening() -> list[Page]:
    """A grave post (1), one that answers it (2), one that names a patient (3), one not to be shown (4)."""
    grave = post()
    named = post(
        external_id="3",
        url="https://other.example/3?token=secret",
        network="bluesky",
        text=NAMED,
        author=Author(handle="ana"),
        published_at=NIGHT - timedelta(hours=30),
    )
    private = post(
        external_id="4",
        url=None,
        text="merci au CHU de Valmont",
        author=Author(handle="sam"),
        republish=False,
        published_at=NIGHT - timedelta(days=9),
    )
    figures = Engagement(key=grave.key, taken_at=NIGHT, reactions=12, shares=3)
    rejects = [unreadable(), Reject(error="cut short", payload=b'\x1b[31m{"text": \xff')]
    mentions = [grave, reply(), named, private]
    return [Page(mentions=mentions, engagements=[figures], rejects=rejects, cursor={"v": 1})]
