"""Bluesky's search under contract."""

from __future__ import annotations

from connectors.bluesky import BlueskyConnector, BlueskySettings
from connectors.connector import Connector, Watched
from tests.connectors.case import WATCHED, Case, Means
from tests.networks.bluesky import Bluesky


def _search(network: Bluesky, means: Means) -> Connector:
    settings = BlueskySettings.model_validate(
        {
            "base_url": network.base_url,
            "identifier": "veille.example.com",
            "app_password": network.password,
            "notifications": False,
            "followers": False,
        }
    )
    watched = Watched(terms=WATCHED.terms)
    return BlueskyConnector(settings, http=means.http, watched=watched, clock=means.clock)


CASES = (Case("bluesky", Bluesky, _search, opening=1),)
