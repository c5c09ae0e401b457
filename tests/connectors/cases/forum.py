"""Forums under contract: phpBB's posts in a feed, recognised by the home page, and NodeBB's list."""

from __future__ import annotations

from datetime import timedelta

from connectors.connector import Connector
from connectors.forum import ForumConnector, ForumSettings
from tests.connectors.case import WATCHED, Case, Means
from tests.networks.forum import START, ForumServer, NodeBBServer


def _auto(network: ForumServer, means: Means) -> Connector:
    settings = ForumSettings.model_validate({"url": network.url})
    return ForumConnector(settings, http=means.http, watched=WATCHED, clock=means.clock)


_AT = START + timedelta(days=1)
CASES = (
    Case("forum", ForumServer, _auto, at=_AT),
    Case("forum-nodebb", NodeBBServer, _auto, at=_AT),
)
