"""Mastodon under contract: instances of several makes, and search."""

from __future__ import annotations

from connectors.connector import Connector, Watched
from connectors.mastodon import MastodonConnector, MastodonSettings
from tests.connectors.case import WATCHED, Case, Means
from tests.networks.mastodon import TOKEN, Mastodon


def _timelines(network: Mastodon, means: Means) -> Connector:
    settings = MastodonSettings(base_url=network.base_url)
    return MastodonConnector(settings, http=means.http, watched=WATCHED, clock=means.clock)


def _search(network: Mastodon, means: Means) -> Connector:
    settings = MastodonSettings.model_validate(
        {"base_url": network.base_url, "access_token": TOKEN, "notifications": False}
    )
    watched = Watched(terms=WATCHED.terms)
    return MastodonConnector(settings, http=means.http, watched=watched, clock=means.clock)


CASES = (
    Case("mastodon", Mastodon, _timelines),
    Case("mastodon-opaque-ids", lambda: Mastodon(opaque=True), _timelines),
    Case("mastodon-search", Mastodon, _search),
)
