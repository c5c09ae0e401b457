"""A connector of Google reviews before its stand-in, with cursors and tokens kept as the listener does."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from connectors.budget import MemoryLedger
from connectors.connector import Cursors, Page, Watched
from connectors.google_reviews import GoogleReviewsConnector, GoogleReviewsSettings
from connectors.http import HttpClient
from connectors.mention import Mention
from connectors.tokens import MemoryTokens
from tests.connectors.case import Now
from tests.networks.google_reviews import (
    ACCOUNT,
    CLIENT,
    KEY,
    LOCATION,
    PEER,
    REFRESH,
    SECRET,
    GoogleReviews,
)

OWN = {
    "client_id": CLIENT,
    "client_secret": SECRET,
    "refresh_token": REFRESH,
    "account": ACCOUNT,
    "locations": (LOCATION,),
}
PEERS = {"peers": (PEER,), "places_key": KEY}


@dataclass
class Desk:
    network: GoogleReviews
    http: HttpClient
    now: Now
    ledger: MemoryLedger
    tokens: MemoryTokens = field(default_factory=MemoryTokens)
    cursors: Cursors = field(default_factory=dict)

    def connector(self, **options: Any) -> GoogleReviewsConnector:
        """With the hospital's own place, unless the options name other hospitals'."""
        own = {} if "peers" in options and "client_id" not in options else OWN
        given = {"base_url": self.network.api, "audience": False, **own, **options}
        return GoogleReviewsConnector(
            GoogleReviewsSettings.model_validate(given),
            http=self.http,
            watched=Watched(),
            clock=self.now,
            ledger=self.ledger,
            tokens=self.tokens,
        )

    async def poll(self, **options: Any) -> list[Page]:
        """By a connector that remembers nothing."""
        pages = []
        async for page in self.connector(**options).poll(json.loads(json.dumps(self.cursors))):
            pages.append(page)
            if page.cursor is not None:
                self.cursors[page.feed] = json.loads(json.dumps(page.cursor))
        return pages


def mentions(pages: list[Page]) -> list[Mention]:
    return [mention for page in pages for mention in page.mentions]


def ids(pages: list[Page]) -> list[str]:
    return [mention.external_id for mention in mentions(pages)]


def gone(pages: list[Page]) -> list[str | None]:
    return [deletion.external_id for page in pages for deletion in page.deletions]
