"""A Telegram source that is read as the listener reads it."""

from __future__ import annotations

from datetime import timedelta

import orjson

from connectors.connector import Cursors, Page, Watched
from connectors.http import HttpClient
from connectors.mention import Mention, MentionKey
from connectors.telegram import TelegramConnector, TelegramSettings
from tests.networks.telegram import CHANNEL, START, Telegram

NOW = START + timedelta(hours=4)


class Waits(list[float]):
    async def wait(self, seconds: float) -> None:
        self.append(seconds)


class Listener:
    """One source and its cursors, which move as pages are committed."""

    def __init__(self, http: HttpClient, server: Telegram, **settings: object) -> None:
        self.at = NOW
        self.cursors: Cursors = {}
        self.pages: list[Page] = []
        given = {"channels": (CHANNEL,), "base_url": server.base_url, **settings}
        self.source = TelegramConnector(
            TelegramSettings.model_validate(given),
            http=http,
            watched=Watched(terms=("CHU de Valmont", "urgences")),
            clock=lambda: self.at,
        )

    async def read(self) -> list[Mention]:
        self.pages = []
        async for page in self.source.poll(orjson.loads(orjson.dumps(self.cursors))):
            self.pages.append(page)
            if page.cursor is not None:
                self.cursors[page.feed] = orjson.loads(orjson.dumps(page.cursor))
        return [mention for page in self.pages for mention in page.mentions]

    async def refresh(self, *external_ids: str) -> list[Page]:
        keys = [MentionKey(network="telegram", external_id=one) for one in external_ids]
        return [page async for page in self.source.refresh(keys)]

    @property
    def gaps(self) -> list[str]:
        return [gap.reason for page in self.pages for gap in page.gaps]
