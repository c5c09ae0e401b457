"""A forum source that is read as the listener reads it."""

from __future__ import annotations

from datetime import timedelta

import orjson

from connectors.connector import Cursors, Page, Watched
from connectors.forum import ForumConnector, ForumSettings
from connectors.http import HttpClient
from connectors.mention import Mention, MentionKey
from tests.networks.forum import START, ForumServer

NOW = START + timedelta(hours=12)


class Listener:
    """One source and its cursors, which move as pages are committed."""

    def __init__(self, http: HttpClient, server: ForumServer, **settings: object) -> None:
        self.at = NOW
        self.cursors: Cursors = {}
        self.pages: list[Page] = []
        self._http = http
        self._settings = ForumSettings.model_validate({"url": server.url, **settings})
        self.source = self.restarted()

    def restarted(self) -> ForumConnector:
        self.source = ForumConnector(
            self._settings, http=self._http, watched=Watched(), clock=lambda: self.at
        )
        return self.source

    async def read(self) -> list[Mention]:
        self.pages = []
        async for page in self.source.poll(orjson.loads(orjson.dumps(self.cursors))):
            self.pages.append(page)
            if page.cursor is not None:
                self.cursors[page.feed] = orjson.loads(orjson.dumps(page.cursor))
        return [mention for page in self.pages for mention in page.mentions]

    async def refresh(self, *external_ids: str) -> list[Page]:
        keys = [MentionKey(network="forum", external_id=one) for one in external_ids]
        return [page async for page in self.source.refresh(keys)]

    @property
    def gaps(self) -> list[str]:
        return [gap.reason for page in self.pages for gap in page.gaps]
