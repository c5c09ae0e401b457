"""Feeds under contract."""

from __future__ import annotations

from datetime import timedelta

from connectors.connector import Connector
from connectors.rss import RssConnector, RssSettings
from tests.connectors.case import WATCHED, Case, Means
from tests.networks.rss import START, FeedServer


def _feed(network: FeedServer, means: Means) -> Connector:
    settings = RssSettings(urls=(network.url,))
    return RssConnector(settings, http=means.http, watched=WATCHED, clock=means.clock)


_AT = START + timedelta(days=1)
CASES = (
    Case("rss", FeedServer, _feed, at=_AT),
    Case("rss-paged", lambda: FeedServer(window=100, paged=True), _feed, at=_AT),
)
