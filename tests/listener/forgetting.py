"""A house with one person in it who asks to be forgotten: everything the listener writes of them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import orjson

from connectors.connector import Page, Reject
from connectors.mention import Author, Kind, Mention
from listener.app.application import Application
from listener.app.build import application
from listener.config.load import parse
from listener.storage.database import Database
from listener.storage.tables import metadata
from listener.workflows.draft import Origin
from listener.workflows.forget import Forgotten, Wanted
from listener.workflows.traces import legible
from tests.listener import house
from tests.listener.house import NIGHT, WordScorer
from tests.networks.slack import CHANNEL, TOKEN, SlackApi

HANDLE, ID, NAME = "zoe_lambert@social.example", "109876543210", "Zoé Lambert"
LINK = "https://social.example/@zoe_lambert/5501"
URI = "https://social.example/users/zoe_lambert/statuses/5501"
SAID = "honte au CHU de Valmont, onze heures sur un brancard gravité 95"
SECRETS = ("zoe_lambert", ID, "Zoé Lambert", "onze heures sur un brancard", "/5501")
ORIGIN = Origin(source_id="mastodon", refreshes=True)


def post(**values: Any) -> Mention:
    known: dict[str, Any] = {
        "network": "mastodon",
        "external_id": URI,
        "kind": Kind.POST,
        "published_at": NIGHT - timedelta(minutes=1),
        "url": LINK,
        "text": SAID,
        "author": Author(handle=HANDLE, external_id=ID, name=NAME, followers=4321),
    }
    return Mention(**{**known, **values})


def reply(text: str = "@zoe_lambert honte en effet, le CHU de Valmont gravité 85") -> Mention:
    """Somebody else's, which names them."""
    return post(
        external_id="https://social.example/users/marc/statuses/77",
        kind=Kind.REPLY,
        url="https://social.example/@marc/77",
        text=text,
        author=Author(handle="marc@social.example", external_id="2"),
        parent_id=URI,
    )


@dataclass
class Home:
    """The listener, its channels, and a clock that the test moves."""

    app: Application
    slack: SlackApi
    outbox: Path
    at: datetime = NIGHT

    async def hear(self, *mentions: Mention, origin: Origin = ORIGIN, **values: Any) -> Any:
        page = Page(mentions=mentions, cursor={"v": 1}, complete=True, **values)
        return await self.app.processor.process(page, origin, self.at)

    async def tell(self) -> int:
        return await self.app.postman.deliver(self.at)

    async def forget(self, **wanted: Any) -> Forgotten:
        return await self.app.forgetter.forget(Wanted(**wanted), self.at)

    async def digest(self) -> None:
        from listener.domain.digest import week

        await self.app.reporter.send(week("2026-W11", self.app.calendar.zone), self.at)
        await self.tell()

    def letters(self) -> list[str]:
        """Every part of every e-mail that stands in the folder."""
        mails = [
            message_from_bytes(path.read_bytes(), policy=policy.default)
            for path in self.outbox.glob("*.eml")
        ]
        return [
            part.get_content()
            for mail in mails
            for part in mail.walk()
            if part.get_content_maintype() == "text"
        ]

    def shown(self) -> str:
        """All that Slack shows."""
        return "\n".join(
            message.text + orjson.dumps(message.blocks).decode() for message in self.slack.messages
        )


@asynccontextmanager
async def home(database: Database, folder: Path, **sections: Any) -> AsyncIterator[Home]:
    """Live, in the night, with Slack, a folder of e-mails, and nothing said yet."""
    async with SlackApi(clock=NIGHT.timestamp).serving() as slack:
        outbox = folder / "outbox"
        config = parse(_config(folder, slack, outbox) | sections, environ={"SLACK": TOKEN})
        made: list[Home] = []
        async with application(
            config,
            clock=lambda: made[0].at if made else NIGHT,
            scorer=WordScorer(),
            database=database,
        ) as app:
            made.append(Home(app, slack, outbox))
            await made[0].hear()
            yield made[0]


def _config(folder: Path, slack: SlackApi, outbox: Path) -> dict[str, Any]:
    return {
        "state_dir": str(folder),
        "hospital": {"name": "CHU de Valmont"},
        "watch": [{"id": "chu", "names": ["CHU de Valmont"]}],
        "person": [{"id": "lea", "name": "Léa Petit", "email": "lea@chu-valmont.example"}],
        "rota": [
            {"id": "astreinte", "people": ["lea"], "starts_on": "2026-01-05", "fallback": "lea"}
        ],
        "rule": [
            {"id": "grave", "kind": "severity", "level": "critical", "at_least": 80},
        ],
        "alerts": {
            "mode": "live",
            "critical": ["slack", "email"],
            "warning": ["slack"],
            "team_email": "communication@chu-valmont.example",
        },
        "slack": {
            "token": {"env": "SLACK"},
            "channel": CHANNEL,
            "base_url": slack.api_url,
            "excerpt": "full",
        },
        "email": {"outbox": str(outbox), "excerpt": "full"},
        "digest": {"recipients": ["direction@chu-valmont.example"]},
    }


def unreadable(text: str = SAID, **values: Any) -> Reject:
    """What a connector could not read, as the network sent it."""
    payload = {"acct": "zoe_lambert", "url": LINK, "content": f"<p>{text}</p>", **values}
    return Reject(error="id: should be a string", payload=orjson.dumps(payload))


EVERYTHING = [
    {"network": "mastodon", "author": f"@{HANDLE}"},
    {"network": "mastodon", "author": HANDLE.upper()},
    {"network": "mastodon", "author": ID},
    {"link": LINK},
    {"link": f"{LINK}?utm_source=lettre&utm_medium=email"},
    {"link": "http://social.example/@zoe_lambert/5501/#xtor=RSS-1"},
    {"mention": 1},
]


async def rows(database: Database, table: str) -> list[Any]:
    return sorted(await house.rows(database, table), key=lambda row: row[0])


async def contents(home: Home) -> str:
    """Every cell of every table, opened where it is sealed."""
    found = []
    for name in metadata.tables:
        for row in await rows(home.app.database, name):
            for value in row:
                found.append(plain(home, name, value))
    return "\n".join(found)


def plain(home: Home, table: str, value: object) -> str:
    if isinstance(value, bytes):
        purpose = {"mention_links": b"link", "quarantine": b"quarantine"}[table]
        value = legible(home.app.sealer.open(value, purpose))
    return json.dumps(value, default=str, ensure_ascii=False)


def left(text: str) -> list[str]:
    return [secret for secret in SECRETS if secret.casefold() in text.casefold()]
