"""A YouTube connector before its stand-in, with cursors kept as the listener keeps them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from connectors.budget import MemoryLedger
from connectors.connector import Connector, Cursors, Page, Watched
from connectors.http import HttpClient
from connectors.mention import Mention
from connectors.youtube import YoutubeConnector, YoutubeSettings
from tests.connectors.case import Now
from tests.networks.youtube import KEY, Youtube

HOSPITAL = Watched(terms=("CHU de Valmont",))
NOBODY = Watched()


@dataclass
class Desk:
    network: Youtube
    http: HttpClient
    now: Now
    ledger: MemoryLedger
    cursors: Cursors = field(default_factory=dict)

    def connector(self, watched: Watched = NOBODY, **options: Any) -> YoutubeConnector:
        given = {"base_url": self.network.api, "api_key": KEY, "audience": False, **options}
        return YoutubeConnector(
            YoutubeSettings.model_validate(given),
            http=self.http,
            watched=watched,
            clock=self.now,
            ledger=self.ledger,
        )

    async def poll(self, connector: Connector) -> list[Page]:
        pages = []
        async for page in connector.poll(json.loads(json.dumps(self.cursors))):
            pages.append(page)
            if page.cursor is not None:
                self.cursors[page.feed] = json.loads(json.dumps(page.cursor))
        return pages


def mentions(pages: list[Page]) -> list[Mention]:
    return [mention for page in pages for mention in page.mentions]


def ids(pages: list[Page]) -> list[str]:
    return [mention.external_id for mention in mentions(pages)]
