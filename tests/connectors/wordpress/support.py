"""A WordPress source that is read as the listener reads it."""

from __future__ import annotations

from datetime import timedelta

import orjson

from connectors.connector import Cursors, Page, Watched
from connectors.http import HttpClient
from connectors.wordpress import WordpressConnector, WordpressSettings
from tests.networks.wordpress import START, WordpressServer

NOW = START + timedelta(hours=12)


class Listener:
    """One source and its cursors, which move as pages are committed."""

    def __init__(self, http: HttpClient, server: WordpressServer, **settings: object) -> None:
        self.at = NOW
        self.cursors: Cursors = {}
        self.pages: list[Page] = []
        self.source = WordpressConnector(
            WordpressSettings(url=server.url, **settings),
            http=http,
            watched=Watched(),
            clock=lambda: self.at,
        )

    async def read(self) -> list[str]:
        self.pages = []
        async for page in self.source.poll(dict(self.cursors)):
            self.pages.append(page)
            if page.cursor is not None:
                self.cursors[page.feed] = orjson.loads(orjson.dumps(page.cursor))
        return self.ids

    @property
    def mentions(self) -> list:
        return [mention for page in self.pages for mention in page.mentions]

    @property
    def ids(self) -> list[str]:
        return [mention.external_id for mention in self.mentions]
